package plot

import (
	"math"

	"sockscope/web/words"
)

// Plot is marks laid out in a box, all lengths in px from its upper left.
type Plot struct {
	Width, Height            float64
	Left, Right, Top, Bottom float64 // of the field that the marks lie in
	X, Y                     []Tick
	Marks                    []Mark // as given, with their places
}

// Tick is one line of the graticule.
type Tick struct {
	At    float64
	Label string // "" for a line between those that have one
}

// The room that labels take around the field; above it stand the crosses for
// what could not be measured.
const (
	roomLeft, roomRight = 62, 58
	roomTop, roomBottom = 44, 42
)

// dodge is how far mechanisms stand apart beside the same number, so that
// whiskers don't hide one another.
const dodge = 7

// Lay lays marks out in a box of the size. The axis of connections ends at
// largest, or further if a mark does; that of costs at powers of ten, from 1 µs
// to 1 ms if that is enough.
func Lay(marks []Mark, largest int, width, height float64) *Plot {
	p := &Plot{
		Width: width, Height: height, Marks: marks,
		Left: roomLeft, Right: width - roomRight, Top: roomTop, Bottom: height - roomBottom,
	}
	least, most := 10, min(max(largest, 11), maxIdle)
	low, high := 1e3, 1e6 // at least, so that the axis seldom moves while points come
	for i := range marks {
		m := &marks[i]
		least, most = min(least, m.Idle), max(most, m.Idle)
		if m.Repeats > 0 {
			low, high = min(low, m.Low), max(high, m.High)
		}
	}
	from, to := math.Floor(math.Log10(low)+1e-9), math.Ceil(math.Log10(high)-1e-9)
	left, span := math.Log10(float64(least)), math.Log10(float64(most)/float64(least))
	x := func(n float64) float64 {
		const inset = 2*dodge + 6 // the outermost marks don't touch the edge
		return p.Left + inset + (math.Log10(n)-left)/span*(p.Right-p.Left-2*inset)
	}
	y := func(ns float64) float64 { return p.Bottom - (math.Log10(ns)-from)/(to-from)*(p.Bottom-p.Top) }

	for decade := 1; decade <= most; decade *= 10 {
		for _, k := range []int{1, 3} {
			if n := k * decade; n >= least && n <= most {
				p.X = append(p.X, Tick{x(float64(n)), words.Thousands(n)})
			}
		}
	}
	for e := from; e <= to; e++ {
		p.Y = append(p.Y, Tick{y(math.Pow(10, e)), micros(e)})
		for k := 2.0; k < 10 && e < to; k++ {
			p.Y = append(p.Y, Tick{At: y(k * math.Pow(10, e))})
		}
	}
	for i := range marks {
		m := &marks[i]
		m.X = x(float64(m.Idle)) + dodge*float64(m.Mechanism-1)
		m.Y = p.Top - 11
		if m.Repeats > 0 {
			m.Y, m.YLow, m.YHigh = y(m.Mid), y(m.Low), y(m.High)
		}
	}
	return p
}

// micros writes 10^e ns in µs.
func micros(e float64) string {
	if e >= 3 {
		return words.Thousands(int(math.Pow(10, e-3) + 0.5))
	}
	text := "0."
	for range int(2 - e) {
		text += "0"
	}
	return text + "1"
}

// Nearest returns the index of the mark nearest to a place, -1 of none.
func (p *Plot) Nearest(x, y float64) int {
	best, least := -1, math.Inf(1)
	for i := range p.Marks {
		m := &p.Marks[i]
		if d := math.Hypot(m.X-x, m.Y-y); d < least {
			best, least = i, d
		}
	}
	return best
}

// Beside returns the mark that a move from mark i leads to: to the next number
// of connections by dx, or to another mechanism by dy. It is i itself at the
// edge, and the first mark when i is none.
func (p *Plot) Beside(i, dx, dy int) int {
	if i < 0 || i >= len(p.Marks) {
		return min(0, len(p.Marks)-1)
	}
	if dx != 0 {
		if to := i + dx; to >= 0 && to < len(p.Marks) && p.Marks[to].Mechanism == p.Marks[i].Mechanism {
			return to
		}
		return i
	}
	for k := range p.Marks {
		if p.Marks[k].Mechanism == p.Marks[i].Mechanism+dy && p.Marks[k].Idle == p.Marks[i].Idle {
			return k
		}
	}
	return i
}
