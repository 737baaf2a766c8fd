package playtest

import (
	"encoding/binary"
	"net/netip"

	"sockscope/server/packet"
	"sockscope/server/trace"
)

// Packet lets a packet of TCP over IPv4 come.
func (s *Script) Packet(from, to string, flags packet.Flags, seq, ack uint32, data string) {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	frame := append(make([]byte, 12), 0x08, 0x00, 0x45, 0)
	frame = binary.BigEndian.AppendUint16(frame, uint16(40+len(data)))
	frame = append(frame, 0, 0, 0x40, 0, 64, byte(packet.TCP), 0, 0)
	frame = append(append(frame, a.Addr().AsSlice()...), b.Addr().AsSlice()...)
	frame = binary.BigEndian.AppendUint16(frame, a.Port())
	frame = binary.BigEndian.AppendUint16(frame, b.Port())
	frame = binary.BigEndian.AppendUint32(frame, seq)
	frame = binary.BigEndian.AppendUint32(frame, ack)
	frame = append(frame, 5<<4, byte(flags), 1, 0, 0, 0, 0, 0)
	frame = append(frame, data...)
	s.add(trace.Event{Kind: trace.Packet, FD: -1, Data: frame, Size: len(frame)})
}

// Missing says that from here on packets are missing.
func (s *Script) Missing() { s.add(trace.Event{Kind: trace.Packet, FD: -1}) }
