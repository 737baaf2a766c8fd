package timeline

import "sockscope/web/play"

// Scale maps the run to pixels: a unit is a step or a nanosecond. Everything
// that is drawn or hit goes through one.
type Scale struct {
	By   play.Scale
	From float64 // the unit at x = 0, folded
	Px   float64 // pixels a unit, outside of the tear
	Torn axisBreak
	Fine float64 // the least number of units that the ruler divides
}

// X returns where the unit u is, in px.
func (s Scale) X(u float64) float64 { return (s.Torn.fold(u) - s.From) * s.Px }

// At returns the unit at x px.
func (s Scale) At(x float64) float64 { return s.Torn.unfold(s.From + x/s.Px) }

// Step returns where the step with index i of r is, in px.
func (s Scale) Step(r *play.Run, i int) float64 { return s.X(unit(r, s.By, i)) }

// fine returns how many units of r are told apart at the least: a step, or what its clock
// tells.
func fine(r *play.Run, by play.Scale) float64 {
	if by == play.ByStep {
		return 1
	}
	return float64(r.Grain())
}

// unit is the place of step index i: the position that it leads to, or its time.
func unit(r *play.Run, by play.Scale, i int) float64 {
	if by == play.ByStep {
		return float64(i + 1)
	}
	return float64(r.Gist(i).Time)
}

// extent returns the last unit of r.
func extent(r *play.Run, by play.Scale) float64 {
	if by == play.ByStep {
		return float64(r.Len())
	}
	return float64(r.Duration())
}

// head returns the unit of the player's position.
func head(p *play.Player) float64 {
	if p.Scale == play.ByStep {
		return float64(p.Pos())
	}
	return float64(p.Now())
}

// shown returns how many units wide the run of p is drawn, and at which of them its
// position is: where the axis is torn, fewer than there are.
func shown(p *play.Player) (width, at float64) {
	b := breakOf(p.Run, p.Scale)
	return b.fold(extent(p.Run, p.Scale)), b.fold(head(p))
}
