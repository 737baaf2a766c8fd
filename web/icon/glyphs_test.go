package icon

import (
	"regexp"
	"strings"
	"testing"

	"sockscope/server/lab"
)

func TestEveryLabHasASignOfItsOwn(t *testing.T) {
	form := regexp.MustCompile(`^[-rs~ae.wyoWYO ]{1,9}(/[-rs~ae.wyoWYO ]{1,9}){0,2}$`)
	whose := map[string]string{}
	for _, l := range lab.All {
		if !form.MatchString(l.Pattern) {
			t.Errorf("%s: the pattern %q is not one to three rows of at most nine of the letters that Glyph names", l.ID, l.Pattern)
			continue
		}
		if other := whose[l.Pattern]; other != "" {
			t.Errorf("%s and %s have the same sign", l.ID, other)
		}
		whose[l.Pattern] = l.ID
		if svg := Glyph(l.Pattern); strings.Count(svg, "<") < 3 || strings.Contains(svg, "%!") {
			t.Errorf("%s is drawn as %s", l.ID, svg)
		}
	}
}
