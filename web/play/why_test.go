package play

import (
	"slices"
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
	for i := range r.Len() {
		if e := r.Step(i); e.Kind != trace.Return || e.Call != trace.Recv || e.Sleep != trace.Slept || e.Proc != 0 {
			continue
		}
		got := said(r.Why(i, i+1))
		for _, want := range []string{
			"in recv(4), which returned 19", "sampled: the Recv-Q of fd 4 was empty",
			"inferred: client 1's send(3) brought 19 bytes while it slept", "injected: client 1 was held back for 100 ms by the set-up",
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
	for i := range r.Len() {
		if e := r.Step(i); e.Kind != trace.Enter || e.Call != trace.Recv || e.Proc != 4 {
			continue
		}
		links := r.Why(i, i+1)
		got := said(links)
		for _, want := range []string{
			"observed: client 4 has entered recv(3)", "nobody has accepted this connection, and it waits in the backlog of the server",
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
	if got := said(r.Why(r.Len()-1, r.Len())); !strings.HasSuffix(got, "they wait for each other") {
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
	n := r.Len()
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
	n := r.Len()
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
	got := said(r.Why(accept, r.Len()))
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
		for i := range r.Len() {
			links := r.Why(i, r.Len())
			if len(links) > maxLinks {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
			if (r.CallAt(i) == nil) != (len(links) == 0) {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
		}
	}
}

// kinds returns the kinds of an explanation's claims.
func kinds(links []Link) (all []Kind) {
	for _, l := range links {
		all = append(all, l.Kind)
	}
	return all
}

// blocking is a script with one client, whose connection blocks at both ends.
func blocking() *playtest.Script {
	s := busy(1)
	s.Enter(0, trace.Fcntl, 4, trace.Event{Args: []int64{4, 0}})
	s.Return(0, trace.Event{})
	return s
}

// Whoever waits for bytes waits for nobody once those are sent, or being sent.
func TestNobodyAloneCanWakeWhoseBytesAreOnTheWay(t *testing.T) {
	s := blocking()
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	recv := len(s.Events) - 1
	s.Enter(1, trace.Send, 3, trace.Event{Size: 38})
	s.Return(1, trace.Event{Result: 38})
	s.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	r := load(s)
	for n, want := range map[int][]Kind{
		recv + 1: {In, Only, Idle},
		recv + 2: {In, UnderWay},
		recv + 3: {In, Unread},
		recv + 4: {In, Unread},
	} {
		if got := kinds(r.Why(recv, n)); !slices.Equal(got, want) {
			t.Errorf("after %d steps told %v\n%s", n, got, said(r.Why(recv, n)))
		}
	}
	if got := said(r.Why(r.Len()-1, r.Len())); strings.Contains(got, "each other") {
		t.Errorf("the server has its bytes\n%s", got)
	}
}

// A call that does not wait waits for nobody.
func TestANonBlockingCallWaitsForNobody(t *testing.T) {
	s := busy(1)
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	r := load(s)
	if got := kinds(r.Why(r.Len()-1, r.Len())); !slices.Equal(got, []Kind{In, NonBlocking}) {
		t.Errorf("told %v", got)
	}
}

// A send into an empty Send-Q waits for nobody, as far as anybody knows.
func TestASmallSendWaitsForNobody(t *testing.T) {
	s := blocking()
	s.Enter(1, trace.Send, 3, trace.Event{Size: 38, Queues: []trace.Queue{{FD: 3, State: trace.Established}}})
	r := load(s)
	if got := kinds(r.Why(r.Len()-1, r.Len())); !slices.Equal(got, []Kind{In, Held}) {
		t.Errorf("told %v", got)
	}
}

// Two that send more than the buffers hold wait for each other: that is known when
// the run has ended so.
func TestWhoWaitedForEachOtherUntilTheEnd(t *testing.T) {
	s := blocking()
	s.Enter(1, trace.Send, 3, trace.Event{Size: 8 << 20})
	first := len(s.Events) - 1
	s.Enter(0, trace.Send, 4, trace.Event{Size: 8 << 20})
	under := len(s.Events)
	s.Exit(0)
	s.Exit(1)
	for i := under; i < len(s.Events); i++ {
		s.Events[i].Result = -9
	}
	r := load(s)
	if got := kinds(r.Why(first, under)); slices.Contains(got, Deadlock) || !slices.Contains(got, Room) {
		t.Errorf("while it goes on, told %v", got)
	}
	got := r.Why(first, r.Len())
	if !slices.Equal(kinds(got), []Kind{Killed, Killed, Deadlock}) {
		t.Errorf("at the end told\n%s", said(got))
	}
	if text := said(got); !strings.Contains(text, "when SIGKILL ended it") || !strings.Contains(text, "they waited for each other until the end") {
		t.Errorf("told\n%s", text)
	}
}

func TestAConnectThatFindsAFullBacklog(t *testing.T) {
	s := playtest.New(3)
	s.Start(0)
	s.Do(0, trace.Socket, -1, 3)
	s.Enter(0, trace.Bind, 3, trace.Event{Addr: "127.0.0.1:10001"})
	s.Return(0, trace.Event{})
	s.Enter(0, trace.Listen, 3, trace.Event{Args: []int64{0}})
	s.Return(0, trace.Event{})
	connect := func(c int) {
		s.Start(c)
		s.Do(c, trace.Socket, -1, 3)
		s.Enter(c, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
	}
	done := func(c int, slept trace.Sleep) {
		s.Return(c, trace.Event{Sleep: slept, Queues: []trace.Queue{{FD: 3, State: trace.Established, Local: playtest.Addr(c)}}})
	}
	connect(1)
	done(1, trace.Awake)
	connect(2)
	at := len(s.Events) - 1
	s.Pass(10e6)
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1)})
	s.Pass(1e9)
	done(2, trace.Slept)
	r := load(s)
	if got := kinds(r.Why(at, at+1)); !slices.Equal(got, []Kind{In, Full, Idle}) {
		t.Errorf("as it enters told\n%s", said(r.Why(at, at+1)))
	}
	got := r.Why(at, r.Len())
	if !slices.Equal(kinds(got), []Kind{Slept, Full, Resent, Accepted}) {
		t.Errorf("told\n%s", said(got))
	}
	if text := said(got); !strings.Contains(text, "the backlog was full: 1 connection waited there, and listen(3, 0) lets in 1") {
		t.Errorf("told\n%s", text)
	}
}

// What edge-triggered epoll has told of it tells of no more.
func TestBytesThatWereToldOf(t *testing.T) {
	s := left(1<<31|5, trace.Event{})
	n := len(s.Events)
	r := load(s)
	for _, at := range []int{n - 1, n} {
		got := said(r.Why(n-2, at))
		if !strings.Contains(got, "3 bytes are left at fd 4. epoll_wait has told of them") {
			t.Errorf("after %d of %d steps told\n%s", at, n, got)
		}
	}
}

// A peer that is not traced can bring something, too.
func TestAnUntracedPeerIsNamed(t *testing.T) {
	s := playtest.New(0)
	s.Header.Lab = trace.StandingLab + "mux"
	s.Listen()
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(1)})
	s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, 4}}, Timeout: -1})
	r := load(s)
	got := r.Why(r.Len()-1, r.Len())
	if !slices.Equal(kinds(got), []Kind{In, Only, Remote}) || !strings.Contains(said(got), playtest.Addr(1)) {
		t.Errorf("told\n%s", said(got))
	}
}
