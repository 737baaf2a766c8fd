package play

import (
	"sort"

	"sockscope/server/packet"
	"sockscope/server/trace"
)

// Packet is one packet of the run, as it was captured, and what it is to its connection.
// Its headers are observed. Whose it is, which call sent it and whom it woke are inferred.
type Packet struct {
	Time  int64 // ns since the run's start
	After int   // so many steps had happened by then
	Size  int   // bytes on the wire, with all headers
	packet.Packet
	packet.Segment
	Known bool // it could be read, and is part of a connection over TCP
}

// maxPackets bounds the packets that a page keeps: a trace from outside may have more.
const maxPackets = 100_000

// packet adds a captured packet.
func (r *Run) packet(e *trace.Event) {
	if len(r.Packets) == maxPackets {
		return
	}
	p := Packet{Time: e.Time, After: len(r.Steps), Size: e.Size}
	var err error
	if p.Packet, err = packet.Parse(e.Data); err == nil {
		p.Segment, p.Known = r.segments.Add(&p.Packet)
	}
	r.Packets = append(r.Packets, p)
}

// PacketAt returns how many packets had come at time t.
func (r *Run) PacketAt(t int64) int {
	return sort.Search(len(r.Packets), func(i int) bool { return r.Packets[i].Time > t })
}
