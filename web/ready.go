package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Of epoll_ctl(2).
const (
	epollIn    = 0x1
	epollOut   = 0x4
	epollRdHup = 0x2000
	epollEdge  = 1 << 31
)

// list is a row of the fd table: what a call that waits for several fds was asked
// about, or answered.
type list struct {
	head    string
	of      play.List // of select's three, which questions are about
	members []int
}

// noList is that of a row which no question is about.
const noList play.List = 0xff

// listsOf returns the rows of s in a call's own words. Only an answer has the errors
// and hang-ups, which nobody needs to ask for.
func listsOf(call trace.Call, s *trace.Sets, answer bool) []list {
	if s == nil {
		s = new(trace.Sets)
	}
	if call == trace.Select {
		return []list{{"readable", play.Readable, s.Read}, {"writable", play.Writable, s.Write}, {"exceptional", play.Exceptional, s.Except}}
	}
	names := [...]string{"POLLIN", "POLLOUT", "POLLERR", "POLLHUP"}
	switch call {
	case trace.EpollWait:
		names = [...]string{"EPOLLIN", "EPOLLOUT", "EPOLLERR", "EPOLLHUP"}
	case trace.KeventWait:
		names = [...]string{"EVFILT_READ", "EVFILT_WRITE", "EV_ERROR", "EV_EOF"}
	}
	rows := []list{{names[0], play.Readable, s.Read}, {names[1], play.Writable, s.Write}}
	if answer {
		rows = append(rows, list{names[2], noList, s.Error}, list{names[3], noList, s.HangUp})
	}
	return rows
}

// answered returns the rows of what p's newest call that waits for several fds has
// answered. That a peer sends no more has to be asked for, and most programs don't.
func answered(p *trace.ProcState) []list {
	m := p.Muxed
	rows := listsOf(m.Call, m.Out, true)
	var fds []int
	if m.Out != nil {
		fds = m.Out.RdHup
	}
	if len(fds) > 0 || asksForRdHup(p) {
		rows = append(rows, list{map[trace.Call]string{trace.Poll: "POLLRDHUP", trace.EpollWait: "EPOLLRDHUP"}[m.Call], noList, fds})
	}
	return rows
}

// asksForRdHup reports whether EPOLLRDHUP is asked for of an fd of the interest list.
func asksForRdHup(p *trace.ProcState) bool {
	return slices.ContainsFunc(p.FDs, func(f trace.FDState) bool { return f.Watched&epollRdHup != 0 })
}

// readiness draws the sets that the newest call that waits for several fds was given,
// the ready ones that it returned, and between them what epoll keeps.
func (s *session) readiness(p *trace.ProcState, cols []column, row func(string, string, func(*column) app.UI) app.UI) []app.UI {
	m := p.Muxed
	title := func(text, note string, how app.UI) app.UI {
		return elc("tr", "sub").Body(el("th").Attr("colspan", len(cols)+1).Body(
			app.Text(text), elc("span", "note").Text(note), how))
	}
	var in []list
	var out []app.UI
	switch m.Call {
	case trace.Select:
		in = listsOf(m.Call, m.In, false)
		out = append(out, title("Sets in ", fmt.Sprintf("asked about: nfds = %d", m.Size), nil))
	case trace.Poll:
		in = listsOf(m.Call, m.In, false)
		out = append(out, title("Events in ", fmt.Sprintf("an array of %s, as asked", count(m.Size, "pollfd")), nil))
	case trace.KeventWait:
		in = listsOf(m.Call, m.In, false)
		out = append(out, title("Interest list ", "kept by the kernel, changed by kevent", nil))
	default:
		in = watched(p)
		out = append(out, title("Interest list ", "kept by the kernel, changed by epoll_ctl", nil))
	}
	for _, l := range in {
		out = append(out, row("in", l.head, func(c *column) app.UI { return member(slices.Contains(l.members, c.number), "m", c.number) }))
	}
	if m.Call == trace.EpollWait && s.question() == nil { // it would give the answer away
		out = append(out, title("Ready list ", "what the kernel would tell next ", provenance(trace.Inferred, "")),
			row("tell", "to be told", func(c *column) app.UI { return member(s.toBeTold(p, c.fd), "m", c.number) }))
	}
	out = append(out, title(map[bool]string{true: "Sets out ", false: "Events out "}[m.Call == trace.Select], answerWord(m), nil))
	for _, l := range answered(p) {
		out = append(out, row("out", l.head, func(c *column) app.UI {
			if light := s.light(l.of, c.number); light != nil {
				return light
			}
			return member(slices.Contains(l.members, c.number), "m lit", c.number)
		}))
	}
	return out
}

// member is an fd in its place of a row, or the dot where it is not.
func member(in bool, class string, fd int) app.UI {
	if !in {
		return elc("span", "dot").Text("·")
	}
	return elc("span", class).Text(fd)
}

// watched returns the interest list as it is registered now.
func watched(p *trace.ProcState) []list {
	rows := []list{{head: "EPOLLIN"}, {head: "EPOLLOUT"}, {head: "EPOLLET"}}
	if asksForRdHup(p) {
		rows = append(rows, list{head: "EPOLLRDHUP"})
	}
	for i := range p.FDs {
		for k, event := range []int64{epollIn, epollOut, epollEdge, epollRdHup}[:len(rows)] {
			if p.FDs[i].Watched&event != 0 {
				rows[k].members = append(rows[k].members, p.FDs[i].FD)
			}
		}
	}
	return rows
}

// toBeTold infers whether an fd is on the ready list of epoll(7). Level-triggered
// it is there while it is ready; edge-triggered from when something new came until
// an epoll_wait has told of it. Whether a full Send-Q has room again only the
// kernel knows: that is not claimed.
func (s *session) toBeTold(p *trace.ProcState, f *trace.FDState) bool {
	if f == nil || f.Watched&(epollIn|epollOut) == 0 {
		return false
	}
	if f.Kind == trace.FDListener {
		return f.Watched&epollIn != 0 && len(s.waiting(f)) > 0
	}
	run, pos := s.Player.Run, s.pos()
	c := run.ConnOf(s.proc(), f.FD, pos)
	if c == nil {
		return false
	}
	peer, flow := c.Client, &c.Flows[0]
	if peer.Proc == s.proc() && peer.FD == f.FD {
		peer, flow = c.Server, &c.Flows[1]
	}
	came := int64(-1) // when the newest bytes, or the end, set out
	unread := false
	st := streamAt(flow, pos)
	if n := len(st.sends); n > 0 {
		unread = st.sent > st.read
		if call := run.CallAt(st.sends[n-1].Step); call != nil {
			came = run.Steps[call.Enter].Time
		}
	}
	if at := peer.Ended(pos); at >= 0 {
		unread = true
		came = max(came, run.Steps[at].Time)
	}
	switch {
	case f.Watched&epollEdge == 0:
		return f.Watched&epollIn != 0 && unread
	case f.Told < 0:
		return f.Watched&epollOut != 0 || unread // put on the list, it is told of what is there
	}
	return f.Watched&epollIn != 0 && came > f.Told
}

// bitsShown is how many bits of an fd_set are drawn at most.
const bitsShown = 24

// bitsOf draws the three fd_sets of a select bit by bit, as HTML: as they went in,
// and as the kernel has written over them.
func bitsOf(m *trace.MuxState) string {
	in, out := listsOf(m.Call, m.In, false), listsOf(m.Call, m.Out, false)
	n := min(m.Size+2, bitsShown)
	var b strings.Builder
	b.WriteString(`<section class="below"><h3>fd_set, bit by bit</h3><table class="bits"><thead><tr><th></th><th></th>`)
	for i := range n {
		b.WriteString("<th>" + strconv.Itoa(i) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for i, name := range [...]string{"readfds", "writefds", "exceptfds"} {
		fdSet(&b, name, "in", in[i].members, m.Size, n, true)
		fdSet(&b, "", "out", out[i].members, m.Size, n, !m.Open && m.Result >= 0)
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

// fdSet draws one set: so many bits, of which the kernel looks at the first nfds.
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
