package visit

import (
	"fmt"
	"strings"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// SwitchWire shows the packets between the lanes, or hides them.
func (f *Focus) SwitchWire() {
	f.Wired = !f.Wired
	if f.Wired {
		f.View = Wire
	} else if f.View == Wire {
		f.View = FDs
	}
	f.moved()
}

// Dark says in a sentence why a run has no packets to show, "" where it has.
func (f *Focus) Dark() string {
	if f.Player == nil {
		return "When a run has begun: its packets, which call sent each and which one it woke."
	}
	run := f.Player.Run
	h := run.Header
	switch {
	case f.Bands != nil:
		return "Here several runs share the screen, which leaves no room for packets. They show where one run has the page."
	case strings.HasPrefix(h.Lab, trace.StandingLab):
		return "A standing server uses this machine's own network, which is not captured."
	case h.NoWire != "":
		return words.Sentence(h.NoWire)
	case len(run.Packets) > 0:
		return ""
	case h.Wire == "":
		return "This trace was made before packets were captured."
	}
	return "No packet has come yet."
}

// PacketRow is one packet as text.
type PacketRow struct {
	Index  int
	Time   string // since the run's start
	Way    string // "c1 → srv"
	Word   string
	Detail string // the numbers of its header
	Sent   string // what sent it
	Woke   string // what it woke; "" for nothing
	Class  string // how the page marks it: "data", "rst", "bare"
}

// shownPackets is how many packets are listed.
const shownPackets = 200

// PacketRows lists the newest packets at the position, the newest first.
func (f *Focus) PacketRows() []PacketRow {
	run, n := f.Player.Run, f.packetsTold()
	var out []PacketRow
	for i := n - 1; i >= max(0, n-shownPackets); i-- {
		out = append(out, f.packetRow(run, i))
	}
	return out
}

// packetsTold is how many packets may show at the position. While a question is open,
// those behind the last step could give its answer away.
func (f *Focus) packetsTold() int {
	pos := f.Pos()
	if f.Quiz.Hides() {
		pos--
	}
	return f.Player.Run.PacketsAt(pos)
}

// PacketsTold says how many packets have come by the position, and from when on that is
// not all of them.
func (f *Focus) PacketsTold() string {
	told := words.Count(int64(f.packetsTold()), "packet") + " so far, the newest first."
	if torn := f.Player.Run.PacketsTorn; torn > 0 && f.State().Time >= torn {
		told += " From " + f.Player.Run.Span(torn) + " on packets are missing: this trace had no room for more."
	}
	return told
}

func (f *Focus) packetRow(run *play.Run, i int) PacketRow {
	p, c := &run.Packets[i], run.Carriage(i)
	row := PacketRow{Index: i, Time: run.Span(p.Time), Word: p.Word(), Class: "bare"}
	tag := func(lane int, port uint16) string {
		if lane < 0 {
			return fmt.Sprintf("port %d", port)
		}
		return run.Lanes[lane].Tag
	}
	switch {
	case p.Lost:
		row.Word += ", lost"
	case p.Dropped > 0 && p.Dropped < f.packetsTold():
		row.Word += ", dropped"
	}
	row.Way = tag(c.From, p.From.Port()) + " → " + tag(c.To, p.To.Port())
	if p.Stream < 0 {
		row.Detail = words.Count(int64(p.Size), "byte") + " on the wire"
		return row
	}
	row.Detail = fmt.Sprintf("seq %d", p.Segment.Seq)
	if p.Flags.Has(packet.ACK) {
		row.Detail += fmt.Sprintf(" ack %d", p.Segment.Ack)
	}
	row.Detail += " win " + words.Thousands(int64(p.Segment.Window))
	switch {
	case p.Flags.Has(packet.RST):
		row.Class = "rst"
	case p.Length > 0:
		row.Class = "data"
	}
	row.Sent = "the kernel"
	switch {
	case c.Cause >= 0 && run.Gist(c.Cause).Kind == trace.Exit:
		row.Sent = "the end of " + run.Lanes[c.From].Tag
	case c.Cause >= 0:
		row.Sent = run.Gist(c.Cause).Call.String()
		if call := run.CallAt(c.Cause); call != nil && call.Return >= 0 && run.Gist(call.Return).Time < p.Time {
			row.Sent += ", " + run.Span(p.Time-run.Gist(call.Return).Time) + " before"
		}
	}
	if c.Woke >= 0 && c.Woke < f.Pos() {
		row.Woke = run.Gist(c.Woke).Call.String()
	}
	return row
}

// TellPacket tells packet i in a sentence, for who points at it.
func (f *Focus) TellPacket(i int) string {
	if f.Player == nil || i < 0 || i >= len(f.Player.Run.Packets) {
		return ""
	}
	row := f.packetRow(f.Player.Run, i)
	text := row.Way + ": " + row.Word + ", " + row.Detail
	if row.Sent != "" {
		text += "; sent by " + row.Sent
	}
	if row.Woke != "" {
		text += "; woke " + row.Woke
	}
	return text
}

// GoToPacket goes to the step before which packet i came.
func (f *Focus) GoToPacket(i int) {
	if i < 0 || i >= len(f.Player.Run.Packets) {
		return
	}
	p, c := &f.Player.Run.Packets[i], f.Player.Run.Carriage(i)
	f.Seek(p.After)
	if c.From >= 0 && f.Lane != c.From && f.Lane != c.To {
		f.PickLane(c.From)
	}
}
