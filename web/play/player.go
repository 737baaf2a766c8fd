package play

import (
	"fmt"
	"strings"
	"time"

	"sockscope/server/trace"
)

// Scale is how the timeline is laid out, and how playing moves.
type Scale uint8

const (
	ByStep Scale = iota // every step has the same width
	ByTime              // a nanosecond has the same width everywhere
)

// Player is a position in a Run. It never asks the server: every move is a
// fold over what has arrived.
type Player struct {
	Run     *Run
	Scale   Scale
	Playing bool
	// Follow keeps the position at the newest step while the run is live. Any
	// move by hand switches it off.
	Follow bool
	// Quiz stops moves forward at its open questions; nil asks none.
	Quiz *Quiz

	pos    int   // steps that have happened
	now    int64 // the position in time, ns; between steps while playing by time
	speed  int   // index in the speeds of the scale
	chosen bool  // the speed is the learner's
	carry  float64
	state  *trace.State
}

// NewPlayer returns a player at the start of r.
func NewPlayer(r *Run) *Player { return &Player{Run: r, speed: defaultSpeed} }

// Pos returns how many steps have happened.
func (p *Player) Pos() int { return p.pos }

// Now returns the position in time, ns since the run's start.
func (p *Player) Now() int64 { return p.now }

// Len returns the number of steps there are.
func (p *Player) Len() int { return p.Run.Len() }

// State returns what is so at the position. It must not be changed.
func (p *Player) State() *trace.State {
	if p.state == nil {
		p.state = p.Run.State(p.pos)
	}
	return p.state
}

// Grown tells the player that its run has more steps, or has ended.
func (p *Player) Grown() {
	p.state = nil // samples may have come in at the position
	if p.Run.End != nil && !p.chosen {
		p.fit()
	}
	if p.Quiz != nil {
		p.Quiz.grow()
	}
	if p.Follow && !p.Quiz.Waiting() {
		p.forward(p.Len())
		p.Follow = p.Follow && p.Run.End == nil
		if p.Follow && p.pos == p.Len() {
			p.now = p.Run.Duration()
		}
	}
}

// Seek moves to where n steps have happened, or as near as there is and an open
// question lets it.
func (p *Player) Seek(n int) {
	p.Follow = false
	p.seek(n)
}

// forward moves on to where n steps have happened. An open question before that
// stops the player.
func (p *Player) forward(n int) {
	p.seek(n)
	if p.pos < min(n, p.Len()) {
		p.Quiz.hold()
	}
}

func (p *Player) seek(n int) {
	if p.Quiz != nil {
		p.Quiz.verdict = nil
	}
	p.pos = max(0, min(n, p.Len(), p.Quiz.Horizon()))
	p.now = 0
	if p.pos > 0 {
		p.now = p.Run.Gist(p.pos - 1).Time
	}
	p.carry = 0
	p.state = nil
}

// SeekTime moves to time t, ns since the run's start.
func (p *Player) SeekTime(t int64) {
	t = max(0, min(t, p.Run.Duration()))
	n := p.Run.StepAt(t)
	if p.Seek(n); p.pos == n {
		p.now = t
	}
}

// Step moves by n steps, back when n is negative, and stops playing. An open
// question stops it.
func (p *Player) Step(n int) {
	p.Playing, p.Follow = false, false
	p.forward(p.pos + n)
}

// NextWake moves to the next return of a call that slept, in direction 1 or -1. It
// reports whether there was one. A knob's pause is not the program's call.
func (p *Player) NextWake(dir int) bool {
	return p.next(dir, func(i int) bool {
		e := p.Run.Gist(i)
		return e.Kind == trace.Return && e.Sleep == trace.Slept && !p.Run.Injected(i)
	})
}

// NextError moves to the next return of a call that failed. "Not yet" is no failure.
func (p *Player) NextError(dir int) bool {
	return p.next(dir, func(i int) bool {
		e := p.Run.Gist(i)
		return e.Kind == trace.Return && e.Errno != 0 && !e.Errno.NotYet()
	})
}

func (p *Player) next(dir int, is func(i int) bool) bool {
	p.Playing = false
	for n := p.pos + dir; n >= 1 && n <= p.Len(); n += dir {
		if is(n - 1) {
			p.Follow = false
			p.forward(n)
			return true
		}
	}
	return false
}

// Play starts playing. At the end of an ended run it starts again.
func (p *Player) Play() {
	p.Follow = false
	if p.pos == p.Len() && p.Run.End != nil {
		p.seek(0)
	}
	p.Playing = true
}

// Pause stops playing.
func (p *Player) Pause() { p.Playing, p.Follow = false, false }

// speeds are what a second of playing covers: steps, or ns of the run.
var speeds = [2][]float64{
	ByStep: {0.5, 1, 2, 5, 10, 30, 100},
	ByTime: {20e3, 100e3, 500e3, 2e6, 20e6, 200e6, 1e9},
}

const defaultSpeed = 2

// Speeds lists the speeds of the scale as text, slowest first.
func (p *Player) Speeds() []string {
	var out []string
	for _, s := range speeds[p.Scale] {
		if p.Scale == ByStep {
			unit := "steps/s"
			if s == 1 {
				unit = "step/s"
			}
			out = append(out, fmt.Sprintf("%v %s", s, unit))
			continue
		}
		d := time.Duration(s)
		if d == time.Second {
			out = append(out, "as it was")
			continue
		}
		out = append(out, strings.Replace(strings.Replace(d.String(), "µs", " µs", 1), "ms", " ms", 1)+"/s")
	}
	return out
}

// Speed returns the index of the speed in Speeds.
func (p *Player) Speed() int { return p.speed }

// SetSpeed chooses a speed by its index; one out of range is the nearest.
func (p *Player) SetSpeed(i int) { p.speed, p.chosen = max(0, min(i, len(speeds[p.Scale])-1)), true }

// SetScale changes the scale. By time, the speed is one that plays the whole run, or what
// there is of it, in half a minute or less. It is again one when the run has ended.
func (p *Player) SetScale(s Scale) {
	p.Scale, p.chosen = s, false
	p.fit()
}

func (p *Player) fit() {
	p.speed = defaultSpeed
	if p.Scale == ByTime {
		from, to := p.Run.Lull()
		for p.speed < len(speeds[ByTime])-1 && float64(p.Run.Duration()-(to-from))/speeds[ByTime][p.speed] > 30 {
			p.speed++
		}
	}
}

// Like takes the scale of another player, and its speed where the learner chose that.
func (p *Player) Like(before *Player) {
	if p.SetScale(before.Scale); before.chosen {
		p.SetSpeed(before.speed)
	}
}

// Tick plays on for d and reports whether the position changed.
func (p *Player) Tick(d time.Duration) bool {
	if !p.Playing {
		return false
	}
	rate := speeds[p.Scale][p.speed]
	before, beforePos := p.now, p.pos
	if p.Scale == ByStep {
		p.carry += d.Seconds() * rate
		if n := int(p.carry); n > 0 {
			rest := p.carry - float64(n)
			p.forward(min(p.pos+n, p.Len()))
			p.carry = rest
		}
	} else {
		end := p.Run.Duration()
		if from, to := p.Run.Lull(); p.now >= from && p.now < to { // it lasts a second at most
			rate, end = max(rate, float64(to-from)), to
		}
		t := min(p.now+int64(d.Seconds()*rate), end)
		n := p.Run.StepAt(t)
		if n > p.Quiz.Horizon() {
			p.forward(n)
			return p.now != before || p.pos != beforePos
		}
		if n != p.pos {
			p.seek(n)
		}
		p.now = t
	}
	atEnd := p.pos == p.Len() && (p.Scale == ByStep || p.now >= p.Run.Duration())
	if atEnd && p.Run.End != nil {
		p.Playing = false
	}
	return p.now != before || p.pos != beforePos
}
