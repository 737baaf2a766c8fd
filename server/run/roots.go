package run

import (
	"cmp"
	"slices"

	"sockscope/server/trace"
)

// roots are the calls that made what a program has open: the fewest events that its
// state can be folded from.
type roots struct {
	start []trace.Event // of the threads
	fds   []root
}

// root is one open fd.
type root struct {
	fd      int
	calls   []trace.Event // the Return that gave the fd, and those that changed it
	in, out int64         // bytes received and sent
}

// apply adds the next event. Only Returns count. Of two that change the same thing the
// newer is kept.
func (r *roots) apply(e *trace.Event) {
	if e.Kind == trace.Start {
		r.start = append(r.start, *e)
	}
	if e.Kind != trace.Return {
		return
	}
	at := slices.IndexFunc(r.fds, func(f root) bool { return f.fd == e.FD })
	switch {
	case e.Call == trace.Close && e.Errno != trace.EBADF:
		if at >= 0 {
			r.fds = slices.Delete(r.fds, at, at+1)
		}
		return
	case e.Errno != 0:
		return
	case e.Call == trace.Socket, e.Call == trace.Accept:
		fd := int(e.Result)
		r.fds = slices.DeleteFunc(r.fds, func(f root) bool { return f.fd == fd }) // its close was not recorded
		r.fds = append(r.fds, root{fd: fd, calls: []trace.Event{*e}})
		return
	case at < 0:
		return
	}
	f := &r.fds[at]
	switch e.Call {
	case trace.Bind, trace.Listen, trace.Fcntl, trace.Shutdown:
		f.calls = slices.DeleteFunc(f.calls, func(old trace.Event) bool { return old.Call == e.Call })
		f.calls = append(f.calls, *e)
	case trace.Send:
		f.out += e.Result
	case trace.Recv:
		f.in += e.Result
	}
}

// keep forgets the connections that are not open in the kernel's table.
func (r *roots) keep(table []trace.Sock) {
	r.fds = slices.DeleteFunc(r.fds, func(f root) bool {
		peer := f.calls[0].Addr
		return f.calls[0].Call == trace.Accept && !slices.ContainsFunc(table, func(s trace.Sock) bool {
			return s.Peer == peer && (s.State == trace.Established || s.State == trace.CloseWait)
		})
	})
}

// now returns what is open, as viewers get it.
func (r *roots) now() *trace.Now {
	n := &trace.Now{Events: slices.Clone(r.start)}
	for _, f := range r.fds {
		n.Events = append(n.Events, f.calls...)
		n.Moved = append(n.Moved, trace.Queue{FD: f.fd, Recv: int(f.in), Send: int(f.out)})
	}
	slices.SortStableFunc(n.Events, func(a, b trace.Event) int { return cmp.Compare(a.Time, b.Time) })
	return n
}
