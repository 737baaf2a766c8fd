package visit

import (
	"io"
	"strconv"

	"sockscope/server/trace"
	"sockscope/web/export"
)

// Packets writes the packets of the run as a pcapng file.
func (r *Run) Packets(w io.Writer) error {
	f, err := trace.Open(r.tape.file)
	if f.Header == nil {
		return err
	}
	return export.Pcapng(w, &f)
}

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
