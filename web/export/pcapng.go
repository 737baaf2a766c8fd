package export

import (
	"errors"
	"io"

	"sockscope/server/packet"
	"sockscope/server/trace"
)

// ErrNoPackets is returned for a trace without packets.
var ErrNoPackets = errors.New("this trace has no packets to write: none were captured")

// HasPackets reports whether a trace file has packets.
func HasPackets(f *trace.File) bool {
	for _, m := range f.Messages {
		for i := range m.Events {
			if m.Events[i].Kind == trace.Packet {
				return true
			}
		}
	}
	return false
}

// Pcapng writes the packets of a trace as they were captured, with their first bytes, at
// the times of the wall clock.
func Pcapng(w io.Writer, f *trace.File) error {
	if !HasPackets(f) {
		if why := f.Header.NoWire; why != "" {
			return errors.New("this trace has no packets to write: " + why)
		}
		return ErrNoPackets
	}
	out, err := packet.NewWriter(w, f.Header.Wire)
	if err != nil {
		return err
	}
	for _, m := range f.Messages {
		for i := range m.Events {
			e := &m.Events[i]
			if e.Kind != trace.Packet || len(e.Data) == 0 {
				continue
			}
			if err := out.Write(f.Header.Began*1e6+e.Time, e.Data, e.Size); err != nil {
				return err
			}
		}
	}
	return nil
}
