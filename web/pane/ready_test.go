package pane

import (
	"slices"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// recorded reads a recording of the site.
func recorded(t *testing.T, name string) *play.Run {
	t.Helper()
	file, err := assets.Files.ReadFile("recordings/" + name + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := visit.ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	return tape.Run
}

// The bits are those that select was given and wrote: no more than nfds of them,
// and nothing known before it has returned.
func TestBitsOfAnFDSet(t *testing.T) {
	m := &trace.MuxState{Call: trace.Select, Size: 6, In: &trace.Sets{Read: []int{3, 5}, Write: []int{5}}, Out: &trace.Sets{Write: []int{5}}, Result: 1}
	rows := func() []string {
		var out []string
		for _, r := range strings.Split(bitsOf(m), "<tr ")[1:] {
			r = strings.NewReplacer(`<td class="off">`, "", "<td>", "", "</td>", "", "<b>", "", "</b>", "").Replace(r)
			_, r, _ = strings.Cut(r, "</th>")
			r, _, _ = strings.Cut(r, "</tr>")
			out = append(out, r)
		}
		return out
	}
	want := []string{"in000101··", "out000000··", "in000001··", "out000001··", "in000000··", "out000000··"}
	if got := rows(); !slices.Equal(got, want) {
		t.Errorf("bits %q, want %q", got, want)
	}
	m.Open = true
	if got := rows(); got[1] != "out??????··" || got[0] != want[0] {
		t.Errorf("before it has returned: %q", got)
	}
	m.Size = 1 << 30 // a trace from outside
	if n := len(bitsOf(m)); n > 16<<10 {
		t.Errorf("%d bytes for a set", n)
	}
	for _, name := range []string{"select", "two-ports", "timeouts"} {
		run := recorded(t, name)
		for pos := range run.Len() {
			for _, p := range run.State(pos).Procs {
				if m := p.Muxed; m != nil && m.Call == trace.Select && m.In != nil {
					for _, fd := range slices.Concat(m.In.Read, m.In.Write) {
						if fd >= m.Size {
							t.Fatalf("%s: at %d nfds is %d, and fd %d is in a set", name, pos, m.Size, fd)
						}
					}
				}
			}
		}
	}
}
