package play

import (
	"fmt"
	"strings"

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
	out := &r.Steps[c.Return]
	switch took := out.Time - r.Steps[c.Enter].Time; out.Sleep {
	case trace.Awake:
		parts = append(parts, "at once")
	case trace.Slept:
		parts = append(parts, "after "+span(took)+" of sleep")
	}
	return strings.Join(parts, ", ")
}

// Explain returns the facts of the trace that make the answer to q what it is.
// It tells nothing of what comes after the answer.
func (r *Run) Explain(q *Question) []Link {
	c := r.CallAt(q.Enter)
	in := &r.Steps[c.Enter]
	w := &why{run: r, ends: newEnds(r), n: c.Return + 1, seen: map[int]bool{}}
	switch {
	case q.Asking == AskSleep || q.situation == waitSleeps:
		w.n = c.Enter + 1
		w.buffers(c)
		w.addCall(c, trace.Observed, "its thread gave up the processor: the kernel counted it")
	case q.situation == askedOften:
		w.n = q.Answer + 1
		w.spun(c, r.CallAt(q.Answer))
	case q.situation == toldAgain:
		w.n = c.Enter + 1
		w.buffers(c)
		w.watching(c)
		if r.Steps[c.Return].Sleep == trace.Slept {
			w.addCall(c, trace.Observed, "its thread gave up the processor: the kernel counted it")
		} else {
			w.addCall(c, trace.Observed, "it came back without a sleep")
		}
	case q.Asking == AskWhen:
		w.accepting(c)
	case q.situation == printsNumber:
		w.number(c)
	case q.situation == connectQueued:
		w.n = q.At
		if server := r.listens(in.Proc, in.FD, w.n); server >= 0 {
			if busy := w.now(server); busy != nil {
				w.addCall(busy, trace.Observed, "%s was in %s", r.who(server), brief(&r.Steps[busy.Enter]))
			}
		}
		w.add(c.Return, trace.Observed, "connect returned, and no accept had")
	case in.Call.Multiplexes():
		w.found(c)
	default:
		w.buffers(c)
		if r.Steps[c.Return].Sleep == trace.Slept {
			w.woken(c)
		}
		w.bytes(c.Return)
		w.ended(c)
	}
	return w.links[:min(len(w.links), maxLinks)]
}

// spun tells how long a recv was asked again and again, from its first "not yet"
// to the bytes, and where those came from.
func (w *why) spun(first, last *Call) {
	r := w.run
	from, to := &r.Steps[first.Return], &r.Steps[last.Return]
	w.addCall(first, trace.Observed, "%s asked from then on for %s, and no call slept", r.who(from.Proc), span(to.Time-from.Time))
	if cpu := to.CPU - from.CPU; cpu > 0 {
		w.add(last.Return, trace.Observed, "that took %s of processor time, as of the kernel's last tick", span(cpu))
	}
	w.bytes(last.Return)
}

// watching tells how the fds of an epoll_wait that have something unread are
// on its interest list.
func (w *why) watching(c *Call) {
	r, in := w.run, &w.run.Steps[c.Enter]
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		e := &r.Steps[b.Enter]
		if e.Call != trace.EpollCtl || len(e.Args) < 3 || e.FD != in.FD {
			continue
		}
		if q := queue(in, int(e.Args[1])); q != nil && q.Recv > 0 && q.State != trace.Listening {
			how := "level-triggered"
			if e.Args[2]&(1<<31) != 0 {
				how = "edge-triggered, with EPOLLET"
			}
			w.addCall(b, trace.Observed, "fd %d was put on the interest list %s", e.Args[1], how)
			return
		}
	}
}

// found tells of each member of a multiplexer's lists why it was ready, or not,
// by what was read beside its return.
func (w *why) found(c *Call) {
	r := w.run
	in, out := &r.Steps[c.Enter], &r.Steps[c.Return]
	for l, asked := range lists(in.Sets) {
		came := lists(out.Sets)[l]
		for _, fd := range asked[:min(len(asked), shownMembers)] {
			q := queue(out, fd)
			if q == nil {
				continue
			}
			ready := false
			for _, f := range came[:min(len(came), maxMembers)] {
				ready = ready || f == fd
			}
			switch {
			case List(l) == Writable && ready:
				w.add(c.Return, trace.Sampled, "fd %d took bytes: %s in its Send-Q, which has room. That says nothing of the peer's recv", fd, sat(q.Send))
			case List(l) != Readable:
				continue
			default:
				w.add(c.Return, trace.Sampled, "%s", fill(in.Call, q))
			}
			w.links[len(w.links)-1].Time = q.Time
		}
	}
	if out.Sleep == trace.Slept {
		w.woken(c)
	}
}

// ended tells, of a recv that returned 0, who had ended the stream.
func (w *why) ended(c *Call) {
	r, out := w.run, &w.run.Steps[c.Return]
	if !out.Call.Receives() || out.Errno != 0 || out.Result != 0 || r.WakeOf(c.Return) != nil {
		return
	}
	l, ok := w.ends.at(out.Proc, out.FD, c.Return)
	if ok && l.peer.Proc >= 0 && l.peer.Closed >= 0 && l.peer.Closed < c.Return {
		w.add(l.peer.Closed, trace.Inferred, "%s had closed its socket", r.who(l.peer.Proc))
	}
}

// accepting tells what the server did between a client's connect and its
// accept, the call c.
func (w *why) accepting(c *Call) {
	r, out := w.run, &w.run.Steps[c.Return]
	calls := r.Lanes[c.Lane].Calls
	if k := lastBefore(r, calls, c.Enter); k >= 0 {
		b := &r.Calls[calls[k]]
		w.addCall(b, trace.Observed, "%s called %s", r.who(out.Proc), brief(&r.Steps[b.Enter]))
	}
	w.addCall(c, trace.Observed, "then it called %s", brief(out))
	w.buffers(c)
	if l, ok := w.ends.at(out.Proc, int(out.Result), c.Return+1); ok && l.peer.Proc >= 0 {
		w.add(c.Return, trace.Observed, "%s had been connected for %s", r.who(l.peer.Proc), span(out.Time-r.Steps[l.peer.Opened].Time))
	}
}

// number tells which bytes had arrived before a program printed what they mean.
func (w *why) number(c *Call) {
	r := w.run
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		if b.Return < 0 || !r.Steps[b.Return].Call.Receives() || r.Steps[b.Return].Result <= 0 {
			continue
		}
		w.addCall(b, trace.Observed, "the bytes that arrived were % x, in this order", r.Steps[b.Return].Data)
		w.bytes(b.Return)
		return
	}
}
