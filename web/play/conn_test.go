package play

import (
	"bytes"
	"fmt"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// arrows tells each wake in words: who did what, and whom that woke from what.
func arrows(r *Run) []string {
	var out []string
	for _, w := range r.Wakes {
		tell := func(i int) string {
			e := r.Step(i)
			what := e.Call.String()
			switch e.Kind {
			case trace.Start:
				what = "start"
			case trace.Exit:
				what = "exit"
			}
			return fmt.Sprintf("%s %s", r.Header.Procs[e.Proc].Tag, what)
		}
		out = append(out, tell(w.Cause)+" -> "+tell(w.Effect))
	}
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestConnectionsAreFound(t *testing.T) {
	s := playtest.New(2)
	s.Listen()
	s.Connect(1, false)
	s.Connect(2, false)
	r := load(s)
	if len(r.Conns) != 2 {
		t.Fatalf("%d connections, want 2: %+v", len(r.Conns), r.Conns)
	}
	n := r.Len()
	for k, c := range r.Conns {
		client := k + 1
		if c.Addr != playtest.Addr(client) || c.Client.Proc != client || c.Client.FD != 3 || c.Server.Proc != 0 || c.Server.FD != 3+client {
			t.Errorf("connection %d is %+v", k, c)
		}
		if r.ConnOf(0, 3+client, n) != &r.Conns[k] || r.ConnOf(client, 3, n) != &r.Conns[k] {
			t.Errorf("the fds of connection %d do not lead to it", k)
		}
	}
	if r.Peer(0, 4, n) != "client 1" || r.Peer(2, 3, n) != "server" || r.Peer(0, 3, n) != "" {
		t.Errorf("the peers are %q, %q, and of the listener %q", r.Peer(0, 4, n), r.Peer(2, 3, n), r.Peer(0, 3, n))
	}
	if r.ConnOf(0, 4, r.Conns[0].Server.Opened) != nil {
		t.Error("fd 4 means the connection before accept has returned")
	}
}

func TestAnFDMeansItsConnectionUntilClosed(t *testing.T) {
	s := playtest.New(2)
	s.Listen()
	s.Connect(1, false)
	s.Do(0, trace.Close, 4, 0)
	closed := len(s.Events)
	s.Start(2)
	s.Enter(2, trace.Connect, 3, trace.Event{})
	s.Return(2, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(2)}}})
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(2)})
	s.Exit(1)
	r := load(s)
	if c := r.ConnOf(0, 4, closed-1); c == nil || c.Addr != playtest.Addr(1) {
		t.Errorf("before its close returned, fd 4 is %+v", c)
	}
	if c := r.ConnOf(0, 4, closed); c != nil {
		t.Errorf("closed, fd 4 is %+v", c)
	}
	if c := r.ConnOf(0, 4, r.Len()); c == nil || c.Addr != playtest.Addr(2) {
		t.Errorf("given out again, fd 4 is %+v", c)
	}
	if got := r.Conns[0].Client.Closed; got != r.Len()-1 {
		t.Errorf("the exit of client 1 closes its end at step %d, want %d", got, r.Len()-1)
	}
	if got := r.Conns[1].Client.Closed; got != -1 {
		t.Errorf("the end of client 2 is closed at %d", got)
	}
}

// A client may be gone before the server accepts it.
func TestAConnectionThatClosedInTheBacklog(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
	s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(1)}}})
	s.Do(1, trace.Send, 3, 4)
	s.Exit(1)
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1)})
	s.Do(0, trace.Recv, 4, 4)
	r := load(s)
	if len(r.Conns) != 1 {
		t.Fatalf("%d connections, want one: %+v", len(r.Conns), r.Conns)
	}
	if c := r.Conns[0]; c.Server.FD != 4 || c.Client.Closed < 0 || len(c.Flows[0].Recvs) != 1 || len(c.Flows[0].Sends) != 1 {
		t.Errorf("it is %+v", c)
	}
}

func TestBytesOfEachWay(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	s.Echo(1, "This is the message")
	s.Echo(1, "in parts")
	r := load(s)
	for way, name := range []string{"to the server", "back"} {
		flow := r.Conns[0].Flows[way]
		for _, list := range [][]Move{flow.Sends, flow.Recvs} {
			var all []byte
			for _, m := range list {
				kept := flow.Bytes(&m)
				if m.Off != int64(len(all)) || m.Len != int64(len(kept)) {
					t.Errorf("%s: a move of %d bytes stands at %d, want %d", name, m.Len, m.Off, len(all))
				}
				all = append(all, kept...)
			}
			if !bytes.Equal(all, []byte("This is the messagein parts")) || len(list) != 2 {
				t.Errorf("%s: %q in %d moves", name, all, len(list))
			}
		}
	}
}

func TestAShortSendMovesWhatItTook(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	s.Enter(1, trace.Send, 3, trace.Event{Size: 8, Data: []byte("in parts")})
	s.Return(1, trace.Event{Result: 3})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("parts")})
	s.Return(1, trace.Event{Errno: trace.EAGAIN})
	flow := &load(s).Conns[0].Flows[0]
	if sends := flow.Sends; len(sends) != 1 || string(flow.Bytes(&sends[0])) != "in " {
		t.Errorf("moves are %+v, want the first three bytes", sends)
	}
}

func TestWhoWokeWhom(t *testing.T) {
	sleep := trace.Event{Sleep: trace.Slept, Result: 5}
	connected := func(clients int) *playtest.Script {
		s := playtest.New(clients)
		s.Listen()
		for c := 1; c <= clients; c++ {
			s.Connect(c, true)
		}
		return s
	}
	for _, c := range []struct {
		name  string
		write func() *playtest.Script
		want  []string
	}{
		{"select by connect, select by send, recv by send", func() *playtest.Script {
			s := playtest.New(1)
			s.Listen()
			s.Connect(1, false)
			s.Echo(1, "hello")
			return s
		}, []string{"c1 connect -> srv select", "c1 send -> srv select", "srv send -> c1 recv"}},
		{"accept by connect", func() *playtest.Script {
			s := playtest.New(1)
			s.Listen()
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1), Sleep: trace.Slept})
			s.Return(1, trace.Event{Addr: "127.0.0.1:10001"})
			return s
		}, []string{"c1 connect -> srv accept"}},
		{"accept by the connect whose address it returned, though another began before", func() *playtest.Script {
			s := playtest.New(2)
			s.Listen()
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Enter(2, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(2), Sleep: trace.Slept})
			s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(1)}}})
			s.Return(2, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(2)}}})
			return s
		}, []string{"c2 connect -> srv accept"}},
		{"accept not by a connect whose handshake was sent again", func() *playtest.Script {
			s := playtest.New(2)
			s.Listen()
			s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"}) // no room in the backlog
			s.Pass(500e6)
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Pass(500e6)
			s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1), Sleep: trace.Slept})
			s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(1)}}})
			s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3}}})
			s.Enter(2, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Pass(1e9)
			s.Return(0, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Read: []int{3}}})
			return s
		}, nil},
		{"accept not by a connect to another port", func() *playtest.Script {
			s := playtest.New(2)
			s.Listen()
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:8021"})
			s.Return(1, trace.Event{Addr: "127.0.0.1:8021"})
			s.Enter(2, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(2, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(0, trace.Event{Result: 4, Sleep: trace.Slept})
			return s
		}, []string{"c2 connect -> srv accept"}},
		{"the send that was under way", func() *playtest.Script {
			s := connected(1)
			s.Enter(1, trace.Send, 3, trace.Event{Data: []byte("x")})
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Return(1, trace.Event{Result: 1})
			s.Return(0, sleep)
			return s
		}, []string{"c1 send -> srv recv"}},
		{"not a send whose bytes had come before", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("hello")})
			s.Return(0, sleep)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Return(1, trace.Event{Result: 5})
			s.Do(1, trace.Close, 3, 0)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, []string{"c1 send -> srv recv", "c1 close -> srv recv"}},
		{"nor one that is still on its way back", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("hello")})
			s.Return(0, sleep)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Exit(1)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, []string{"c1 send -> srv recv", "c1 exit -> srv recv"}},
		{"not what the fd meant before", func() *playtest.Script {
			s := connected(2)
			s.Do(0, trace.Close, 5, 0)
			s.Enter(0, trace.Shutdown, 4, trace.Event{Args: []int64{1}})
			s.Enter(2, trace.Recv, 3, trace.Event{})
			s.Return(0, trace.Event{})
			s.Return(2, trace.Event{Sleep: trace.Slept})
			return s
		}, nil},
		{"the next accept by the next connect", func() *playtest.Script {
			s := playtest.New(2)
			s.Listen()
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1), Sleep: trace.Slept})
			s.Enter(0, trace.Accept, 3, trace.Event{})
			s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(1)}}})
			s.Enter(2, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
			s.Return(2, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(2)}}})
			s.Return(0, trace.Event{Result: 5, Addr: playtest.Addr(2), Sleep: trace.Slept})
			return s
		}, []string{"c1 connect -> srv accept", "c2 connect -> srv accept"}},
		{"not the peer's recv, not another's send", func() *playtest.Script {
			s := connected(2)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Enter(1, trace.Recv, 3, trace.Event{})
			s.Do(2, trace.Send, 3, 4)
			s.Return(1, trace.Event{Errno: trace.EAGAIN})
			s.Do(1, trace.Send, 3, 5)
			s.Return(0, sleep)
			return s
		}, []string{"c1 send -> srv recv"}},
		{"send by the recv that made room", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Send, 4, trace.Event{})
			s.Do(1, trace.Send, 3, 5)
			s.Do(1, trace.Recv, 3, 1000)
			s.Return(0, sleep)
			return s
		}, []string{"c1 recv -> srv send"}},
		{"recv by close", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Do(1, trace.Close, 3, 0)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, []string{"c1 close -> srv recv"}},
		{"recv by shutdown", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Enter(1, trace.Shutdown, 3, trace.Event{Args: []int64{1}})
			s.Return(1, trace.Event{Args: []int64{1}})
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, []string{"c1 shutdown -> srv recv"}},
		{"recv by the peer's end", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Exit(1)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, []string{"c1 exit -> srv recv"}},
		{"poll by close, told as a hang-up", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Poll, -1, trace.Event{Sets: &trace.Sets{Read: []int{3}, Write: []int{4}}})
			s.Do(1, trace.Close, 3, 0)
			s.Return(0, trace.Event{Sleep: trace.Slept, Result: 1, Sets: &trace.Sets{Error: []int{4}, HangUp: []int{4}}})
			return s
		}, []string{"c1 close -> srv poll"}},
		{"epoll_wait by send, not by one that it was told of", func() *playtest.Script {
			s := connected(2)
			in := &trace.Sets{Read: []int{3, 4, 5}}
			s.Enter(0, trace.EpollWait, 6, trace.Event{Sets: in})
			s.Do(1, trace.Send, 3, 5)
			s.Return(0, trace.Event{Sleep: trace.Slept, Result: 1, Sets: &trace.Sets{Read: []int{4}}})
			s.Enter(0, trace.EpollWait, 6, trace.Event{Sets: in})
			s.Do(2, trace.Send, 3, 5)
			s.Return(0, trace.Event{Sleep: trace.Slept, Result: 2, Sets: &trace.Sets{Read: []int{4, 5}}})
			return s
		}, []string{"c1 send -> srv epoll_wait", "c2 send -> srv epoll_wait"}},
		{"nobody: the time was up", func() *playtest.Script {
			s := connected(1)
			s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{4}}})
			s.Do(1, trace.Getsockopt, 3, 0)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Return(0, trace.Event{Sleep: trace.Slept, Errno: trace.EAGAIN})
			s.Pause(1, 1000)
			return s
		}, nil},
		{"nobody: it did not sleep", func() *playtest.Script {
			s := connected(1)
			s.Do(1, trace.Send, 3, 5)
			s.Do(0, trace.Recv, 4, 5)
			return s
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := load(c.write())
			var got []string
			for i, a := range arrows(r) {
				if r.Wakes[i].Cause >= r.Wakes[i].Effect {
					t.Errorf("%s: the cause is at %d, the effect at %d", a, r.Wakes[i].Cause, r.Wakes[i].Effect)
				}
				got = append(got, a)
				if w := r.WakeOf(r.Wakes[i].Effect); w == nil || *w != r.Wakes[i] {
					t.Errorf("%s is not found by its effect", a)
				}
			}
			expect(t, got, c.want...)
		})
	}
}
