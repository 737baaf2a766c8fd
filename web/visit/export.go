package visit

import (
	"strconv"

	"sockscope/web/export"
)

// Heads are what stands beside the lanes, from the top, where nothing answers a click.
func (f *Focus) Heads() (heads []export.Head) {
	for _, l := range f.Lanes() {
		name := l.Name
		if l.Thread > 0 {
			name += " thread " + strconv.Itoa(l.Thread+1)
		}
		heads = append(heads, export.Head{Name: name, Word: l.Word})
	}
	return heads
}
