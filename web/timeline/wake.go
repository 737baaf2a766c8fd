package timeline

import (
	"math"
	"sort"

	"sockscope/web/play"
)

// wakes draws the inferred arrows of the window, from the end of the cause to the
// return that it woke. The arrows of the followed chain, and the one under the
// pointer, are drawn stronger.
func (t *Timeline) wakes(f *frame) {
	for _, w := range t.arrows(f) {
		t.wake(f, w, Dashed, 1.25)
	}
	for _, w := range t.View.Chain {
		t.wake(f, w, Solid, 2)
	}
	if w := f.p.Run.WakeOf(t.View.Hover.Wake()); w != nil {
		t.wake(f, *w, Solid, 2)
	}
}

// arrows returns the arrows of the window. Where they are too close to be told apart,
// only the one at the playhead is left.
func (t *Timeline) arrows(f *frame) []play.Wake {
	r := f.p.Run
	if t.View.Wire && len(r.Packets) > 0 {
		return nil // the packets say more
	}
	first := sort.Search(len(r.Wakes), func(i int) bool { return unit(r, f.By, r.Wakes[i].Effect) >= f.from })
	most := int(f.right / wakeRoom)
	if t.View.Size == Compact {
		most = 0
	}
	n := first
	for n < len(r.Wakes) && n-first <= most && unit(r, f.By, r.Wakes[n].Effect) <= f.to {
		n++
	}
	if n-first <= most {
		return r.Wakes[first:n]
	}
	step := f.p.Pos() - 1
	k := sort.Search(len(r.Wakes), func(i int) bool { return r.Wakes[i].Effect >= step })
	if k < len(r.Wakes) && r.Wakes[k].Effect == step {
		return r.Wakes[k : k+1]
	}
	return nil
}

// wakeRoom is the least room an arrow needs, in px.
const wakeRoom = 14

// curve is an arrow as it is drawn: x and y of the points of a Bezier curve that
// ends a little before its tip.
type curve struct {
	xy  [8]float64
	tip float64 // y of the tip
}

// curve finds the shape of an arrow, and reports whether anything of it shows.
func (t *Timeline) curve(f *frame, w play.Wake, c *curve) bool {
	r := f.p.Run
	from, to := t.rowOf(r.Gist(w.Cause).Proc, r.Gist(w.Cause).Thread), t.rowOf(r.Gist(w.Effect).Proc, r.Gist(w.Effect).Thread)
	x0, x1 := f.Step(r, w.Cause), f.Step(r, w.Effect)
	if from < 0 || to < 0 || from == to || x1 > f.told+0.5 || x1 < -edge || x0 > f.right+edge {
		return false
	}
	x0 = max(x0, -2*edge)
	a, b := t.middle(f, &t.rows[from]), t.middle(f, &t.rows[to])
	dir := 1.0 // down
	if b < a {
		dir = -1
	}
	a += dir * barOf(&t.rows[from], t.View.Size) / 2
	b -= dir * (barOf(&t.rows[to], t.View.Size)/2 + 1)
	c.xy = [8]float64{x0, a, x0 + 6, a + dir*18, x1, b - dir*22, x1, b - dir*5}
	c.tip = b
	return true
}

func (t *Timeline) wake(f *frame, w play.Wake, dash Dash, width float64) {
	var c curve
	if !t.curve(f, w, &c) {
		return
	}
	s := &t.scene
	s.put(opCurve, float64(Wake), width, float64(dash))
	for _, v := range c.xy {
		s.word(v)
	}
	x, y := c.xy[6], c.xy[7]
	back := y + (y-c.tip)/5
	s.fill(Wake, x-3, back, x+3, back, x, c.tip)
}

// near reports whether a point lies on the arrow, give or take some px.
func (c *curve) near(x, y float64) bool {
	const parts = 24
	for i := 0; i <= parts; i++ {
		u := float64(i) / parts
		v := 1 - u
		at := [2]float64{-x, -y}
		for k := range at {
			at[k] += v*v*v*c.xy[k] + 3*v*v*u*c.xy[2+k] + 3*v*u*u*c.xy[4+k] + u*u*u*c.xy[6+k]
		}
		if math.Abs(at[0])+math.Abs(at[1]) <= 2*reach {
			return true
		}
	}
	return false
}

func (t *Timeline) middle(f *frame, row *Row) float64 {
	y := math.Round(f.top(*row) + row.Height/2)
	if row.Big {
		return y
	}
	return y + sizes[t.View.Size].sink - 0.5
}

// rowOf returns the index of the row of a thread, or -1.
func (t *Timeline) rowOf(proc, thread int) int {
	for i := range t.rows {
		l := &t.Player.Run.Lanes[t.rows[i].Lane]
		if l.Proc == proc && l.Thread == thread {
			return i
		}
	}
	return -1
}
