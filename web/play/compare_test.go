package play

import (
	"math"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func TestJain(t *testing.T) {
	for _, c := range []struct {
		name string
		xs   []float64
		want float64
	}{
		{"nobody", nil, 0}, {"nobody waited", []float64{0, 0}, 0}, {"all alike", []float64{3, 3, 3}, 1},
		{"one of four", []float64{0, 0, 0, 7}, 0.25}, {"one waits three times as long", []float64{1, 3}, 0.8},
	} {
		if got := jain(c.xs); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTally(t *testing.T) {
	s := busy(1)
	before := load(s)
	s.Echo(1, "hello")
	r := load(s)
	b, a := NewTally(before), NewTally(r)
	if n := a.Servers.Calls - b.Servers.Calls; n != 4 {
		t.Errorf("an echo is %d calls of the server, want select, recv, select, send", n)
	}
	if n := a.Servers.Sleeps - b.Servers.Sleeps; n != 1 || a.Servers.Wakes != 1 {
		t.Errorf("the server slept %d times and was woken %d times", n, a.Servers.Wakes)
	}
	if b.FirstReply != -1 || b.Fairness != 0 || b.LongestWait.Client != -1 {
		t.Errorf("without a message: %+v", b)
	}
	w := a.LongestWait
	if a.Replies != 1 || a.FirstReply != a.LastReply || a.Fairness != 1 || w.Client != 1 ||
		r.Steps[w.Step].Call != trace.Send || w.Time != r.Steps[w.Reply].Time-r.Steps[w.Step].Time {
		t.Errorf("with one: %+v", a)
	}
	if a.Servers.Processes != 1 || a.Servers.Threads != 1 || a.Clients.Processes != 1 {
		t.Errorf("processes and threads: %+v", a)
	}
}

func TestWhoIsServedInTurnWaitsLonger(t *testing.T) {
	one, mux := NewTally(recorded(t, "iterative")), NewTally(recorded(t, "select"))
	if one.Fairness <= 0 || one.Fairness > 1 || mux.Fairness <= 0 || mux.Fairness > 1 {
		t.Errorf("fairness is %v and %v", one.Fairness, mux.Fairness)
	}
	if one.LongestWait.Time <= mux.LongestWait.Time || one.Backlog <= mux.Backlog || one.Replies != mux.Replies {
		t.Errorf("iterative %+v\nselect %+v", one, mux)
	}
}

func TestDivergence(t *testing.T) {
	run := func(write func(*playtest.Script)) *Run {
		s := busy(2)
		write(s)
		return load(s)
	}
	same := run(func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "b") })
	for _, c := range []struct {
		name  string
		write func(*playtest.Script)
		want  string
	}{
		{"none", func(s *playtest.Script) { s.Echo(1, "a"); s.Pause(1, 5); s.Echo(2, "b") }, ""},
		{"the order of the replies", func(s *playtest.Script) { s.Echo(2, "b"); s.Echo(1, "a") },
			"client 1's recv returns next; in the other run it is client 2's recv"},
		{"a reply of other bytes", func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "bb") },
			"client 2's send returns 1; in the other run 2"},
		{"a failure", func(s *playtest.Script) {
			s.Enter(1, trace.Send, 3, trace.Event{})
			s.Return(1, trace.Event{Errno: trace.EPIPE})
		}, "client 1's send returns 1; in the other run -1 EPIPE"},
		{"a client that stops", func(s *playtest.Script) { s.Echo(1, "a") }, "client 2 calls send; in the other run it does not"},
		{"a client that goes on", func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "b"); s.Do(1, trace.Close, 3, 0) },
			"client 1 calls close in the other run only"},
	} {
		d, got := Diverge(same, run(c.write)), ""
		if d != nil {
			got = d.Text
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
