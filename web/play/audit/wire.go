package audit

import (
	"bytes"
	"fmt"
	"slices"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// wire checks what is inferred of each packet: whose it is, what sent it, whom it woke.
// It has nothing but the calls' own addresses, times and bytes.
func (h *auditing) wire() {
	flows := map[int][2][]byte{} // by stream: the bytes that went each way
	for i := range h.run.Packets {
		p := &h.run.Packets[i]
		if p.Stream < 0 {
			continue
		}
		c := h.run.Carriage(i)
		say := func(format string, args ...any) {
			h.wrong++
			h.add(fmt.Sprintf("packet %d, %v %v > %v of %d bytes at %d ns: ", i, p.Flags, p.From, p.To, p.Length, p.Time) + fmt.Sprintf(format, args...))
		}
		if c.Cause >= 0 {
			h.Claims++
			h.sent(p, h.run.Step(c.Cause), say)
		}
		if c.Woke >= 0 {
			h.Claims++
			h.woke(p, c.Woke, say)
		}
		way := 0
		if p.Back {
			way = 1
		}
		if p.Length > 0 && !p.Again && len(p.Data) == p.Length {
			f := flows[p.Stream]
			f[way] = append(f[way], p.Data...)
			flows[p.Stream] = f
		}
	}
	h.carried(flows)
}

// clocks is how far the clock of packets and that of calls may be apart, in ns.
const clocks = 5000

func (h *auditing) sent(p *play.Packet, e *trace.Event, say func(string, ...any)) {
	if e.Time > p.Time+clocks && e.Kind != trace.Exit { // the end of a process is known a little late
		say("its cause %v at %d ns came later", e.Call, e.Time)
	}
	switch {
	case e.Kind == trace.Exit && !p.Flags.Has(packet.FIN) && !p.Flags.Has(packet.RST):
		say("an exit sent it")
	case p.Flags.Has(packet.SYN) && (e.Call != trace.Connect || e.Addr != p.To.String()):
		say("%v to %q sent a SYN", e.Call, e.Addr)
	case p.Length > 0 && !e.Call.Sends():
		say("%v sent data", e.Call)
	case p.Again || p.Probe:
		say("%v sent again what the kernel had", e.Call)
	}
}

func (h *auditing) woke(p *play.Packet, ret int, say func(string, ...any)) {
	out := h.run.Step(ret)
	c := h.run.CallAt(ret)
	if out.Sleep != trace.Slept || c == nil || h.run.Gist(c.Enter).Time > p.Time+clocks || out.Time < p.Time-clocks {
		say("it woke %v, which slept otherwise", out.Call)
		return
	}
	switch {
	case out.Call.Receives() && out.Errno == 0 && out.Result > 0 && p.Length == 0:
		say("without data it woke a recv of %d bytes", out.Result)
	case out.Call.Receives() && out.Errno == 0 && out.Result == 0 && !p.Flags.Has(packet.FIN):
		say("no FIN woke a recv at the end")
	case out.Call.Receives() && out.Result > 0 && len(p.Data) > 0 && len(out.Data) > 0 && !bytes.Contains(out.Data, p.Data[:1]):
		say("the recv that it woke got none of its bytes")
	case out.Call == trace.Accept && out.Addr != p.From.String():
		say("it woke the accept of %s", out.Addr)
	case out.Call == trace.Connect && out.Errno == 0 && !p.Flags.Has(packet.SYN|packet.ACK):
		say("it woke a connect that succeeded")
	}
}

// carried checks that the bytes of each stream are those of its connection's sends.
func (h *auditing) carried(flows map[int][2][]byte) {
	for s, ways := range flows {
		stream := &h.run.Streams[s]
		whole := stream.Whole && !slices.ContainsFunc(stream.Packets, func(i int) bool { return len(h.run.Packets[i].Data) < h.run.Packets[i].Length })
		conn := slices.IndexFunc(h.run.Conns, func(c play.Conn) bool { return c.Addr == stream.Client.String() && c.Torn < 0 })
		if !whole || conn < 0 {
			continue
		}
		for way, got := range ways {
			var sent []byte
			flow := &h.run.Conns[conn].Flows[way]
			for i := range flow.Sends {
				kept := flow.Bytes(&flow.Sends[i])
				if int64(len(kept)) < flow.Sends[i].Len {
					sent = nil
					break
				}
				sent = append(sent, kept...)
			}
			h.Claims++
			if n := min(len(sent), len(got)); !bytes.Equal(sent[:n], got[:n]) {
				h.wrong++
				h.add(fmt.Sprintf("the packets of %v carry %.40q, its sends had %.40q", stream.Client, got, sent))
			}
		}
	}
}

// checkWire checks what is claimed of packets. It finds them by the addresses that the
// kernel told beside the calls, and by their bytes.
func (h *auditing) checkWire(c *play.Claim) string {
	ret := h.run.Step(c.Step)
	conn := h.run.ConnOf(ret.Proc, ret.FD, c.Step)
	if conn == nil {
		return "its connection is not known"
	}
	client := conn.Client.Of(ret.Proc)
	var again, probes int
	var first, before int64 = -1, 0 // bytes that were sent before
	for i := range c.Step {
		if e := h.run.Step(i); e.Kind == trace.Return && e.Call.Sends() && e.FD == ret.FD && e.Proc == ret.Proc && h.run.ConnOf(e.Proc, e.FD, i) == conn {
			before += max(0, e.Result)
		}
	}
	for i := range h.run.Packets {
		p := &h.run.Packets[i]
		own := p.From.String() == conn.Addr
		if !own && p.To.String() != conn.Addr {
			continue
		}
		switch {
		case p.Time > ret.Time && c.Kind == play.Unanswered:
		case own != client:
			again, probes = 0, 0
		case p.Again:
			again++
		case p.Probe:
			probes++
		}
		if from := int64(p.Segment.Seq) - 1; own == client && first < 0 && from <= before && before < from+int64(p.Length) {
			first = p.Time
		}
	}
	switch {
	case c.Kind == play.Left && first != ret.Time+c.N:
		return fmt.Sprintf("its bytes are first in a packet at %d ns", first)
	case c.Kind == play.Unanswered && (again != c.Count || int64(probes) != c.N):
		return fmt.Sprintf("it was sent again %d times, and there were %d probes", again, probes)
	}
	return ""
}

// shaken checks that a connection that is said to wait for accept has had the ACK that ends
// its handshake, where its packets are there.
func (h *auditing) shaken(c *play.Claim, n int) string {
	e := h.run.Step(c.Step)
	conn := h.run.ConnOf(e.Proc, c.FD, n)
	if conn == nil || h.run.PacketsTorn > 0 {
		return ""
	}
	now, seen := h.run.Step(n-1).Time+clocks, false
	for i := range h.run.Packets {
		p := &h.run.Packets[i]
		if p.From.String() != conn.Addr || p.Time > now {
			continue
		}
		if seen = true; p.Flags.Has(packet.ACK) && !p.Flags.Has(packet.SYN) {
			return ""
		}
	}
	return is(!seen, "its ACK has not left: the server's end is half open")
}

// reading is how long the kernel's table of sockets takes to be read, at most, in ns, where
// the reader loses its processor.
const reading = 50e6

// States holds what is inferred of TCP's states against each reading of the kernel's own
// table of sockets, and returns what differs. A state that changed while the table was
// read may be either. So may one that a packet changes which came shortly before: while a
// thread is in a call on the socket, the kernel lays what comes aside (net/ipv4/tcp_ipv4.c,
// tcp_v4_rcv), and the thread may have lost its processor.
func States(run *play.Run, events []trace.Event) (compared int, wrong []string) {
	for i := range events {
		e := &events[i]
		if e.Kind != trace.Sample || run.PacketsTorn > 0 && e.Time > run.PacketsTorn-reading {
			continue
		}
		for s := range run.Streams {
			stream := &run.Streams[s]
			for end, local := range [2]string{stream.Client.String(), stream.Server.String()} {
				peer := stream.Server.String()
				if end == play.ServerEnd {
					peer = stream.Client.String()
				}
				k := slices.IndexFunc(e.Sockets, func(k trace.Sock) bool { return k.Local == local && k.Peer == peer && k.Kind == 0 })
				if k < 0 || newer(run, s, e.Time) {
					continue
				}
				var may []trace.TCPState
				var later bool
				var before trace.TCPState
				for _, turn := range run.Turns(s, len(run.Packets))[end] {
					p := &run.Packets[turn.Packet]
					came := p.Back == (end == play.ClientEnd)
					switch t := p.Time; {
					case t < e.Time-reading, t < e.Time-clocks && !came:
						before = turn.To
					case t < e.Time+reading:
						may = append(may, turn.To)
					case !later && (turn.To == trace.FinWait1 || turn.To == trace.LastAck):
						may = append(may, turn.To) // its FIN waits behind bytes that wait for room
						later = true
					default:
						later = true
					}
				}
				if !later {
					may = append(may, trace.FinWait1, trace.LastAck) // its FIN may never leave: the run's end, or a wire that is cut
				}
				if may = append(may, before); before != 0 || len(may) > 1 {
					compared++
					if !slices.Contains(may, e.Sockets[k].State) {
						wrong = append(wrong, fmt.Sprintf("at %d ns %s to %s is in %v, inferred is %v", e.Time, local, peer, e.Sockets[k].State, may))
					}
				}
			}
		}
	}
	return compared, wrong
}

// newer reports whether a later stream between the same addresses had begun at a time.
func newer(run *play.Run, stream int, t int64) bool {
	s := &run.Streams[stream]
	for i := stream + 1; i < len(run.Streams); i++ {
		if o := &run.Streams[i]; o.Client == s.Client && o.Server == s.Server && run.Packets[o.Packets[0]].Time < t+reading {
			return true
		}
	}
	return false
}
