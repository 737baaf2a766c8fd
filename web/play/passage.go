package play

// Passage is one way of a connection at a position: what the sends have given, what was
// seen in the two queues, and what the recvs have got. Sends and recvs are observed. A
// queue is a reading of its own time; whose bytes it held is inferred from their order.
type Passage struct {
	Sends, Recvs []Move
	SendQ, RecvQ Tank
	Total        int64 // where the newest byte ends that is known of
}

// Reading is how many bytes a queue held at a time, in ns; At is -1 where nobody looked.
type Reading struct{ Bytes, At int64 }

// Tank is a reading, and the stretch of the flow that it was. While a call was moving
// bytes the stretch isn't Known, and there are no Parts. All bytes may be those of one
// send even so: that is Of, or -1. FIN says that one of the bytes is none: the kernel
// counts the end of the stream as one.
type Tank struct {
	Reading
	Parts []Part
	Known bool
	FIN   bool
	Of    int
}

// Part is a stretch of a flow whose bytes came from one send: its index in Flow.Sends, or
// one more where that send had not returned.
type Part struct {
	Off, Len int64
	Send     int
}

// Passage returns a way of a connection as it is at position n, with the newest readings
// of its queues.
func (r *Run) Passage(conn, way, n int, sendQ, recvQ Reading) Passage {
	f := &r.Conns[conn].Flows[way]
	p := Passage{
		Sends: f.Sends[:movesBefore(f.Sends, n)],
		Recvs: f.Recvs[:movesBefore(f.Recvs, n)],
		SendQ: Tank{Reading: sendQ, Of: -1}, RecvQ: Tank{Reading: recvQ, Of: -1},
	}
	side := &r.Conns[conn].Client
	if way == 1 {
		side = &r.Conns[conn].Server
	}
	if recvQ.At >= 0 {
		if k := r.StepAt(recvQ.At); !r.moving(f.Recvs, k) {
			from, size := endOf(f.Recvs, k, f.Base), recvQ.Bytes
			if most := endOf(f.Sends, k, f.Base) - from; size > most && !r.moving(f.Sends, k) && !r.sending(side, k) {
				size, p.RecvQ.FIN = most, true
			}
			p.RecvQ.Parts, p.RecvQ.Known = f.parts(from, size, k), true
		}
	}
	if sendQ.At >= 0 {
		if k := r.StepAt(sendQ.At); !r.moving(f.Sends, k) && !r.sending(side, k) {
			size := sendQ.Bytes
			if size > 0 && side.Ended(k) >= 0 {
				size, p.SendQ.FIN = size-1, true
			}
			p.SendQ.Parts, p.SendQ.Known = f.parts(endOf(f.Sends, k, f.Base)-size, size, k), true
		} else if endOf(f.Recvs, k, f.Base) >= endOf(f.Sends, k, f.Base) {
			p.SendQ.Of = movesBefore(f.Sends, k) // all before it was received
		}
	}
	p.Total = max(endOf(f.Sends, n, f.Base), endOf(f.Recvs, n, f.Base))
	if k := movesBefore(f.Recvs, n); k > 0 && endOf(f.Recvs, n, f.Base) == p.Total && !r.sending(side, n) {
		// All has been received: what was read before that is in no queue any more.
		at := r.Gist(f.Recvs[k-1].Step).Time
		for _, t := range []*Tank{&p.SendQ, &p.RecvQ} {
			if t.At >= 0 && t.At < at {
				*t = Tank{Reading: Reading{0, at}, Known: true, Of: -1}
			}
		}
	}
	for _, h := range []*Tank{&p.SendQ, &p.RecvQ} {
		for _, part := range h.Parts {
			p.Total = max(p.Total, part.Off+part.Len)
		}
	}
	return p
}

// Parts returns of which sends the bytes of a move are, at position n.
func (f *Flow) Parts(m Move, n int) []Part { return f.parts(m.Off, m.Len, n) }

// parts divides a stretch of the flow by the sends that had returned at position n.
func (f *Flow) parts(off, size int64, n int) (parts []Part) {
	if off < f.Base {
		return nil // it was there before what is known
	}
	sends := f.Sends[:movesBefore(f.Sends, n)]
	for i := 0; size > 0; i++ {
		part := Part{Off: off, Len: size, Send: i}
		if i < len(sends) {
			part.Len = min(size, sends[i].Off+sends[i].Len-off)
		}
		if part.Len > 0 {
			parts = append(parts, part)
			off, size = off+part.Len, size-part.Len
		}
	}
	return parts
}

// endOf returns where the moves that had happened at position n end.
func endOf(list []Move, n int, base int64) int64 {
	if k := movesBefore(list, n); k > 0 {
		return list[k-1].Off + list[k-1].Len
	}
	return base
}

// moving reports whether the next call of list was in the kernel at position n. How much
// it had moved by then nobody knows.
func (r *Run) moving(list []Move, n int) bool {
	k := movesBefore(list, n)
	if k == len(list) {
		return false
	}
	c := r.CallAt(list[k].Step)
	return c != nil && c.Enter < n
}

// sending reports whether a send of a side was in the kernel at position n that hasn't
// come back.
func (r *Run) sending(side *End, n int) bool {
	for i := range r.Lanes {
		calls := r.Lanes[i].Calls
		if k := lastBefore(r, calls, n); k >= 0 {
			c := &r.Calls[calls[k]]
			if e := r.Gist(c.Enter); c.Return < 0 && e.Call.Sends() && used(e, c.Enter, side) {
				return true
			}
		}
	}
	return false
}
