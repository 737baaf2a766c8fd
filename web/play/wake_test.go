package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// fullSend is a client whose send of 12,288 bytes found 4,096 bytes' room, and the
// server's recvs of 16 bytes while it sleeps.
func fullSend(recvs int) *playtest.Script {
	s := busy(1)
	s.Enter(1, trace.Send, 3, trace.Event{Size: 12288})
	for range recvs {
		s.Do(0, trace.Recv, 4, 16)
	}
	return s
}

// cause returns the index of the step that ended the last call, and the step.
func cause(t *testing.T, r *Run) (int, *trace.Event) {
	t.Helper()
	w := r.WakeOf(r.Len() - 1)
	if w == nil {
		t.Fatal("nobody woke it")
	}
	return w.Cause, r.Step(w.Cause)
}

func TestASendThatGotRidOfAllWasWokenByTheLastRecv(t *testing.T) {
	s := fullSend(300)
	last := len(s.Events) - 1
	s.Enter(0, trace.Recv, 4, trace.Event{}) // under way: whether it gets any is not known
	s.Return(1, trace.Event{Result: 12288, Sleep: trace.Slept})
	if got, e := cause(t, load(s)); got != last {
		t.Errorf("woken by step %d, %v, want %d", got, e, last)
	}
}

func TestARecvThatGotNothingMadeNoRoom(t *testing.T) {
	s := fullSend(1)
	last := len(s.Events) - 1
	s.Spin(4, 3)
	s.Return(1, trace.Event{Result: 12288, Sleep: trace.Slept})
	if got, e := cause(t, load(s)); got != last {
		t.Errorf("woken by step %d, %v, want %d", got, e, last)
	}
}

func TestTheOnlyRecvUnderWayMadeTheRoom(t *testing.T) {
	s := fullSend(0)
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 4096})
	s.Return(1, trace.Event{Result: 12288, Sleep: trace.Slept})
	if got, e := cause(t, load(s)); got != len(s.Events)-2 {
		t.Errorf("woken by step %d, %v", got, e)
	}
}

// The server takes 16 bytes at a time and ends with bytes unread: its RST lets the
// client's send return what had found room.
func TestAShortSendWasWokenByTheEndOfItsConnection(t *testing.T) {
	for _, returned := range []trace.Event{{Result: 9216}, {Errno: trace.ECONNRESET}} {
		s := fullSend(300)
		s.Exit(0)
		returned.Sleep = trace.Slept
		s.Return(1, returned)
		r := load(s)
		if _, e := cause(t, r); e.Kind != trace.Exit {
			t.Errorf("%+v: woken by %+v, want the exit", returned, e)
		}
		got := said(r.Why(r.Len()-1, r.Len()))
		if !strings.Contains(got, "inferred: the server ended, and the kernel closes what it had open") || strings.Contains(got, "room") {
			t.Errorf("told\n%s", got)
		}
		if returned.Errno == 0 && !strings.HasSuffix(got, "inferred: 300 recvs of the server took 4,800 bytes") {
			t.Errorf("told\n%s", got)
		}
	}
}

func TestAShortSendWasWokenByTheClose(t *testing.T) {
	s := fullSend(20)
	s.Enter(0, trace.Close, 4, trace.Event{})
	s.Return(1, trace.Event{Result: 9216, Sleep: trace.Slept})
	if _, e := cause(t, load(s)); e.Call != trace.Close {
		t.Errorf("woken by %v, want the close", e)
	}
}

// The connection's end came too late for a send that had found room for all.
func TestAWholeSendWasNotWokenByTheEnd(t *testing.T) {
	s := fullSend(20)
	last := len(s.Events) - 1
	s.Exit(0)
	s.Return(1, trace.Event{Result: 12288, Sleep: trace.Slept})
	if got, e := cause(t, load(s)); got != last {
		t.Errorf("woken by step %d, %v, want %d", got, e, last)
	}
}

// Its patience was over (SO_SNDTIMEO), or a signal came.
func TestAShortSendOnAnOpenConnectionWasWokenByNobody(t *testing.T) {
	s := fullSend(20)
	s.Return(1, trace.Event{Result: 9216, Sleep: trace.Slept})
	r := load(s)
	if w := r.WakeOf(r.Len() - 1); w != nil {
		t.Errorf("woken by %v", r.Step(w.Cause))
	}
}

// A socket is writable again only when a third of its buffer is free: many small
// recvs may come before that, and it returns as soon as it is.
func TestAWaitForRoomWasEndedByTheLastRecvOrTheEnd(t *testing.T) {
	for _, ends := range []bool{false, true} {
		s := busy(1)
		s.Enter(1, trace.Poll, -1, trace.Event{Sets: &trace.Sets{Write: []int{3}}, Timeout: -1})
		for range 100 {
			s.Do(0, trace.Recv, 4, 16)
		}
		want := len(s.Events) - 1
		if ends {
			s.Exit(0)
			want++
		}
		s.Return(1, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Write: []int{3}}})
		if got, e := cause(t, load(s)); got != want {
			t.Errorf("ends %v: woken by step %d, %v, want %d", ends, got, e, want)
		}
	}
}

// The reset of a peer that is not traced ends a select's sleep as its bytes do.
func TestAResetOfAnUntracedPeerIsAnArrival(t *testing.T) {
	for _, c := range []struct {
		ends trace.Event
		what string
	}{
		{trace.Event{Errno: trace.ECONNRESET}, "reset"},
		{trace.Event{}, "end of stream"},
	} {
		s := playtest.New(0)
		s.Header.Lab = trace.StandingLab + "mux"
		s.Listen()
		s.Enter(0, trace.Accept, 3, trace.Event{})
		s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1)})
		s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, 4}}, Timeout: -1})
		s.Return(0, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Read: []int{4}}})
		woken := len(s.Events) - 1
		s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
		s.Return(0, c.ends)
		r := load(s)
		if n := len(r.Arrivals); n != 2 {
			t.Fatalf("%d arrivals, want the connection and its end", n)
		}
		a := &r.Arrivals[1]
		if a.Woke != woken || r.What(a) != c.what {
			t.Errorf("%q woke step %d, want %q to wake %d", r.What(a), a.Woke, c.what, woken)
		}
		if got := said(r.Why(woken, r.Len())); !strings.Contains(got, " of "+playtest.Addr(1)+", which is not traced, ended the sleep") {
			t.Errorf("told\n%s", got)
		}
	}
}
