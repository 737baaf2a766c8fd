package timeline

import (
	"time"

	"sockscope/web/play"
)

// Timeline is the lanes of a run on a screen. It is for one goroutine.
type Timeline struct {
	Player *play.Player
	View   View

	// Moved, if set, is called when the pointer or playing has moved the player.
	// Pointed is called when the pointer has come to something else. Clicked is called
	// after Moved, when the pointer was pressed and let go there. They are called while
	// drawing or pointing, so they must be quick.
	Moved   func()
	Pointed func(Target)
	Clicked func(Target)

	// Notes are written into the bands above joined runs, in their order.
	Notes []Note
	// Scrolled, if set, scrolls the names beside the canvas as far as the lanes are,
	// and returns how far the names are scrolled then. The lanes are drawn there, too.
	// It is called while drawing.
	Scrolled func(top float64) float64

	// Still switches motion off, as prefers-reduced-motion asks.
	Still bool

	index   Index
	rows    []Row
	scene   Scene
	labels  []label
	pending []bar // of the lane being drawn
	after   []stub
	word    []byte // scratch for one label
	last    time.Duration
	top     float64 // View.Top as painted last
	drag    drag
	motion  motion
	lag     lag
}

// Note is what a band says: what runs, and what came of it.
type Note struct{ What, Result string }

// Show changes to another player, at the beginning of its run.
func (t *Timeline) Show(p *play.Player) {
	t.Player = p
	t.View.window = [2]window{}
	t.View.Top, t.View.Hover = 0, Target{}
	t.View.Picked, t.View.Chain = 0, nil
}

// Know takes over an index that was made of a run while that came. It is for the player
// of that run, and does nothing else.
func (t *Timeline) Know(made *Index) {
	if t.Player != nil && made.run == t.Player.Run && t.index.run != made.run {
		t.index = *made
	}
}

// Rows returns where the lanes are; see Row. It is valid until the next call.
func (t *Timeline) Rows() []Row {
	t.prepare()
	return t.rows
}

// ShowLane scrolls so that the lane with the index in Run.Lanes is in view.
func (t *Timeline) ShowLane(lane int) {
	for _, row := range t.Rows() {
		if row.Lane == lane {
			t.View.Top = max(min(t.View.Top, row.Top), row.Top+row.Height-(t.View.Height-Ruler))
		}
	}
}

// prepare takes over what the run has grown by.
func (t *Timeline) prepare() {
	t.index.Update(t.Player.Run)
	t.rows = Rows(t.Player.Run, t.View.Size, t.rows)
	t.View.Top = max(0, min(t.View.Top, RowsHeight(t.rows)-(t.View.Height-Ruler)))
}

// Layout draws what the view shows. The scene is valid until the next one.
func (t *Timeline) Layout() *Scene {
	t.scene.reset()
	p := t.Player
	if p == nil || t.View.Width <= 0 {
		return &t.scene
	}
	t.prepare()
	f := t.frame(t.View.Scale(p))
	t.labels = t.labels[:0]

	t.clip(0, Ruler, f.right, t.View.Height-Ruler)
	for _, row := range t.rows {
		if top := f.top(row); top < t.View.Height && top+row.Height > Ruler {
			if p.Run.Lanes[row.Lane].Role == play.RolePeer {
				t.peer(&f, &row)
			} else {
				t.lane(&f, row)
			}
		}
	}
	t.wakes(&f)
	t.wire(&f)
	t.arrivals(&f)
	t.tornAxis(&f)
	t.fade(&f)
	t.graticule(&f)
	t.bands(&f)
	t.scene.put(opPop)

	t.clip(0, Ruler, f.right, t.View.Height-Ruler)
	t.write(&f)
	t.outline(&f, t.View.Picked-1, 2)
	t.outline(&f, t.View.Hover.Call(), 1)
	t.mark(&f)
	t.scene.put(opPop)
	t.ruler(&f)
	t.playhead(&f)
	return &t.scene
}

func (t *Timeline) clip(x, y, w, h float64) { t.scene.put(opPush, x, y, w, h) }

// frame is what all parts of one drawing share.
type frame struct {
	Scale
	p        *play.Player
	right    float64 // the canvas's width, px
	head     float64 // the playhead, px
	told     float64 // px up to which it may be drawn
	toldUnit float64 // the same as a unit
	from     float64 // first and last unit to look at
	to       float64
	up       float64 // px that the lanes are scrolled
}

func (t *Timeline) frame(s Scale) frame {
	p := t.Player
	s.From += t.lag.from
	f := frame{Scale: s, p: p, right: t.View.Width, up: t.View.Top}
	f.head = s.X(head(p) + t.lag.head)
	f.toldUnit = extent(p.Run, s.By)
	if t.View.Veil {
		f.toldUnit = head(p)
	}
	f.told = s.X(f.toldUnit)
	f.from, f.to = s.At(-edge), min(s.At(f.right+edge), f.toldUnit)
	return f
}

// edge is how far outside of the canvas things are still drawn, in px, so that a
// shape that is cut shows no end.
const edge = 48

func (f *frame) top(row Row) float64 { return Ruler + row.Top - f.up }

// cut limits x to what is worth drawing.
func (f *frame) cut(x float64) float64 { return max(-edge, min(x, f.right+edge)) }

// fade turns down what lies right of the playhead, or hides it.
func (t *Timeline) fade(f *frame) {
	x := max(0, f.head+0.5)
	if x >= f.right {
		return
	}
	h := t.View.Height - Ruler
	if t.View.Veil {
		t.scene.put(opDots, x, Ruler, f.right-x, h)
		return
	}
	t.scene.put(opBlend, erase)
	t.scene.put(opAlpha, 1-future)
	t.scene.rect(Ink, x, Ruler, f.right-x, h, 0)
	t.scene.put(opAlpha, 1)
	t.scene.put(opBlend, over)
}

// future is how much of a mark is left right of the playhead.
const future = 0.34

// Paint plays on to now and returns the drawing for a canvas of width x height CSS
// px. again says that another drawing should follow at once. Of now only differences
// count.
func (t *Timeline) Paint(width, height float64, now time.Duration) (frame []byte, again bool) {
	t.View.Width, t.View.Height = width, height
	p := t.Player
	if p == nil {
		return t.Layout().Bytes(), false
	}
	if p.Playing && t.last > 0 && p.Tick(min(now-t.last, longestTick)) {
		t.View.Scale(p) // there is a window to move
		t.View.Follow(p)
		if t.Moved != nil {
			t.Moved()
		}
	}
	t.last = 0
	if p.Playing {
		t.last, again = now, true
	}
	var moving bool
	t.lag, moving = t.motion.advance(p, t.View.Scale(p), now, t.Still || p.Playing || t.drag.down)
	frame = t.Layout().Bytes()
	if t.scrolled() {
		frame = t.Layout().Bytes()
	}
	t.lag = lag{}
	return frame, again || moving
}

// scrolled has the names beside the canvas scrolled as far as the lanes are. There is
// one offset: where the names can't be scrolled so far, the lanes aren't either. It
// reports whether the lanes have moved back.
func (t *Timeline) scrolled() bool {
	if t.top == t.View.Top || t.Scrolled == nil {
		t.top = t.View.Top
		return false
	}
	want := t.View.Top
	t.View.Top = t.Scrolled(want)
	t.top = t.View.Top
	return t.View.Top != want
}

// longestTick bounds how far playing goes on when frames were missed, as in a
// tab that was hidden.
const longestTick = 100 * time.Millisecond
