package play

import (
	"sockscope/server/packet"
	"sockscope/server/trace"
)

// Turn is a change of one end's TCP state, inferred from a packet that it sent or that
// came for it.
type Turn struct {
	Packet int // index in Run.Packets
	To     trace.TCPState
}

// The ends of a Stream.
const (
	ClientEnd = iota
	ServerEnd
)

// Turns infers how the states of a stream's two ends have changed (RFC 9293, section
// 3.3.2), the client's and the server's, in the packets before the one with the index n.
func (r *Run) Turns(stream, n int) (turns [2][]Turn) {
	var state [2]trace.TCPState
	var fin [2]uint32 // behind the FIN of each end; 0 before it
	for _, i := range r.Streams[stream].Packets {
		if i >= n {
			break
		}
		p := &r.Packets[i]
		own, other := ClientEnd, ServerEnd
		if p.Back {
			own, other = ServerEnd, ClientEnd
		}
		turn := func(end int, to map[trace.TCPState]trace.TCPState) {
			if next, ok := to[state[end]]; ok && next != state[end] {
				state[end] = next
				turns[end] = append(turns[end], Turn{i, next})
			}
		}
		switch {
		case p.Flags.Has(packet.RST):
			for _, end := range []int{own, other} {
				if p.Lost && end == other {
					continue
				}
				if state[end] != trace.Closed && state[end] != 0 {
					state[end] = trace.Closed
					turns[end] = append(turns[end], Turn{i, trace.Closed})
				}
			}
			continue
		case p.Flags.Has(packet.SYN | packet.ACK):
			turn(own, map[trace.TCPState]trace.TCPState{0: trace.SynRecv})
			if !p.Lost {
				turn(other, map[trace.TCPState]trace.TCPState{trace.SynSent: trace.Established})
			}
			continue
		case p.Flags.Has(packet.SYN):
			turn(own, map[trace.TCPState]trace.TCPState{0: trace.SynSent})
			continue
		}
		if p.Flags.Has(packet.ACK) {
			if own == ClientEnd && state[other] == trace.SynRecv && r.shakes(stream, i) {
				turn(other, map[trace.TCPState]trace.TCPState{trace.SynRecv: trace.Established})
			}
			if fin[other] > 0 && int32(p.Segment.Ack-fin[other]) >= 0 {
				turn(other, map[trace.TCPState]trace.TCPState{
					trace.FinWait1: trace.FinWait2, trace.LastAck: trace.Closed, trace.Closing: trace.TimeWait})
			}
		}
		if p.Flags.Has(packet.FIN) && fin[own] == 0 {
			fin[own] = p.Segment.Seq + p.Span()
			if last := len(turns[own]) - 1; state[own] == trace.CloseWait && int32(p.Segment.Ack-fin[other]) < 0 {
				// The two have crossed: it left before the other one came.
				turns[own] = append(turns[own][:last], Turn{i, trace.FinWait1}, Turn{i, trace.Closing})
				state[own] = trace.Closing
			}
			turn(own, map[trace.TCPState]trace.TCPState{trace.Established: trace.FinWait1, trace.CloseWait: trace.LastAck})
			if !p.Lost {
				turn(other, map[trace.TCPState]trace.TCPState{
					trace.Established: trace.CloseWait, trace.FinWait2: trace.TimeWait, trace.FinWait1: trace.Closing})
			}
		}
	}
	return turns
}

// shakes reports whether the client's packet i ends the handshake for the server. With the
// accept queue full, its kernel drops what would: then the client sends again, and the
// server its SYN ACK.
func (r *Run) shakes(stream, i int) bool {
	for _, k := range r.Streams[stream].Packets {
		switch p := &r.Packets[k]; {
		case k <= i:
		case p.Back && !p.Flags.Has(packet.SYN):
			// One who has no such connection resets without ACK (RFC 9293, section 3.10.7.1).
			return !p.Flags.Has(packet.RST) || p.Flags.Has(packet.ACK)
		case p.Back || p.Again:
			return false // it wasn't taken
		}
	}
	return true
}

// shaking is how far the clock of packets and that of calls may be apart, in ns.
const shaking = 5000

// Backlogged reports whether a connection waits in its listener's accept queue after n
// steps, as far as the trace tells. Its client's connect has made it and nobody has accepted
// it; where its packets are captured, the listener's kernel has taken the ACK that ends the
// handshake, without which its end is half open.
func (r *Run) Backlogged(c *Conn, n int) bool {
	if c.Client.Proc < 0 || c.Client.Opened >= n || c.Server.Proc >= 0 && c.Server.Opened < n {
		return false
	}
	now := r.Gist(n - 1).Time
	if r.PacketsTorn == 0 || now < r.PacketsTorn {
		for i := range r.Streams {
			if r.connOf(&r.Streams[i]) != c {
				continue
			}
			k := r.PacketsAt(n)
			for k < len(r.Packets) && r.Packets[k].Time <= now+shaking {
				k++
			}
			turns := r.Turns(i, k)[ServerEnd]
			return len(turns) > 0 && turns[len(turns)-1].To != trace.SynRecv
		}
	}
	e := r.Step(c.Client.Opened)
	q := queue(e, e.FD)
	return e.Errno == 0 || q != nil && q.State == trace.Established
}

// EndState is the state of one end at a position.
type EndState struct {
	State trace.TCPState // 0 while nothing is known
	How   trace.Provenance
	At    int64 // of the sample, or of the packet that it is inferred from
	By    int   // of an inferred one: index in Run.Packets
	Turns []Turn
}

// EndStates returns the states of a stream's ends after n steps: as sampled, or inferred
// where packets have moved it since. From where packets are missing, only samples tell it.
// An end that has left the kernel's table is CLOSED.
func (r *Run) EndStates(stream, n int) (ends [2]EndState) {
	s, state := &r.Streams[stream], r.State(n)
	turns := r.Turns(stream, r.PacketsAt(n))
	for end, addrs := range [2][2]string{{s.Client.String(), s.Server.String()}, {s.Server.String(), s.Client.String()}} {
		e := &ends[end]
		e.Turns, e.By = turns[end], -1
		if k := len(e.Turns); k > 0 {
			last := e.Turns[k-1]
			e.State, e.How, e.At, e.By = last.To, trace.Inferred, r.Packets[last.Packet].Time, last.Packet
		}
		if len(e.Turns) == 0 {
			continue
		}
		sampled, at := sampledEnd(state, addrs[0], addrs[1])
		if at < e.At {
			if r.PacketsTorn > 0 && n > 0 && r.Gist(n-1).Time > r.PacketsTorn {
				e.State, e.By = 0, -1 // what is missing may have moved it
			}
			continue
		}
		if sampled != e.State {
			e.By = -1
		}
		e.State, e.How, e.At = sampled, trace.Sampled, at
	}
	return ends
}

// sampledEnd returns the newest reading of an end's state: that of the kernel's table, or one
// that was taken beside a call.
func sampledEnd(state *trace.State, local, peer string) (newest trace.TCPState, at int64) {
	newest, at = trace.Closed, state.SocketsAt
	for i := range state.Sockets {
		if k := &state.Sockets[i]; k.Kind == trace.TCP && k.Local == local && k.Peer == peer {
			newest = k.State
		}
	}
	for i := range state.Procs {
		for k := range state.Procs[i].FDs {
			fd := &state.Procs[i].FDs[k]
			if fd.Kind == trace.FDConn && fd.Local == local && fd.Peer == peer && fd.How == trace.Sampled && fd.StateAt > at {
				newest, at = fd.State, fd.StateAt
			}
		}
	}
	return newest, at
}
