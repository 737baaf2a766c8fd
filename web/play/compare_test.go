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
		r.Gist(w.Step).Call != trace.Send || w.Time != r.Gist(w.Reply).Time-r.Gist(w.Step).Time {
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

func hear(runs ...*Run) []*Heard {
	var out []*Heard
	for _, r := range runs {
		out = append(out, Hear(r))
	}
	return out
}

func TestDivergence(t *testing.T) {
	run := func(write func(*playtest.Script)) *Run {
		s := busy(2)
		write(s)
		return load(s)
	}
	one := run(func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "b") })
	for _, c := range []struct {
		name  string
		write func(*playtest.Script)
		a, b  string
	}{
		{"none", func(s *playtest.Script) { s.Echo(1, "a"); s.Pause(1, 5); s.Echo(2, "b") }, "", ""},
		{"the order of the replies", func(s *playtest.Script) { s.Echo(2, "b"); s.Echo(1, "a") },
			"client 1's first recv returns before client 2's", "after it"},
		{"a reply of more bytes", func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "bb") },
			"client 2's first send returns 1", "2"},
		{"a reply of other bytes", func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "x") },
			"client 2's first recv returns 1", "and brings other bytes"},
		{"a failure", func(s *playtest.Script) {
			s.Enter(1, trace.Send, 3, trace.Event{})
			s.Return(1, trace.Event{Errno: trace.EPIPE})
		}, "client 1's first send returns 1", "-1 EPIPE"},
		{"a client that stops", func(s *playtest.Script) { s.Echo(1, "a") }, "client 2 calls send", "not"},
		{"a client that goes on", func(s *playtest.Script) { s.Echo(1, "a"); s.Echo(2, "b"); s.Do(1, trace.Close, 3, 0) },
			"client 1 makes no call more", "but calls close"},
	} {
		d, alike := Diverge(hear(one), hear(run(c.write)))
		if d == nil {
			d = new(Divergence)
		}
		if d.A != c.a || d.B != c.b || alike != (c.a == "") {
			t.Errorf("%s: %q, %q, alike %v", c.name, d.A, d.B, alike)
		}
	}
}

// What differs in some runs only is not the servers' doing.
func TestADivergenceHoldsInEveryRun(t *testing.T) {
	run := func(order ...int) *Run { return load(echoes(order...)) }
	a := hear(run(1, 2, 3), run(1, 3, 2))
	for _, c := range []struct {
		name  string
		b     []*Heard
		want  string
		alike bool
	}{
		{"client 1 is last in each", hear(run(3, 2, 1), run(2, 3, 1)), "client 1's first recv returns before client 3's", false},
		{"one of them is as in a", hear(run(3, 2, 1), run(1, 2, 3)), "", false},
		{"only client 1 and 3 are otherwise in each", hear(run(3, 2, 1), run(3, 1, 2)), "client 1's first recv returns before client 3's", false},
		{"the same runs", a, "", false},
	} {
		d, alike := Diverge(a, c.b)
		got := ""
		if d != nil {
			got = d.A
		}
		if got != c.want || alike != c.alike {
			t.Errorf("%s: %q, alike %v", c.name, got, alike)
		}
	}
	if _, alike := Diverge(a[:1], a[:1]); !alike {
		t.Error("a run differs from itself")
	}
	// A client that makes a call more in one run has no place in an order there.
	if d, _ := Diverge(hear(run(1, 2, 1), run(1, 2)), hear(run(2, 1, 1), run(2, 1))); d == nil || d.A != "client 1's first recv returns before client 2's" {
		t.Errorf("with fewer calls: %+v", d)
	}
}

func TestStanding(t *testing.T) {
	for _, c := range []struct {
		name   string
		rounds [][]float64
		more   bool
		first  int
		wins   int
		odds   float64
		apart  bool
	}{
		{"none", nil, false, -1, 0, 1, false},
		{"one round", [][]float64{{3, 1}}, false, 1, 1, 1, false},
		{"three alike", [][]float64{{3, 1}, {4, 2}, {9, 5}}, false, 1, 3, 0.25, false},
		{"five alike", [][]float64{{3, 1}, {4, 2}, {9, 5}, {6, 5}, {2, 1}}, false, 1, 5, 1. / 16, true},
		{"four of five", [][]float64{{3, 1}, {4, 2}, {9, 5}, {6, 5}, {1, 2}}, false, 1, 4, 0.375, false},
		{"four of five among four", [][]float64{{3, 1, 3, 3}, {4, 2, 3, 3}, {9, 5, 8, 8}, {6, 5, 8, 8}, {1, 2, 3, 3}}, false, 1, 4, 4 * (5*3 + 1.) / 1024, true},
		{"a draw", [][]float64{{1, 2}, {2, 1}}, false, -1, 0, 1, false},
		{"the same figure", [][]float64{{1, 1}, {2, 2}}, false, -1, 0, 1, false},
		{"the most", [][]float64{{1, 0.5}, {0.9, 0.5}, {1, 0.2}, {1, 0.5}, {1, 0.5}}, true, 0, 5, 1. / 16, true},
		{"not known", [][]float64{{-1, 5, 7}}, false, 1, 1, 1, false},
	} {
		s := NewStanding(c.rounds, c.more)
		if s.First != c.first || c.first >= 0 && s.Wins[c.first] != c.wins || math.Abs(s.Odds()-c.odds) > 1e-12 || s.Apart() != c.apart {
			t.Errorf("%s: %+v, odds %v, apart %v", c.name, s, s.Odds(), s.Apart())
		}
	}
	s := NewStanding([][]float64{{10, 3, 5}, {10, 1, 9}, {1, 10, 90}}, false)
	if s.Low != 2 || s.High != 8 {
		t.Errorf("it led by %v to %v in the rounds that it won", s.Low, s.High)
	}
}
