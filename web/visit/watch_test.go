package visit

import (
	"strings"
	"testing"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// watching returns a visit that watches the mux, with a client that has come
// before and has been echoed 5 bytes.
func watching(t *testing.T) (*Watch, *[]trace.Request, *playtest.Script) {
	t.Helper()
	r, asked := reachable()
	s := &Watch{Desk: Desk{Relay: r}}
	s.Open(lab.Standing[0], knob.Values{})
	Hear(s, hello())
	script := playtest.New(0)
	script.Start(0)
	script.Listen()
	Hear(s, say(trace.Message{Header: &trace.Header{
		Version: trace.Version, Lab: "standing:mux", Procs: []trace.Proc{{Name: "mux", Tag: "srv", Role: trace.RoleServer}},
	}}))
	Hear(s, say(trace.Message{Now: &trace.Now{
		Events: append(script.Events, trace.Event{Kind: trace.Return, Call: trace.Accept, FD: 3, Result: 4, Addr: "10.0.0.7:5000", Time: 90_000}),
		Moved:  []trace.Queue{{FD: 4, Recv: 5, Send: 5}},
	}}))
	script.Pass(1_000_000_000)
	script.Events = nil
	return s, asked, script
}

// brings lets a client's bytes arrive while the server sleeps in select.
func brings(script *playtest.Script, fd int, text string) {
	script.Enter(0, trace.Select, -1, trace.Event{Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{3, fd}}})
	script.Return(0, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Read: []int{fd}}})
	script.Enter(0, trace.Recv, fd, trace.Event{Size: 1024})
	script.Return(0, trace.Event{Result: int64(len(text)), Data: []byte(text)})
}

func TestAStandingServerIsWatchedAtOnce(t *testing.T) {
	s, asked, script := watching(t)
	if n := len(*asked); n != 1 || (*asked)[0].Op != trace.OpWatch || (*asked)[0].Lab != "mux" {
		t.Fatalf("asked for %+v", *asked)
	}
	brings(script, 4, "Hello")
	Hear(s, say(trace.Message{Events: script.Events}))
	lanes := s.Lanes()
	if len(lanes) != 2 || lanes[1].Name != "10.0.0.7:5000" || lanes[1].Word != "10 B, not traced" {
		t.Errorf("%+v", lanes)
	}
	if now := s.Player.Now(); now >= 1_000_000_000 {
		t.Errorf("times begin %d ns before the first event", now)
	}
	// What it sent begins behind the bytes of before; what it was sent is not
	// said to have arrived.
	s.PickLane(1)
	flows := s.Flows()
	st := s.StreamOf(flows[s.FlowAt(flows)])
	if !st.Received || st.Sent != 10 || st.Tail(2048, play.Move{}) != 5 || len(st.From(5, 1<<20, play.Move{})) != 5 {
		t.Errorf("%+v", st)
	}
	if key := st.Key(5); !strings.Contains(key, "recv 1: 5 bytes") || !strings.Contains(key, "from byte 5 on") {
		t.Error(key)
	}
	// Of the sleep that it ended that is said, as inferred.
	found := false
	for _, l := range s.Player.Run.Why(1, s.Pos()) {
		found = found || strings.Contains(l.Text, "10.0.0.7:5000") && l.How == trace.Inferred
	}
	if !found {
		t.Error("why does not tell whose bytes ended the sleep")
	}
}

func TestWatchingKeepsAWindow(t *testing.T) {
	s, _, script := watching(t)
	total := int64(5)
	for len(script.Events) < 2*watchedSteps {
		brings(script, 4, "Hello")
		total += 5
	}
	for events := script.Events; len(events) > 0; {
		n := min(999, len(events))
		Hear(s, say(trace.Message{Events: events[:n]}))
		events = events[n:]
	}
	run := s.Player.Run
	if n := run.Len(); n > watchedSteps || n < watchedSteps/2 {
		t.Errorf("%d steps are kept", n)
	}
	if !s.Player.Follow || s.Pos() != run.Len() || len(s.Log.rows) == 0 {
		t.Errorf("follows: %v, at %d of %d", s.Player.Follow, s.Pos(), run.Len())
	}
	if run.Gist(0).Kind != trace.Enter || run.Gist(0).Time != 0 {
		t.Errorf("it begins with %+v", run.Step(0))
	}
	if f := s.State().Procs[0].FD(4); f == nil || f.In != total {
		t.Errorf("%+v, want %d bytes in", f, total)
	}
	if lanes := s.Lanes(); lanes[1].Name != "10.0.0.7:5000" {
		t.Errorf("%+v", lanes)
	}
	for i := range s.Lanes() {
		s.PickLane(i)
		s.Marks()
		s.Chain()
	}
}

func TestWatchingAfterSomethingElse(t *testing.T) {
	run, asked := sitting(t)
	Hear(run, hello())
	run.Start()
	Leave(run)
	s := &Watch{Desk: Desk{Relay: run.Relay}}
	s.Open(lab.Standing[1], knob.Values{})
	ops := func() (out []string) {
		for _, r := range *asked {
			out = append(out, r.Op+" "+r.Lab)
		}
		return out
	}
	if last := ops()[len(*asked)-1]; last != "stop " {
		t.Fatalf("before the run is over: %v", ops())
	}
	Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
	if last := ops()[len(*asked)-1]; last != "watch echo" {
		t.Fatalf("%v", ops())
	}
	Hear(s, say(trace.Message{Error: &trace.Error{Text: "this host keeps watching off"}}))
	if s.Busy() || s.Problem != "This host keeps watching off." {
		t.Errorf("refused: phase %d, %q", s.Phase, s.Problem)
	}
	Hear(s, link.Event{State: link.Gone})
}

func TestAMissedCallIsSaid(t *testing.T) {
	s, _, script := watching(t)
	brings(script, 4, "Hello")
	Hear(s, say(trace.Message{Events: script.Events}))
	Hear(s, say(trace.Message{Now: &trace.Now{Missed: 1234}}))
	if !strings.HasPrefix(s.Problem, "1,234 calls left out") {
		t.Errorf("%q", s.Problem)
	}
	if s.Pos() != 0 || s.Player.Run.Len() != 0 {
		t.Errorf("at %d of %d", s.Pos(), s.Player.Run.Len())
	}
	for _, l := range s.Player.Run.Lanes {
		if l.Role == play.RolePeer {
			t.Errorf("a peer of before: %+v", l)
		}
	}
}

func TestCommandsNameTheTrueAddress(t *testing.T) {
	r, _ := reachable()
	s := &Watch{Desk: Desk{Relay: r}}
	for i, want := range []string{"nc ::1 77", "nc 127.0.0.1 9999", `printf '\000\000\116\040' | nc 127.0.0.1 20000 | xxd`} {
		s.Open(lab.Standing[i], knob.Values{})
		Hear(s, say(trace.Message{Hello: &trace.Hello{Version: trace.Version, Standing: []trace.Proc{{Name: "mux", Addr: "[::1]:77"}, {Name: "echo", Addr: "nowhere"}}}}))
		for _, when := range []string{"live", "with the relay gone"} {
			if got := s.Command("nc"); got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
			Hear(s, link.Event{State: link.Gone})
		}
		for _, tool := range Tools {
			if got := s.Command(tool); got == "" || strings.ContainsAny(got, "HP") {
				t.Errorf("%s: %q", tool, got)
			}
		}
	}
}
