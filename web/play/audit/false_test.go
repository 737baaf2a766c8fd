package audit

import (
	"os"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// load returns the run of a script.
func load(s *playtest.Script, over bool) *play.Run {
	r := play.NewRun(s.Header)
	r.Add(s.Events)
	if over {
		r.End = &trace.End{Time: r.Duration(), Reason: trace.EndDone}
	}
	return r
}

// What was once said, and was not so, is found out.
func TestFalseClaimsAreFound(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, true)
	s.Enter(0, trace.Fcntl, 4, trace.Event{Args: []int64{4, 0}})
	s.Return(0, trace.Event{})
	recv := len(s.Events)
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	send := len(s.Events)
	s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("hello")})
	s.Return(1, trace.Event{Result: 5})
	back := len(s.Events)
	s.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	got := len(s.Events)
	s.Return(0, trace.Event{Result: 5, Data: []byte("hello"), Sleep: trace.Slept})
	s.Enter(0, trace.Send, 4, trace.Event{Size: 4, Data: []byte("echo")})
	s.Return(0, trace.Event{Result: 4})
	s.Return(1, trace.Event{Result: 4, Data: []byte("echo"), Sleep: trace.Slept})
	run := load(s, true)
	w := newWorld(run.Header, run.Steps(), true)
	for _, c := range []struct {
		name  string
		claim play.Claim
		n     int
		so    bool
	}{
		{"only the client can wake the server, before it sends", play.Claim{Kind: play.Only, Step: recv, FD: 4, Procs: []int{1}}, recv + 1, true},
		{"only the client can wake the server, while it sends", play.Claim{Kind: play.Only, Step: recv, FD: 4, Procs: []int{1}}, send + 1, false},
		{"only the client can wake the server, whose bytes are there", play.Claim{Kind: play.Only, Step: recv, FD: 4, Procs: []int{1}}, back, false},
		{"only the server can wake itself", play.Claim{Kind: play.Only, Step: recv, FD: 4, Procs: []int{0}}, recv + 1, false},
		{"they wait for each other, with bytes on the way", play.Claim{Kind: play.Deadlock, Step: recv, Calls: []int{recv, back}}, back + 1, false},
		{"bytes are there", play.Claim{Kind: play.Unread, Step: send + 1, Other: recv, FD: 4, N: 5}, back, true},
		{"more bytes are there", play.Claim{Kind: play.Unread, Step: send + 1, Other: recv, FD: 4, N: 6}, back, false},
		{"it cannot wait", play.Claim{Kind: play.NonBlocking, Step: recv, FD: 4}, recv + 1, false},
		{"the send woke the recv", play.Claim{Kind: play.Woke, Step: send + 1, Other: got, N: 5}, got + 1, true},
		{"the send woke the recv with other bytes", play.Claim{Kind: play.Woke, Step: send + 1, Other: got, N: 4}, got + 1, false},
		{"a later send woke the recv", play.Claim{Kind: play.Woke, Step: got + 2, Other: got}, got + 3, false},
		{"its bytes came from that send", play.Claim{Kind: play.From, Step: send + 1, Other: got, N: 5}, got + 1, true},
		{"its bytes came from another send", play.Claim{Kind: play.From, Step: got + 2, Other: got, N: 4}, got + 3, false},
		{"nobody has accepted the client", play.Claim{Kind: play.Unaccepted, Step: send, FD: 3, Procs: []int{0}}, send + 1, false},
		{"the stream has ended", play.Claim{Kind: play.Ending, Step: send + 1, Other: recv, FD: 4}, back, false},
		{"the client is in no call", play.Claim{Kind: play.Idle, Step: send}, send + 1, false},
		{"the recv is over", play.Claim{Kind: play.Returned, Step: recv, Other: got}, got, true},
		{"it told of a step to come", play.Claim{Kind: play.UnderWay, Step: send, Other: recv, FD: 4}, send, false},
	} {
		if wrong := w.check(&c.claim, c.n); (wrong == "") != c.so {
			t.Errorf("%s: %q", c.name, wrong)
		}
	}
}

// A claim of a recording that is changed a little is not so any more.
func TestChangedClaimsAreFound(t *testing.T) {
	found, made := map[play.Kind]int{}, map[play.Kind]int{}
	for _, name := range []string{"iterative", "select", "processes", "edge", "threads", "timeouts", "selectors"} {
		frames, err := os.ReadFile("../../assets/recordings/" + name + ".trace")
		if err != nil {
			t.Fatal(err)
		}
		run, err := Read(frames)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(run.Header, run.Steps(), true)
		for i := range run.Calls {
			for _, n := range []int{run.Calls[i].Enter + 1, run.Calls[i].Return + 1, run.Len()} {
				if n <= run.Calls[i].Enter {
					continue
				}
				for _, l := range run.Why(run.Calls[i].Enter, n) {
					more, other, moved := l.Claim, l.Claim, l.Claim
					more.N++
					other.Procs = []int{len(run.Header.Procs) - 1}
					moved.Step++
					for _, c := range []play.Claim{more, other, moved} {
						made[c.Kind]++
						if w.check(&c, n) != "" {
							found[c.Kind]++
						}
					}
				}
			}
		}
	}
	for k, n := range made {
		if found[k] < n/3 {
			t.Errorf("of %d changed claims of kind %d only %d are found", n, k, found[k])
		}
	}
	if len(made) < 15 {
		t.Errorf("only %d kinds", len(made))
	}
}

// Who waits for another that is killed has waited for it: the kernel ended the wait. A
// recv that returned bytes had not.
func TestAKillEndsAWait(t *testing.T) {
	for _, c := range []struct {
		name   string
		result int64
		status int64
		so     bool
	}{
		{"killed", 0, -9, true},
		{"ended", 0, 0, false},
		{"killed, with bytes", 5, -9, false},
	} {
		s := playtest.New(1)
		s.Listen()
		s.Connect(1, true)
		there := len(s.Events)
		s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
		here := len(s.Events)
		s.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
		s.Exit(0)
		s.Events[len(s.Events)-1].Result = c.status
		s.Return(1, trace.Event{Result: c.result, Data: make([]byte, c.result), Sleep: trace.Slept})
		run := load(s, true)
		claim := play.Claim{Kind: play.Deadlock, Step: there, Calls: []int{there, here}}
		if wrong := newWorld(run.Header, run.Steps(), true).check(&claim, here+1); (wrong == "") != c.so {
			t.Errorf("%s: %q", c.name, wrong)
		}
	}
}

// A send that was under way when the trace ended may have brought what a recv got, and
// nothing else may have.
func TestASendIsUnderWayAtTheEnd(t *testing.T) {
	for _, call := range []trace.Call{trace.Send, trace.Recv} {
		s := playtest.New(1)
		s.Listen()
		s.Connect(1, true)
		recv := len(s.Events)
		s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
		s.Enter(1, call, 3, trace.Event{Size: 5})
		s.Return(0, trace.Event{Result: 5, Data: []byte("hello"), Sleep: trace.Slept})
		run := load(s, true)
		claim := play.Claim{Kind: play.Only, Step: recv, FD: 4, Procs: []int{1}}
		if wrong := newWorld(run.Header, run.Steps(), true).check(&claim, recv+1); (wrong == "") != (call == trace.Send) {
			t.Errorf("%v: %q", call, wrong)
		}
	}
}
