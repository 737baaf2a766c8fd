package packet

import "net/netip"

// maxFlows bounds what packets from outside can make Flows allocate.
const maxFlows = 20_000

// Flows knows what went before on each connection. The zero Flows is ready.
type Flows struct {
	ways map[way]*side
}

// way is one direction of a connection.
type way struct{ from, to netip.AddrPort }

// side is one direction of a connection, as its packets so far tell it.
type side struct {
	known  bool   // first and next are
	first  uint32 // the sequence number that counts as 0
	next   uint32 // behind the last that was sent
	scales bool   // its SYN had the window scale option, which counts where both had it
	scale  int
	acked  bool   // an ACK was sent
	ack    uint32 // the last
	window int    // the last that was told
}

// Segment is what a packet of TCP is to its connection.
type Segment struct {
	// Seq and Ack count from the first sequence number of each direction, which a SYN
	// takes: the first byte of data is 1. So does a connection count whose SYN was not
	// captured, from its first packet.
	Seq, Ack uint32
	// Window is how many bytes the sender takes from the other side.
	Window int
	// Again says that all of it was sent before: it is a retransmission. No flag tells
	// that, it follows from the sequence numbers.
	Again bool
	// Probe says that it carries nothing and only asks for an ACK, by a sequence number
	// that the other side has acknowledged: keepalive does so, and who waits for a window
	// (RFC 9293, sections 3.8.4 and 3.8.6.1).
	Probe bool
	// Update says that it only tells another window: it carries and acknowledges nothing new.
	Update bool
}

// Add takes the next packet and returns what it is to its connection. ok is false for a
// packet that isn't TCP, and where there are more connections than it follows.
func (f *Flows) Add(p *Packet) (s Segment, ok bool) {
	if p.Protocol != TCP {
		return s, false
	}
	own, other := f.side(way{p.From, p.To}), f.side(way{p.To, p.From})
	if own == nil || other == nil {
		return s, false
	}
	span, syn, ack := p.Span(), p.Flags.Has(SYN), p.Flags.Has(ACK)
	switch {
	case syn && !(own.known && p.Seq == own.first): // a connection begins, perhaps between addresses of an old one
		*own = side{known: true, first: p.Seq, next: p.Seq, scales: p.Scale >= 0, scale: p.Scale}
		if !ack && other != own { // not a socket that connects to itself
			*other = side{}
		}
	case !own.known:
		*own = side{known: true, first: p.Seq - 1, next: p.Seq}
	}
	if ack && !other.known {
		*other = side{known: true, first: p.Ack - 1, next: p.Ack}
	}
	s.Seq, s.Window = p.Seq-own.first, p.Window
	if !syn && own.scales && other.scales {
		s.Window <<= own.scale
	}
	end := p.Seq + span
	if !p.Flags.Has(RST) {
		s.Again = span > 0 && int32(end-own.next) <= 0
		s.Probe = span == 0 && ack && p.Seq == own.next-1
		if int32(end-own.next) > 0 {
			own.next = end
		}
	}
	if ack {
		s.Ack = p.Ack - other.first
		s.Update = own.acked && own.ack == p.Ack && own.window != s.Window && span == 0 && !s.Probe && !p.Flags.Has(RST)
		own.acked, own.ack, own.window = true, p.Ack, s.Window
	}
	return s, true
}

// side returns what is known of one direction; nil where it isn't followed.
func (f *Flows) side(w way) *side {
	s := f.ways[w]
	if s == nil && len(f.ways) < maxFlows {
		if f.ways == nil {
			f.ways = map[way]*side{}
		}
		s = new(side)
		f.ways[w] = s
	}
	return s
}
