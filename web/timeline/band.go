package timeline

import "math"

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

// note writes what a band says; what came of the run goes first where there is
// no room for both.
func (t *Timeline) note(f *frame, n Note, y float64) {
	s, end := &t.scene, f.right-14
	if n.Right != "" && !t.View.Veil {
		w := s.string([]byte(n.Right))
		s.write(Ink, mono, right, end, y, w)
		end -= float64(w.n)*charWidth + 3*gap
	}
	if float64(len(n.Left))*charWidth < end-pad {
		s.write(Muted, mono, left, pad, y, s.string([]byte(n.Left)))
	}
}

// partText stands beside the line where runs part.
const partText = "first divergence"

// marked returns from where to where the mark's word stands on the ruler, in
// px; where it would be covered by the playhead's flag it stands nowhere.
func (t *Timeline) marked(f *frame) (from, to float64) {
	if t.View.Mark <= 0 || t.View.Veil || t.View.Mark > len(f.p.Run.Steps) {
		return math.Inf(1), math.Inf(1)
	}
	from = f.Step(f.p.Run, t.View.Mark-1) + 6
	to = from + float64(len(partText))*charWidth
	if at, half := t.flag(f); from < at+half+gap && to > at-half-gap {
		return math.Inf(1), math.Inf(1)
	}
	return from, to
}

// mark draws the line where runs part.
func (t *Timeline) mark(f *frame) {
	if t.View.Mark <= 0 || t.View.Veil || t.View.Mark > len(f.p.Run.Steps) {
		return
	}
	x := math.Round(f.Step(f.p.Run, t.View.Mark-1)) + 0.5
	t.scene.stroke(Wake, 1.25, Dashed, x, Ruler-6, x, t.View.Height)
}

// markWord writes beside the mark what it is.
func (t *Timeline) markWord(f *frame) {
	if from, _ := t.marked(f); from < f.right {
		t.scene.write(Wake, mono, left, from, 15, t.scene.string([]byte(partText)))
	}
}
