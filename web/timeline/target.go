package timeline

import "sockscope/web/play"

// Target is what lies under a point. The zero Target is nothing; Lane and Call
// are one more than an index for that reason, see their methods.
type Target struct {
	// Step is the position that the point means, 0 to the number of steps.
	Step int
	Time int64 // ns, by time

	lane, call int // plus one
}

// Lane returns the index in Run.Lanes, or -1 above and below the lanes.
func (t Target) Lane() int { return t.lane - 1 }

// Call returns the index in Run.Calls of the call under the point, or -1.
func (t Target) Call() int { return t.call - 1 }

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
			hit.Time = p.Run.Steps[hit.Step-1].Time
		}
	} else {
		hit.Time = max(0, min(int64(u), p.Run.Duration()))
		hit.Step = p.Run.StepAt(hit.Time)
	}
	if y < Ruler {
		return hit
	}
	for _, row := range t.rows {
		top := Ruler + row.Top - t.View.Top
		if y < top || y >= top+row.Height {
			continue
		}
		hit.lane = row.Lane + 1
		li := &t.index.lanes[row.Lane]
		slack := reach / s.Px
		i := li.before(s.By, u+slack)
		if i >= 0 && float64(li.to[s.By][i])+slack >= u && (!t.View.Veil || float64(li.at[s.By][i]) <= head(p)) {
			hit.call = p.Run.Lanes[row.Lane].Calls[i] + 1
		}
	}
	return hit
}
