package play

import (
	"bytes"
	"slices"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// Found is a moment of a run, with all that can be lit of it.
type Found struct {
	Step int // index in Steps; the position Step+1 shows it
	Lane int // index in Lanes, -1 where the step has none
	Call int // index in Calls, -1 where the step is no call's

	File, Line int // of the program that made the call, as in trace.Event; 0 where that isn't known
	Proc, FD   int // whose fd it is about; FD is -1 for none

	Conn, Way int  // indexes in Conns and in its Flows of the bytes that it moved
	Bytes     Move // its Len is 0 where it moved none
	Post      int  // index in Posts of the datagram that it moved, plus one; Conn and Way mean nothing then
	Wake      *Wake
}

// Find returns the step of r that m describes. ok is false where r has none, as
// far as it has come.
func (r *Run) Find(m *lab.Moment) (found Found, ok bool) {
	i := r.search(m)
	if i < 0 {
		return Found{}, false
	}
	return r.FoundAt(i), true
}

// Stop is a stop of a walk as it is in a run.
type Stop struct {
	lab.Stop
	Found *Found // nil where the run has no such moment
	after int    // the step of it, or of the stop before it where it is missing
}

// Walk finds the stops in r, or what takes their places there, in the order in which they
// happened. One that r hasn't got stays behind the one before it, unless it may be left out.
func (r *Run) Walk(stops []lab.Stop) []Stop {
	var out []Stop
	after := -1
	for i := range stops {
		here := Stop{Stop: stops[i], after: after}
		for s := &stops[i]; s != nil; s = s.Else {
			if at, ok := r.Find(&s.At); ok {
				after = at.Step
				here = Stop{*s, &at, after}
				break
			}
		}
		if here.Found != nil || !here.Maybe {
			out = append(out, here)
		}
	}
	slices.SortStableFunc(out, func(a, b Stop) int { return a.after - b.after })
	return out
}

// FoundAt returns what can be lit of step i.
func (r *Run) FoundAt(i int) Found {
	e := r.Step(i)
	found := Found{Step: i, Lane: -1, Call: r.CallIndex(i), File: e.File, Line: e.Line, Proc: e.Proc, FD: e.FD, Wake: r.WakeOf(i)}
	if e.Kind == trace.Start || e.Kind == trace.Exit {
		found.FD = -1
	}
	found.Lane = r.laneOf(e.Proc, e.Thread)
	if c := r.CallAt(i); c != nil {
		found.File, found.Line = r.Step(c.Enter).File, r.Step(c.Enter).Line
	}
	if conn, way, move, moved := r.Flow(i); moved {
		found.Conn, found.Way, found.Bytes = conn, way, move
	} else if d := r.DatagramAt(i); d != nil {
		found.Post, found.Bytes = d.Post+1, Move{Step: i, Len: d.Len}
	}
	return found
}

// search returns the index in Steps of what m describes, or -1.
func (r *Run) search(m *lab.Moment) int {
	from, after := 0, -1
	if m.After != nil {
		if after = r.search(m.After); after < 0 {
			return -1
		}
		from = after + 1
	}
	to := r.Len()
	if m.Before != nil {
		if before := r.search(m.Before); before >= 0 {
			to = before
		}
	}
	nth, last, longest := max(m.Nth, 1), -1, int64(-1)
	for i := from; i < to; i++ {
		if i%breath == 0 && r.Breathe != nil {
			r.Breathe()
		}
		if !r.fits(m, i) || after >= 0 && !r.same(m.Same, after, i) {
			continue
		}
		if took := r.took(i); !m.Longest || took > longest {
			last, longest = i, took
		}
		if nth--; nth == 0 && m.Nth >= 0 && !m.Longest {
			return i
		}
	}
	if m.Nth < 0 || m.Longest {
		return last
	}
	return -1
}

// breath is how many steps are looked at between two calls of Breathe.
const breath = 1 << 10

// took returns how long the call at step i took, ns; one that has not returned,
// to the end of what there is.
func (r *Run) took(i int) int64 {
	c := r.CallAt(i)
	switch {
	case c == nil:
		return 0
	case c.Return < 0:
		return r.Duration() - r.Gist(c.Enter).Time
	}
	return r.Gist(c.Return).Time - r.Gist(c.Enter).Time
}

func (r *Run) same(s lab.Same, a, b int) bool {
	x, y := r.Gist(a), r.Gist(b)
	switch s {
	case lab.SameLane:
		return x.Proc == y.Proc && x.Thread == y.Thread
	case lab.SameFD:
		return x.Proc == y.Proc && x.FD == y.FD
	}
	return true
}

// fits reports whether step i is what m describes, its After, Before, Nth and Longest
// apart.
func (r *Run) fits(m *lab.Moment, i int) bool {
	e := r.Gist(i)
	switch {
	case e.Kind != [...]trace.Kind{lab.Returns: trace.Return, lab.Enters: trace.Enter, lab.Begins: trace.Start, lab.Ends: trace.Exit}[m.Is],
		len(m.Calls) > 0 && (e.Kind == trace.Enter || e.Kind == trace.Return) && !slices.Contains(m.Calls, e.Call), // of most steps this is all
		!r.is(m.By, e.Proc, e.Thread),
		m.Runs != "" && r.Header.Procs[e.Proc].Program != m.Runs:
		return false
	case e.Kind == trace.Start || e.Kind == trace.Exit:
		return true
	}
	c := r.CallAt(i)
	return c != nil && r.called(m, c, i) && r.came(m, c) && r.stands(m, e, i) &&
		r.held(m, i) && (m.While == nil || r.meanwhile(m.While, c.Lane, i))
}

// is reports whether who names the process, or its thread.
func (r *Run) is(who string, proc, thread int) bool {
	if who == "" {
		return true
	}
	if proc < 0 || proc >= len(r.Header.Procs) {
		return false
	}
	p := &r.Header.Procs[proc]
	switch who {
	case lab.AServer:
		return p.Role == trace.RoleServer && p.Parent == 0
	case lab.AClient:
		return p.Role == trace.RoleClient || p.Role == trace.RoleAgent
	case lab.AChild:
		return p.Parent > 0
	case lab.AThread:
		return thread > 0
	}
	return p.Name == who
}

// called reports whether the arguments of c, and whom it is about, are what m
// says, as seen at step i.
func (r *Run) called(m *lab.Moment, c *Call, i int) bool {
	if len(m.Calls) > 0 && !slices.Contains(m.Calls, r.Gist(c.Enter).Call) {
		return false
	}
	if m.Prints == "" && m.Arg.Bits == 0 {
		return m.With == "" || r.with(m.With, c, i)
	}
	in := r.Step(c.Enter)
	switch {
	case m.Prints != "" && !bytes.Contains(in.Data, []byte(m.Prints)),
		m.Arg.Bits != 0 && (m.Arg.At >= len(in.Args) || in.Args[m.Arg.At]&m.Arg.Bits != m.Arg.Bits):
		return false
	}
	return m.With == "" || r.with(m.With, c, i)
}

// stands reports whether the connection of e is as m says when step i happens.
func (r *Run) stands(m *lab.Moment, e *Gist, i int) bool {
	if !m.Unaccepted && !m.Shared {
		return true
	}
	conn := r.ConnOf(e.Proc, e.FD, i)
	if conn == nil && e.Kind == trace.Return {
		conn = r.ConnOf(e.Proc, e.FD, i+1) // of a connect, which makes it
	}
	if conn == nil {
		return false
	}
	mine := &conn.Client
	if mine.find(e.Proc, e.FD) == nil {
		mine = &conn.Server
	}
	accepted := conn.Server.Proc >= 0 && conn.Server.Opened <= i
	others := slices.DeleteFunc(mine.holders(i), func(p int) bool { return p == e.Proc })
	return !(m.Unaccepted && accepted) && !(m.Shared && len(others) == 0)
}

// with reports whether the other end of c's connection is who's.
func (r *Run) with(who string, c *Call, i int) bool {
	fd, at := r.Gist(c.Enter).FD, i
	if r.Gist(c.Enter).Call == trace.Accept {
		if c.Return < 0 || r.Gist(c.Return).Errno != 0 {
			return false
		}
		fd, at = int(r.Step(c.Return).Result), c.Return+1
	}
	proc := r.Gist(i).Proc
	conn := r.ConnOf(proc, fd, at)
	if conn == nil {
		return false
	}
	other := &conn.Client
	if other.find(proc, fd) != nil {
		other = &conn.Server
	}
	for k := 0; other.fd(k) != nil; k++ {
		if f := other.fd(k); f.Proc >= 0 && r.is(who, f.Proc, 0) {
			return true
		}
	}
	return false
}

// came reports whether c came to what m says. One that has not returned came to
// nothing but its length.
func (r *Run) came(m *lab.Moment, c *Call) bool {
	if m.Lasts > 0 && r.took(c.Enter) < int64(m.Lasts) || m.Under > 0 && r.took(c.Enter) >= int64(m.Under) || m.Stuck && c.Return >= 0 {
		return false
	}
	if c.Return < 0 {
		return !m.Result.Set && m.Errno == 0 && m.Sleep == trace.SleepUnknown && !m.Short && !m.Cut && m.Has == "" && m.Lacks == "" && !m.Sends.Set && m.Ready == lab.AnyReady && m.WokenBy == nil
	}
	switch back := r.Gist(c.Return); {
	case m.Errno != 0 && back.Errno != m.Errno,
		m.Sleep != trace.SleepUnknown && back.Sleep != m.Sleep,
		m.Result.Set && (back.Errno != 0 || !m.Result.Has(r.steps.result(c.Return))),
		m.Ready == lab.NoneReady && r.steps.result(c.Return) != 0,
		(m.Ready == lab.BytesReady || m.Ready == lab.EndReady) && !r.steps.has(c.Return, hasQueues): // see found
		return false
	}
	in, out := r.Step(c.Enter), r.Step(c.Return)
	switch {
	case m.Cut && (out.Errno != 0 || out.Result <= int64(max(in.Size, out.Size)) || !in.Call.Receives()),
		m.Has != "" && (out.Errno != 0 || !bytes.Contains(moved(in, out), []byte(m.Has))),
		m.Sends.Set && !m.Sends.Has(r.sends(c.Return)),
		m.Lacks != "" && (out.Errno != 0 || bytes.Contains(moved(in, out), []byte(m.Lacks))),
		m.Short && (out.Errno != 0 || out.Result >= int64(in.Size)),
		!r.found(m.Ready, out, c.Return):
		return false
	case m.WokenBy == nil:
		return true
	}
	w := r.WakeOf(c.Return)
	if w == nil {
		return false
	}
	e := r.Step(w.Cause)
	by := r.CallAt(w.Cause)
	return r.is(m.WokenBy.By, e.Proc, e.Thread) && (len(m.WokenBy.Calls) == 0 || by != nil) && (by == nil || r.called(m.WokenBy, by, w.Cause))
}

// sends returns from how many sends the bytes came that the recv at step i returned.
func (r *Run) sends(i int) (n int64) {
	conn, way, got, ok := r.Flow(i)
	if !ok || !r.Gist(i).Call.Receives() {
		return 0
	}
	for _, s := range r.Conns[conn].Flows[way].Sends {
		if s.Off < got.Off+got.Len && got.Off < s.Off+s.Len {
			n++
		}
	}
	return n
}

// moved returns the bytes that a call has moved, as far as the trace has them.
func moved(in, out *trace.Event) []byte {
	if in.Call.Receives() {
		return out.Data
	}
	return in.Data[:max(0, min(int64(len(in.Data)), out.Result))]
}

// found reports whether a multiplexer that returned at step i found what is meant.
func (r *Run) found(what lab.Ready, out *trace.Event, i int) bool {
	if what == lab.AnyReady {
		return true
	}
	if !out.Call.Multiplexes() || out.Errno != 0 {
		return false
	}
	switch what {
	case lab.NoneReady:
		return out.Result == 0
	case lab.SeveralReady:
		return out.Sets.Len() > 1
	}
	if out.Sets == nil {
		return false
	}
	if what == lab.RoomReady {
		return len(out.Sets.Write) > 0
	}
	return slices.ContainsFunc(out.Sets.Read, func(fd int) bool {
		q := queue(out, fd)
		if q == nil { // nothing was read beside the call: what it is follows from the calls before
			if what != lab.ListenerReady {
				return false
			}
			procs := r.State(i).Procs
			f := procs[out.Proc].FD(fd)
			return f != nil && f.Kind == trace.FDListener
		}
		switch what {
		case lab.ListenerReady:
			return q.State == trace.Listening
		case lab.BytesReady:
			return q.State != trace.Listening && q.Recv > 0
		}
		return q.Recv == 0 && q.State == trace.CloseWait
	})
}

// held reports whether beside step i the kernel was seen to hold what m says.
func (r *Run) held(m *lab.Moment, i int) bool {
	if m.Queue.Of == 0 && m.State == 0 && !m.Drops {
		return true
	}
	e := r.Step(i)
	if m.Queue.Of == lab.Backlog && r.waiting(i+1) >= m.Queue.Least {
		return true
	}
	return slices.ContainsFunc(e.Queues, func(q trace.Queue) bool {
		n, length := q.Recv, trace.RecvQ
		if m.Queue.Of == lab.SendQ {
			n, length = q.Send, trace.SendQ
		}
		listens := q.State == trace.Listening
		return (e.FD < 0 || q.FD == e.FD) && (m.State == 0 || q.State == m.State) && (!m.Drops || q.Drops > 0) &&
			(m.Queue.Of == 0 || listens == (m.Queue.Of == lab.Backlog) && q.Has(length) && n >= m.Queue.Least)
	})
}

// waiting returns how many connections nobody had accepted after n steps, as far
// as their connects had returned.
func (r *Run) waiting(n int) int {
	count := 0
	for i := range r.Conns {
		c := &r.Conns[i]
		if c.Client.Proc >= 0 && c.Client.Opened < n && (c.Server.Proc < 0 || c.Server.Opened >= n) {
			count++
		}
	}
	return count
}

// meanwhile reports whether a thread other than that of the lane is in a call like
// m as step i happens.
func (r *Run) meanwhile(m *lab.Moment, lane, i int) bool {
	for k := range r.Lanes {
		l := &r.Lanes[k]
		if k == lane || l.Role == RolePeer || !r.is(m.By, l.Proc, l.Thread) || l.Exit >= 0 && l.Exit < i {
			continue
		}
		if at := lastBefore(r, l.Calls, i); at >= 0 {
			c := &r.Calls[l.Calls[at]]
			if (c.Return < 0 || c.Return > i) && r.called(m, c, c.Enter) && r.stands(m, r.Gist(c.Enter), i) {
				return true
			}
		}
	}
	return false
}
