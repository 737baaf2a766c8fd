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

// A program's file reads like a page of a textbook: it fits the page, and
// holds nothing but the program.
func TestSourcesReadLikeATextbook(t *testing.T) {
	const columns, tab = 72, 3
	imports := []string{`"sockscope/server/socket"`, `"fmt"`, `"encoding/binary"`,
		`"strings"`, `"time"`} // to cut a reply in two; for durations
	for _, p := range Programs {
		text := Source(p.File)
		if onDisk, err := os.ReadFile(p.File); err != nil || text != string(onDisk) {
			t.Fatalf("%s: what is shown is not what runs: %v", p.Name, err)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if most := 85; len(lines) > most {
			t.Errorf("%s has %d lines, more than %d", p.File, len(lines), most)
		}
		for i, line := range lines {
			if n := len(strings.ReplaceAll(line, "\t", strings.Repeat(" ", tab))); n > columns {
				t.Errorf("%s:%d has %d columns, more than %d", p.File, i+1, n, columns)
			}
		}
		file, err := parser.ParseFile(token.NewFileSet(), p.File, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		allowed := imports
		if p.Needs == Strace { // it is there to show what package net does
			allowed = []string{`"net"`, `"sockscope/server/told"`}
		}
		for _, i := range file.Imports {
			if !slices.Contains(allowed, i.Path.Value) {
				t.Errorf("%s imports %s", p.File, i.Path.Value)
			}
		}
		exported := 0
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil {
					t.Errorf("%s: %s has no doc sentence", p.File, d.Name.Name)
				}
				if d.Name.IsExported() {
					exported++
				}
			case *ast.GenDecl:
				if d.Tok != token.IMPORT {
					t.Errorf("%s declares more than functions", p.File)
				}
			}
		}
		if exported != 1 {
			t.Errorf("%s has %d exported functions", p.File, exported)
		}
	}
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
			if err := s.Check(s.Default); err != nil || values[s.Name] != s.Default {
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
		{"get", map[string]string{"colour": "red"}, []string{"no settings"}},
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
			if !strings.Contains(err.Error(), w) || len(err.Error()) > 300 {
				t.Errorf("%q does not say %q shortly", err, w)
			}
		}
	}
	if _, err := Find(long); err == nil || !strings.Contains(err.Error(), "byteorder") || len(err.Error()) > 300 {
		t.Errorf("an unknown program: %v", err)
	}
	if Source("nothing.go") != "" || Source("program.go") != "" {
		t.Error("a source that is no program's")
	}
}
