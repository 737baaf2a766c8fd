package timeline

import (
	"unicode/utf8"

	"sockscope/web/play"
)

// axisBreak is a piece of a time axis that is drawn narrower than it is: the axis is torn
// there, and says how much is left out. The zero axisBreak is none. Units between its edges
// lie close together but in their order, so that every place on the screen is still one
// moment.
type axisBreak struct {
	from, to float64 // its edges, ns
	room     float64 // that it takes, in units outside of it
}

// What a torn axis shows, in parts of all the time in which something happened.
const (
	tearRoom   = 0.18 // the tear's own
	tearMargin = 0.05 // of the lull on either side, so that one sees who sleeps through it
)

// breakOf returns where the axis of a run is torn: by time, in a lull.
func breakOf(r *play.Run, by play.Scale) axisBreak {
	if by != play.ByTime {
		return axisBreak{}
	}
	from, to := r.Lull()
	rest := float64(r.Duration() - (to - from))
	if from == to || rest <= 0 {
		return axisBreak{}
	}
	return axisBreak{float64(from) + tearMargin*rest, float64(to) - tearMargin*rest, tearRoom * rest}
}

func (b axisBreak) is() bool { return b.to > b.from }

// covers reports whether unit u is between its edges.
func (b axisBreak) covers(u float64) bool { return u > b.from && u < b.to }

// fold returns how far from the start unit u is drawn, and unfold which is drawn there.
// Most axes aren't torn, and every place on the screen goes through these: they are
// short, so that they are inlined.
func (b axisBreak) fold(u float64) float64 {
	if b.to <= b.from || u <= b.from {
		return u
	}
	return b.folded(u)
}

func (b axisBreak) unfold(at float64) float64 {
	if b.to <= b.from || at <= b.from {
		return at
	}
	return b.unfolded(at)
}

func (b axisBreak) folded(u float64) float64 {
	if u >= b.to {
		return u - (b.to - b.from) + b.room
	}
	return b.from + (u-b.from)/(b.to-b.from)*b.room
}

func (b axisBreak) unfolded(at float64) float64 {
	if at >= b.from+b.room {
		return at - b.room + (b.to - b.from)
	}
	return b.from + (at-b.from)/b.room*(b.to-b.from)
}

// tornAxis draws the torn axis: nothing of the lanes, between two ragged edges.
func (t *Timeline) tornAxis(f *frame) {
	x0, x1, ok := f.torn()
	if !ok {
		return
	}
	s, top, bottom := &t.scene, float64(Ruler), min(t.View.Height, Ruler+RowsHeight(t.rows)-f.up)
	s.rect(Screen, x0, top, x1-x0, bottom-top, 0)
	for _, x := range [...]float64{x0, x1} {
		side := ragged
		for y := top; y < bottom; y += ragged {
			s.stroke(Line2, 1, Solid, x-side, y, x+side, min(y+ragged, bottom))
			side = -side
		}
	}
}

// ragged is the size of a tooth of a torn edge, in px.
const ragged = 5.0

// torn returns between which px the axis is torn, and whether that is in view and told.
func (f *frame) torn() (x0, x1 float64, ok bool) {
	x0, x1 = f.X(f.Torn.from), f.X(f.Torn.to)
	return f.cut(x0), f.cut(x1), f.Torn.is() && x1 > 0 && x0 < f.right && f.Torn.from <= f.toldUnit
}

// leftOut writes on the ruler how much the tear leaves out, or beneath the playhead's flag
// where that is in the way; shorter where the words have less room.
func (t *Timeline) leftOut(f *frame) {
	x0, x1, ok := f.torn()
	if !ok {
		return
	}
	s := &t.scene
	s.rect(Screen, x0, 0, x1-x0, Ruler, 0)
	for _, x := range [...]float64{x0, x1} {
		s.stroke(Line2, 1, Solid, x-2, Ruler, x+2, Ruler-7)
	}
	y := 15.0
	if at, half := t.flag(f); at-half < x1 && at+half > x0 {
		y += Ruler - 6
	}
	t.word = f.span(t.word[:0], f.Torn.to-f.Torn.from)
	brief := len(t.word)
	if t.word = append(t.word, " left out"...); float64(utf8.RuneCount(t.word))*charWidth > x1-x0-2*gap {
		t.word = t.word[:brief]
	}
	s.write(Ink, mono, middle, (x0+x1)/2, y, s.string(t.word))
}
