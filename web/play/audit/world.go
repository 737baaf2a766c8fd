// Package audit holds what is said of a run against the run itself. It reads the
// events of the whole trace in its own way, and shares nothing with package play's
// explanations but the claims and the table of what a call can wait for: a claim
// that is made of the first n steps has to be true of all that follow.
package audit

import (
	"slices"
	"strings"

	"sockscope/server/trace"
)

// world is what really happened: all calls, sockets and bytes of a run that is
// over.
type world struct {
	header *trace.Header
	steps  []trace.Event
	over   bool // the trace has its end

	calls   map[int]*call      // by the step of their Enter, and by that of their Return
	threads map[[2]int][]*call // by process and thread, in their order
	holds   []*hold
	torn    []tear
	clocks  []int // processes whose clock is strace's
}

// call is one call of a thread.
type call struct {
	enter, ret int // steps; ret is -1 where it never came back
	exit       int // the step that ended its thread meanwhile, or -1
	lost       int // the Gap that left out its end, or -1
	on         *sock
	fd         int
}

// sock is what an fd stands for, whoever holds it.
type sock struct {
	id          int
	kind        int64  // type of socket(2)
	since       int    // step of the Return that made it
	local, peer string // addresses
	dest        string // that it was connected to
	connect     *call
	tos         []noted // of a datagram socket: the addresses that it was connected to
	named       int     // step that gave it its address
	accepted    bool    // it came out of an accept
	listened    int     // step of the listen's Return, or -1
	backlog     int64
	other       *sock // the other end
	sends       []move
	recvs       []move
	shut        int // step of the Return of a shutdown that ends what it sends, or -1
	edge        bool
	flags       []setting
	patience    []setting
}

// setting is what something was set to by a step.
type setting struct {
	step int
	set  int64
}

// noted is an address that a connect noted in a step.
type noted struct {
	step int
	addr string
}

// move is what one call moved through a socket: n bytes from off on.
type move struct {
	call *call
	off  int64
	n    int64
}

// hold is an fd of a process, for as long as it stands for the same.
type hold struct {
	proc, fd int
	from, to int // steps; to is -1 while it is held
	on       *sock
}

// tear is where calls of a process are missing: between two steps of its thread.
type tear struct{ proc, from, step int }

func newWorld(h *trace.Header, steps []trace.Event, over bool) *world {
	w := &world{header: h, steps: steps, over: over, calls: map[int]*call{}, threads: map[[2]int][]*call{}}
	for i := range h.Procs {
		if h.Procs[i].Tracer != "" {
			w.clocks = append(w.clocks, i)
		}
	}
	open, last := map[[2]int]*call{}, map[[2]int]int{}
	for i := range steps {
		e := &steps[i]
		key := [2]int{e.Proc, e.Thread}
		switch e.Kind {
		case trace.Start:
			if e.Thread == 0 && len(e.Args) == 2 {
				w.inherit(i, int(e.Args[0]), e.Proc)
			}
			for _, q := range e.Queues { // that it had before the trace
				s := w.make(i, e.Proc, q.FD)
				s.kind, s.local, s.peer, s.named = 1, q.Local, q.Peer, i
				if q.State == trace.Listening {
					s.listened = i
				}
			}
		case trace.Enter:
			c := &call{enter: i, ret: -1, exit: -1, lost: -1, fd: e.FD}
			if k := w.held(e.Proc, e.FD, i); k != nil {
				c.on = k.on
			}
			open[key], w.calls[i] = c, c
			w.threads[key] = append(w.threads[key], c)
		case trace.Return:
			c := open[key]
			if c == nil || steps[c.enter].Call != e.Call {
				continue
			}
			delete(open, key)
			c.ret, w.calls[i] = i, c
			w.came(c)
		case trace.Gap:
			if c := open[key]; c != nil {
				c.lost = i
				delete(open, key)
			}
			if e.Result > 0 {
				w.torn = append(w.torn, tear{e.Proc, last[key], i})
			}
		case trace.Exit:
			for k, c := range open {
				if k == key || e.Thread == 0 && k[0] == e.Proc {
					c.exit = i
					delete(open, k)
				}
			}
			if e.Thread == 0 {
				for _, k := range w.holds {
					if k.proc == e.Proc && k.to < 0 {
						k.to = i
					}
				}
			}
		}
		w.seen(e, i)
		last[key] = i
	}
	w.pair()
	return w
}

// held returns what an fd of a process stood for as step i came, or nil.
func (w *world) held(proc, fd, i int) *hold {
	for k := len(w.holds) - 1; k >= 0; k-- {
		if h := w.holds[k]; h.proc == proc && h.fd == fd && h.from < i && (h.to < 0 || h.to >= i) {
			return h
		}
	}
	return nil
}

func (w *world) inherit(i, parent, child int) {
	for _, k := range slices.Clone(w.holds) {
		if k.proc == parent && k.to < 0 {
			w.holds = append(w.holds, &hold{child, k.fd, i, -1, k.on})
		}
	}
}

func (w *world) make(i, proc, fd int) *sock {
	s := &sock{id: len(w.holds), since: i, listened: -1, shut: -1}
	w.holds = append(w.holds, &hold{proc, fd, i, -1, s})
	return s
}

const nonBlock = 0x800 // O_NONBLOCK, SOCK_NONBLOCK

// came takes over what a call that came back has changed.
func (w *world) came(c *call) {
	in, out := &w.steps[c.enter], &w.steps[c.ret]
	arg := func(i int) int64 {
		if i < len(out.Args) {
			return out.Args[i]
		}
		return 0
	}
	if in.Call.Told() {
		return
	}
	if in.Call == trace.Close && out.Errno != trace.EBADF {
		for k := len(w.holds) - 1; k >= 0; k-- {
			if h := w.holds[k]; h.proc == in.Proc && h.fd == in.FD && h.to < 0 && h.from < c.enter {
				h.to = c.ret
				break
			}
		}
		return
	}
	if c.on != nil && in.Call == trace.Connect && c.on.letters() {
		if out.Errno == 0 {
			c.on.tos = append(c.on.tos, noted{c.ret, in.Addr})
		}
		return
	}
	if c.on != nil && in.Call == trace.Connect && (out.Errno == 0 || out.Errno == trace.EINPROGRESS) {
		c.on.dest, c.on.connect = in.Addr, c
	}
	if out.Errno != 0 {
		return
	}
	switch in.Call {
	case trace.Socket:
		s := w.make(c.ret, in.Proc, int(out.Result))
		s.kind = arg(1) & 0xf
		s.flags = append(s.flags, setting{c.ret, arg(1) & nonBlock})
	case trace.Accept:
		s := w.make(c.ret, in.Proc, int(out.Result))
		s.accepted, s.peer = true, out.Addr
		s.flags = append(s.flags, setting{c.ret, arg(0) & nonBlock})
		if c.on != nil {
			s.local, s.kind = c.on.local, c.on.kind
		}
	case trace.EpollCreate, trace.Eventfd, trace.Openat, trace.Kqueue:
		w.make(c.ret, in.Proc, int(out.Result))
	case trace.EpollCtl:
		if k := w.held(in.Proc, int(arg(1)), c.ret); k != nil {
			k.on.edge = arg(2)&(1<<31) != 0
		}
	}
	s := c.on
	if s == nil {
		return
	}
	switch in.Call {
	case trace.Bind:
		s.local, s.named = in.Addr, c.ret
	case trace.Listen:
		s.listened, s.backlog = c.ret, arg(0)
	case trace.Shutdown:
		if arg(0) != 0 && s.shut < 0 {
			s.shut = c.ret
		}
	case trace.Fcntl:
		if arg(0) == 4 {
			s.flags = append(s.flags, setting{c.ret, arg(1) & nonBlock})
		}
	case trace.Setsockopt:
		if arg(0) == 1 && arg(1) == 20 {
			s.patience = append(s.patience, setting{c.ret, arg(2) * 1000})
		}
	case trace.Send, trace.Sendto, trace.Write, trace.Writev, trace.Sendmsg, trace.Sendfile:
		s.sends = added(s.sends, c, out.Result)
	case trace.Recv, trace.Recvfrom, trace.Read, trace.Readv, trace.Recvmsg:
		if !out.Peeks() {
			s.recvs = added(s.recvs, c, out.Result)
		}
	}
}

func added(list []move, c *call, n int64) []move {
	if n <= 0 {
		return list
	}
	var off int64
	if k := len(list); k > 0 {
		off = list[k-1].off + list[k-1].n
	}
	return append(list, move{c, off, n})
}

// seen takes over the addresses that were read beside a call.
func (w *world) seen(e *trace.Event, i int) {
	for _, q := range e.Queues {
		k := w.held(e.Proc, q.FD, i+1)
		if k == nil {
			continue
		}
		if q.Local != "" {
			k.on.local, k.on.named = q.Local, i
		}
		if q.Peer != "" {
			k.on.peer = q.Peer
		}
	}
}

// pair finds the two ends of each connection: the address that an accept gave is
// that of the socket which was connected, of those that had it the newest by then.
func (w *world) pair() {
	socks := w.socks()
	for _, a := range socks {
		if !a.accepted {
			continue
		}
		var best *sock
		for _, c := range socks {
			if c.connect == nil || c.other != nil || c.local != a.peer || port(c.dest) != port(a.local) || c.connect.enter > a.since {
				continue
			}
			switch older := best != nil && c.connect.enter < best.connect.enter; {
			case best == nil, older == (a.peer == "@"): // Unix clients have no addresses, and are taken in turn
				best = c
			}
		}
		if best != nil {
			a.other, best.other = best, a
		}
	}
}

func (w *world) socks() []*sock {
	var all []*sock
	for _, k := range w.holds {
		if !slices.Contains(all, k.on) {
			all = append(all, k.on)
		}
	}
	return all
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// at is what a socket's flag was set to as step i came.
func at(flags []setting, i int) int64 {
	var set int64
	for _, f := range flags {
		if f.step < i {
			set = f.set
		}
	}
	return set
}

// moved returns how many bytes had been moved after n steps.
func moved(list []move, n int) int64 {
	var sum int64
	for _, m := range list {
		if m.call.ret < n {
			sum = m.off + m.n
		}
	}
	return sum
}

// holders returns the processes that hold s after n steps.
func (w *world) holders(s *sock, n int) []int {
	var procs []int
	for _, k := range w.holds {
		if k.on == s && k.from < n && (k.to < 0 || k.to >= n) && !slices.Contains(procs, k.proc) {
			procs = append(procs, k.proc)
		}
	}
	slices.Sort(procs)
	return procs
}

// closed returns the step that took the last hold of s away before n, or -1.
func (w *world) closed(s *sock, n int) int {
	last := -1
	for _, k := range w.holds {
		switch {
		case k.on != s || k.from >= n:
		case k.to < 0 || k.to >= n:
			return -1
		default:
			last = max(last, k.to)
		}
	}
	return last
}

// ends returns all that ended, or helped to end, what s sends: the Enters of
// shutdowns and closes, and exits.
func (w *world) ends(s *sock) []int {
	var steps []int
	if s.shut >= 0 {
		steps = append(steps, w.calls[s.shut].enter)
	}
	for _, k := range w.holds {
		if k.on == s && k.to >= 0 {
			steps = append(steps, w.began(k.to))
		}
	}
	return append(steps, w.unreturned(s, func(c trace.Call) bool { return c == trace.Close || c == trace.Shutdown })...)
}

// unreturned returns the Enters of calls on s that were under way when the trace ended.
// What they did may have come about, and others may have been told of it.
func (w *world) unreturned(s *sock, is func(trace.Call) bool) []int {
	var steps []int
	for _, calls := range w.threads {
		if c := calls[len(calls)-1]; c.on == s && c.ret < 0 && is(w.steps[c.enter].Call) {
			steps = append(steps, c.enter)
		}
	}
	return steps
}

// began returns the Enter of the call that returned in a step, or the step itself.
func (w *world) began(i int) int {
	if c := w.calls[i]; c != nil {
		return c.enter
	}
	return i
}

// whole reports whether no call is missing that could have moved bytes of s
// before n.
func (w *world) whole(s *sock, n int) bool {
	return !slices.ContainsFunc(w.torn, func(t tear) bool {
		return t.step < n && slices.ContainsFunc(w.holds, func(k *hold) bool {
			return (k.on == s || k.on == s.other) && k.proc == t.proc && k.from < t.step && (k.to < 0 || k.to >= t.from)
		})
	})
}

// bringing returns the sends of s that have bytes of a range.
func bringing(s *sock, from, to int64) []move {
	var found []move
	for _, m := range s.sends {
		if m.off < to && m.off+m.n > from {
			found = append(found, m)
		}
	}
	return found
}

// slack is how far strace's clock may be off, in ns.
const slack = 2e6

// after reports whether step i came at or after position n; where strace told of
// it, that is not certain to its last step.
func (w *world) after(i, n int) bool {
	if i >= n {
		return true
	}
	return len(w.clocks) > 0 && n > 0 && w.steps[n-1].Time-w.steps[i].Time < slack
}
