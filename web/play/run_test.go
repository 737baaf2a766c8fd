package play

import (
	"reflect"
	"slices"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func load(s *playtest.Script) *Run {
	r := NewRun(s.Header)
	r.Add(s.Events)
	return r
}

// withSamples puts a sample after every seventh event.
func withSamples(s *playtest.Script) *playtest.Script {
	var events []trace.Event
	for i, e := range s.Events {
		events = append(events, e)
		if i%7 == 0 {
			events = append(events, trace.Event{Kind: trace.Sample, Time: e.Time, FD: -1,
				Sockets: []trace.Sock{{Local: playtest.Addr(1), State: trace.Established, Recv: i}}})
		}
	}
	s.Events = events
	return s
}

func TestStateIsTheFoldAtEveryPosition(t *testing.T) {
	s := withSamples(playtest.Select(3, 1200))
	r := load(s)
	fresh, n := new(trace.State), 0
	check := func() {
		t.Helper()
		if got := r.State(n); !reflect.DeepEqual(got, fresh) {
			t.Fatalf("after %d steps:\n got %+v\nwant %+v", n, got, fresh)
		}
	}
	for i := range s.Events {
		if s.Events[i].Kind != trace.Sample {
			check() // with the samples before this step
			n++
		}
		fresh.Apply(&s.Events[i])
	}
	check()
	if n != r.Len() {
		t.Fatalf("%d steps, want %d", r.Len(), n)
	}
}

func TestGettingAStateChangesNone(t *testing.T) {
	s := playtest.Select(2, 600)
	r := load(s)
	for _, n := range []int{0, 255, 256, 257, 511, 512, 600} {
		a := r.State(n)
		for i := range s.Events[:50] {
			a.Apply(&s.Events[i])
		}
		if b := r.State(n); b.Events != min(n, r.Len()) {
			t.Errorf("the state after %d steps has seen %d", n, b.Events)
		}
	}
}

func TestPositionsOutsideOfTheRun(t *testing.T) {
	r := load(playtest.Select(1, 50))
	if got := r.State(-3); got.Events != 0 {
		t.Errorf("before the start: %d events", got.Events)
	}
	if got := r.State(1 << 30); got.Events != r.Len() {
		t.Errorf("after the end: %d events, want %d", got.Events, r.Len())
	}
	if got := NewRun(&trace.Header{}).State(5); got.Events != 0 {
		t.Errorf("of an empty run: %d events", got.Events)
	}
}

// A server with thousands of fds must not make the keyframes outgrow the run.
func TestKeyframesStayInProportion(t *testing.T) {
	s := playtest.New(1)
	s.Start(0)
	for fd := range 3000 {
		s.Do(0, trace.Socket, -1, int64(3+fd))
	}
	for range 10_000 {
		s.Do(0, trace.Getsockopt, 3, 0)
	}
	r := load(s)
	kept := 0
	for _, k := range r.keyframes[:len(r.keyframes)-1] {
		kept += len(k.state)
	}
	if kept > keyframeBytes*r.Len() {
		t.Errorf("the keyframes hold %d bytes for %d steps", kept, r.Len())
	}
	if got := len(r.State(20_000).Procs[0].FDs); got != 3000 {
		t.Errorf("%d fds are open, want 3000", got)
	}
}

func TestCallsOfALane(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Enter(0, trace.Accept, 3, trace.Event{})
	r := load(s)
	lane := r.Lanes[0]
	var got []string
	for _, ci := range lane.Calls {
		c := r.Calls[ci]
		text := r.Gist(c.Enter).Call.String()
		if c.Return < 0 {
			text += " open"
		}
		got = append(got, text)
	}
	want := []string{"socket", "bind", "listen", "accept open"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
	if lane.Start != 0 || lane.Exit != -1 {
		t.Errorf("the server starts at %d and exits at %d, want 0 and -1", lane.Start, lane.Exit)
	}
	if c := r.CallAt(2); c == nil || c.Enter != 1 || c.Return != 2 {
		t.Errorf("the call at the return of socket is %+v", c)
	}
	if c := r.CallAt(0); c != nil {
		t.Errorf("a start is no call, got %+v", c)
	}
}

func TestThreadsGetLanesAsTheyShow(t *testing.T) {
	s := playtest.New(1)
	s.Start(0)
	s.Events = append(s.Events, trace.Event{Kind: trace.Start, Proc: 0, Thread: 2, FD: -1, Time: 1 << 40})
	r := load(s)
	if len(r.Lanes) != 3 {
		t.Fatalf("%d lanes, want server, client and the server's thread", len(r.Lanes))
	}
	if l := r.Lanes[2]; l.Proc != 0 || l.Thread != 2 || l.Tag != "srv" || l.Start != 1 {
		t.Errorf("the thread's lane is %+v", l)
	}
}

func TestTimes(t *testing.T) {
	s := playtest.Select(2, 100)
	r := load(s)
	for i, e := range r.Steps() {
		if got := r.StepAt(e.Time); got != i+1 {
			t.Fatalf("at the time of step %d there were %d", i+1, got)
		}
		if got := r.StepAt(e.Time - 1); got != i {
			t.Fatalf("just before step %d there were %d", i+1, got)
		}
	}
	last := r.Gist(r.Len() - 1).Time
	if r.Duration() != last {
		t.Errorf("live, the run lasts %d, want %d", r.Duration(), last)
	}
	r.End = &trace.End{Time: last + 500}
	if r.Duration() != last+500 {
		t.Errorf("ended, the run lasts %d, want %d", r.Duration(), last+500)
	}
}

// onlyMoves returns connections without what gives their content, which is in the steps.
func onlyMoves(conns []Conn) []Conn {
	conns = slices.Clone(conns)
	for i := range conns {
		for way := range conns[i].Flows {
			conns[i].Flows[way].Content = nil
		}
	}
	return conns
}

// sameRun checks that two runs are equal in all that the page sees of them.
func sameRun(t *testing.T, a, b *Run) {
	t.Helper()
	for _, c := range []struct {
		name string
		a, b any
	}{
		{"steps", a.Steps(), b.Steps()}, {"lanes", a.Lanes, b.Lanes}, {"calls", a.Calls, b.Calls},
		{"connections", onlyMoves(a.Conns), onlyMoves(b.Conns)}, {"wakes", a.Wakes, b.Wakes}, {"state", a.State(a.Len()), b.State(b.Len())},
	} {
		if !reflect.DeepEqual(c.a, c.b) {
			t.Errorf("%s differ:\n%+v\n%+v", c.name, c.a, c.b)
		}
	}
}

func TestGrowingEqualsLoading(t *testing.T) {
	s := withSamples(playtest.Select(3, 700))
	live := NewRun(s.Header)
	for at, n := 0, 1; at < len(s.Events); at, n = at+n, n%13+1 {
		live.Add(s.Events[at:min(at+n, len(s.Events))])
		live.State(live.Len() / 2) // looking at it changes nothing
	}
	sameRun(t, live, load(s))
}

// FuzzRun adds events that no tracer would write: nothing may panic, and every
// state is still the fold.
func FuzzRun(f *testing.F) {
	f.Add([]byte("\x03\x00\x00\x05\x03\x04\x00\x00\x05\x04"))
	f.Add([]byte("\x01\x00\x00\x00\x00\x03\x00\x00\x01\x00\x04\x00\x00\x01\x05"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewRun(playtest.New(2).Header)
		var events []trace.Event
		for len(data) >= 5 && len(events) < 2000 {
			b := data[:5]
			data = data[5:]
			e := trace.Event{
				Kind: trace.Kind(b[0] % 8), Time: int64(int8(b[4])) << (b[2] % 50), Proc: int(int8(b[1] & 0x83)), Thread: int(int8(b[2] & 0x81)),
				Call: trace.Call(b[3] % 32), FD: int(int8(b[4] & 0x87)), Result: int64(int8(b[4])), Errno: trace.Errno(b[2] & 0x70),
				Sleep: trace.Sleep(b[1] >> 4 & 3), Addr: playtest.Addr(int(b[2] & 3)), Data: b,
			}
			if b[3]&0x40 != 0 {
				e.Sets = &trace.Sets{Read: []int{int(b[4] & 7)}, Write: []int{int(int8(b[2]))}}
				e.Queues = []trace.Queue{{FD: int(b[4] & 7), Local: playtest.Addr(int(b[1] & 3))}}
			}
			events = append(events, e)
		}
		r.Add(events)
		for _, n := range []int{0, r.Len() / 2, r.Len()} {
			r.State(n)
		}
		if got, want := r.State(r.Len()), trace.Fold(events); !reflect.DeepEqual(got, want) {
			t.Errorf("the state at the end is not the fold:\n%+v\n%+v", got, want)
		}
		p := NewPlayer(r)
		for p.NextWake(1) || p.NextError(1) {
			p.State()
		}
	})
}
