package timeline

import (
	"math"
	"time"

	"sockscope/web/play"
)

// Overview is the whole run in miniature, with what its Timeline shows of it
// and the playhead: the scrubber.
type Overview struct {
	Of *Timeline

	width, height float64
	scene         Scene
}

// Layout draws the run on width x height px. The scene is valid until the
// next one.
func (o *Overview) Layout(width, height float64) *Scene {
	o.scene.reset()
	o.width, o.height = width, height
	t := o.Of
	if t.Player == nil || width <= 0 {
		return &o.scene
	}
	t.prepare()
	s, p := o.scale(), t.Player
	told := extent(p.Run, s.By)
	if t.View.Veil {
		told = head(p)
	}
	if n := len(t.rows); n > 0 {
		pitch := min(7.5, (height-4)/float64(n))
		top := (height - pitch*float64(n)) / 2
		for i, row := range t.rows {
			o.lane(s, row, told, top+pitch*float64(i), pitch)
		}
	}
	if x0, x1 := s.X(s.Torn.from), s.X(s.Torn.to); s.Torn.is() && s.Torn.from <= told {
		o.scene.rect(Panel, x0, 0, x1-x0, height, 0)
		for _, x := range [...]float64{x0, x1} {
			o.scene.stroke(Line2, 1, Solid, x-2, height, x+2, 0)
		}
	}
	x := s.X(head(p))
	if t.View.Veil {
		o.scene.put(opDots, x, 0, width-x, height)
	}
	o.window(s)
	o.scene.rect(Ink, min(x-0.75, width-1.5), 0, 1.5, height, 0)
	return &o.scene
}

func (o *Overview) scale() Scale {
	p := o.Of.Player
	width, _ := shown(p)
	return Scale{By: p.Scale, Px: o.width / max(width, 1), Torn: breakOf(p.Run, p.Scale)}
}

func (o *Overview) lane(s Scale, row Row, told, y, pitch float64) {
	t := o.Of
	d := laneDrawing{f: &frame{Scale: s, p: t.Player, told: s.X(told), toldUnit: told, right: o.width}, lane: &t.Player.Run.Lanes[row.Lane]}
	x0, x1, ok := d.life()
	if !ok {
		return
	}
	h := max(1, min(4, pitch-1.5))
	o.scene.rect(Run, x0, y+pitch/2-0.5, x1-x0, min(1, pitch/2), 0)
	w := t.index.lanes[row.Lane].bars(s, 0, told, told)
	// Neighbours of one colour are one rectangle.
	var c Colour
	var from, to float64
	flush := func() {
		if to > from {
			o.scene.rect(c, from, y+(pitch-h)/2, to-from, h, 0)
		}
	}
	for b, more := w.next(); more; b, more = w.next() {
		end := min(max(b.x1, b.x0+1), x1)
		next := miniature(b.shape)
		if next != c || b.x0 > to+0.75 {
			flush()
			c, from = next, b.x0
		}
		to = max(end, b.x0+1)
	}
	flush()
	last := math.Inf(-1)
	for i := range d.lane.Gaps {
		a, b := d.f.gap(d.lane, i)
		if b = max(b, a+1.5); b > last+0.75 && !d.f.hides(&d.lane.Gaps[i]) {
			o.scene.rect(Screen, a, y, b-a, pitch, 0)
			last = b
		}
	}
}

// miniature is the colour that a shape has where it is too small for its form.
func miniature(s shape) Colour {
	switch {
	case s&paused != 0:
		return Line
	case s&failed != 0:
		return Error
	case s&(slept|unknown|open) != 0:
		return AsleepHatch
	case s&notYet != 0:
		return Again
	}
	return Run
}

// window draws what of the run the timeline shows.
func (o *Overview) window(s Scale) {
	t := o.Of
	v := t.View.Scale(t.Player)
	x0, x1 := max(0.5, s.X(v.At(0))), min(o.width-0.5, s.X(v.At(t.View.Width)))
	if x1-x0 > o.width-2 || t.View.Width <= 0 {
		return // all of it
	}
	x1 = max(x1, x0+3)
	o.scene.put(opAlpha, 0.05)
	o.scene.rect(Ink, x0, 0, x1-x0, o.height, 0)
	o.scene.put(opAlpha, 1)
	y := o.height - 0.5
	o.scene.stroke(Line2, 1, Solid, x0, 0.5, x1, 0.5, x1, y, x0, y, x0, 0)
}

// Paint is for a canvas; see Timeline.Paint.
func (o *Overview) Paint(width, height float64, _ time.Duration) (frame []byte, again bool) {
	return o.Layout(width, height).Bytes(), false
}

// Gesture seeks to where the pointer is pressed, and reports whether to draw
// again.
func (o *Overview) Gesture(g Gesture) bool {
	t := o.Of
	if t.Player == nil || o.width <= 0 || t.View.Veil || g.Action != Press && g.Action != Drag {
		return false
	}
	p := t.Player
	p.Playing = false
	if u := o.scale().At(g.X); p.Scale == play.ByStep {
		p.Seek(int(math.Round(u)))
	} else {
		p.SeekTime(int64(u))
	}
	t.View.Scale(p)
	t.View.Follow(p)
	if t.Moved != nil {
		t.Moved()
	}
	return true
}
