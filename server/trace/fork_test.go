package trace

import (
	"fmt"
	"testing"
)

// forkedEvents are a server, process 0, that accepts a client and makes process 1
// for it; then both close what they don't need, and the child ends.
var forkedEvents = []Event{
	{Kind: Start},
	{Kind: Return, Call: Socket, FD: -1, Result: 3},
	{Kind: Return, Call: Listen, FD: 3},
	{Kind: Return, Call: Accept, FD: 3, Result: 4, Addr: "127.0.0.1:40001"},
	{Kind: Return, Call: Recv, FD: 4, Result: 9},
	{Kind: Return, Call: Fork, FD: -1, Result: 77},
	{Kind: Start, Proc: 1, FD: -1, Args: []int64{0, 77}}, // 7 events
	{Kind: Return, Call: Close, FD: 4},
	{Kind: Return, Proc: 1, Call: Close, FD: 3},
	{Kind: Return, Proc: 1, Call: Recv, FD: 4, Result: 5, Queues: []Queue{{FD: 4, Time: 50, Recv: 2, State: CloseWait}}},
	{Kind: Exit, Proc: 1},
	{Kind: Return, Call: Waitpid, FD: -1, Result: 77, Args: []int64{-1, 0, 0}},
}

// table tells the fds of a process, and who else has them.
func table(s *State, proc int) (text string) {
	for _, f := range s.Procs[proc].FDs {
		text += fmt.Sprintf("%d%v ", f.FD, s.Holders(f.File))
	}
	return text
}

func TestAChildHasACopyOfTheFDs(t *testing.T) {
	for _, c := range []struct {
		events        int
		parent, child string
	}{
		{7, "3[0 1] 4[0 1] ", "3[0 1] 4[0 1] "},
		{8, "3[0 1] ", "3[0 1] 4[1] "},
		{9, "3[0] ", "4[1] "},
		{11, "3[0] ", ""},
	} {
		s := Fold(forkedEvents[:c.events])
		if p, q := table(s, 0), table(s, 1); p != c.parent || q != c.child {
			t.Errorf("after %d events the parent has %q, the child %q; want %q and %q", c.events, p, q, c.parent, c.child)
		}
	}
	s := Fold(forkedEvents[:7])
	if f := s.Procs[1].FD(4); f.In != 0 || f.Peer != "127.0.0.1:40001" || s.Procs[0].FD(4).In != 9 {
		t.Errorf("the child's copy is %+v: it shares the socket, not what was moved through the fd", f)
	}
}

// What one process does to a socket the other one sees: there is one.
func TestASocketIsSharedByItsFDs(t *testing.T) {
	events := append([]Event{}, forkedEvents[:7]...)
	events = append(events,
		Event{Kind: Return, Proc: 1, Call: Shutdown, FD: 4, Args: []int64{1}},
		Event{Kind: Return, Proc: 1, Call: Fcntl, FD: 3, Args: []int64{4, 0x800}},
		Event{Kind: Return, Proc: 1, Call: Recv, FD: 4, Result: 5, Queues: []Queue{{FD: 4, Time: 50, Recv: 2, State: CloseWait}}},
	)
	before := Fold(events[:7])
	s := Fold(events)
	f := s.Procs[0].FD(4)
	if !f.ShutWrite || f.Recv != 2 || f.RecvAt != 50 || f.SendAt != 50 || f.State != CloseWait || f.How != Sampled || f.In != 9 {
		t.Errorf("the parent's fd 4 is %+v", f)
	}
	if !s.Procs[0].FD(3).NonBlocking {
		t.Error("O_NONBLOCK is a flag of the socket, not of one fd")
	}
	if c := before.Clone(); !equalTables(c, before) || before.Procs[0].FD(4).ShutWrite {
		t.Error("a clone differs, or has changed")
	}
	// A socket that the child makes afterwards is its own.
	own := append(events, Event{Kind: Return, Proc: 1, Call: Socket, FD: -1, Result: 5})
	if got := table(Fold(own), 1); got != "3[0 1] 4[0 1] 5[1] " {
		t.Errorf("the child's table is %q", got)
	}
}

func equalTables(a, b *State) bool { return table(a, 0) == table(b, 0) && table(a, 1) == table(b, 1) }

func TestAZombieIsWaitedFor(t *testing.T) {
	for n, want := range map[int]bool{10: false, 11: true, 12: false} {
		if p := &Fold(forkedEvents[:n]).Procs[1]; p.Zombie != want || p.PID != 77 {
			t.Errorf("after %d events: zombie %v, pid %d", n, p.Zombie, p.PID)
		}
	}
	if Fold([]Event{{Kind: Start}, {Kind: Exit}}).Procs[0].Zombie {
		t.Error("a process that no other made has nobody of the run to wait for it")
	}
}

// A trace from outside may name parents that are none.
func TestAChildOfNobody(t *testing.T) {
	for _, parent := range []int64{-1, 1, 9, 1 << 40} {
		s := Fold(append(forkedEvents[:5:5], Event{Kind: Start, Proc: 1, Args: []int64{parent, 7}}))
		if n := len(s.Procs[1].FDs); n != 0 {
			t.Errorf("a child of process %d has %d fds", parent, n)
		}
	}
}
