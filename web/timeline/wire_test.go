package timeline

import (
	"slices"
	"testing"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

const serverAddr = "127.0.0.1:10001"

// wired is a client that connects and sends, with its packets.
func wired() *playtest.Script {
	s := playtest.New(1)
	s.Listen()
	s.Start(1)
	s.Do(1, trace.Socket, -1, 3)
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Enter(1, trace.Connect, 3, trace.Event{Addr: serverAddr})
	s.Packet(playtest.Addr(1), serverAddr, packet.SYN, 100, 0, "")
	s.Packet(serverAddr, playtest.Addr(1), packet.SYN|packet.ACK, 500, 101, "")
	s.Packet(playtest.Addr(1), serverAddr, packet.ACK, 101, 501, "")
	s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, State: trace.Established, Local: playtest.Addr(1)}}})
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1), Sleep: trace.Slept})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 64})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("hello")})
	s.Packet(playtest.Addr(1), serverAddr, packet.ACK, 101, 501, "hello")
	s.Return(1, trace.Event{Result: 5})
	s.Return(0, trace.Event{Result: 5, Data: []byte("hello"), Sleep: trace.Slept})
	return s
}

func TestPacketsAreDrawnBetweenTheLanes(t *testing.T) {
	s := wired()
	s.Packet(playtest.Addr(1), serverAddr, packet.ACK, 101, 501, "hello") // again
	s.Packet(serverAddr, playtest.Addr(1), packet.RST, 501, 0, "")
	s.Do(1, trace.Getsockopt, 3, 0)
	draw := func(wire bool) []drawn {
		tl := timelineOf(player(s, len(s.Events)))
		tl.View.Wire, tl.View.Size = wire, Wired
		return read(t, tl.Layout().Bytes())
	}
	without, with := draw(false), draw(true)
	for _, c := range []struct {
		what string
		op   op
		col  Colour
		more int
	}{
		{"data is a line; sent again a double one", opStroke, Run, 3},
		{"data has a full head", opFill, Run, 2},
		{"a reset is a line and a cross", opStroke, Error, 3},
		{"what opens and acknowledges has a line and an open head", opStroke, Ink, 4},
		{"and an ACK", opStroke, Muted, 2},
		{"whom it woke is dashed: the accept, the recv", opStroke, Wake, 2},
		{"packets stand for the arrows", opCurve, Wake, -2},
	} {
		if got := count(with, c.op, c.col) - count(without, c.op, c.col); got != c.more {
			t.Errorf("%s: %d more, want %d", c.what, got, c.more)
		}
	}
	for _, w := range []string{"SYN ACK", "5 bytes", "RST"} {
		if !slices.Contains(words(with), w) {
			t.Errorf("%q is not written; there are %q", w, words(with))
		}
	}
}

func TestPacketsUnderThePointer(t *testing.T) {
	s := wired()
	tl := timelineOf(player(s, len(s.Events)))
	tl.View.Wire, tl.View.Size = true, Wired
	tl.Layout()
	f := tl.frame(tl.View.Scale(tl.Player))
	d, ok := tl.packet(&f, 3)
	if !ok {
		t.Fatal("it isn't drawn")
	}
	if hit := tl.Hit(d.x+1, (d.y0+d.y1)/2); hit.Packet() != 3 || hit.Call() >= 0 {
		t.Errorf("there is %+v", hit)
	}
	tl.View.Wire = false
	if hit := tl.Hit(d.x+1, (d.y0+d.y1)/2); hit.Packet() >= 0 {
		t.Errorf("hidden, there is %+v", hit)
	}
}

// However many packets there are, a frame draws as many as it has pixels.
func TestManyPacketsCostPixels(t *testing.T) {
	s := wired()
	for i := range 5000 {
		s.Packet(playtest.Addr(1), serverAddr, packet.ACK, 106+5*uint32(i), 501, "hello")
	}
	s.Do(1, trace.Getsockopt, 3, 0)
	tl := timelineOf(player(s, len(s.Events)))
	tl.View.Wire, tl.View.Size = true, Wired
	if n := len(read(t, tl.Layout().Bytes())); n > 3*int(tl.View.Width) {
		t.Errorf("%d operations in %v px", n, tl.View.Width)
	}
}
