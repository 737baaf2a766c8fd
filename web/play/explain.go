package play

import (
	"fmt"
	"slices"
	"strings"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// Happened says what the answer to q was, in a few words.
func (r *Run) Happened(q *Question) string {
	if q.Asking != AskReady || q.Right.Lit == nil {
		return q.Offers[q.Right.Offer].Text
	}
	var parts []string
	for i, lit := range q.Right.Lit {
		if lit {
			parts = append(parts, fmt.Sprintf("fd %d %v", q.Members[i].FD, q.Members[i].List))
		}
	}
	c := r.CallAt(q.Enter)
	out := r.Step(c.Return)
	switch took := out.Time - r.Gist(c.Enter).Time; out.Sleep {
	case trace.Awake:
		parts = append(parts, "at once")
	case trace.Slept:
		parts = append(parts, "after "+r.Span(took))
	}
	return strings.Join(parts, ", ")
}

// Explain returns the facts of the trace that make the answer to q right. They tell
// nothing that comes after the answer.
func (r *Run) Explain(q *Question) []Link {
	c := r.CallAt(q.Enter)
	in := r.Step(c.Enter)
	w := &why{run: r, ends: r.endsNow(), n: q.Answer + 1, path: []waypoint{{call: c}}}
	switch {
	case q.Topic == lab.SendSignal:
		w.add(Claim{Kind: Killed, Step: q.Enter, Other: q.Answer, N: r.Gist(q.Answer).Time - in.Time})
	case q.Asking == AskSleep || q.Topic == lab.WaitSleeps:
		w.n = c.Enter + 1
		w.buffers(c)
		w.gaveUp(c)
	case q.Topic == lab.DatagramsArrive:
		w.buffers(r.CallAt(q.At))
	case q.Topic == lab.NeverReturns:
		w.path = nil
		w.call(c)
	case q.Topic == lab.CountsRecvs:
		w.add(Claim{Kind: returnedAs(r, c), Step: c.Enter, Other: c.Return})
		w.bytes(c.Return)
	case q.Topic == lab.AskedOften:
		w.spun(c, r.CallAt(q.Answer))
	case q.Topic == lab.FullAgain:
		w.buffers(c)
		w.gaveUp(c)
	case q.Topic == lab.ToldAgain:
		w.n = c.Enter + 1
		w.buffers(c)
		w.watching(c)
		w.gaveUp(c)
	case q.Topic == lab.LeavesLater:
		w.add(Claim{Kind: returnedAs(r, c), Step: c.Enter, Other: c.Return})
		w.left(c)
	case q.Topic == lab.HalfLine:
		w.add(Claim{Kind: Arrived, Step: c.Return})
		w.bytes(c.Return)
	case q.Topic == lab.WhoReceives:
		got := r.CallAt(q.Answer)
		w.path[0].call = got
		w.add(Claim{Kind: returnedAs(r, got), Step: got.Enter, Other: got.Return})
		w.bytes(got.Return)
	case q.Topic == lab.CloseTells, q.Topic == lab.WakesIt:
		got := r.CallAt(q.Answer)
		w.path[0].call = got
		w.add(Claim{Kind: returnedAs(r, got), Step: got.Enter, Other: got.Return})
		w.woken(got)
	case q.Topic == lab.WhoCloses:
		w.add(Claim{Kind: Returned, Step: c.Enter, Other: c.Return})
		if l, ok := w.ends.at(in.Proc, in.FD, c.Enter); ok {
			w.add(Claim{Kind: Shared, Step: c.Return, FD: in.FD, Procs: l.mine.holders(w.n)})
		}
	case q.Topic == lab.ShakenHands:
		out := r.Step(q.At - 1)
		if held := queue(out, in.FD); held != nil {
			w.add(Claim{Kind: Took, Step: q.At - 1, FD: in.FD, Queue: held})
		}
		if l, ok := w.ends.at(in.Proc, in.FD, w.n); ok && !l.accepted {
			if at := r.listening(in.Proc, r.Step(l.own.Opened).Addr, w.n); at != nil {
				w.add(Claim{Kind: Unaccepted, Step: c.Enter, FD: in.FD, Procs: []int{at.proc}})
			}
		}
		w.add(Claim{Kind: SoError, Step: c.Return, FD: in.FD, N: r.Step(c.Return).Args[2]})
	case q.Asking == AskWhen:
		w.accepting(c)
	case q.Topic == lab.PrintsNumber:
		w.number(c)
	case q.Topic == lab.ConnectQueued:
		if at := r.listening(in.Proc, in.Addr, w.n); at != nil {
			if busy := w.now(at.proc, at.fd); busy != nil {
				w.add(Claim{Kind: In, Step: busy.Enter, N: r.Gist(w.n-1).Time - r.Gist(busy.Enter).Time})
			}
		}
	case in.Call.Multiplexes():
		w.found(c)
	default:
		w.buffers(c)
		if r.Gist(c.Return).Sleep == trace.Slept {
			w.woken(c)
		} else {
			w.bytes(c.Return)
			w.delivered(c.Return)
			w.ended(c)
		}
	}
	return w.links[:min(len(w.links), maxLinks)]
}

// returnedAs is the kind of claim that tells how a call came back.
func returnedAs(r *Run, c *Call) Kind {
	if r.Gist(c.Return).Sleep == trace.Slept {
		return Slept
	}
	return Returned
}

// gaveUp tells whether the thread of c, which came back later, slept in it.
func (w *why) gaveUp(c *Call) {
	if w.run.Gist(c.Return).Sleep == trace.Slept {
		w.add(Claim{Kind: GaveUp, Step: c.Enter})
	} else {
		w.add(Claim{Kind: Returned, Step: c.Enter, Other: c.Return})
	}
}

// spun tells how long a thread called recv again and again, from the first "not yet"
// to the bytes, and where the bytes came from.
func (w *why) spun(first, last *Call) {
	r := w.run
	from, to := r.Step(first.Return), r.Step(last.Return)
	w.add(Claim{Kind: Spun, Step: first.Return, Other: last.Return, FD: from.FD, N: to.Time - from.Time})
	if cpu := to.CPU - from.CPU; cpu > 0 && !r.Emulated() {
		w.add(Claim{Kind: Cost, Step: last.Return, Other: first.Return, N: cpu})
	}
	w.bytes(last.Return)
}

// watching tells how the fds of an epoll_wait that have something unread are
// on its interest list.
func (w *why) watching(c *Call) {
	r, in := w.run, w.run.Step(c.Enter)
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		e := r.Step(b.Enter)
		if e.Call != trace.EpollCtl || len(e.Args) < 3 || e.FD != in.FD {
			continue
		}
		if q := queue(in, int(e.Args[1])); q != nil && q.Recv > 0 && q.State != trace.Listening {
			claim := Claim{Kind: Watched, Step: b.Enter, FD: int(e.Args[1])}
			if e.Args[2]&epollEdge != 0 {
				claim.N = 1
			}
			w.add(claim)
			return
		}
	}
}

// found tells what was read of each member of a multiplexer's lists, beside its
// return: why it was ready, or not.
func (w *why) found(c *Call) {
	r := w.run
	in, out := r.Step(c.Enter), r.Step(c.Return)
	for l, asked := range lists(in.Sets) {
		came := lists(out.Sets)[l]
		for _, fd := range asked[:min(len(asked), shownMembers)] {
			q := queue(out, fd)
			switch {
			case q == nil:
			case List(l) == Readable:
				w.add(Claim{Kind: Held, Step: c.Return, FD: fd, Queue: q})
			case List(l) == Writable && slices.Contains(came, fd):
				w.add(Claim{Kind: Took, Step: c.Return, FD: fd, Queue: q})
			}
		}
	}
	if out.Sleep == trace.Slept {
		w.woken(c)
	}
}

// accepting tells what the server did between a client's connect and its
// accept, the call c.
func (w *why) accepting(c *Call) {
	r, out := w.run, w.run.Step(c.Return)
	calls := r.Lanes[c.Lane].Calls
	if k := lastBefore(r, calls, c.Enter); k >= 0 {
		b := &r.Calls[calls[k]]
		w.add(Claim{Kind: Returned, Step: b.Enter, Other: b.Return})
	}
	w.add(Claim{Kind: Returned, Step: c.Enter, Other: c.Return})
	w.buffers(c)
	if l, ok := w.ends.at(out.Proc, int(out.Result), c.Return+1); ok && l.peer.Proc >= 0 {
		w.add(Claim{Kind: Connected, Step: c.Return, Other: l.peer.Opened, N: out.Time - r.Gist(l.peer.Opened).Time})
	}
}

// number tells which bytes had arrived before a program printed what they mean.
func (w *why) number(c *Call) {
	r := w.run
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		if b.Return < 0 || !r.Gist(b.Return).Call.Receives() || r.Step(b.Return).Result <= 0 {
			continue
		}
		w.add(Claim{Kind: Arrived, Step: b.Return})
		w.bytes(b.Return)
		return
	}
}
