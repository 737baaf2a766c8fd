package icon

import (
	"slices"
	"testing"

	"sockscope/server/lab"
)

func TestEveryLabHasAGlyph(t *testing.T) {
	for _, l := range lab.All {
		if glyphs[l.ID] == "" {
			t.Errorf("%s has none", l.ID)
		}
	}
	for id := range glyphs {
		if !slices.ContainsFunc(lab.All, func(l *lab.Lab) bool { return l.ID == id }) {
			t.Errorf("there is no lab %s, and a glyph of it", id)
		}
	}
}
