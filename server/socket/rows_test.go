package socket

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// makers returns the exported functions and methods of the package in dir that make
// a call, by the names of package trace: those in which its name stands, and those
// that use one in which it does.
func makers(t *testing.T, dir string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	names := map[string]map[string]bool{} // of calls, by the function
	uses := map[string]map[string]bool{}  // functions, by the function
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			of := d.Name.Name
			if names[of] == nil {
				names[of], uses[of] = map[string]bool{}, map[string]bool{}
			}
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.KeyValueExpr: // call{name: trace.Send}
					if key, ok := n.Key.(*ast.Ident); ok && key.Name == "name" {
						if name, ok := n.Value.(*ast.SelectorExpr); ok {
							names[of][name.Sel.Name] = true
						}
					}
				case *ast.CallExpr: // s.control(...), v.Enter(trace.NetRead, ...)
					if f, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 {
						if name, ok := n.Args[0].(*ast.SelectorExpr); ok && f.Sel.Name == "Enter" {
							names[of][name.Sel.Name] = true
						}
					}
					if f, ok := n.Fun.(*ast.SelectorExpr); ok && !ast.IsExported(f.Sel.Name) {
						uses[of][f.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	made := map[string][]string{}
	for _, of := range slices.Sorted(maps.Keys(names)) {
		if !ast.IsExported(of) || of == "Cost" { // which measures, and makes another call
			continue
		}
		calls := maps.Clone(names[of])
		for used := range uses[of] {
			maps.Copy(calls, names[used])
		}
		for call := range calls {
			made[call] = append(made[call], of)
		}
	}
	return made
}

// The row of a call has the functions and methods that make it, and no others: by
// them the page marks the calls in a program's source.
func TestRowsHaveTheMethods(t *testing.T) {
	made := makers(t, ".")
	maps.Copy(made, makers(t, "../told"))
	for name, c := range callNumbers(t) {
		want := slices.Sorted(slices.Values(c.Row().Methods))
		if got := slices.Compact(slices.Sorted(slices.Values(made[name]))); !slices.Equal(got, want) {
			t.Errorf("%s is made by %v; its row says %v", name, got, want)
		}
	}
}

// callNumbers returns the calls by their names in package trace.
func callNumbers(t *testing.T) map[string]trace.Call {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../trace/call.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]trace.Call{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Call" {
			n, err := strconv.ParseUint(v.Values[0].(*ast.BasicLit).Value, 10, 8)
			if err != nil {
				t.Fatal(err)
			}
			all[v.Names[0].Name] = trace.Call(n)
		}
		return true
	})
	if len(all) != len(trace.Calls())+1 { // and CallNone
		t.Fatalf("%d numbers, %d rows", len(all), len(trace.Calls()))
	}
	return all
}
