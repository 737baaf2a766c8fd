package pane

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// readiness draws the sets that the newest call that waits for several fds was given,
// the ready ones that it returned, and between them what epoll keeps.
func readiness(f *visit.Focus, p *trace.ProcState, cols []visit.Column, row func(string, string, func(*visit.Column) app.UI) app.UI) []app.UI {
	m := p.Muxed
	if m == nil { // nothing has waited yet
		m = &trace.MuxState{Call: trace.EpollWait}
	}
	title := func(text, note string, how app.UI) app.UI {
		return dom.Elc("tr", "sub").Body(dom.El("th").Attr("colspan", len(cols)+1).Body(
			app.Text(text), dom.Elc("span", "note").Text(note), how))
	}
	var out []app.UI
	switch m.Call {
	case trace.Select:
		out = append(out, title("Sets in ", fmt.Sprintf("asked about: nfds = %d", m.Size), nil))
	case trace.Poll:
		out = append(out, title("Events in ", fmt.Sprintf("an array of %s, as asked", words.Count(m.Size, "pollfd")), nil))
	case trace.KeventWait:
		out = append(out, title("Interest list ", "kept by the kernel, changed by kevent", nil))
	default:
		out = append(out, title("Interest list ", "kept by the kernel, changed by epoll_ctl", nil))
	}
	for _, l := range visit.Interest(p) {
		out = append(out, row("in", l.Head, func(c *visit.Column) app.UI { return member(slices.Contains(l.Members, c.Number), "m", c.Number) }))
	}
	if p.Muxed == nil {
		return out
	}
	if m.Call == trace.EpollWait && f.Question() == nil { // it would give the answer away
		out = append(out, title("Ready list ", "what the kernel would tell next ", provenance(trace.Inferred, "")),
			row("tell", "to be told", func(c *visit.Column) app.UI { return member(f.ToBeTold(c.FD), "m", c.Number) }))
	}
	out = append(out, title(map[bool]string{true: "Sets out ", false: "Events out "}[m.Call == trace.Select], answerWord(m), nil))
	for _, l := range visit.Ready(p) {
		out = append(out, row("out", l.Head, func(c *visit.Column) app.UI {
			if light := light(f, l.Of, c.Number); light != nil {
				return light
			}
			return member(slices.Contains(l.Members, c.Number), "m lit", c.Number)
		}))
	}
	return out
}

// member is an fd in its place of a row, or the dot where it is not.
func member(in bool, class string, fd int) app.UI {
	if !in {
		return dom.Elc("span", "dot").Text("·")
	}
	return dom.Elc("span", class).Text(fd)
}

// bitsShown is how many bits of an fd_set are drawn at most.
const bitsShown = 24

// bitsOf draws the three fd_sets of a select bit by bit, as HTML: as they went in,
// and as the kernel has written over them.
func bitsOf(m *trace.MuxState) string {
	in, out := visit.ListsOf(m.Call, m.In, false), visit.ListsOf(m.Call, m.Out, false)
	n := min(m.Size+2, bitsShown)
	var b strings.Builder
	b.WriteString(`<section class="below"><h3>fd_set, bit by bit</h3><table class="bits" aria-label="fd_set, bit by bit"><thead><tr><th></th><th></th>`)
	for i := range n {
		b.WriteString("<th>" + strconv.Itoa(i) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for i, name := range [...]string{"readfds", "writefds", "exceptfds"} {
		fdSet(&b, name, "in", in[i].Members, m.Size, n, true)
		fdSet(&b, "", "out", out[i].Members, m.Size, n, !m.Open && m.Result >= 0)
	}
	looks := "none of them"
	switch {
	case m.Size == 1:
		looks = "bit 0"
	case m.Size > 1:
		looks = fmt.Sprintf("bits 0 to %d", m.Size-1)
	}
	fmt.Fprintf(&b, `</tbody></table><p class="hint">Each set has 1,024 bits, 128 bytes. nfds is %d: the kernel copies in and looks at %s, and writes what is ready over the same memory. So the program fills them again for every select.</p></section>`, m.Size, looks)
	return b.String()
}

// fdSet draws the first n bits of a set. The kernel looks at the first nfds.
func fdSet(b *strings.Builder, name, way string, members []int, nfds, n int, known bool) {
	fmt.Fprintf(b, `<tr class="%s"><th scope="row">%s</th><td>%s</td>`, way, name, way)
	for i := range n {
		switch {
		case i >= nfds:
			b.WriteString(`<td class="off">·</td>`)
		case !known:
			b.WriteString(`<td class="off">?</td>`)
		case slices.Contains(members, i):
			b.WriteString(`<td><b>1</b></td>`)
		default:
			b.WriteString(`<td>0</td>`)
		}
	}
	b.WriteString("</tr>")
}
