package pane

import (
	"regexp"
	"strings"
	"testing"

	"sockscope/web/visit"
)

// However many threads are at a line, their tags leave its code alone.
func TestTagsFitBeforeTheCode(t *testing.T) {
	text := regexp.MustCompile(`<[^>]*>`)
	tags := func(names ...string) (out []visit.Tag) {
		for _, n := range names {
			out = append(out, visit.Tag{Text: n})
		}
		return out
	}
	six := tags("s", "s.2", "s.3", "s.4", "s.5", "s.6")
	for _, c := range []struct {
		line string
		tags []visit.Tag
		want string
	}{
		{"func main() {", tags("s"), "s"},
		{"func main() {", tags("s.12"), "s.12"}, // one thread is always named
		{"\tx()", tags("1", "2"), "1 2"},
		{"\t\tx()", tags("1", "2", "3", "4"), "1 2 3 4"},
		{"\tx()", six, "s +5"},
		{"\t\tx()", six, "s s.2 +4"},
		{"\t\t\tx()", six, "s s.2 +4"},
		{"x()", six, "×6"},
	} {
		got := tagged(c.tags, tagRoom(c.line))
		if got := strings.TrimSpace(text.ReplaceAllString(strings.ReplaceAll(got, "</span>", " "), "")); got != c.want {
			t.Errorf("%d tags at %q: %q, want %q", len(c.tags), c.line, got, c.want)
		}
	}
	if got := tagged(six, tagRoom("x()")); !strings.Contains(got, `title="s, s.2, s.3, s.4, s.5, s.6"`) {
		t.Errorf("the tags that don't show are not named: %s", got)
	}
}

// A line that is new has a mark beside its number, and one that is gone is struck.
func TestWhatDiffersIsMarked(t *testing.T) {
	var got []string
	for _, l := range tinted("func f() {\n\ta()\n}\n", "func f() {\n\tb()\n}\n") {
		got = append(got, l.plain)
	}
	want := []string{
		`<li class="begin"><i>1</i><span class="tag"></span><code>func f() {</code></li>`,
		`<li class="was"><i>−</i><span class="tag"></span><code><del>	a()</del></code></li>`,
		`<li class="new"><i>2</i><span class="tag"></span><code>	b()</code></li>`,
		`<li class=""><i>3</i><span class="tag"></span><code>}</code></li>`,
	}
	for i := range want {
		want[i] = strings.Replace(want[i], "func ", `<span class="kw">func</span> `, 1)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
