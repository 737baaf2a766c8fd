package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func said(links []Link) string {
	var s []string
	for _, l := range links {
		s = append(s, l.How.String()+": "+l.Text)
	}
	return strings.Join(s, "\n")
}

func TestAWakeLeadsToWhatTheOtherHadWaitedFor(t *testing.T) {
	r := recorded(t, "iterative")
	for i := range r.Steps {
		if e := &r.Steps[i]; e.Kind != trace.Return || e.Call != trace.Recv || e.Sleep != trace.Slept || e.Proc != 0 {
			continue
		}
		got := said(r.Why(i, i+1))
		for _, want := range []string{
			"in recv(4), which returned 19", "sampled: the Recv-Q of fd 4 was empty",
			"inferred: client 1's send(3) brought 19 bytes while it slept", "injected: client 1 was held back for 20 ms by a knob",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("not told %q, but\n%s", want, got)
			}
		}
		return
	}
	t.Fatal("the server never slept in recv")
}

func TestAClientInTheBacklogIsBlockedByAnother(t *testing.T) {
	r := recorded(t, "iterative")
	for i := range r.Steps {
		if e := &r.Steps[i]; e.Kind != trace.Enter || e.Call != trace.Recv || e.Proc != 4 {
			continue
		}
		links := r.Why(i, i+1)
		got := said(links)
		for _, want := range []string{
			"observed: client 4 has entered recv(3)", "nobody has accepted this connection: it waits in the backlog of the server",
			"the server is in recv(4)", "only client 1 can bring bytes",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("not told %q, but\n%s", want, got)
			}
		}
		for _, l := range links {
			if l.Step > i {
				t.Errorf("%q tells of step %d, which has not happened at %d", l.Text, l.Step, i+1)
			}
		}
		if links[0].Line == 0 || links[0].File == 0 {
			t.Errorf("the call has no line: %+v", links[0])
		}
		return
	}
	t.Fatal("client 4 never called recv")
}

func TestWhoWaitForEachOther(t *testing.T) {
	s := busy(1)
	s.Enter(0, trace.Fcntl, 4, trace.Event{Args: []int64{4, 0}}) // blocking again
	s.Return(0, trace.Event{})
	s.Enter(0, trace.Recv, 4, trace.Event{})
	s.Enter(1, trace.Recv, 3, trace.Event{})
	r := load(s)
	if got := said(r.Why(len(r.Steps)-1, len(r.Steps))); !strings.HasSuffix(got, "they wait for each other") {
		t.Errorf("told\n%s", got)
	}
}

func TestBytesLeadToTheOtherSideAndBack(t *testing.T) {
	s := busy(1)
	s.Do(1, trace.Send, 3, 19)
	send := len(s.Events) - 1
	s.Do(0, trace.Recv, 4, 10)
	s.Do(0, trace.Recv, 4, 9)
	recv := len(s.Events) - 1
	r := load(s)
	n := len(r.Steps)
	if got := said(r.Why(send, n)); !strings.HasSuffix(got, "inferred: 10 bytes went to the server's recv(4)\ninferred: 9 bytes went to the server's recv(4)") {
		t.Errorf("the send leads to\n%s", got)
	}
	if to := r.Carried(send, n); len(to) != 2 || to[1].Step != recv {
		t.Errorf("the send of step %d leads to %+v, want two of which the second is %d", send, to, recv)
	}
	if from := r.Carried(recv-1, n); len(from) != 1 || from[0].Step != send {
		t.Errorf("the recv leads back to %+v, want step %d", from, send)
	}
	if early := r.Carried(send, send+1); len(early) != 0 {
		t.Errorf("before they were read, the bytes went to %+v", early)
	}
	if conn, way, m, ok := r.Flow(recv); conn != 0 || way != 0 || !ok || m.Step != recv || m.Off != 10 {
		t.Errorf("the bytes are in flow %d.%d at %d, %v", conn, way, m.Off, ok)
	}
	if none := r.Carried(0, n); none != nil {
		t.Errorf("a start moved bytes: %+v", none)
	}
}

// What woke a recv is told once, and the other sends that it got bytes of too.
func TestARecvThatSleptNamesAllItsSends(t *testing.T) {
	s := busy(1)
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	s.Do(1, trace.Send, 3, 19)
	first := len(s.Events) - 1
	s.Do(1, trace.Send, 3, 15)
	s.Return(0, trace.Event{Result: 34, Sleep: trace.Slept})
	r := load(s)
	n := len(r.Steps)
	links := r.Why(n-1, n)
	got := said(links)
	if strings.Count(got, "19 bytes") != 1 || strings.Count(got, "15 bytes came from client 1's send(3)") != 1 {
		t.Errorf("told\n%s", got)
	}
	for _, l := range links {
		if (l.Ends == n-1) != (l.Step == first) {
			t.Errorf("%q is said to end step %d", l.Text, l.Ends)
		}
	}
}

// A handshake that was sent again has no step: nothing is claimed of one.
func TestAConnectThatHadToBeSentAgain(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Enter(1, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
	s.Pass(600e6)
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Pass(420e6)
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1), Sleep: trace.Slept})
	accept := len(s.Events) - 1
	s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3, Local: playtest.Addr(1)}}})
	r := load(s)
	got := said(r.Why(accept, len(r.Steps)))
	if !strings.Contains(got, "inferred: client 1 had been in connect for 1.02 s: its handshake was sent again") {
		t.Errorf("told\n%s", got)
	}
	if early := said(r.Why(accept, accept+1)); strings.Contains(early, "client 1") {
		t.Errorf("told before the connect has returned\n%s", early)
	}
}

func TestExplanationsAreBounded(t *testing.T) {
	for _, name := range recordings {
		r := recorded(t, name)
		for i := range r.Steps {
			links := r.Why(i, len(r.Steps))
			if len(links) > maxLinks {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
			if (r.CallAt(i) == nil) != (len(links) == 0) {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
		}
	}
}
