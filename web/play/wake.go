package play

import (
	"slices"
	"sort"
	"strings"

	"sockscope/server/trace"
)

// Wake is an inferred arrow: what ended the sleep of a call.
type Wake struct {
	Cause  int // index in Steps of the call that did it (its Return if that came first, else its Enter), or of an Exit
	Effect int // index in Steps of the Return that was woken
}

// WakeOf returns the arrow that ends at step index i, or nil.
func (r *Run) WakeOf(i int) *Wake {
	if k := r.wakeAt(i); k < len(r.Wakes) && r.Wakes[k].Effect == i {
		return &r.Wakes[k]
	}
	return nil
}

// wakeAt returns the index of the first arrow that ends at step index i or
// later.
func (r *Run) wakeAt(i int) int {
	if n := len(r.Wakes); n == 0 || r.Wakes[n-1].Effect < i {
		return n
	}
	return sort.Search(len(r.Wakes), func(k int) bool { return r.Wakes[k].Effect >= i })
}

// setWake draws the arrow to effect from cause, in place of any other; none
// where cause is -1.
func (r *Run) setWake(effect, cause int) {
	k := r.wakeAt(effect)
	there := k < len(r.Wakes) && r.Wakes[k].Effect == effect
	switch {
	case cause < 0 && there:
		r.Wakes = append(r.Wakes[:k], r.Wakes[k+1:]...)
	case cause < 0:
	case there:
		r.Wakes[k].Cause = cause
	default:
		r.Wakes = append(r.Wakes, Wake{})
		copy(r.Wakes[k+1:], r.Wakes[k:])
		r.Wakes[k] = Wake{Cause: cause, Effect: effect}
	}
}

// wake finds what ended the sleep of the call that returned at step i, or its wait
// where nobody knows whether it slept. It is the earliest call of another process
// that did what the sleeper waited for and was not over when the sleep began. Of the
// calls that made room it is the last. Nothing is concluded where nobody woke it: its
// time was up, or a knob's pause was over.
func (r *Run) wake(i int) {
	e := r.Step(i)
	call := r.CallAt(i)
	if call == nil || e.Errno.NotYet() { // not yet: its patience ran out (SO_RCVTIMEO, socket(7))
		return
	}
	s := sleep{r, e.Proc, call.Enter, i}
	cause := -1
	add := func(step int) {
		if step >= 0 && (cause < 0 || step < cause) {
			cause = step
		}
	}
	switch {
	case e.Errno == trace.EINTR:
		add(s.own(func(_ int, o *trace.Event) bool { return o.Call == trace.Tgkill }))
	case e.Call == trace.Futex:
		add(s.futex(r.Step(call.Enter)))
	case e.Call.Receives() && e.Errno == 0 && e.Result == 0 && s.shut(e.FD) >= 0:
		add(s.shut(e.FD))
	case e.Call.Multiplexes() && e.Sets != nil:
		for _, fd := range e.Sets.Read {
			add(s.readable(fd, -1))
			add(s.own(func(i int, o *trace.Event) bool { return o.Call == trace.Write && o.FD == fd && r.eventfd(o.Proc, fd) }))
		}
		for _, fd := range e.Sets.Write {
			// Edge-triggered epoll names an fd writable that only became readable.
			// A call that may not have slept names fds that were writable before.
			if e.Sleep == trace.Slept && !slices.Contains(e.Sets.Read, fd) {
				add(s.writable(fd))
			}
		}
		for _, fds := range [][]int{e.Sets.Except, e.Sets.Error, e.Sets.HangUp, e.Sets.RdHup} {
			for _, fd := range fds {
				add(s.readable(fd, -1))
			}
		}
	case e.Call == trace.Accept:
		add(s.readable(e.FD, int(e.Result)))
	case e.Call.Receives():
		if f := r.fdNow(e.Proc, e.FD); f != nil { // closed meanwhile, by another thread
			add(s.readable(e.FD, -1))
		}
	case e.Call.Sends():
		add(s.writable(e.FD))
	case e.Call == trace.Waitpid:
		add(s.child(e.Result))
	}
	r.setWake(i, cause)
}

// nearBy is how many steps are looked at on either side of a call that was told.
const nearBy = 1000

// answered finds what ended the wait of a told call that returned at step i. It is
// the system call, of whichever thread, that got what the kernel had not had when it
// was asked first.
func (r *Run) answered(i int) {
	e, call := r.Step(i), r.CallAt(i)
	if call == nil || e.Errno != 0 {
		return
	}
	is := func(k int) (again, done bool) {
		s := r.Step(k)
		ours := s.Kind == trace.Return && s.Proc == e.Proc && s.FD == e.FD && s.Call == e.Call.Row().Beneath
		return ours && s.Errno == trace.EAGAIN, ours && s.Errno == 0
	}
	waited := false
	for k := call.Enter + 1; k < min(i, call.Enter+nearBy) && !waited; k++ {
		waited, _ = is(k)
	}
	for k := i - 1; k > max(call.Enter, i-nearBy) && waited; k-- {
		if _, done := is(k); done {
			r.setWake(i, k)
			return
		}
	}
}

// resend is how long a connect waits for the answer to its SYN before it sends
// it again, in ns (RFC 6298 section 2, which Linux follows).
const resend = 1e9

// late reports whether the connect c was under way at step i for so long that its
// handshake may have been sent again. What ended a sleep is then somewhere inside of
// the connect, and no step of the trace shows it.
func (r *Run) late(c *Call, i int) bool {
	return (c.Return < 0 || c.Return > i) && r.Gist(i).Time-r.Gist(c.Enter).Time >= resend
}

// handshake settles which accept the connect c woke, now that its return, step i,
// tells its address. Before that it was a guess among the connects under way.
func (r *Run) handshake(i int, c *Conn) {
	call := r.CallAt(i)
	if call == nil {
		return
	}
	for k := r.wakeAt(call.Enter); k < len(r.Wakes); k++ {
		w := r.Wakes[k]
		if w.Cause == call.Enter && r.Gist(w.Effect).Call == trace.Accept && w.Effect != c.Server.Opened {
			r.setWake(w.Effect, -1)
			k--
		}
	}
	if at := c.Server.Opened; c.Server.Proc >= 0 && at < i && at > call.Enter && (r.Gist(at).Sleep == trace.Slept || r.mayHaveSlept(at)) {
		cause := call.Enter
		if r.late(call, at) {
			cause = -1
		}
		r.setWake(at, cause)
		r.inferSleep(at)
	}
	if at := c.Server.Opened; c.Server.Proc >= 0 && at > i && r.mayHaveSlept(at) && r.CallAt(at).Enter < i {
		r.setWake(at, i) // its address was told after both had returned
		r.inferSleep(at)
	}
}

// mayHaveSlept reports whether strace alone tells of the call that returned at step i, and
// nobody knows whether it slept.
func (r *Run) mayHaveSlept(i int) bool {
	return r.Gist(i).Sleep == trace.SleepUnknown && r.Logged(r.Gist(i).Proc) && r.CallAt(i) != nil // a file may hold anything
}

// inferSleep has the call that returned at step i sleep, where only strace tells of it and
// what it waited for was done after it had entered.
func (r *Run) inferSleep(i int) {
	if w := r.WakeOf(i); w != nil && r.mayHaveSlept(i) && w.Cause > r.CallAt(i).Enter {
		r.steps.change(i, func(e *trace.Event) { e.Sleep = trace.Slept })
	}
}

// child finds the exit of the process that a waitpid told of, in its sleep.
func (s sleep) child(pid int64) int {
	for i := range s.run.Lanes {
		l := &s.run.Lanes[i]
		if l.Thread == 0 && l.Parent == s.proc+1 && l.Exit > s.enter && int64(s.run.Header.Procs[l.Proc].PID) == pid {
			return l.Exit
		}
	}
	return -1
}

// own returns what the one call of another thread of the process that overlaps the sleep,
// and is meant, did: its Return where that came before the sleep's end, else its Enter. It
// is -1 where there is none, or where several are.
func (s sleep) own(meant func(i int, e *trace.Event) bool) int {
	r, found := s.run, -1
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc != s.proc || l.Thread == r.Gist(s.ret).Thread {
			continue
		}
		for k := lastBefore(r, l.Calls, s.ret); k >= 0; k-- {
			c := &r.Calls[l.Calls[k]]
			if c.Return >= 0 && c.Return < s.enter {
				break
			}
			if !meant(c.Enter, r.Step(c.Enter)) {
				continue
			}
			if found >= 0 {
				return -1
			}
			if found = c.Return; found < 0 || found > s.ret {
				found = c.Enter
			}
		}
	}
	return found
}

// shut finds the shutdown by another thread of the process that ended what fd receives.
func (s sleep) shut(fd int) int {
	return s.own(func(_ int, e *trace.Event) bool {
		return e.Call == trace.Shutdown && e.FD == fd && len(e.Args) > 0 && e.Args[0] != 1 // SHUT_WR
	})
}

// futexWake is FUTEX_WAKE of futex(2), and futexOp the argument that it is.
const (
	futexWake = 1
	futexOp   = 1
)

// futex finds what ended a wait in futex(2): a wake at the same word, or the end of the
// thread that is joined, at whose word the kernel wakes.
func (s sleep) futex(in *trace.Event) int {
	r := s.run
	if len(in.Args) < 3 || in.Args[futexOp] == futexWake {
		return -1
	}
	wake := s.own(func(_ int, e *trace.Event) bool {
		return e.Call == trace.Futex && len(e.Args) > futexOp && e.Args[futexOp] == futexWake && e.Args[0] == in.Args[0]
	})
	if wake >= 0 {
		return wake
	}
	for i := s.enter + 1; i < s.ret; i++ {
		if e := r.Gist(i); e.Kind == trace.Exit && e.Proc == s.proc && e.Thread > 0 {
			if wake >= 0 {
				return -1
			}
			wake = i
		}
	}
	return wake
}

// eventfd reports whether an fd is one.
func (r *Run) eventfd(proc, fd int) bool {
	f := r.fdNow(proc, fd)
	return f != nil && f.Kind == trace.FDEventfd
}

// sleep is a call that slept: from the Enter to the Return, steps of a process.
type sleep struct {
	run        *Run
	proc       int
	enter, ret int
}

// readable finds what made fd readable: bytes, an end of file, a datagram or a
// connection. For an accept, conn is the fd that it returned; else it is -1.
// The result is an index in Steps, or -1.
func (s sleep) readable(fd, conn int) int {
	r := s.run
	ci, ok := r.ends[endpoint{s.proc, fd}]
	if !ok {
		if r.Logged(s.proc) && !r.isListener(s.proc, fd) {
			return -1 // a file, or a pipe
		}
		return s.arrival(fd, conn)
	}
	c := &r.Conns[ci]
	peer, flow := &c.Client, &c.Flows[0]
	if peer.find(s.proc, fd) != nil {
		peer, flow = &c.Server, &c.Flows[1]
	}
	if peer.Proc < 0 || c.Torn >= 0 {
		return -1
	}
	// The first byte that was missing tells which send brought it.
	var missing int64
	if n := len(flow.Recvs); n > 0 {
		last := flow.Recvs[n-1]
		missing = last.Off + last.Len
		if last.Step == s.ret {
			missing = last.Off
		}
	}
	k := beyond(flow.Sends, missing)
	if k < len(flow.Sends) {
		if step := flow.Sends[k].Step; step > s.enter {
			return step
		}
		return -1 // the bytes were there before: the sleep had another reason
	}
	var sent int64
	if n := len(flow.Sends); n > 0 {
		sent = flow.Sends[n-1].Off + flow.Sends[n-1].Len
	}
	return s.first(func(i int) bool {
		e := r.Gist(i)
		return r.ended(i, peer) || used(e, i, peer) && (e.Call.Sends() || e.Call == trace.Shutdown && shutsWriting(r.Step(i)) && (peer.Shut < 0 || peer.Shut >= i)) // a second one ends nothing
	}, func(c *Call) bool {
		e := r.Step(c.Enter)
		// Only a send that has not returned can have brought it.
		return !e.Call.Sends() || c.Return < 0 && missing < sent+max(int64(e.Size), 1)
	})
}

// beyond returns the index of the first move that has bytes from off on: mostly it is one
// of the last.
func beyond(moves []Move, off int64) int {
	const few = 8
	k := len(moves)
	for k > 0 && k > len(moves)-few && moves[k-1].Off+moves[k-1].Len > off {
		k--
	}
	if k == 0 || moves[k-1].Off+moves[k-1].Len <= off {
		return k
	}
	return sort.Search(k, func(i int) bool { return moves[i].Off+moves[i].Len > off })
}

// shutsWriting reports whether a call is a shutdown after which no more is sent.
func shutsWriting(e *trace.Event) bool {
	return e.Call == trace.Shutdown && len(e.Args) > 0 && e.Args[0] != 0
}

// isListener reports whether an fd is a listener now.
func (r *Run) isListener(proc, fd int) bool {
	if proc >= len(r.head.Procs) {
		return false
	}
	f := r.head.Procs[proc].FD(fd)
	return f != nil && f.Kind == trace.FDListener
}

// writable finds what ended a wait for room on fd's way to its peer: the peer's recv,
// or its end. Room comes in small pieces, and the last missing piece ended the sleep.
// So the last recv before the return counts. A blocking send sleeps until all its
// bytes have found room. One that returned fewer, or failed, was ended by the
// connection's end.
func (s sleep) writable(fd int) int {
	r := s.run
	ci, ok := r.ends[endpoint{s.proc, fd}]
	if !ok {
		return -1
	}
	c := &r.Conns[ci]
	if c.Torn >= 0 {
		return -1
	}
	peer := &c.Client
	if peer.find(s.proc, fd) != nil {
		peer = &c.Server
	}
	ended := func(i int) bool { return r.ended(i, peer) }
	receives := func(i int) bool {
		e := r.Gist(i)
		return used(e, i, peer) && e.Call.Receives()
	}
	in, out := r.Step(s.enter), r.Step(s.ret)
	end := s.first(ended, nil)
	if out.Call.Sends() && (out.Errno != 0 || out.Result < int64(in.Size)) {
		return end
	}
	if end >= 0 && !out.Call.Sends() {
		return end
	}
	if room := s.lastReturn(func(i int) bool { return receives(i) && r.Gist(i).Errno == 0 && r.Step(i).Result > 0 }); room >= 0 {
		return room
	}
	if under := s.first(receives, func(c *Call) bool { return c.Return < 0 }); under >= 0 {
		return under
	}
	return end
}

// lastReturn returns the last Return of another process in the sleep that is meant,
// or -1.
func (s sleep) lastReturn(meant func(i int) bool) int {
	r := s.run
	for i := s.ret - 1; i > s.enter; i-- {
		if e := r.Gist(i); e.Kind == trace.Return && e.Proc != s.proc && r.together(e.Proc, s.proc) && meant(i) {
			return i
		}
	}
	return -1
}

// used reports whether the call e at step i was about an fd of the side.
func used(e *Gist, i int, side *End) bool {
	f := side.find(e.Proc, e.FD)
	return f != nil && i > f.Opened && f.open(i)
}

// ended reports whether step i took the side's last fd away: by a close, or by the
// exit of its process.
func (r *Run) ended(i int, side *End) bool {
	e := r.Gist(i)
	switch {
	case e.Call == trace.Close && used(e, i, side):
		f := side.find(e.Proc, e.FD)
		if c := r.CallAt(i); c != nil && c.Return >= 0 {
			i = c.Return
		} else {
			i = r.Len()
		}
		return side.last(f, i)
	case e.Kind == trace.Exit && e.Thread == 0:
		for k := 0; side.fd(k) != nil; k++ {
			if f := side.fd(k); f.Proc == e.Proc && f.open(i) && side.last(f, i) {
				return true
			}
		}
	}
	return false
}

// arrival finds what came to a socket without a connection: a connect to a listener,
// a datagram to one for those.
func (s sleep) arrival(fd, conn int) int {
	r := s.run
	local, listener := "", true
	if s.proc < len(r.head.Procs) {
		if f := r.head.Procs[s.proc].FD(fd); f != nil {
			local, listener = f.Local, f.Kind == trace.FDListener
		}
	}
	if f := r.letter(s.proc, fd); f != nil {
		return s.datagram(f)
	}
	if !listener {
		return -1
	}
	if ci, ok := r.ends[endpoint{s.proc, conn}]; ok && r.Conns[ci].Client.Proc >= 0 {
		if step := r.Conns[ci].Client.Opened; step > s.enter {
			return step // the connect of this very connection
		}
		return -1
	}
	return s.connect(local, conn >= 0)
}

// connect finds the connect that put a connection into an address's backlog during
// the sleep. It is the first that returned in the sleep, unless it is known whose
// connection was accepted. Otherwise it is the one that was under way. Where several
// were, nobody knows which it was until they return.
//
// In a log it isn't known that the call slept at all: what it got may have been there
// before. An accept is then settled when the addresses are told (handshake), and any
// other call has no cause where a connection from before may still wait.
func (s sleep) connect(addr string, accepted bool) int {
	r := s.run
	logged := r.mayHaveSlept(s.ret)
	if logged && accepted {
		return -1
	}
	done, under, many := -1, -1, false
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc == s.proc || !r.together(l.Proc, s.proc) {
			continue
		}
		for k := lastBefore(r, l.Calls, s.ret); k >= 0; k-- {
			c := &r.Calls[l.Calls[k]]
			before := c.Return >= 0 && c.Return < s.enter
			if before && (!logged || s.enter-c.Return > nearBy) {
				break
			}
			if e := r.Step(c.Enter); e.Call != trace.Connect || !samePort(addr, e.Addr) {
				continue
			}
			ci, known := r.connects[c.Return]
			switch {
			case known && r.Conns[ci].Server.Proc >= 0 && r.Conns[ci].Server.Opened < s.enter:
				// its connection was accepted before
			case before && r.Gist(c.Return).Errno == 0:
				return -1
			case before:
			case c.Return >= 0 && c.Return < s.ret:
				if r.Gist(c.Return).Errno == 0 && !(known && accepted) && (done < 0 || c.Return < done) {
					done = c.Return
				}
			case r.late(c, s.ret): // no step tells when its handshake was sent again
				many = true
			default:
				many = many || under >= 0
				under = c.Enter
			}
		}
	}
	switch {
	case done >= 0:
		return done
	case many:
		return -1
	}
	return under
}

// samePort reports whether two addresses have the same port. An unknown address may
// have any.
func samePort(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	return a[strings.LastIndexByte(a, ':')+1:] == b[strings.LastIndexByte(b, ':')+1:]
}

// first returns the earliest call of another process that is meant and overlaps the
// sleep, or an Exit that is meant. Of a call it is the Return where that came before
// the sleep's end, else the Enter. Calls that were under way when the sleep began come
// first. counts, if not nil, can refuse a call.
func (s sleep) first(meant func(i int) bool, counts func(*Call) bool) int {
	r := s.run
	is := func(i int) bool { return r.Gist(i).Proc != s.proc && r.together(r.Gist(i).Proc, s.proc) && meant(i) }
	found := -1
	for i := range r.Lanes {
		k := lastBefore(r, r.Lanes[i].Calls, s.enter)
		if k < 0 {
			continue
		}
		c := &r.Calls[r.Lanes[i].Calls[k]]
		if c.Return >= 0 && c.Return < s.enter || !is(c.Enter) || counts != nil && !counts(c) {
			continue
		}
		step := c.Return
		if step < 0 {
			step = c.Enter
		}
		if found < 0 || step < found {
			found = step
		}
	}
	if found >= 0 {
		return found
	}
	for i := s.enter + 1; i < s.ret; i++ {
		if k := r.Gist(i).Kind; k != trace.Enter && k != trace.Exit || !is(i) {
			continue
		}
		c := r.CallAt(i)
		if c != nil && counts != nil && !counts(c) {
			continue
		}
		if c != nil && c.Return >= 0 {
			return c.Return
		}
		return i
	}
	return -1
}

// lastBefore returns the index of the last call in calls that entered before
// step, or -1.
func lastBefore(r *Run, calls []int, step int) int {
	if n := len(calls); n == 0 || r.Calls[calls[n-1]].Enter < step {
		return n - 1
	}
	return sort.Search(len(calls), func(i int) bool { return r.Calls[calls[i]].Enter >= step }) - 1
}
