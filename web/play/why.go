package play

import (
	"fmt"

	"sockscope/server/trace"
)

// Link is one part of an explanation.
type Link struct {
	Step       int    // index in Steps of what it is about
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

// Why tells why the call at step i is blocked, or why it returned as it did, as
// it can be known at position n: the call, the buffer that was empty or full,
// who ended its sleep, where its bytes came from or went to, and what the one
// who ended the sleep had waited for in turn. It has at most maxLinks links, and
// no call twice; it is nil where there is no call.
func (r *Run) Why(i, n int) []Link {
	n = max(0, min(n, len(r.Steps)))
	c := r.CallAt(i)
	if c == nil || c.Enter >= n {
		return nil
	}
	w := &why{run: r, ends: newEnds(r), n: n, seen: map[int]bool{}}
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
	seen  map[int]bool // calls told, by their Enter
}

// add appends a link about step i.
func (w *why) add(i int, how trace.Provenance, format string, a ...any) {
	w.links = append(w.links, Link{Step: i, Text: fmt.Sprintf(format, a...), How: how, Time: w.run.Steps[i].Time})
}

// addCall appends a link about the call c, with its line.
func (w *why) addCall(c *Call, how trace.Provenance, format string, a ...any) {
	w.add(c.Enter, how, format, a...)
	l, e := &w.links[len(w.links)-1], &w.run.Steps[c.Enter]
	l.File, l.Line = e.File, e.Line
}

// open reports whether c has not returned at the position.
func (w *why) open(c *Call) bool { return c.Return < 0 || c.Return >= w.n }

// call tells what c waited for and returns the call that explains it in turn,
// or nil.
func (w *why) call(c *Call) *Call {
	r, in := w.run, &w.run.Steps[c.Enter]
	who := r.who(in.Proc)
	if w.seen[c.Enter] {
		w.add(c.Enter, trace.Inferred, "%s waits in the %s above: they wait for each other", who, brief(in))
		return nil
	}
	w.seen[c.Enter] = true
	if in.Call == trace.Nanosleep {
		w.addCall(c, trace.Injected, "%s was held back for %s by a knob", who, span(in.Timeout))
		return nil
	}
	if w.open(c) {
		w.addCall(c, trace.Observed, "%s is in %s, for %s so far", who, brief(in), span(r.Steps[w.n-1].Time-in.Time))
		w.buffers(c)
		return w.waits(c)
	}
	out := &r.Steps[c.Return]
	if out.Sleep != trace.Slept {
		w.addCall(c, trace.Observed, "%s called %s, which returned %s%s", who, brief(in), result(out), awake(out))
		w.buffers(c)
		if r.WakeOf(c.Return) != nil {
			return w.woken(c)
		}
		w.bytes(c.Return)
		if out.Call == trace.Fork && out.Errno == 0 {
			w.child(c)
		}
		return nil
	}
	w.addCall(c, trace.Observed, "%s slept %s in %s, which returned %s", who, span(out.Time-in.Time), brief(in), result(out))
	w.buffers(c)
	return w.woken(c)
}

// child tells what a fork made, and how long that took.
func (w *why) child(c *Call) {
	r, born := w.run, c.Return+1
	if born >= w.n || r.Steps[born].Kind != trace.Start {
		return
	}
	i := r.lane(r.Steps[born].Proc, 0)
	who := r.who(r.Steps[born].Proc)
	w.add(c.Return, trace.Observed, "fork took %s; from then on %s has a copy of each fd", span(r.Steps[c.Return].Time-r.Steps[c.Enter].Time), who)
	if i < 0 || len(r.Lanes[i].Calls) == 0 {
		return
	}
	first := &r.Calls[r.Lanes[i].Calls[0]]
	if first.Enter < w.n {
		w.addCall(first, trace.Observed, "%s made its first call %s later, once its program had started", who, span(r.Steps[first.Enter].Time-r.Steps[born].Time))
	}
}

func awake(out *trace.Event) string {
	if out.Sleep == trace.Awake {
		return " without a sleep"
	}
	return ""
}

// woken tells what ended the sleep of c and returns what whoever ended it had
// slept in before.
func (w *why) woken(c *Call) *Call {
	r, in, out := w.run, &w.run.Steps[c.Enter], &w.run.Steps[c.Return]
	wake := r.WakeOf(c.Return)
	if wake == nil {
		if a := r.arrival(c.Return); a != nil {
			w.add(c.Return, trace.Inferred, "%s of %s, which is not traced, ended the sleep", r.What(a), r.Conns[a.Conn].Addr)
		} else if timedOut(in, out) {
			w.add(c.Return, trace.Observed, "nothing happened for %s: its time was up", span(out.Time-in.Time))
		}
		w.sentAgain(c)
		w.moved(c)
		return nil
	}
	w.add(wake.Cause, trace.Inferred, "%s", w.cause(wake))
	w.links[len(w.links)-1].Ends = c.Return
	cause := r.CallAt(wake.Cause)
	if cause == nil {
		w.moved(c)
		return nil
	}
	w.line(wake.Cause)
	w.moved(c)
	return w.before(cause)
}

// moved tells where the bytes came from, or went, of the call that is
// explained; of those behind it that would lead away.
func (w *why) moved(c *Call) {
	if len(w.seen) == 1 {
		w.bytes(c.Return)
	}
}

// sentAgain tells of an accept that nobody is said to have woken which connect
// it took: one that had been under way for so long that its handshake must have
// been sent again.
func (w *why) sentAgain(c *Call) {
	r, out := w.run, &w.run.Steps[c.Return]
	if out.Call != trace.Accept || out.Errno != 0 {
		return
	}
	l, ok := w.ends.at(out.Proc, int(out.Result), w.n)
	if !ok || l.peer.Proc < 0 {
		return
	}
	connect := r.CallAt(l.peer.Opened)
	if connect == nil || !r.late(connect, c.Return) {
		return
	}
	w.addCall(connect, trace.Inferred, "%s had been in connect for %s: its handshake was sent again, at a moment that the trace does not show",
		r.who(l.peer.Proc), span(out.Time-r.Steps[connect.Enter].Time))
}

// timedOut reports whether a call that slept returned because its patience was
// over: 0 ready fds of a multiplexer, "not yet" of another call (SO_RCVTIMEO,
// socket(7)).
func timedOut(in, out *trace.Event) bool {
	if in.Call.Multiplexes() {
		return out.Errno == 0 && out.Result == 0
	}
	return out.Errno == trace.EAGAIN
}

// cause says what the call at an arrow's tail did to the one at its head.
func (w *why) cause(wake *Wake) string {
	r := w.run
	e := &r.Steps[wake.Cause]
	who := r.who(e.Proc)
	meanwhile := "while it slept"
	if r.Steps[wake.Effect].Sleep != trace.Slept {
		meanwhile = "meanwhile"
	}
	switch c := r.CallAt(wake.Cause); {
	case r.Steps[wake.Effect].Call.Told():
		return fmt.Sprintf("%s asked again: %s, which had returned EAGAIN before, had it now", trace.ThreadName(e.Thread), brief(e))
	case e.Kind == trace.Exit && r.Steps[wake.Effect].Call == trace.Waitpid:
		return who + " ended, and its parent is told"
	case e.Kind == trace.Exit:
		return who + " ended, and the kernel closed what it had open"
	case c == nil:
		return who + " ended the sleep"
	case e.Call.Sends():
		n := int64(r.Steps[c.Enter].Size)
		if c.Return >= 0 && c.Return < w.n && r.Steps[c.Return].Errno == 0 {
			n = r.Steps[c.Return].Result
		}
		return fmt.Sprintf("the send of %s brought %s %s", who, count(n, "byte"), meanwhile)
	case e.Call.Receives():
		return fmt.Sprintf("the recv of %s made room", who)
	case e.Call == trace.Connect:
		return fmt.Sprintf("the connect of %s put a connection into the backlog", who)
	case e.Call == trace.Shutdown:
		return fmt.Sprintf("the shutdown of %s ended the stream", who)
	}
	return fmt.Sprintf("the %v of %s ended the connection", e.Call, who)
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
		if b.Return >= 0 && b.Return < c.Enter && (r.Steps[b.Return].Sleep == trace.Slept || r.WakeOf(b.Return) != nil) {
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
	in := &w.run.Steps[c.Enter]
	fds := []int{in.FD}
	if in.Call.Multiplexes() {
		fds = nil
		if in.Sets != nil {
			fds = append(fds, in.Sets.Read[:min(len(in.Sets.Read), shownMembers)]...)
		}
	}
	for _, fd := range fds {
		if q := queue(in, fd); q != nil {
			w.add(c.Enter, trace.Sampled, "%s", fill(in.Call, q))
			w.links[len(w.links)-1].Time = q.Time
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

// fill says how full the buffer is that a call looks at.
func fill(call trace.Call, q *trace.Queue) string {
	switch {
	case q.State == trace.Listening && q.Recv == 0:
		return fmt.Sprintf("nobody waited in the backlog of fd %d", q.FD)
	case q.State == trace.Listening:
		return fmt.Sprintf("%s waited in the backlog of fd %d", count(int64(q.Recv), "connection"), q.FD)
	case call.Sends():
		return fmt.Sprintf("%s in the Send-Q of fd %d", sat(q.Send), q.FD)
	case q.Recv == 0 && q.State == trace.CloseWait:
		return fmt.Sprintf("the Recv-Q of fd %d was empty, and its peer had ended the stream (CLOSE-WAIT)", q.FD)
	case q.Recv == 0:
		return fmt.Sprintf("the Recv-Q of fd %d was empty", q.FD)
	}
	return fmt.Sprintf("%s in the Recv-Q of fd %d", sat(q.Recv), q.FD)
}

// sat says that so many bytes were somewhere.
func sat(n int) string {
	if n == 0 {
		return "no bytes were"
	}
	return count(int64(n), "byte") + " sat"
}

// waits tells what would end the open call c, and returns the call in which
// the one that could end it is itself.
func (w *why) waits(c *Call) *Call {
	r, in := w.run, &w.run.Steps[c.Enter]
	switch {
	case in.Call.Multiplexes():
		w.members(c)
		return nil
	case in.Call == trace.Waitpid:
		w.add(c.Enter, trace.Inferred, "only the end of a child can wake it")
		return nil
	case in.Call == trace.Accept:
		w.add(c.Enter, trace.Inferred, "only a connect to fd %d can wake it", in.FD)
		return nil
	case !in.Call.Sends() && !in.Call.Receives():
		return nil
	}
	l, ok := w.ends.at(in.Proc, in.FD, w.n)
	if !ok {
		return nil
	}
	if l.peer.Proc < 0 {
		server := r.listens(in.Proc, in.FD, w.n)
		if server < 0 {
			return nil
		}
		w.add(c.Enter, trace.Inferred, "nobody has accepted this connection: it waits in the backlog of %s", r.who(server))
		return w.now(server)
	}
	ends := "send, shutdown or close"
	if in.Call.Sends() {
		ends = "recv or close"
	}
	w.add(c.Enter, trace.Inferred, "only %s can wake it, by a %s", r.who(l.peer.Proc), ends)
	return w.now(l.peer.Proc)
}

// listens returns the server that fd of proc was connected to, by the address
// of the last connect before n; -1 where that is not known.
func (r *Run) listens(proc, fd, n int) int {
	for i := range r.Lanes {
		lane := &r.Lanes[i]
		if lane.Proc != proc {
			continue
		}
		k := lastBefore(r, lane.Calls, n)
		for last := max(0, k-lookBack); k >= last; k-- {
			e := &r.Steps[r.Calls[lane.Calls[k]].Enter]
			if e.Call != trace.Connect || e.FD != fd {
				continue
			}
			for p := range r.Header.Procs {
				server := &r.Header.Procs[p]
				if server.Role == trace.RoleServer && r.together(p, proc) && samePort(server.Addr, e.Addr) {
					return p
				}
			}
		}
	}
	return -1
}

// now returns the call that proc is in at the position; where it is in none,
// it tells so and returns nil.
func (w *why) now(proc int) *Call {
	r := w.run
	last := -1
	for i := range r.Lanes {
		lane := &r.Lanes[i]
		if lane.Proc != proc {
			continue
		}
		if lane.Exit >= 0 && lane.Exit < w.n {
			last = max(last, lane.Exit)
			continue
		}
		k := lastBefore(r, lane.Calls, w.n)
		if k < 0 {
			continue
		}
		c := &r.Calls[lane.Calls[k]]
		if w.open(c) {
			return c
		}
		last = max(last, c.Return)
	}
	if last >= 0 {
		state := "is in no call now"
		if r.Steps[last].Kind == trace.Exit {
			state = "has ended"
		}
		w.add(last, trace.Observed, "%s %s", r.who(proc), state)
	}
	return nil
}

// members tells who can make the fds of an open multiplexer ready.
func (w *why) members(c *Call) {
	r, in := w.run, &w.run.Steps[c.Enter]
	if in.Sets == nil {
		return
	}
	for _, fd := range in.Sets.Read[:min(len(in.Sets.Read), shownMembers)] {
		if l, ok := w.ends.at(in.Proc, fd, w.n); ok && l.peer.Proc >= 0 {
			w.add(c.Enter, trace.Inferred, "%s can make fd %d readable", r.who(l.peer.Proc), fd)
		} else if !ok {
			w.add(c.Enter, trace.Inferred, "a new client can make fd %d readable", fd)
		}
	}
	if in.Timeout >= 0 {
		w.add(c.Enter, trace.Observed, "it gives up after %s", span(in.Timeout))
	}
}

// shownMoves is how many calls at the other end are told one by one.
const shownMoves = 6

// bytes tells where the bytes of a recv came from, or those of a send went.
func (w *why) bytes(ret int) {
	r, e := w.run, &w.run.Steps[ret]
	l, ok := w.ends.at(e.Proc, e.FD, ret)
	if !ok || e.Errno != 0 {
		return
	}
	own, others, verb, many := l.in.Recvs, l.in.Sends, "came from the send", "sends of %s brought"
	if e.Call.Sends() {
		own, others, verb, many = l.out.Sends, l.out.Recvs, "went to the recv", "recvs of %s took"
	}
	k := moveAt(own, ret)
	if k < 0 {
		return
	}
	m := own[k]
	moves := sharing(others, m, w.n)
	if len(moves) > shownMoves {
		w.sum(m, moves, many)
		return
	}
	told := -1
	if n := len(w.links); n > 0 {
		told = w.links[n-1].Step
	}
	for _, o := range moves {
		if o.Step == told {
			continue // the send that woke it, or the recv that made room
		}
		n := common(m, o)
		of := ""
		if n < o.Len {
			of = fmt.Sprintf(", which moved %s", grouped(o.Len))
		}
		w.add(o.Step, trace.Inferred, "%s %s of %s%s", count(n, "byte"), verb, r.who(r.Steps[o.Step].Proc), of)
		w.line(o.Step)
	}
}

// sum tells of many moves of m's bytes what each process moved in all, at its first.
func (w *why) sum(m Move, moves []Move, format string) {
	r := w.run
	type share struct{ first, calls, bytes int64 }
	shares, procs := map[int]*share{}, []int(nil)
	for _, o := range moves {
		proc := r.Steps[o.Step].Proc
		if shares[proc] == nil {
			shares[proc], procs = &share{first: int64(o.Step)}, append(procs, proc)
		}
		shares[proc].calls++
		shares[proc].bytes += common(m, o)
	}
	for _, proc := range procs {
		s := shares[proc]
		w.add(int(s.first), trace.Inferred, "%s "+format+" %s", grouped(s.calls), r.who(proc), count(s.bytes, "byte"))
		w.line(int(s.first))
	}
}

// line gives the last link the line of the call at step i.
func (w *why) line(i int) {
	if c := w.run.CallAt(i); c != nil {
		last := &w.links[len(w.links)-1]
		last.File, last.Line = w.run.Steps[c.Enter].File, w.run.Steps[c.Enter].Line
	}
}

// common returns how many bytes two moves of a flow have in common.
func common(m, o Move) int64 { return min(m.Off+m.Len, o.Off+o.Len) - max(m.Off, o.Off) }

// Flow returns which bytes the call at step i moved: the index of their
// connection in Conns, the way in its Flows, and which of those. ok is false
// where it moved none.
func (r *Run) Flow(i int) (conn, way int, m Move, ok bool) {
	if c := r.CallAt(i); c != nil {
		if at, ok := r.moved[c.Return]; ok {
			list, _ := r.sides(at, r.Steps[i].Call)
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
	at, ok := r.moved[c.Return]
	if !ok {
		return nil
	}
	own, others := r.sides(at, r.Steps[i].Call)
	return sharing(others, own[at.index], n)
}
