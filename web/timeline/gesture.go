package timeline

import (
	"math"

	"sockscope/web/play"
)

// Action says what a Gesture does.
type Action uint8

// The actions of a pointer.
const (
	Move   Action = iota // at X, Y with no button
	Leave                // it is gone
	Press                // a button or a finger goes down at X, Y
	Drag                 // moves by DX, DY since the last gesture, pressed
	Lift                 // goes up at X, Y
	Scroll               // the wheel, by DX, DY px
	Zoom                 // by Factor about X
)

// Gesture is one thing that a pointer does on a canvas. Lengths are CSS px.
type Gesture struct {
	Action Action
	X, Y   float64
	DX, DY float64
	Factor float64
}

// drag is what a pressed pointer has done so far.
type drag struct {
	down  bool
	moved float64 // px
	grab  bool    // it holds the playhead
}

// click is how far a press may move and still be a click, in px.
const click = 4

// Gesture does what g asks for and reports whether to draw again. A click seeks,
// unless it is on an arrow, and tells what it hit. A drag pans, or moves the playhead.
// The wheel scrolls, a pinch zooms.
func (t *Timeline) Gesture(g Gesture) bool {
	p := t.Player
	if p == nil {
		return false
	}
	switch g.Action {
	case Move:
		return t.point(t.Hit(g.X, g.Y))
	case Leave:
		return t.point(Target{})
	case Press:
		x := t.View.Scale(p).X(head(p))
		t.drag = drag{down: true, grab: g.Y < Ruler || math.Abs(g.X-x) < 8}
		if t.drag.grab {
			t.seek(g.X)
			return true
		}
	case Drag:
		t.drag.moved += math.Abs(g.DX) + math.Abs(g.DY)
		if t.drag.grab {
			t.seek(g.X)
			return true
		}
		if t.drag.moved > click {
			t.View.Pan(p, g.DX, g.DY)
			return true
		}
	case Lift:
		t.drag.down = false
		if t.drag.moved > click {
			return false
		}
		hit := t.Hit(g.X, g.Y) // before the window follows the playhead
		if !t.drag.grab && hit.Wake() < 0 && hit.Packet() < 0 {
			t.seek(g.X)
		}
		if t.Clicked != nil && !t.View.Veil {
			t.Clicked(hit)
		}
		return true
	case Scroll:
		dx, dy := g.DX, g.DY
		if RowsHeight(t.Rows()) <= t.View.Height-Ruler {
			dx, dy = dx+dy, 0 // there is nothing above or below
		}
		t.View.Pan(p, -dx, -dy)
		return true
	case Zoom:
		t.View.Zoom(p, g.Factor, g.X)
		return true
	}
	return false
}

func (t *Timeline) point(hit Target) bool {
	if hit == t.View.Hover {
		return false
	}
	redraw := hit.call != t.View.Hover.call || hit.wake != t.View.Hover.wake || hit.packet != t.View.Hover.packet
	t.View.Hover = hit
	if t.Pointed != nil {
		t.Pointed(hit)
	}
	return redraw
}

// seek moves the player to what is at x; what is hidden stays so.
func (t *Timeline) seek(x float64) {
	p := t.Player
	if t.View.Veil {
		return
	}
	p.Playing = false
	if u := t.View.Scale(p).At(x); p.Scale == play.ByStep {
		p.Seek(int(math.Round(u)))
	} else {
		p.SeekTime(int64(u))
	}
	if t.Moved != nil {
		t.Moved()
	}
}
