package timeline

import (
	"math"
	"time"

	"sockscope/web/play"
)

// stepTime is how long the drawing takes to follow one step.
const stepTime = 180 * time.Millisecond

// motion lets the drawing follow a single step smoothly: for a moment it lags
// behind the player and the window. What is hit never does.
type motion struct {
	pos   int // as painted last
	scale Scale
	began time.Duration
	start lag
}

// lag is how far the drawing is behind, in units of the scale.
type lag struct{ head, from float64 }

// advance returns the lag at now, and whether there is any.
func (m *motion) advance(p *play.Player, s Scale, now time.Duration, still bool) (lag, bool) {
	before := m.at(now)
	step := p.Pos() - m.pos
	from := s.From - m.scale.From
	switch {
	case still || s.By != play.ByStep || s.By != m.scale.By || s.Px != m.scale.Px || step < -1 || step > 1:
		m.start = lag{}
	case step != 0:
		m.began, m.start = now, lag{before.head - float64(step), before.from - from}
	case from != 0:
		m.start.from = 0 // the window was moved by hand
	}
	m.pos, m.scale = p.Pos(), s
	l := m.at(now)
	return l, l != lag{}
}

// at returns what is left of the lag at now: it shrinks fast, then gently.
func (m *motion) at(now time.Duration) lag {
	t := 1 - float64(now-m.began)/float64(stepTime)
	if t <= 0 || t > 1 {
		return lag{}
	}
	left := math.Pow(t, 3)
	return lag{m.start.head * left, m.start.from * left}
}
