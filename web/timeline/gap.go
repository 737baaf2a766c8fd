package timeline

import (
	"math"
	"sort"
	"strconv"
	"unicode/utf8"

	"sockscope/web/play"
)

// gaps draws where calls of the lane are missing: its line is torn and says how many
// calls. A gap that is too small for that is two strokes through the line.
func (d *laneDrawing) gaps(x1 float64) {
	f, s := d.f, &d.t.scene
	h := min(d.h/2+1, 8)
	last := math.Inf(-1)
	for i := firstGap(f, d.lane); i < len(d.lane.Gaps); i++ {
		a, b := f.gap(d.lane, i)
		if a > f.right+edge || f.hides(&d.lane.Gaps[i]) {
			return
		}
		b = min(b, x1)
		if b <= last+grain {
			continue // the one before shows as much
		}
		last = b
		if b-a < tear {
			x := (a + b) / 2
			s.rect(Screen, x-3, d.mid-2, 6, 4, 0)
			s.stroke(Ink, 1.25, Solid, x-4, d.mid+h, x-0.5, d.mid-h)
			s.stroke(Ink, 1.25, Solid, x+0.5, d.mid+h, x+4, d.mid-h)
			continue
		}
		a, b = f.cut(a), f.cut(b)
		s.rect(Screen, a+2, d.mid-2, b-a-4, 4, 0)
		for _, x := range [...]float64{a + 3, b - 3} {
			s.stroke(Ink, 1.25, Solid, x-2, d.mid-h, x+2, d.mid-h/3, x-2, d.mid+h/3, x+2, d.mid+h)
		}
		d.missing(d.lane.Gaps[i].Calls, max(a, 0)+8, min(b, f.right)-8)
	}
}

// tear is the width from which a gap has room for its form, in px.
const tear = 20

// missing notes, between x0 and x1, how many calls are.
func (d *laneDrawing) missing(calls int64, x0, x1 float64) {
	t := d.t
	t.word = t.word[:0]
	if calls > 0 {
		t.word = append(append(t.word, "×"...), strconv.FormatInt(calls, 10)...)
	}
	short := len(t.word)
	if calls > 0 {
		t.word = append(t.word, ' ')
	}
	t.word = append(t.word, "not recorded"...)
	if w := float64(utf8.RuneCount(t.word)) * charWidth; w > x1-x0 {
		t.word = t.word[:short]
	}
	d.fit(Ink, mono, left, x0, d.mid+3.5, x1-x0, 0)
}

// gap returns from where to where calls of a lane are missing, in px.
func (f *frame) gap(lane *play.Lane, i int) (x0, x1 float64) {
	r, g := f.p.Run, &lane.Gaps[i]
	x0, x1 = f.Step(r, max(g.From, 0)), f.told
	switch {
	case g.To >= 0:
		x1 = f.Step(r, g.To)
	case lane.Known > 0:
		x1 = min(x1, f.Step(r, lane.Known-1))
	}
	return x0, min(x1, f.told)
}

// hides reports whether the player has not come to a gap yet.
func (f *frame) hides(g *play.Gap) bool { return unit(f.p.Run, f.By, g.Step) > f.toldUnit }

// firstGap returns the first gap of a lane that the window may show.
func firstGap(f *frame, lane *play.Lane) int {
	return sort.Search(len(lane.Gaps), func(i int) bool {
		_, x1 := f.gap(lane, i)
		return x1 >= -edge
	})
}

// hitGap returns which gap of a lane is under x, plus one, or 0.
func (t *Timeline) hitGap(f *frame, lane *play.Lane, x float64) int {
	for i := firstGap(f, lane); i < len(lane.Gaps); i++ {
		a, b := f.gap(lane, i)
		if a-reach > x || f.hides(&lane.Gaps[i]) {
			break
		}
		if x <= b+reach {
			return i + 1
		}
	}
	return 0
}
