package timeline

import "sockscope/web/play"

// View is what of a run is on the screen. The zero View shows the start of
// a run by steps, and all of it by time.
type View struct {
	Width, Height float64 // of the canvas, CSS px
	Size          Size
	Top           float64 // px that the lanes are scrolled up

	// Veil hides all that lies right of the playhead, while a question is open.
	// AskLane is the lane whose call the question is about: what will it return?
	Veil    bool
	AskLane int

	// Wire shows the packets between the lanes, in place of the inferred arrows.
	Wire bool

	// Steady keeps the window where it is for as long as the playhead is in it.
	Steady bool

	// Marks are the positions at which a line marks each of several joined runs: where
	// they part. 0 is none.
	Marks []int

	// Hover is what the pointer is on.
	Hover Target

	// Picked is the call whose causes are followed, an index in Run.Calls plus
	// one, or 0; Chain are the arrows on the way.
	Picked int
	Chain  []play.Wake

	by     play.Scale
	window [2]window // by play.Scale
}

type window struct {
	from, px float64
	set      bool
	whole    float64 // how wide the run was that all of shows, in units; 0 where a part does
	own      bool    // the learner has zoomed it
}

const (
	pad       = 10   // px left of the first unit and right of the last, at least
	stepWidth = 24   // px of a step before any zoom
	narrow    = 21   // the same on a phone
	fullStep  = 40   // the most, for a run of few steps to fill the view
	maxStep   = 96   // px of a step, fully zoomed in
	maxTime   = 0.4  // px of a nanosecond, fully zoomed in
	rest      = 0.62 // where along the width the playhead comes to rest when it would leave
)

// Scale returns the scale of the view for the player's way of counting.
func (v *View) Scale(p *play.Player) Scale {
	w := &v.window[p.Scale]
	if !w.set || v.grown(p) {
		v.Reset(p)
	} else if v.by != p.Scale {
		v.by = p.Scale
		v.keep(p)
	}
	return Scale{p.Scale, w.from, w.px, breakOf(p.Run, p.Scale), fine(p.Run, p.Scale)}
}

// grown reports whether all of a run shows by time, and there is more of it now.
func (v *View) grown(p *play.Player) bool {
	width, _ := shown(p)
	w := &v.window[p.Scale]
	return p.Scale == play.ByTime && w.whole > 0 && w.whole != max(width, 1)
}

// keep brings the playhead into view after the way of counting changed.
func (v *View) keep(p *play.Player) {
	if x := v.headAt(p); x < 0 || x > v.Width {
		v.Center(p)
	}
}

// headAt returns where the window has the playhead, in px.
func (v *View) headAt(p *play.Player) float64 {
	w := &v.window[p.Scale]
	_, at := shown(p)
	return (at - w.from) * w.px
}

// Reset sets the window that a run begins with: 24 px a step, or all of it by
// time.
func (v *View) Reset(p *play.Player) {
	v.by = p.Scale
	if p.Scale == play.ByTime {
		v.Fit(p)
		return
	}
	px := float64(stepWidth)
	if v.Size == Narrow {
		px = narrow
	}
	v.window[play.ByStep] = window{from: -pad / px, px: px, set: v.Width > 0}
	v.Follow(p)
}

// Fit shows the whole run.
func (v *View) Fit(p *play.Player) {
	width, _ := shown(p)
	n := max(width, 1)
	px := max((v.Width-2*pad)/n, 1e-12)
	px = min(px, maxPx(p.Scale))
	v.by = p.Scale
	// A view of a run that has not begun, or that has no width yet, fits nothing:
	// the next one tries again.
	set := v.Width > 0 && extent(p.Run, p.Scale) > 0
	v.window[p.Scale] = window{from: -pad / px, px: px, set: set, whole: n, own: true}
}

// FitTime shows the run from its start to a time, ns, by time.
func (v *View) FitTime(p *play.Player, to int64) {
	px := max((v.Width-2*pad)/max(breakOf(p.Run, play.ByTime).fold(float64(to)), 1), 1e-12)
	v.window[play.ByTime] = window{from: -pad / px, px: min(px, maxTime), set: v.Width > 0}
}

func maxPx(by play.Scale) float64 {
	if by == play.ByTime {
		return maxTime
	}
	return maxStep
}

// Zoom multiplies the width of a unit by factor and leaves what is at x where
// it is.
func (v *View) Zoom(p *play.Player, factor, x float64) {
	s := v.Scale(p)
	w := &v.window[p.Scale]
	width, _ := shown(p)
	least := (v.Width - 2*pad) / max(width, 1)
	at := s.From + x/s.Px
	w.whole = 0
	w.px = max(min(w.px*factor, maxPx(p.Scale)), min(least, maxPx(p.Scale)), 1e-12)
	w.from = at - x/w.px
	w.set, w.own = true, true
	v.clamp(p)
}

// Pan moves what is shown by dx px to the right and dy px down.
func (v *View) Pan(p *play.Player, dx, dy float64) {
	s := v.Scale(p)
	w := &v.window[p.Scale]
	w.from, w.whole = s.From-dx/s.Px, 0
	v.Top -= dy
	v.clamp(p)
}

// clamp keeps the window on the run.
func (v *View) clamp(p *play.Player) {
	w := &v.window[p.Scale]
	first := -pad / w.px
	// The last unit may come to the middle, so that there is room for what a
	// live run adds.
	width, _ := shown(p)
	last := max(width-v.Width/2/w.px, first)
	w.from = max(first, min(w.from, last))
	v.Top = max(0, v.Top)
}

// Center puts the playhead where it rests.
func (v *View) Center(p *play.Player) {
	w := &v.window[p.Scale]
	_, at := shown(p)
	w.from, w.whole = at-rest*v.Width/w.px, 0
	v.clamp(p)
}

// Follow keeps the playhead in view. The window moves only as far as it must when the
// playhead nears an edge. A window that shows the whole run stays, unless the run
// grows by steps: then it makes room for the next ones. A run of few steps fills the view
// when it has ended.
func (v *View) Follow(p *play.Player) {
	w := &v.window[p.Scale]
	if !w.set {
		return
	}
	if v.grown(p) {
		v.Fit(p)
	}
	width, at := shown(p)
	if fill := min((v.Width-2*pad)/max(width, 1), fullStep); p.Run.End != nil && p.Scale == play.ByStep && !w.own && w.px < fill {
		w.from, w.px = -pad/fill, fill
	}
	whole := w.from <= 0 && (width-w.from)*w.px <= v.Width
	if whole && (p.Run.End != nil || p.Scale == play.ByTime) {
		return
	}
	x := v.headAt(p)
	if v.Steady && x >= 0 && x <= v.Width {
		return
	}
	to := min(max(x, v.Width*(1-rest)/2), v.Width*rest)
	if x == to {
		return
	}
	w.from, w.whole = at-to/w.px, 0
	v.clamp(p)
}
