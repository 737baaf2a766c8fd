package play

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// shown writes a difference as diff(1) does.
func shown(lines []DiffLine) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString([...]string{Kept: " ", Added: "+", Removed: "-"}[line.Change] + line.Text + "\n")
	}
	return b.String()
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct{ former, text, want string }{
		{"", "", ""},
		{"a\n", "a\n", " a\n"},
		{"a\nb\n", "a\nb", " a\n b\n"},
		{"", "a\nb\n", "+a\n+b\n"},
		{"a\nb\n", "", "-a\n-b\n"},
		{"a\nb\nc\n", "a\nB\nc\n", " a\n-b\n+B\n c\n"},
		{"a\nb\nc\nd\n", "a\nc\nx\nd\n", " a\n-b\n c\n+x\n d\n"},
		{"one\ntwo\n", "zero\none\nthree\n", "+zero\n one\n-two\n+three\n"},
		{"a\na\nb\n", "a\nb\nb\n", " a\n-a\n+b\n b\n"},
		{"x\ny\nz\n", "1\n2\n", "-x\n-y\n-z\n+1\n+2\n"},
		{"\n\n", "\n", " \n-\n"},
	} {
		if got := shown(Differ(c.former, c.text)); got != c.want {
			t.Errorf("%q after %q is\n%swant\n%s", c.text, c.former, got, c.want)
		}
	}
}

// Whatever the texts: without the gone lines a difference is the text, without
// the new ones it is the former.
func TestDifferKeepsBothTexts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := func(most int) string {
		var b strings.Builder
		for range rnd.IntN(most) {
			b.WriteString(string(rune('a'+rnd.IntN(3))) + "\n")
		}
		return b.String()
	}
	for range 2000 {
		checkDiffer(t, text(12), text(12))
	}
	long := strings.Repeat("a\nb\n", 2000)
	checkDiffer(t, "x\n"+long+"y\nlast\n", "z\n"+long+"w\nlast\n")
}

func FuzzDiffer(f *testing.F) {
	f.Add("a\nb\n", "a\nc\n")
	f.Add("", "\n\n")
	f.Fuzz(checkDiffer)
}

func checkDiffer(t *testing.T, former, text string) {
	t.Helper()
	var old, now []string
	was := Kept
	for _, line := range Differ(former, text) {
		if line.Change != Added {
			old = append(old, line.Text)
		}
		if line.Change != Removed {
			now = append(now, line.Text)
		}
		if line.Change == Removed && was == Added {
			t.Fatalf("%q after %q: a line is gone behind a new one", text, former)
		}
		was = line.Change
	}
	end := func(s string) string { return strings.TrimSuffix(s, "\n") }
	if strings.Join(old, "\n") != end(former) {
		t.Fatalf("%q after %q: the former would be %q", text, former, old)
	}
	if strings.Join(now, "\n") != end(text) {
		t.Fatalf("%q after %q: the text would be %q", text, former, now)
	}
}
