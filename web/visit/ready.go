package visit

import (
	"slices"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// List is a row of the fd table: what a call that waits for several fds was asked
// about, or answered.
type List struct {
	Head    string
	Of      play.List // of select's three, which questions are about
	Members []int
}

// noList marks a row that no question is about.
const noList play.List = 0xff

// ListsOf returns the rows of s in a call's own words. Only an answer has the errors
// and hang-ups, which nobody needs to ask for.
func ListsOf(call trace.Call, s *trace.Sets, answer bool) []List {
	if s == nil {
		s = new(trace.Sets)
	}
	if call == trace.Select {
		return []List{{"readable", play.Readable, s.Read}, {"writable", play.Writable, s.Write}, {"exceptional", play.Exceptional, s.Except}}
	}
	names := [...]string{"POLLIN", "POLLOUT", "POLLERR", "POLLHUP"}
	switch call {
	case trace.EpollWait:
		names = [...]string{"EPOLLIN", "EPOLLOUT", "EPOLLERR", "EPOLLHUP"}
	case trace.KeventWait:
		names = [...]string{"EVFILT_READ", "EVFILT_WRITE", "EV_ERROR", "EV_EOF"}
	}
	rows := []List{{names[0], play.Readable, s.Read}, {names[1], play.Writable, s.Write}}
	if answer {
		rows = append(rows, List{names[2], noList, s.Error}, List{names[3], noList, s.HangUp})
	}
	return rows
}

// Ready returns the rows of what p's newest call that waits for several fds has
// answered. That a peer sends no more has to be asked for, and most programs don't.
func Ready(p *trace.ProcState) []List {
	m := p.Muxed
	rows := ListsOf(m.Call, m.Out, true)
	var fds []int
	if m.Out != nil {
		fds = m.Out.RdHup
	}
	if len(fds) > 0 || asksForRdHup(p) {
		rows = append(rows, List{map[trace.Call]string{trace.Poll: "POLLRDHUP", trace.EpollWait: "EPOLLRDHUP"}[m.Call], noList, fds})
	}
	return rows
}

// Watches reports whether p has an fd on an interest list of epoll(7).
func Watches(p *trace.ProcState) bool {
	return slices.ContainsFunc(p.FDs, func(f trace.FDState) bool { return f.Watched != 0 })
}

// asksForRdHup reports whether EPOLLRDHUP is asked for of an fd of the interest list.
func asksForRdHup(p *trace.ProcState) bool {
	return slices.ContainsFunc(p.FDs, func(f trace.FDState) bool { return f.Watched&EpollRdHup != 0 })
}

// Interest returns the rows of what p's newest call that waits for several fds was
// asked about, or what epoll keeps: that also before anything has waited.
func Interest(p *trace.ProcState) []List {
	if p.Muxed == nil || p.Muxed.Call == trace.EpollWait {
		return watched(p)
	}
	return ListsOf(p.Muxed.Call, p.Muxed.In, false)
}

// watched returns the interest list as it is registered now.
func watched(p *trace.ProcState) []List {
	rows := []List{{Head: "EPOLLIN"}, {Head: "EPOLLOUT"}, {Head: "EPOLLET"}}
	if asksForRdHup(p) {
		rows = append(rows, List{Head: "EPOLLRDHUP"})
	}
	for i := range p.FDs {
		for k, event := range []int64{EpollIn, EpollOut, EpollEdge, EpollRdHup}[:len(rows)] {
			if p.FDs[i].Watched&event != 0 {
				rows[k].Members = append(rows[k].Members, p.FDs[i].FD)
			}
		}
	}
	return rows
}
