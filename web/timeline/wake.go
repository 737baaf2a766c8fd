package timeline

import (
	"math"
	"slices"

	"sockscope/web/play"
)

// wakes draws the inferred arrows of the window: from the end of what caused a
// wake to the return of what it woke. Where they would lie closer than can be
// told apart, only the one at the playhead is drawn.
func (t *Timeline) wakes(f *frame) {
	r := f.p.Run
	first, _ := slices.BinarySearchFunc(r.Wakes, f.from, func(w play.Wake, u float64) int {
		if unit(r, f.By, w.Effect) < u {
			return -1
		}
		return 1
	})
	n := 0
	most := int(f.right / wakeRoom)
	if t.View.Size == Compact {
		most = 0
	}
	for i := first; i < len(r.Wakes) && n <= most; i++ {
		if unit(r, f.By, r.Wakes[i].Effect) > f.to {
			break
		}
		n++
	}
	if n <= most {
		for i := first; i < first+n; i++ {
			t.wake(f, r.Wakes[i])
		}
		return
	}
	if w := r.WakeOf(f.p.Pos() - 1); w != nil {
		t.wake(f, *w)
	}
}

// wakeRoom is the least room an arrow needs, in px.
const wakeRoom = 14

func (t *Timeline) wake(f *frame, w play.Wake) {
	r := f.p.Run
	from, to := t.rowOf(r.Steps[w.Cause].Proc, r.Steps[w.Cause].Thread), t.rowOf(r.Steps[w.Effect].Proc, r.Steps[w.Effect].Thread)
	x0, x1 := f.Step(r, w.Cause), f.Step(r, w.Effect)
	if from < 0 || to < 0 || from == to || x1 > f.told+0.5 || x1 < -edge || x0 > f.right+edge {
		return
	}
	x0 = math.Max(x0, -2*edge)
	a, b := t.middle(f, t.rows[from]), t.middle(f, t.rows[to])
	m := sizes[t.View.Size]
	half := func(row Row) float64 {
		if row.Big {
			return m.serverBar / 2
		}
		return m.otherBar / 2
	}
	dir := 1.0 // down
	if b < a {
		dir = -1
	}
	y0, y1 := a+dir*half(t.rows[from]), b-dir*(half(t.rows[to])+1)
	s := &t.scene
	s.put(opCurve, float64(Wake), 1.25, float64(Dashed), x0, y0, x0+6, y0+dir*18, x1, y1-dir*22, x1, y1-dir*5)
	s.fill(Wake, x1-3, y1-dir*6, x1+3, y1-dir*6, x1, y1)
}

func (t *Timeline) middle(f *frame, row Row) float64 {
	y := math.Round(f.top(row) + row.Height/2)
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
