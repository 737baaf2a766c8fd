package timeline

import (
	"math"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// lane draws the marks of one lane and notes its labels.
func (t *Timeline) lane(f *frame, row Row) {
	li, lane := &t.index.lanes[row.Lane], &f.p.Run.Lanes[row.Lane]
	m := sizes[t.View.Size]
	d := laneDrawing{t: t, f: f, row: row, lane: lane, index: li, h: barOf(&row, t.View.Size)}
	top := f.top(row)
	d.mid = math.Round(top+row.Height/2) + m.sink - 0.5
	if row.Big {
		d.mid = math.Round(top + row.Height/2)
	}
	d.draw()
}

type laneDrawing struct {
	t     *Timeline
	f     *frame
	row   Row
	lane  *play.Lane
	index *laneIndex
	told  float64 // px up to which the lane is known
	mid   float64 // the line's y
	h     float64 // of a bar
}

func (d *laneDrawing) draw() {
	x0, x1, ok := d.life()
	if !ok {
		return
	}
	s, f := &d.t.scene, d.f
	line := x0 // how far the running line is drawn
	w := d.index.bars(f.Scale, f.from, f.to, f.toldUnit)
	b, more := w.next()
	for more {
		if b.x0 > x1 {
			break
		}
		next, another := w.next()
		if b.shape&paused != 0 && b.x1-b.x0 >= 4 {
			d.line(line, b.x0)
			line = min(b.x1, x1)
		}
		if !d.merge(b) {
			d.t.pending = append(d.t.pending, b)
		}
		b, more = next, another
	}
	d.line(line, x1)
	d.done(x1)
	if x0 >= -edge && d.lane.Start >= 0 {
		s.stroke(Run, 2, Solid, x0, d.mid-5, x0, d.mid+5)
	}
	if d.exited() && x1 <= f.right+edge {
		s.stroke(Run, 2, Solid, x1, d.mid-5, x1, d.mid+5)
	}
	for i, b := range d.t.pending {
		room := math.Inf(1)
		if i+1 < len(d.t.pending) {
			room = d.t.pending[i+1].x0
		}
		d.bar(b)
		d.label(b, room)
	}
	d.t.pending = d.t.pending[:0]
	d.gaps(x1)
}

// exited reports whether the lane's thread has ended, as far as is told.
func (d *laneDrawing) exited() bool {
	return d.lane.Exit >= 0 && d.f.Step(d.f.p.Run, d.lane.Exit) <= d.f.told
}

// merge adds b to the bar before it, where both are too small for their form and
// touch.
func (d *laneDrawing) merge(b bar) bool {
	n := len(d.t.pending)
	if n == 0 || b.x1-b.x0 >= small || b.shape&(open|paused) != 0 || b.strip {
		return false
	}
	a := &d.t.pending[n-1]
	if a.first == a.last && a.x1-a.x0 >= small || a.strip || miniature(a.shape) != miniature(b.shape) || b.x0 > a.x1+0.75 {
		return false
	}
	a.last, a.x1 = b.last, max(a.x1, b.x1)
	return true
}

// small is the width below which a bar has no room for its form, in px.
const small = 6

// life returns from where to where the lane's thread lives, in px.
func (d *laneDrawing) life() (x0, x1 float64, ok bool) {
	r, f := d.f.p.Run, d.f
	switch {
	case d.lane.Start >= 0:
		x0 = f.Step(r, d.lane.Start)
	case len(d.lane.Calls) > 0:
		x0 = f.Step(r, r.Calls[d.lane.Calls[0]].Enter)
	default:
		return 0, 0, false
	}
	d.told = f.told
	if d.lane.Known > 0 {
		d.told = min(d.told, f.Step(r, d.lane.Known-1))
	}
	x1 = d.told
	if d.lane.Exit >= 0 {
		x1 = min(x1, f.Step(r, d.lane.Exit))
	}
	return x0, x1, x0 <= x1 && x0 <= f.right+edge && x1 >= -edge
}

func (d *laneDrawing) line(x0, x1 float64) {
	x0, x1 = d.f.cut(x0), d.f.cut(x1)
	switch {
	case x1 <= x0:
	case d.lane.Role == trace.RoleAgent, d.f.p.Run.Straced(d.lane.Proc), d.f.p.Run.Logged(d.lane.Proc): // between calls it waits for a person, or nobody knows what it does
		d.t.scene.stroke(Muted, 1, Sparse, x0, d.mid, x1, d.mid)
	default:
		d.t.scene.stroke(Run, 2, Solid, x0, d.mid, x1, d.mid)
	}
}

// bar draws one bar; a call that has not returned has no right edge.
func (d *laneDrawing) bar(b bar) {
	f, s := d.f, &d.t.scene
	returned := d.returned(b)
	x0, x1 := b.x0, min(b.x1, d.told)
	if x1 < -edge || x0 > f.right+edge {
		return
	}
	y, h := d.mid-d.h/2, d.h
	w := x1 - x0
	switch {
	case b.shape&paused != 0:
		d.pause(x0, x1)
	case !returned && d.t.View.Veil:
		// Whether it sleeps is part of what comes.
		d.box(Run, f.cut(x0), f.cut(x1), Dotted)
		s.rect(Run, x0-1, y-1, 2, h+2, 0)
	case !returned && d.lane.Thread < trace.KernelThread && d.f.p.Run.Straced(d.lane.Proc):
		d.untold(x0, x1) // a goroutine waits; whether a thread does is not known
	case !returned:
		d.hollow(x0, x1, true)
		s.rect(Run, x0-1, y-1, 2, h+2, 0)
	case b.shape&slept != 0 && w >= small:
		d.hollow(x0, x1, false)
		if b.first != b.last {
			return // many sleeps together have no single beginning and end
		}
		s.rect(Run, x0-1, y-1, 2, h+2, 0)
		if b.shape&(failed|notYet) != 0 {
			d.notch(max(x0+3, x1-14), x1, b.shape)
			return
		}
		s.rect(Run, x1-1.5, y-1, 3, h+2, 0)
	case b.shape&(failed|notYet) != 0:
		d.notch(x0, x1, b.shape)
		if b.strip {
			d.chevrons(b)
		}
	case b.shape&slept != 0:
		w = max(w, grain)
		s.rect(AsleepHatch, x0, y, w, h, 0)
		s.rect(Asleep, x0, y, w, 1, 0)
		s.rect(Asleep, x0, y+h-1, w, 1, 0)
	case b.shape&unknown != 0 && w >= small:
		d.untold(x0, x1)
	default:
		radius := 1.5
		if w < small {
			radius = 0
		}
		s.rect(Run, f.cut(x0), y, max(f.cut(x1)-f.cut(x0), grain), h, radius)
	}
}

// returned reports whether the bar's last call came back, as far as is told.
func (d *laneDrawing) returned(b bar) bool {
	return b.shape&open == 0 && float64(d.index.to[d.f.By][b.last]) <= d.f.toldUnit
}

// untold draws a call of which nobody knows whether it slept.
func (d *laneDrawing) untold(x0, x1 float64) {
	a, b := d.f.cut(x0), d.f.cut(x1)
	d.t.scene.rect(AsleepFill, a, d.mid-d.h/2, b-a, d.h, 0)
	d.box(Asleep, a, b, Dotted)
}

// hollow draws a thread asleep: an outline, a soft fill and the hatch.
func (d *laneDrawing) hollow(x0, x1 float64, unreturned bool) {
	s, y := &d.t.scene, d.mid-d.h/2
	a, b := d.f.cut(x0), d.f.cut(x1)
	if b <= a {
		return
	}
	s.rect(AsleepFill, a, y, b-a, d.h, 0)
	s.put(opHatch, a, y, b-a, d.h, math.Mod(a-x0, hatchTile))
	if unreturned {
		s.stroke(Asleep, 1, Solid, b, y, a, y, a, y+d.h, b, y+d.h)
		return
	}
	d.box(Asleep, a, b, Solid)
}

// hatchTile is the period of the hatch along x, in px, as canvas.js has it.
const hatchTile = 7

func (d *laneDrawing) box(c Colour, a, b float64, dash Dash) {
	y := d.mid - d.h/2
	d.t.scene.stroke(c, 1, dash, a, y, b, y, b, y+d.h, a, y+d.h, a, y-0.5)
}

// asked reports whether the question is about this lane.
func (d *laneDrawing) asked() bool {
	return d.t.View.Veil && d.t.View.AskLane == d.row.Lane
}

// notch draws a call that returned an errno: a bar with a V cut into its right
// end, hollow when the errno says "not yet".
func (d *laneDrawing) notch(x0, x1 float64, sh shape) {
	s, y, h := &d.t.scene, d.mid-d.h/2, d.h
	x1 = max(x1, x0+grain)
	a, b := d.f.cut(x0), d.f.cut(x1)
	v := min(5, (b-a)/2)
	switch {
	case sh&failed != 0 && b-a < small: // too narrow for its shape: taller instead
		s.rect(Error, a, y-2, b-a, h+4, 0)
	case sh&failed != 0:
		s.rect(Screen, a, y, b-a, h, 0)
		s.fill(Error, a, y, b, y, b-v, y+h/2, b, y+h, a, y+h)
	case b-a < small:
		s.rect(Again, a, y, b-a, h, 0)
	default:
		s.rect(Screen, a, y, b-a, h, 0)
		s.stroke(Again, 1.5, Solid, a, y, b, y, b-v, y+h/2, b, y+h, a, y+h, a, y-0.75)
	}
}

// chevrons marks the returns inside a strip, where there is room for them.
func (d *laneDrawing) chevrons(b bar) {
	to := d.index.to[d.f.By]
	if b.x1-b.x0 < 10*float64(b.last-b.first+1) {
		return
	}
	y := d.mid - d.h/2
	for i := b.first; i < b.last; i++ {
		if x := d.f.X(float64(to[i])); x > 0 && x < d.f.right+edge {
			d.t.scene.stroke(Again, 1, Solid, x, y, x-5, d.mid, x, y+d.h)
		}
	}
}

// pause draws a pause that a knob injected.
func (d *laneDrawing) pause(x0, x1 float64) {
	s := &d.t.scene
	a, b := d.f.cut(x0), d.f.cut(x1)
	if b-a >= 4 {
		s.stroke(Muted, 1, Sparse, a, d.mid, b, d.mid)
	}
	if x := (max(a, 0) + min(b, d.f.right)) / 2; b-a >= 12 {
		s.rect(Screen, x-6, d.mid-2, 12, 4, 0)
		s.stroke(Error, 1.25, Solid, x, d.mid-4.5, x+4.5, d.mid, x, d.mid+4.5, x-4.5, d.mid, x, d.mid-4.5, x+1, d.mid-3.5)
	}
}

// event returns what is at hand of the Enter of call i of the lane and of its Return, nil
// for none.
func (d *laneDrawing) event(i int) (enter, ret *play.Gist) {
	r := d.f.p.Run
	c := &r.Calls[d.lane.Calls[i]]
	enter = r.Gist(c.Enter)
	if c.Return >= 0 {
		ret = r.Gist(c.Return)
	}
	return enter, ret
}

// back returns the Return of call i of the lane.
func (d *laneDrawing) back(i int) *trace.Event {
	r := d.f.p.Run
	return r.Step(r.Calls[d.lane.Calls[i]].Return)
}
