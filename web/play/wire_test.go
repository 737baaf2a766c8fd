package play

import (
	"slices"
	"testing"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func TestCarriage(t *testing.T) {
	const server = "127.0.0.1:10001"
	s := playtest.New(1)
	client := playtest.Addr(1)
	s.Listen()
	s.Start(1)
	s.Do(1, trace.Socket, -1, 3)
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Enter(1, trace.Connect, 3, trace.Event{Addr: server})
	s.Packet(client, server, packet.SYN, 100, 0, "")
	s.Packet(client, server, packet.SYN, 100, 0, "")
	s.Packet(server, client, packet.SYN|packet.ACK, 500, 101, "")
	s.Packet(client, server, packet.ACK, 101, 501, "")
	s.Return(1, trace.Event{Sleep: trace.Slept, Queues: []trace.Queue{{FD: 3, State: trace.Established, Local: client}}})
	s.Return(0, trace.Event{Result: 4, Addr: client, Sleep: trace.Slept})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 64})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 2, Data: []byte("he")})
	s.Packet(client, server, packet.ACK, 101, 501, "he")
	s.Return(1, trace.Event{Result: 2})
	s.Return(0, trace.Event{Result: 2, Data: []byte("he"), Sleep: trace.Slept})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 3, Data: []byte("llo")})
	s.Return(1, trace.Event{Result: 3})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 64})
	s.Packet(server, client, packet.ACK, 501, 103, "")
	s.Packet(client, server, packet.ACK, 103, 501, "llo") // held until the ACK came
	s.Return(0, trace.Event{Result: 3, Data: []byte("llo"), Sleep: trace.Slept})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 64})
	s.Enter(1, trace.Close, 3, trace.Event{})
	s.Packet(client, server, packet.FIN|packet.ACK, 106, 501, "")
	s.Return(1, trace.Event{})
	s.Return(0, trace.Event{Sleep: trace.Slept})
	s.Packet("127.0.0.1:9", "127.0.0.1:10", packet.RST, 1, 0, "")
	r := load(s)
	name := func(step int) string {
		if step < 0 {
			return "none"
		}
		return r.Gist(step).Call.String()
	}
	lane := func(i int) string {
		if i < 0 {
			return "?"
		}
		return r.Lanes[i].Tag
	}
	for i, want := range []string{
		"SYN c1 srv by connect, woke none",
		"SYN again c1 srv by none, woke none",
		"SYN ACK srv c1 by none, woke connect",
		"ACK c1 srv by none, woke accept",
		"2 bytes c1 srv by send, woke recv",
		"ACK srv c1 by none, woke none",
		"3 bytes c1 srv by send, woke recv",
		"FIN c1 srv by close, woke recv",
		"RST ? ? by none, woke none",
	} {
		p, c := &r.Packets[i], r.Carriage(i)
		if got := p.Word() + " " + lane(c.From) + " " + lane(c.To) + " by " + name(c.Cause) + ", woke " + name(c.Woke); got != want {
			t.Errorf("packet %d: %s, want %s", i, got, want)
		}
	}
	if c := r.Carriage(6); r.Step(c.Cause).Size != 3 {
		t.Errorf("what was held back is said to be of the send of %d bytes", r.Step(c.Cause).Size)
	}
	if len(r.Streams) != 2 || !r.Streams[0].Whole || r.Streams[1].Whole {
		t.Errorf("streams %+v", r.Streams)
	}
}

const wireServer = "127.0.0.1:10001"

// handshaken is a run up to where client 1's connect has returned, with its three packets.
func handshaken() *playtest.Script {
	const server = wireServer
	client := playtest.Addr(1)
	s := playtest.New(1)
	s.Listen()
	s.Start(1)
	s.Do(1, trace.Socket, -1, 3)
	s.Enter(1, trace.Connect, 3, trace.Event{Addr: server})
	s.Packet(client, server, packet.SYN, 100, 0, "")
	s.Packet(server, client, packet.SYN|packet.ACK, 500, 101, "")
	s.Packet(client, server, packet.ACK, 101, 501, "")
	s.Return(1, trace.Event{})
	return s
}

// From where packets are missing, what is inferred of a connection is not known any more.
func TestPacketsAreMissing(t *testing.T) {
	s := handshaken()
	before := len(s.Events) - 3 // packets are no steps
	s.Missing()
	s.Do(1, trace.Close, 3, 0)
	r := load(s)
	if ends := r.EndStates(0, before); ends[0].State != trace.Established {
		t.Errorf("before, the client is in %v", ends[0].State)
	}
	if ends := r.EndStates(0, r.Len()); ends[0].State != 0 || ends[1].State != 0 {
		t.Errorf("then the ends are in %v and %v", ends[0].State, ends[1].State)
	}
	if r.Streams[0].Whole || len(r.Packets) != 3 || r.PacketsTorn == 0 {
		t.Errorf("%d packets, torn at %d: %+v", len(r.Packets), r.PacketsTorn, r.Streams)
	}
}

// Both ends close at once: their FINs cross, and both wait in TIME-WAIT.
func TestFINsThatCross(t *testing.T) {
	s := handshaken()
	s.Packet(wireServer, playtest.Addr(1), packet.FIN|packet.ACK, 501, 101, "")
	s.Packet(playtest.Addr(1), wireServer, packet.FIN|packet.ACK, 101, 501, "")
	s.Packet(playtest.Addr(1), wireServer, packet.ACK, 102, 502, "")
	s.Packet(wireServer, playtest.Addr(1), packet.ACK, 502, 102, "")
	r := load(s)
	for end, turns := range r.Turns(0, len(r.Packets)) {
		var to []trace.TCPState
		for _, turn := range turns {
			to = append(to, turn.To)
		}
		want := []trace.TCPState{trace.Established, trace.FinWait1, trace.Closing, trace.TimeWait}
		if n := len(to) - len(want); n < 0 || !slices.Equal(to[n:], want) {
			t.Errorf("end %d goes through %v", end, to)
		}
	}
}

// A reset with ACK comes from one who had the connection; one without, from one who never
// took the client's ACK.
func TestWhoTookTheACK(t *testing.T) {
	for _, c := range []struct {
		flags packet.Flags
		want  trace.TCPState
	}{{packet.RST | packet.ACK, trace.Established}, {packet.RST, trace.SynRecv}} {
		s := handshaken()
		s.Packet(wireServer, playtest.Addr(1), c.flags, 501, 101, "")
		r := load(s)
		if turns := r.Turns(0, 3)[ServerEnd]; turns[len(turns)-1].To != c.want {
			t.Errorf("before %v the server is in %v, want %v", c.flags, turns[len(turns)-1].To, c.want)
		}
	}
}
