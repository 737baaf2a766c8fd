package play

import (
	"cmp"
	"slices"

	"sockscope/server/trace"
)

// Link is one part of an explanation: a claim, and the sentence made from it.
type Link struct {
	Claim
	Text       string // a sentence without its full stop
	How        trace.Provenance
	Time       int64 // ns since the run's start: of the reading where it is sampled, else of the step
	File, Line int   // the line that made the call, as in trace.Event; 0 where the link is no call
	// Ends is, of a link about what ended a sleep, the index in Steps of the
	// Return that it let happen; else 0.
	Ends int
}

// maxLinks bounds an explanation.
const maxLinks = 16

// Why tells why the call at step i is blocked, or why it returned as it did. It tells
// only what is known at position n: the call, the buffer that was empty or full, what
// it waits for and who alone can bring that; or who ended its sleep, and where its
// bytes came from or went to. Then it tells the same of that one's call. It has at
// most maxLinks links and tells of no call twice. Where there is no call it is nil.
func (r *Run) Why(i, n int) []Link {
	n = max(0, min(n, r.Len()))
	c := r.CallAt(i)
	if c == nil || c.Enter >= n {
		return nil
	}
	w := &why{run: r, ends: r.endsNow(), n: n}
	for c != nil && len(w.links) < maxLinks {
		c = w.call(c)
	}
	return w.links[:min(len(w.links), maxLinks)]
}

// why is an explanation in the making, of what is known at position n.
type why struct {
	run   *Run
	ends  ends
	n     int
	links []Link
	path  []waypoint // the calls that are told, one leading to the next
	most  int        // calls at the other end that are told one by one; 0 for shownMoves
}

// waypoint is a call that is explained. alone says that only the thread of the next
// call can bring what it waits for.
type waypoint struct {
	call  *Call
	alone bool
}

func (w *why) add(c Claim) { w.links = append(w.links, w.run.link(c)) }

// open reports whether c has not come back at the position, as far as is known.
func (w *why) open(c *Call) bool {
	return (c.Return < 0 || c.Return >= w.n) && w.exit(c) < 0 && !w.lost(c)
}

// exit returns the step before the position that ended the thread of c, or its
// process, during the call; -1 for none.
func (w *why) exit(c *Call) int {
	if c.Return >= 0 && c.Return < w.n {
		return -1
	}
	r := w.run
	for _, thread := range []int{r.Lanes[c.Lane].Thread, 0} {
		if i := r.laneOf(r.Lanes[c.Lane].Proc, thread); i >= 0 {
			if exit := r.Lanes[i].Exit; exit > c.Enter && exit < w.n {
				return exit
			}
		}
	}
	return -1
}

// lost reports whether the end of c is missing from the trace, as a Gap before the
// position tells.
func (w *why) lost(c *Call) bool {
	return c.Return < 0 && slices.ContainsFunc(w.run.Lanes[c.Lane].Gaps, func(g Gap) bool { return g.Step > c.Enter && g.Step < w.n })
}

// call tells what c waited for. It returns the call that explains that in turn, or
// nil.
func (w *why) call(c *Call) *Call {
	r, in := w.run, w.run.Step(c.Enter)
	if k := slices.IndexFunc(w.path, func(t waypoint) bool { return t.call == c }); k >= 0 {
		w.circle(k)
		return nil
	}
	w.path = append(w.path, waypoint{call: c})
	exit, last := w.exit(c), r.Gist(w.n-1).Time
	switch {
	case in.Call == trace.Nanosleep:
		pause := Claim{Kind: r.pause(c.Enter), Step: c.Enter, Other: -1, N: in.Timeout}
		if c.Return >= 0 && c.Return < w.n {
			if pause.Other = c.Return; r.Gist(c.Return).Errno == trace.EINTR || in.Timeout == trace.Untold {
				pause.N = r.Gist(c.Return).Time - in.Time
			}
		}
		w.add(pause)
		return nil
	case exit >= 0:
		w.add(Claim{Kind: Killed, Step: c.Enter, Other: exit, N: r.Gist(exit).Time - in.Time})
		w.buffers(c)
		return w.final(c, exit)
	case w.lost(c):
		w.add(Claim{Kind: Lost, Step: c.Enter})
		return nil
	case w.open(c) && w.n == r.Len() && r.End != nil:
		w.add(Claim{Kind: CutOff, Step: c.Enter, N: r.Duration() - in.Time})
		w.buffers(c)
		return nil
	case w.open(c):
		if w.n == r.Len() {
			last = r.Duration() // nothing has come since: it goes on
		}
		w.add(Claim{Kind: In, Step: c.Enter, N: last - in.Time})
		w.buffers(c)
		return w.waits(c)
	}
	return w.returned(c)
}

// returned tells of a call that has come back.
func (w *why) returned(c *Call) *Call {
	r, in, out := w.run, w.run.Step(c.Enter), w.run.Step(c.Return)
	kind := returnedAs(r, c)
	w.add(Claim{Kind: kind, Step: c.Enter, Other: c.Return})
	w.buffers(c)
	if out.Errno.NotYet() && w.nonBlocking(in, c.Enter+1) {
		w.add(Claim{Kind: NonBlocking, Step: c.Enter, FD: in.FD})
	}
	if in.Call == trace.EpollWait {
		w.reported(c)
	}
	if in.Call == trace.Connect {
		w.refused(c)
	}
	if kind == Slept || r.WakeOf(c.Return) != nil {
		return w.woken(c)
	}
	w.bytes(c.Return)
	w.delivered(c.Return)
	w.left(c)
	w.unanswered(c)
	w.ended(c)
	if out.Call == trace.Fork && out.Errno == 0 {
		w.child(c)
	}
	return nil
}

// child tells what a fork made, and how long that took.
func (w *why) child(c *Call) {
	r, born := w.run, c.Return+1
	if born >= w.n || r.Gist(born).Kind != trace.Start {
		return
	}
	w.add(Claim{Kind: Forked, Step: c.Return, Other: born, N: r.Gist(c.Return).Time - r.Gist(c.Enter).Time})
	i := r.laneOf(r.Gist(born).Proc, 0)
	if i < 0 || len(r.Lanes[i].Calls) == 0 {
		return
	}
	if first := r.Calls[r.Lanes[i].Calls[0]].Enter; first < w.n {
		w.add(Claim{Kind: Loaded, Step: first, Other: born, N: r.Gist(first).Time - r.Gist(born).Time})
	}
}

// woken tells what ended the sleep of c. It returns the call that the one who ended it
// had slept in before.
func (w *why) woken(c *Call) *Call {
	r, in, out := w.run, w.run.Step(c.Enter), w.run.Step(c.Return)
	wake := r.WakeOf(c.Return)
	if wake == nil || wake.Cause >= w.n {
		if a := r.arrival(c.Return); a != nil && a.Took < w.n {
			w.add(Claim{Kind: Came, Step: a.Took, Other: c.Return, N: r.brought(a), Addr: r.Conns[a.Conn].Addr})
		} else if w.timedOut(c) {
			w.add(Claim{Kind: TimedOut, Step: c.Return, N: out.Time - in.Time})
		}
		w.shaken(c)
		w.moved(c)
		w.unanswered(c)
		w.ended(c)
		return nil
	}
	claim := Claim{Kind: Woke, Step: wake.Cause, Other: c.Return}
	cause := r.CallAt(wake.Cause)
	if cause != nil && r.Gist(cause.Enter).Call.Sends() {
		claim.N = w.brought(cause, c)
	}
	w.add(claim)
	w.moved(c)
	if cause == nil {
		return nil
	}
	return w.before(cause)
}

// brought returns how many bytes the send cause brought to the call c that it woke,
// 0 where that isn't known: of a recv as many as it got, of one that waits for
// several fds what had been sent by then.
func (w *why) brought(cause, c *Call) int64 {
	r, out := w.run, w.run.Step(c.Return)
	if at, ok := r.movedAt(c.Return); ok && out.Call.Receives() {
		own, others := r.sides(at, out.Call)
		m, n := own[at.index], own[at.index].Len
		for _, o := range sharing(others, m, w.n) {
			if o.Step == cause.Return {
				return common(m, o)
			}
			n -= common(m, o)
		}
		return n
	}
	if cause.Return >= 0 && cause.Return < c.Return && r.Gist(cause.Return).Errno == 0 {
		return r.Step(cause.Return).Result
	}
	return 0
}

// moved tells where the bytes of the first call came from, or went. For later calls
// that would lead away from the first.
func (w *why) moved(c *Call) {
	if len(w.path) == 1 {
		w.bytes(c.Return)
		w.delivered(c.Return)
	}
}

// shaken tells which connect an accept took, where nobody is said to have woken it:
// one that was under way for so long that its handshake was sent again.
func (w *why) shaken(c *Call) {
	r, out := w.run, w.run.Step(c.Return)
	if out.Call != trace.Accept || out.Errno != 0 {
		return
	}
	l, ok := w.ends.at(out.Proc, int(out.Result), c.Return+1)
	if !ok || l.conn.Client.Proc < 0 || l.conn.Client.Opened >= w.n {
		return
	}
	connect := r.CallAt(l.conn.Client.Opened)
	if connect != nil && r.late(connect, c.Return) {
		w.add(Claim{Kind: Shaken, Step: c.Return, Other: connect.Enter, N: out.Time - r.Gist(connect.Enter).Time})
	}
}

// timedOut reports whether c slept and returned because its patience was over: 0
// ready fds of a multiplexer, "not yet" of another call (SO_RCVTIMEO, socket(7)).
func (w *why) timedOut(c *Call) bool {
	in, out := w.run.Step(c.Enter), w.run.Step(c.Return)
	if in.Call.Multiplexes() {
		return out.Errno == 0 && out.Result == 0 && in.Timeout != trace.Forever
	}
	return out.Errno == trace.EAGAIN && !w.nonBlocking(in, c.Enter+1)
}

// ended tells who caused the end of a stream, or the error, that a call saw.
func (w *why) ended(c *Call) {
	r, out := w.run, w.run.Step(c.Return)
	if r.letterAt(c.Enter) != nil {
		return // datagrams have no end
	}
	moves := out.Call.Receives() || out.Call.Sends()
	end := out.Errno == trace.ECONNRESET || out.Errno == trace.EPIPE || out.Call.Receives() && out.Errno == 0 && out.Result == 0
	if !moves || !end || r.WakeOf(c.Return) != nil {
		return
	}
	if f := w.fd(out.Proc, out.FD, c.Return); f != nil && f.ShutRead {
		return // its own side may have ended it
	}
	if step := w.closing(out, c.Return); step >= 0 {
		w.add(Claim{Kind: EndedBy, Step: step, Other: c.Return, FD: out.FD})
	}
}

// closing returns the step that had ended the other side of e's connection at step i,
// or may have: a Return, or the Enter where the Return came later, or an exit whose
// process did nothing in between. It is -1 for none that is known.
func (w *why) closing(e *trace.Event, i int) int {
	r := w.run
	l, ok := w.ends.at(e.Proc, e.FD, i)
	if !ok {
		return -1
	}
	if s := l.side.Ended(i); s >= 0 {
		return s
	}
	began := func(step int) int { // where what ended in the step began
		if c := r.CallAt(step); c != nil {
			return c.Enter
		}
		return step
	}
	if s := l.side.Shut; s >= 0 && began(s) < i {
		return began(s)
	}
	last := -1
	for k := 0; l.side.fd(k) != nil; k++ {
		f := l.side.fd(k)
		if f.Opened >= i {
			continue
		}
		at := f.Closed
		if at < 0 || at >= w.n && (r.Gist(at).Kind == trace.Exit || began(at) >= i) {
			return -1
		}
		if r.Gist(at).Kind != trace.Exit {
			at = began(at)
		} else if at > i && w.active(f.Proc, i, at) {
			return -1
		}
		if at > i && r.Gist(at).Kind != trace.Exit {
			return -1
		}
		last = max(last, at)
	}
	return last
}

// active reports whether a process made a step between two, both left out.
func (w *why) active(proc, from, to int) bool {
	for i := from + 1; i < to; i++ {
		if e := w.run.Step(i); e.Proc == proc && (e.Kind == trace.Enter || e.Kind == trace.Return) {
			return true
		}
	}
	return false
}

// lookBack is how many calls of a lane are looked at for a sleep.
const lookBack = 32

// before returns the last call that the lane of c slept in before c, or nil.
func (w *why) before(c *Call) *Call {
	r := w.run
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		if b.Return >= 0 && b.Return < c.Enter && (r.Gist(b.Return).Sleep == trace.Slept || r.WakeOf(b.Return) != nil) {
			return b
		}
	}
	return nil
}

// shownMembers is how many fds of a multiplexer are told one by one.
const shownMembers = 6

// buffers tells how full the kernel's buffers were that c was about, as read
// just before it: beside its Enter.
func (w *why) buffers(c *Call) {
	in := w.run.Step(c.Enter)
	fds := []int{in.FD}
	switch {
	case in.Call.Multiplexes():
		fds = nil
		if in.Sets != nil {
			fds = in.Sets.Read[:min(len(in.Sets.Read), shownMembers)]
		}
	case in.Call == trace.Close: // what is unread then makes it a reset
		if q := queue(in, in.FD); q == nil || q.Recv == 0 || q.State == trace.Listening {
			return
		}
	case NeedOf(in.Call) == nil || in.Call == trace.Connect:
		return // it does not look at them
	}
	for _, fd := range fds {
		if q := queue(in, fd); q != nil {
			w.add(Claim{Kind: Held, Step: c.Enter, FD: fd, Queue: q})
			if q.Drops > 0 && !in.Call.Sends() {
				w.add(Claim{Kind: Dropped, Step: c.Enter, FD: fd, Queue: q})
			}
		}
	}
}

// queue returns what was read of fd beside e, or nil.
func queue(e *trace.Event, fd int) *trace.Queue {
	for i := range e.Queues {
		if e.Queues[i].FD == fd {
			return &e.Queues[i]
		}
	}
	return nil
}

// nonBlocking reports whether the fd of e was non-blocking at position n.
func (w *why) nonBlocking(e *trace.Event, n int) bool {
	f := w.fd(e.Proc, e.FD, n)
	return f != nil && f.NonBlocking
}

// fd returns what is known of an fd at position n, nil for one that isn't open.
func (w *why) fd(proc, fd, n int) *trace.FDState {
	if s := w.run.stateOf(n); proc < len(s.Procs) {
		return s.Procs[proc].FD(fd)
	}
	return nil
}

// shownMoves is how many calls at the other end are told one by one.
const shownMoves = 6

// bytes tells where the bytes of a recv came from, or those of a send went.
func (w *why) bytes(ret int) {
	e := w.run.Step(ret)
	l, ok := w.ends.at(e.Proc, e.FD, ret)
	if !ok || e.Errno != 0 || !l.conn.whole(w.n) {
		return
	}
	own, others, one, many := l.in.Recvs, l.in.Sends, From, FromMany
	if e.Call.Sends() {
		own, others, one, many = l.out.Sends, l.out.Recvs, To, ToMany
	}
	k := moveAt(own, ret)
	if k < 0 {
		return
	}
	m := own[k]
	moves := sharing(others, m, w.n)
	if len(moves) > cmp.Or(w.most, shownMoves) {
		w.sum(m, moves, many)
		return
	}
	for _, o := range moves {
		if n := len(w.links); n > 0 && w.links[n-1].Kind == Woke && w.links[n-1].Step == o.Step {
			continue // the send that woke it, or the recv that made room
		}
		w.add(Claim{Kind: one, Step: o.Step, Other: ret, N: common(m, o), FD: e.FD})
	}
}

// sum tells of many moves of m's bytes what each process moved in all, at its first.
func (w *why) sum(m Move, moves []Move, kind Kind) {
	var shares []Claim
	for _, o := range moves {
		proc := w.run.Gist(o.Step).Proc
		k := slices.IndexFunc(shares, func(c Claim) bool { return c.Procs[0] == proc })
		if k < 0 {
			k = len(shares)
			shares = append(shares, Claim{Kind: kind, Step: o.Step, Other: m.Step, Procs: []int{proc}, FD: w.run.Gist(m.Step).FD})
		}
		shares[k].Count++
		shares[k].N += common(m, o)
	}
	for _, c := range shares {
		w.add(c)
	}
}

// common returns how many bytes two moves of a flow have in common.
func common(m, o Move) int64 { return min(m.Off+m.Len, o.Off+o.Len) - max(m.Off, o.Off) }

// Flow returns which bytes the call at step i moved: the index of their
// connection in Conns, the way in its Flows, and which of those. ok is false
// where it moved none.
func (r *Run) Flow(i int) (conn, way int, m Move, ok bool) {
	if c := r.CallAt(i); c != nil {
		if at, ok := r.movedAt(c.Return); ok {
			list, _ := r.sides(at, r.Gist(i).Call)
			return at.conn, at.way, list[at.index], true
		}
	}
	return 0, 0, m, false
}

// sides returns the moves of a flow on the side of a call, and those on the
// other one.
func (r *Run) sides(at place, call trace.Call) (own, others []Move) {
	flow := &r.Conns[at.conn].Flows[at.way]
	if call.Sends() {
		return flow.Sends, flow.Recvs
	}
	return flow.Recvs, flow.Sends
}

// Carried returns the other ends of the bytes that the call at step i moved, as
// far as that had happened at position n: of a send the moves of the recvs that
// got them, of a recv those of the sends that brought them. Step i is the call's
// Enter or Return.
func (r *Run) Carried(i, n int) []Move {
	c := r.CallAt(i)
	if c == nil || c.Return >= n {
		return nil
	}
	at, ok := r.movedAt(c.Return)
	if !ok {
		return nil
	}
	own, others := r.sides(at, r.Gist(i).Call)
	return sharing(others, own[at.index], n)
}
