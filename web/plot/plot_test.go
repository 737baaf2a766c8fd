package plot

import (
	"math"
	"reflect"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

func point(mechanism string, idle int, cpu int64) trace.Point {
	return trace.Point{Mechanism: mechanism, Idle: idle, Messages: 10, CPU: 10 * cpu, RoundTrip: 20 * cpu, Asks: 5, Ask: 7}
}

func TestRepeatsAreGathered(t *testing.T) {
	points := []trace.Point{
		{Of: 9},
		point("poll", 100, 900), point("epoll", 10, 50), point("poll", 10, 300), point("poll", 10, 100),
		point("poll", 10, 200), {Mechanism: "select", Idle: 3000, Why: "no bit"}, point("epoll", 10, 70),
		{Mechanism: "kqueue", Idle: 10, Messages: 1, CPU: 1}, {Mechanism: "poll", Idle: -5, Messages: 1, CPU: 1},
		{Mechanism: "poll", Idle: math.MaxInt, Messages: 1, CPU: 1},
	}
	want := []Mark{
		{Mechanism: 0, Idle: 3000, Why: "no bit"},
		{Mechanism: 1, Idle: 10, Low: 100, Mid: 200, High: 300, Repeats: 3},
		{Mechanism: 1, Idle: 100, Low: 900, Mid: 900, High: 900, Repeats: 1},
		{Mechanism: 2, Idle: 10, Low: 50, Mid: 60, High: 70, Repeats: 2},
	}
	got := Gather(points, lab.CPU)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		got[i].values = nil
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("mark %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	if m := Gather(points, lab.RoundTrip)[1]; m.Mid != 400 {
		t.Errorf("round trip %+v", m)
	}
	if m := Gather(points, lab.Ask)[1]; m.Mid != 7 {
		t.Errorf("one wait %+v", m)
	}
}

func TestMarksLieInTheirField(t *testing.T) {
	var points []trace.Point
	for _, n := range []int{10, 100, 1000, 10000} {
		for _, m := range Mechanisms {
			points = append(points, point(m, n, int64(n)), point(m, n, int64(3*n)), point(m, n, int64(9*n)))
		}
	}
	points = append(points, trace.Point{Mechanism: "select", Idle: 20000, Why: "no"})
	for _, w := range []float64{300, 1440} {
		p := Lay(Gather(points, lab.CPU), 10000, w, 400)
		for i, m := range p.Marks {
			if m.X < p.Left || m.X > p.Right {
				t.Errorf("%+v beside the field %v to %v", m, p.Left, p.Right)
			}
			if m.Repeats == 0 {
				if m.Y >= p.Top {
					t.Errorf("what is not measured lies in the field: %+v", m)
				}
				continue
			}
			if !(p.Top <= m.YHigh && m.YHigh < m.Y && m.Y < m.YLow && m.YLow <= p.Bottom) {
				t.Errorf("%+v is not in order", m)
			}
			if got := p.Nearest(m.X+1, m.Y-1); got != i {
				t.Errorf("nearest to mark %d is %d", i, got)
			}
		}
		// Ten times as many lie as far apart everywhere.
		a, b, c := p.Marks[5].X, p.Marks[6].X, p.Marks[7].X
		if math.Abs((b-a)-(c-b)) > 1e-6 {
			t.Errorf("not logarithmic: %v %v %v", a, b, c)
		}
		if first, last := p.Y[0], p.Y[len(p.Y)-1]; first.Label != "0.01" || last.Label != "1,000" {
			t.Errorf("costs from %q to %q", first.Label, last.Label)
		}
	}
}

func TestAnEmptyPlotHasAxes(t *testing.T) {
	for _, marks := range [][]Mark{nil, {{Idle: 10, Why: "no"}}, {{Idle: 10, Repeats: 1, Low: 1000, Mid: 1000, High: 1000}}} {
		p := Lay(marks, 10, 300, 200)
		if len(p.X) == 0 || len(p.Y) < 2 {
			t.Errorf("%+v: %+v", marks, p)
		}
		for _, tick := range append(p.X, p.Y...) {
			if math.IsNaN(tick.At) || math.IsInf(tick.At, 0) {
				t.Errorf("a tick at %v", tick.At)
			}
		}
		if got := p.Nearest(0, 0); got != len(marks)-1 {
			t.Errorf("nearest of %d is %d", len(marks), got)
		}
	}
}

func TestMovingFromMarkToMark(t *testing.T) {
	p := Lay(Gather([]trace.Point{
		point("select", 10, 1), point("poll", 10, 1), point("poll", 30, 1), point("epoll", 30, 1),
	}, lab.CPU), 30, 300, 200)
	for _, c := range []struct{ from, dx, dy, to int }{
		{-1, 1, 0, 0}, {99, 1, 0, 0},
		{0, 1, 0, 0}, {0, 0, 1, 1}, {0, 0, -1, 0},
		{1, 1, 0, 2}, {2, -1, 0, 1}, {2, 0, 1, 3}, {2, 0, -1, 2}, {1, 0, -1, 0},
	} {
		if got := p.Beside(c.from, c.dx, c.dy); got != c.to {
			t.Errorf("from %d by %d, %d to %d, want %d", c.from, c.dx, c.dy, got, c.to)
		}
	}
	if (&Plot{}).Beside(0, 1, 0) != -1 {
		t.Error("a mark of none")
	}
}
