package timeline

import (
	"math"

	"sockscope/web/play"
)

// Target is what is under a point. The zero Target is nothing, so its fields are one
// more than an index; see its methods.
type Target struct {
	// Step is the position that the point means, 0 to the number of steps.
	Step int
	Time int64 // ns, by time

	lane, call, wake, gap, packet int // plus one
}

// Packet returns the index in Run.Packets of the packet under the point, or -1.
func (t Target) Packet() int { return t.packet - 1 }

// Lane returns the index in Run.Lanes, or -1 above and below the lanes.
func (t Target) Lane() int { return t.lane - 1 }

// Call returns the index in Run.Calls of the call under the point, or -1.
func (t Target) Call() int { return t.call - 1 }

// Wake returns the step index of the return that the arrow under the point leads
// to, or -1.
func (t Target) Wake() int { return t.wake - 1 }

// Gap returns the index in the lane's Gaps of that under the point, or -1.
func (t Target) Gap() int { return t.gap - 1 }

// reach is how far from a bar a point still means it, in px.
const reach = 3

// Hit returns what lies at x, y px of the canvas.
func (t *Timeline) Hit(x, y float64) Target {
	p := t.Player
	if p == nil {
		return Target{}
	}
	t.prepare()
	s := t.View.Scale(p)
	u := s.At(x)
	var hit Target
	if s.By == play.ByStep {
		hit.Step = max(0, min(int(u+0.5), p.Len()))
		if hit.Step > 0 {
			hit.Time = p.Run.Gist(hit.Step - 1).Time
		}
	} else {
		hit.Time = max(0, min(int64(u), p.Run.Duration()))
		hit.Step = p.Run.StepAt(hit.Time)
	}
	if y < Ruler {
		return hit
	}
	for i := range t.rows {
		row := &t.rows[i]
		top := Ruler + row.Top - t.View.Top
		if y < top || y >= top+row.Height {
			continue
		}
		hit.lane = row.Lane + 1
		li := &t.index.lanes[row.Lane]
		k := li.before(s.By, s.At(x+reach))
		if k >= 0 && s.X(float64(li.to[s.By][k]))+reach >= x && (!t.View.Veil || float64(li.at[s.By][k]) <= head(p)) {
			hit.call = p.Run.Lanes[row.Lane].Calls[k] + 1
		}
		f := t.frame(s)
		if hit.call > 0 && math.Abs(y-t.middle(&f, row)) <= barOf(row, t.View.Size)/2+reach {
			return hit // on the bar itself, which lies above the arrows
		}
		if hit.gap = t.hitGap(&f, &p.Run.Lanes[row.Lane], x); hit.gap > 0 {
			hit.call = 0
			return hit
		}
		if t.hitPacket(&f, x, y, &hit); hit.packet > 0 {
			return hit
		}
		t.hitArrow(&f, t.arrows(&f), x, y, &hit)
		t.hitArrow(&f, t.View.Chain, x, y, &hit)
	}
	return hit
}

// hitArrow notes the arrow under a point, if there is one.
func (t *Timeline) hitArrow(f *frame, arrows []play.Wake, x, y float64, hit *Target) {
	var c curve
	for _, w := range arrows {
		if t.curve(f, w, &c) && c.near(x, y) {
			hit.call, hit.wake = 0, w.Effect+1
		}
	}
}
