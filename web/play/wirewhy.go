package play

import (
	"fmt"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/words"
)

// streamOf returns the stream of a connection, nil where no packet of it was captured, or
// not from its first on.
func (r *Run) streamOf(conn int) *Stream {
	for i := len(r.Streams) - 1; i >= 0; i-- {
		s := &r.Streams[i]
		if c := r.connOf(s); c == &r.Conns[conn] && s.Whole {
			return s
		}
	}
	return nil
}

// heldBack is how long bytes stay with the kernel, at least, to be told of, in ns.
const heldBack = 2e6

// leftAt returns when the first byte that the send c moved left its kernel first; ok is
// false where no packet shows it.
func (r *Run) leftAt(c *Call) (at int64, ok bool) {
	if c.Return < 0 {
		return 0, false
	}
	m, moved := r.movedAt(c.Return)
	if !moved || !r.Gist(c.Enter).Call.Sends() || r.Conns[m.conn].Torn >= 0 {
		return 0, false
	}
	s := r.streamOf(m.conn)
	if s == nil {
		return 0, false
	}
	off := r.Conns[m.conn].Flows[m.way].Sends[m.index].Off
	for _, i := range s.Packets {
		if p := &r.Packets[i]; p.Back == (m.way == 1) && p.Length > 0 && int64(p.Segment.Seq)-1 <= off && off < int64(p.Segment.Seq)-1+int64(p.Length) {
			return p.Time, true
		}
	}
	return 0, false
}

// left tells how long the kernel has kept the bytes of a send.
func (w *why) left(c *Call) {
	r := w.run
	if at, ok := r.leftAt(c); ok && at <= r.Gist(w.n-1).Time && at-r.Gist(c.Return).Time >= heldBack {
		w.add(Claim{Kind: Left, Step: c.Return, N: at - r.Gist(c.Return).Time})
	}
}

// unanswered tells how often the kernel had sent without an answer, when it gave up the
// peer of the call that returned ETIMEDOUT.
func (w *why) unanswered(c *Call) {
	r, out := w.run, w.run.Step(c.Return)
	if out.Errno != trace.ETIMEDOUT || !out.Call.Receives() && !out.Call.Sends() {
		return
	}
	ci, ok := r.ends[endpoint{out.Proc, out.FD}]
	if l, open := w.ends.at(out.Proc, out.FD, c.Return); open {
		for i := range r.Conns {
			if &r.Conns[i] == l.conn {
				ci, ok = i, true
			}
		}
	}
	if !ok {
		return
	}
	s := r.streamOf(ci)
	if s == nil {
		return
	}
	back := r.Conns[ci].Server.find(out.Proc, out.FD) != nil
	again, probes := 0, 0
	for _, i := range s.Packets {
		switch p := &r.Packets[i]; {
		case p.Time > out.Time:
		case p.Back != back:
			again, probes = 0, 0 // the peer was there
		case p.Again:
			again++
		case p.Probe:
			probes++
		}
	}
	if again+probes > 0 {
		w.add(Claim{Kind: Unanswered, Step: c.Return, Count: again, N: int64(probes)})
	}
}

func sayLeft(r *Run, c *Claim) string {
	return fmt.Sprintf("its bytes left %s later, in a packet: until then the kernel kept them", r.Span(c.N))
}

func sayUnanswered(r *Run, c *Claim) string {
	text := "its kernel"
	if c.Count > 0 {
		text += fmt.Sprintf(" sent the bytes again %s", timesOf(c.Count))
	}
	if c.N > 0 {
		if c.Count > 0 {
			text += " and"
		}
		text += fmt.Sprintf(" asked %s whether the peer is there", timesOf(int(c.N)))
	}
	return text + ". No packet came back, and it gave the peer up"
}

func timesOf(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// leaves asks when the bytes of a send leave that stay with the kernel for a while. got
// is the recv at the other end that had to wait for them.
func (c *chooser) leaves(got *Call) {
	r := c.run
	if !c.about || !c.wants(lab.LeavesLater) {
		return
	}
	_, _, m, ok := r.Flow(got.Return)
	if !ok {
		return
	}
	at, _ := r.movedAt(got.Return)
	for _, s := range sharing(r.Conns[at.conn].Flows[at.way].Sends, m, got.Return) {
		send := r.CallAt(s.Step)
		if send == nil {
			continue
		}
		if t, ok := r.leftAt(send); !ok || t-r.Gist(send.Return).Time < heldBack {
			continue
		}
		q := &Question{Topic: lab.LeavesLater, Asking: AskWhen, Lane: send.Lane, Enter: send.Enter, Answer: got.Return, At: send.Return + 1}
		q.Text = fmt.Sprintf("%s has returned. When do its %s leave?", brief(r.Step(send.Enter)), words.Count(s.Len, "byte"))
		const nagle = "Nagle's rule holds a small segment back for as long as bytes before it are not acknowledged."
		q.right("When the ACK of the bytes before them has come: Nagle's rule")
		q.wrong("send returns when the kernel has copied the bytes. "+nagle, "They have left: send has returned")
		q.wrong(nagle+" Then it goes, full or not.", "When there is enough for a full segment")
		q.wrong("recv asks for bytes that come. It sends none of those that wait to leave. "+nagle, "When the program calls recv")
		c.ask(q.mixed())
		return
	}
}
