package packet

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
)

// Snap is how many bytes of a packet are kept at most, from the Ethernet header on: all
// headers that TCP can have over IPv6 without extensions, and the first bytes of the data.
const Snap = 320

// Flags are those of a TCP header (RFC 9293, section 3.1).
type Flags uint8

const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Has reports whether all of the flags are set.
func (f Flags) Has(flags Flags) bool { return f&flags == flags }

// String names the flags that tell what a segment is for, "SYN ACK"; PSH and URG are
// left out.
func (f Flags) String() string {
	var names []string
	for _, n := range [...]struct {
		flag Flags
		name string
	}{{SYN, "SYN"}, {FIN, "FIN"}, {RST, "RST"}, {ACK, "ACK"}} {
		if f.Has(n.flag) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " ")
}

// Protocol is what a packet carries, by its number in the IP header.
type Protocol uint8

const (
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
)

// Packet is one packet as its headers tell.
type Packet struct {
	From, To netip.AddrPort // of UDP and TCP; of others the ports are 0
	Protocol Protocol

	// Of TCP.
	Flags  Flags
	Seq    uint32
	Ack    uint32
	Window int // as the header has it: its unit is 1<<Scale bytes, which the SYN told
	Scale  int // the window scale option of a SYN (RFC 7323); -1 without one
	MSS    int // the option of a SYN: the longest segment that the sender of it takes; 0 without one

	// Length is how many bytes of data the packet carries by its headers. Data is as much
	// of them as was captured.
	Length int
	Data   []byte
}

// ErrShort is wrapped by the error about a packet of which not all headers are there.
var ErrShort = errors.New("packet is cut off in its headers")

// ErrOther is returned for a packet that is neither IPv4 nor IPv6, or a fragment behind
// the first.
var ErrOther = errors.New("not a packet over IP")

const ethernet = 14 // bytes of an Ethernet header

// Parse reads the headers of a packet that begins with an Ethernet header. The Data of
// the result is part of frame.
func Parse(frame []byte) (p Packet, err error) {
	if len(frame) < ethernet {
		return p, ErrShort
	}
	kind, ip := binary.BigEndian.Uint16(frame[12:]), frame[ethernet:]
	var payload []byte
	var length int // of the payload, by the header
	var from, to netip.Addr
	switch kind {
	case 0x0800:
		if len(ip) < 20 {
			return p, ErrShort
		}
		head, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
		if ip[0]>>4 != 4 || head < 20 || total < head {
			return p, ErrOther
		}
		if binary.BigEndian.Uint16(ip[6:])&0x1fff != 0 {
			return p, ErrOther
		}
		if len(ip) < head {
			return p, ErrShort
		}
		from, to = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
		p.Protocol, payload, length = Protocol(ip[9]), ip[head:], total-head
	case 0x86dd:
		if len(ip) < 40 {
			return p, ErrShort
		}
		if ip[0]>>4 != 6 {
			return p, ErrOther
		}
		from, to = netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40]))
		p.Protocol, payload, length = Protocol(ip[6]), ip[40:], int(binary.BigEndian.Uint16(ip[4:]))
	default:
		return p, ErrOther
	}
	p.From, p.To, p.Scale = netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0), -1
	head := 0
	switch p.Protocol {
	case TCP:
		head, err = p.tcp(payload)
	case UDP:
		head, err = p.udp(payload)
	}
	if err != nil {
		return p, err
	}
	if length < head {
		return p, ErrOther
	}
	p.Length = length - head
	payload = payload[head:]
	p.Data = payload[:min(len(payload), p.Length)]
	return p, nil
}

// ports reads the two ports that begin a header of TCP and UDP.
func (p *Packet) ports(b []byte) {
	p.From = netip.AddrPortFrom(p.From.Addr(), binary.BigEndian.Uint16(b))
	p.To = netip.AddrPortFrom(p.To.Addr(), binary.BigEndian.Uint16(b[2:]))
}

// tcp reads a TCP header and returns its length.
func (p *Packet) tcp(b []byte) (int, error) {
	if len(b) < 20 {
		return 0, ErrShort
	}
	head := int(b[12]>>4) * 4
	if head < 20 {
		return 0, ErrOther
	}
	if len(b) < head {
		return 0, ErrShort
	}
	p.ports(b)
	p.Seq, p.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	p.Flags, p.Window = Flags(b[13]), int(binary.BigEndian.Uint16(b[14:]))
	p.options(b[20:head])
	return head, nil
}

// The options of a TCP header that are read here (RFC 9293, section 3.2; RFC 7323).
const (
	optEnd   = 0
	optNop   = 1
	optMSS   = 2
	optScale = 3
)

func (p *Packet) options(b []byte) {
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optNop {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return
		}
		switch {
		case b[0] == optMSS && b[1] == 4:
			p.MSS = int(binary.BigEndian.Uint16(b[2:]))
		case b[0] == optScale && b[1] == 3:
			p.Scale = min(int(b[2]), 14) // a larger one counts as 14
		}
		b = b[b[1]:]
	}
}

// udp reads a UDP header and returns its length.
func (p *Packet) udp(b []byte) (int, error) {
	if len(b) < 8 {
		return 0, ErrShort
	}
	p.ports(b)
	return 8, nil
}

// Span is how much of the sequence numbers a segment takes: its data, and one each for
// SYN and FIN.
func (p *Packet) Span() uint32 {
	n := uint32(p.Length)
	if p.Flags.Has(SYN) {
		n++
	}
	if p.Flags.Has(FIN) {
		n++
	}
	return n
}
