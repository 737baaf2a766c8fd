package demo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// pure are the functions, by program, that are exported for a test: it gives them more
// than a client can send.
var pure = map[string]string{"messages": "Cut", "upload": "Header"}

// A program's file reads like a page of a textbook: it fits the page, and
// holds nothing but the program.
func TestSourcesReadLikeATextbook(t *testing.T) {
	const lines, levels, columns, tab = 60, 3, 72, 3
	imports := []string{`"sockscope/server/socket"`, `"fmt"`, `"encoding/binary"`,
		`"strings"`, `"time"`, // to cut a reply in two; for durations
		`"strconv"`, `"crypto/sha256"`, `"sockscope/server/store"`} // to take a file, and to see that it is the one
	for _, p := range Programs {
		text := p.Source()
		all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		begins := slices.IndexFunc(all, func(line string) bool { return strings.HasPrefix(line, "//") })
		if n := len(all) - begins; n > lines { // the imports aren't read
			t.Errorf("%s has %d lines from its doc sentence on, more than %d", p.File(), n, lines)
		}
		for i, line := range all {
			if n := len(strings.ReplaceAll(line, "\t", strings.Repeat(" ", tab))); n > columns {
				t.Errorf("%s:%d has %d columns, more than %d", p.File(), i+1, n, columns)
			}
		}
		allowed, exported := imports, "Serve"
		if p.Needs == Strace { // it is there to show what package net does
			allowed = []string{`"net"`, `"sockscope/server/told"`, `"errors"`, `"syscall"`, `"time"`}
		}
		if p.client() {
			exported = "Talk"
		}
		file := parse(t, p)
		for _, i := range file.Imports {
			if !slices.Contains(allowed, i.Path.Value) {
				t.Errorf("%s imports %s", p.File(), i.Path.Value)
			}
		}
		for n, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
				if tok := d.(*ast.GenDecl).Tok; tok != token.IMPORT && tok != token.TYPE {
					t.Errorf("%s declares more than types and functions", p.File())
				}
			case depth(f.Body)-1 > levels:
				t.Errorf("%s: %s is %d levels deep, more than %d", p.File(), f.Name, depth(f.Body)-1, levels)
			case f.Doc == nil:
				t.Errorf("%s: %s has no doc sentence", p.File(), f.Name)
			case f.Name.IsExported() && f.Name.Name != exported && !(p.Forks && f.Name.Name == "Child") && f.Name.Name != pure[p.Name]:
				t.Errorf("%s exports %s; it is to be %s alone", p.File(), f.Name, exported)
			case n == 1 && f.Name.Name != exported:
				t.Errorf("%s begins with %s, not with %s", p.File(), f.Name, exported)
			}
		}
	}
}

// A folder has the one file of its program: what is shown is what runs.
func TestFoldersHoldTheProgramAlone(t *testing.T) {
	for _, p := range Programs {
		files, err := os.ReadDir(p.folder())
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %v, %v", p.folder(), files, err)
		}
		if text, err := os.ReadFile(p.folder() + "/" + p.File()); err != nil || string(text) != p.Source() {
			t.Errorf("%s: what is shown is not what runs: %v", p.Name, err)
		}
	}
}

// Every program but the first server and the first client says which one it
// follows, of those before it.
func TestProgramsSayWhichTheyFollow(t *testing.T) {
	for i, p := range Programs {
		said := ""
		for _, d := range parse(t, p).Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && f.Name.Name != "Child" && f.Name.Name != pure[p.Name] {
				said = f.Doc.Text()
			}
		}
		if p.Follows == "" {
			if p.Name != "web" && p.Name != "get" || strings.Contains(said, ".go") {
				t.Errorf("%s follows none, and says %q", p.Name, said)
			}
			continue
		}
		before, err := Find(p.Follows)
		if err != nil || !slices.Contains(Programs[:i], before) {
			t.Errorf("%s follows %q, which is not before it: %v", p.Name, p.Follows, err)
			continue
		}
		if sentence, _, _ := strings.Cut(said, ". "); !strings.Contains(sentence, before.File()) || p.client() != before.client() {
			t.Errorf("%s follows %s, and says %q", p.Name, before.File(), said)
		}
	}
}

// depth returns how many blocks lie in one another, at most.
func depth(n ast.Node) (most int) {
	var open []bool // of the nodes around: is it a block
	blocks := 0
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			if open[len(open)-1] {
				blocks--
			}
			open = open[:len(open)-1]
			return true
		}
		_, block := n.(*ast.BlockStmt)
		open = append(open, block)
		if block {
			blocks++
			most = max(most, blocks)
		}
		return true
	})
	return most
}

// client reports whether the program connects, and doesn't listen.
func (p *Program) client() bool { return strings.Contains(p.Source(), ".Connect(") }

func parse(t *testing.T, p *Program) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), p.File(), p.Source(), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSettings(t *testing.T) {
	for _, p := range Programs {
		if p.Doc == "" || p.Run == nil {
			t.Errorf("%s lacks something", p.Name)
		}
		if found, err := Find(p.Name); found != p || err != nil {
			t.Errorf("%s is not found: %v", p.Name, err)
		}
		values, err := p.Check(nil)
		if err != nil {
			t.Error(err)
		}
		for _, s := range p.Settings {
			if err := s.Check(s.Default); err != nil || values[s.Name] != s.Default || s.Label == "" {
				t.Errorf("%s: setting %s has the default %q, which is %v", p.Name, s.Name, s.Default, err)
			}
		}
	}
	long := strings.Repeat("x", 9999)
	for _, c := range []struct {
		program string
		given   map[string]string
		want    []string
	}{
		{"echo", map[string]string{"backlog": "many"}, []string{"backlog", "many", "0 to 4096"}},
		{"echo", map[string]string{"backlog": "-1"}, []string{"0 to 4096"}},
		{"echo", map[string]string{"colour": "red"}, []string{"colour", "backlog"}},
		{"get", map[string]string{"colour": "red"}, []string{"program get: setting", "colour", "there are none"}},
		{"select", map[string]string{"timeout": "-1s"}, []string{"duration"}},
		{"number", map[string]string{"number": "4294967296"}, []string{"4294967295"}},
		{"number", map[string]string{"bits": "17"}, []string{"16 or 32"}},
		{"receive", map[string]string{"order": long}, []string{"network or host"}},
		{"client", map[string]string{"message": "a\nb"}, []string{"printable"}},
		{"client", map[string]string{"message": long}, []string{"1024"}},
	} {
		p, err := Find(c.program)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Check(c.given)
		if err == nil {
			t.Errorf("%s takes %v", c.program, c.given)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) || len(err.Error()) > 900 {
				t.Errorf("%q does not say %q shortly", err, w)
			}
		}
	}
	if _, err := Find(long); err == nil || !strings.Contains(err.Error(), "server list") || len(err.Error()) > 300 {
		t.Errorf("an unknown program: %v", err)
	}
}
