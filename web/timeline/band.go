package timeline

import (
	"iter"
	"math"
)

// bands draws the line above each of several joined runs.
func (t *Timeline) bands(f *frame) {
	r, s, band := f.p.Run, &t.scene, 0
	for _, row := range t.rows {
		for ; band < len(r.Bands) && r.Lanes[row.Lane].Proc >= r.Bands[band]; band++ {
			y := math.Round(f.top(row)) - Band
			if y > t.View.Height || y+Band < Ruler {
				continue
			}
			s.rect(Panel, 0, y, f.right, Band, 0)
			s.rect(Line, 0, y+Band-1, f.right, 1, 0)
			if band < len(t.Notes) {
				t.note(f, t.Notes[band], y+Band/2+3.5)
			}
		}
	}
}

// note writes what a band says. Where there is no room for both parts, only what runs
// is written. It is at the left, where the resting playhead does not cross it.
func (t *Timeline) note(f *frame, n Note, y float64) {
	s, x := &t.scene, float64(pad)
	what, result := float64(len(n.What))*charWidth, 0.0
	if !t.View.Veil {
		result = float64(len(n.Result)) * charWidth
	}
	if x+what+4*gap+result < f.right-pad {
		s.write(Muted, mono, left, x, y, s.string([]byte(n.What)))
		x += what + 4*gap
	}
	if result > 0 {
		s.write(Ink, mono, left, x, y, s.string([]byte(n.Result)))
	}
}

// partText stands beside the line where runs part.
const partText = "first divergence"

// marks yields the steps that are marked, indexes in Run.Steps.
func (t *Timeline) marks(f *frame) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, at := range t.View.Marks {
			if at > 0 && !t.View.Veil && at <= f.p.Run.Len() && !yield(at-1) {
				return
			}
		}
	}
}

// marked returns where the word of the marks begins and ends on the ruler, in px. It
// is beside the first mark, and is left out where the playhead's flag covers it.
func (t *Timeline) marked(f *frame) (from, to float64) {
	from = math.Inf(1)
	for step := range t.marks(f) {
		from = min(from, f.Step(f.p.Run, step)+6)
	}
	to = from + float64(len(partText))*charWidth
	if at, half := t.flag(f); from < at+half+gap && to > at-half-gap {
		return math.Inf(1), math.Inf(1)
	}
	return from, to
}

// mark draws the lines where runs part, each across the lanes of its run.
func (t *Timeline) mark(f *frame) {
	r := f.p.Run
	for step := range t.marks(f) {
		x := math.Round(f.Step(r, step)) + 0.5
		from, to := math.Inf(1), 0.0
		for _, row := range t.rows {
			if proc := r.Lanes[row.Lane].Proc; proc >= 0 && r.Band(proc) == r.Band(r.Gist(step).Proc) {
				from, to = min(from, f.top(row)), max(to, f.top(row)+row.Height)
			}
		}
		if from = max(from, Ruler); from < to { // beneath the band, so that it crosses no words
			t.scene.stroke(Wake, 1.25, Dashed, x, from, x, min(to, t.View.Height))
		}
	}
}

// markWord draws the marks on the ruler, and writes beside them what they are.
func (t *Timeline) markWord(f *frame) {
	for step := range t.marks(f) {
		x := math.Round(f.Step(f.p.Run, step)) + 0.5
		t.scene.stroke(Wake, 1.25, Solid, x, Ruler-6, x, Ruler)
	}
	if from, _ := t.marked(f); from < f.right {
		t.scene.write(Wake, mono, left, from, 15, t.scene.string([]byte(partText)))
	}
}
