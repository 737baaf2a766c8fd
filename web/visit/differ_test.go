package visit_test

import (
	"strings"
	"testing"

	"sockscope/server/demo"
	"sockscope/web/visit"
)

func TestChanges(t *testing.T) {
	show := func(changes []visit.Change) string {
		var b strings.Builder
		for _, c := range changes {
			switch {
			case c.Line == 0:
				b.WriteString("-")
			case c.New:
				b.WriteString("+")
			}
			b.WriteString(c.Text + " ")
		}
		return strings.TrimSpace(b.String())
	}
	for _, c := range []struct{ was, is, want string }{
		{"a b c", "a b c", "a b c"},
		{"a b c", "a x c", "a -b +x c"},
		{"a b c", "b c d", "-a b c +d"},
		{"a b", "c d", "-a -b +c +d"},
		{"a b a", "a a", "a -b a"},
		{"x a b a y", "x a a b a y", "x a +a b a y"},
		{"a } b } c", "a } n } b } c", "a } +n +} b } c"},
	} {
		lines := func(s string) string { return strings.ReplaceAll(s, " ", "\n") + "\n" }
		if got := show(visit.Changes(lines(c.was), lines(c.is))); got != c.want {
			t.Errorf("from %q to %q: %q, want %q", c.was, c.is, got, c.want)
		}
	}
}

// What is listed is each of the two programs, whole and in its order.
func TestChangesOfEveryProgramAreBothPrograms(t *testing.T) {
	for _, p := range demo.Programs {
		former, err := demo.Find(p.Follows)
		if err != nil {
			continue
		}
		var was, is []string
		for _, c := range visit.Changes(former.Source(), p.Source()) {
			if c.Line > 0 {
				if is = append(is, c.Text); c.Line != len(is) {
					t.Errorf("%s: line %d is numbered %d", p.Name, len(is), c.Line)
				}
			}
			if !c.New {
				was = append(was, c.Text)
			}
		}
		text := func(lines []string) string { return strings.Join(lines, "\n") + "\n" }
		if text(is) != p.Source() || text(was) != former.Source() {
			t.Errorf("%s differs from %s by other lines than those listed", p.Name, former.Name)
		}
	}
}

func TestProgramsTooLongToCompareAreNew(t *testing.T) {
	long := strings.Repeat("x\ny\n", 2000)
	changes := visit.Changes("a\n"+long+"b\n", "c\n"+long+"d\n")
	if n := len(changes); n != 2*4002 {
		t.Errorf("%d lines, want %d", n, 2*4002)
	}
}
