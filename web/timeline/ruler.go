package timeline

import (
	"iter"
	"math"
	"strconv"
	"unicode/utf8"

	"sockscope/web/play"
)

// grid is the ruler's division: a number at every major unit, and so many
// parts between two of them.
type grid struct {
	major float64
	parts int
}

// labelRoom is the least distance between two numbers of the ruler, in px.
const labelRoom = 96

func (s Scale) grid() grid {
	least := max(labelRoom/s.Px, s.Fine)
	p := math.Pow(10, math.Floor(math.Log10(least)))
	for _, k := range [...]struct {
		n     float64
		parts int
	}{{1, 10}, {2, 4}, {5, 5}} {
		if k.n*p >= least*0.999 {
			return s.divide(k.n*p, k.parts)
		}
	}
	return s.divide(10*p, 10)
}

// divide returns a grid whose parts are no finer than the scale.
func (s Scale) divide(major float64, parts int) grid {
	if major < float64(parts)*s.Fine {
		parts = int(major/s.Fine + 1e-9)
	}
	return grid{major, parts}
}

// graticule draws the vertical lines and the lanes' separators beneath
// everything that is drawn already.
func (t *Timeline) graticule(f *frame) {
	s := &t.scene
	s.put(opBlend, under)
	g := f.grid()
	for k := range f.majors(g, 0) {
		s.rect(Grat, math.Floor(f.X(k*g.major)), Ruler, 1, t.View.Height-Ruler, 0)
	}
	for _, row := range t.rows {
		y := f.top(row) + row.Height - 1
		if y > Ruler && y < t.View.Height {
			s.rect(Line, 0, math.Round(y), f.right, 1, 0)
		}
	}
	s.put(opBlend, over)
}

// ruler draws the numbers on top: steps with times beside them, or times.
func (t *Timeline) ruler(f *frame) {
	s := &t.scene
	g := f.grid()
	covered := t.covered(f)
	for k := range f.majors(g, edge) {
		u := k * g.major
		x := f.X(u)
		s.rect(Line2, math.Floor(x), Ruler-6, 1, 6, 0)
		for m := 1; m < g.parts; m++ {
			if part := u + float64(m)*g.major/float64(g.parts); !f.Torn.covers(part) {
				s.rect(Line2, math.Floor(f.X(part)), Ruler-3, 1, 3, 0)
			}
		}
		t.number(f, g, &covered, u, x, math.Mod(k, 2) == 0)
	}
	t.leftOut(f)
	t.markWord(f)
}

// majors yields which multiples of g's major unit are in view, or so far beside it; none
// in a tear.
func (f *frame) majors(g grid, beside float64) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for k := max(0, math.Floor(f.At(-beside)/g.major)); f.X(k*g.major) <= f.right+beside; k++ {
			if f.Torn.covers(k * g.major) {
				k = math.Ceil(f.Torn.to/g.major) - 1
			} else if !yield(k) {
				return
			}
		}
	}
}

// covered is what of the ruler other words take, in px: the playhead's flag, those of a
// mark, and a tear.
type covered [3]struct{ from, to float64 }

func (t *Timeline) covered(f *frame) (c covered) {
	at, half := t.flag(f)
	c[0].from, c[0].to = at-half-gap, at+half+gap
	from, to := t.marked(f)
	c[1].from, c[1].to = from-gap, to+gap
	if x0, x1, torn := f.torn(); torn {
		c[2].from, c[2].to = x0, x1
	} else {
		c[2].from, c[2].to = math.Inf(1), math.Inf(1)
	}
	return c
}

// free reports whether from a to b px none of it is in the way.
func (c *covered) free(a, b float64) bool {
	for i := range c {
		if b >= c[i].from && a <= c[i].to {
			return false
		}
	}
	return true
}

// number writes what is at u: by step the step and, at every other number, its time;
// by time the time. What the playhead's flag covers, or an edge cuts, is left out.
func (t *Timeline) number(f *frame, g grid, c *covered, u, x float64, even bool) {
	s := &t.scene
	free := func(a, b float64) bool { return a >= 0 && b <= f.right && c.free(a, b) }
	if f.By == play.ByTime {
		t.word = appendTick(t.word[:0], u, g.major, f.At(f.right))
	} else {
		t.word = strconv.AppendInt(t.word[:0], int64(u), 10)
	}
	w := float64(utf8.RuneCount(t.word)) * charWidth
	if u == 0 && x >= 0 {
		x = max(x, w/2+2) // at the edge it is still whole
	}
	if free(x-w/2, x+w/2) {
		s.write(Ink, mono, middle, x, 15, s.string(t.word))
	}
	i := int(u) - 1
	if f.By == play.ByTime || !even || t.View.Size == Narrow || i < 0 || i >= f.p.Run.Len() || f.X(u) > f.told+0.5 {
		return
	}
	x += w/2 + 7
	t.word = f.instant(t.word[:0], float64(f.p.Run.Gist(i).Time), 4, f.apart(i, int(2*g.major)))
	if end := x + float64(utf8.RuneCount(t.word))*charWidth; end+w/2+gap < f.X(u+g.major) && free(x, end) {
		s.write(Muted, mono, left, x, 15, s.string(t.word))
	}
}

// apart returns the time between step i and the step so many before or after it,
// whichever is nearer in time. It is 0 when they are at the same time.
func (f *frame) apart(i, steps int) float64 {
	least := math.Inf(1)
	for _, k := range [...]int{i - steps, i + steps} {
		if k >= 0 && k < f.p.Run.Len() {
			least = min(least, math.Abs(float64(f.p.Run.Gist(k).Time-f.p.Run.Gist(i).Time)))
		}
	}
	return least
}

// timeUnits are those that times are given in, by the largest that is below.
var timeUnits = [...]struct {
	ns   float64
	name string
}{{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}}

// instant appends a time since the start as appendTime does, as finely as the run's clock
// tells.
func (f *frame) instant(b []byte, ns float64, digits int, apart float64) []byte {
	grain := float64(f.p.Run.Grain())
	if grain > 1 && ns < grain {
		return append(b, '0')
	}
	return appendTime(b, math.Floor(ns/grain)*grain, digits, apart, grain)
}

// span appends a duration. What was shorter than the run's clock tells is written so.
func (f *frame) span(b []byte, ns float64) []byte {
	grain := float64(f.p.Run.Grain())
	if grain > 1 && ns < grain {
		b, ns = append(b, '<'), grain
	}
	return appendTime(b, math.Floor(ns/grain)*grain, 3, 0, grain)
}

// appendTime appends ns nanoseconds with so many significant digits: "1.262 ms"; with
// more where times so far apart, ns, would read alike, and fewer where they would be finer
// than grain. An apart of 0 or infinity asks for no more.
func appendTime(b []byte, ns float64, digits int, apart, grain float64) []byte {
	for _, unit := range timeUnits {
		if ns >= unit.ns || unit.ns == 1 {
			v := ns / unit.ns
			decimals := digits - 1 - int(math.Floor(math.Log10(max(v, 1))))
			if apart > 0 && apart < unit.ns {
				decimals = max(decimals, decimalsOf(unit.ns, apart))
			}
			decimals = min(decimals, decimalsOf(unit.ns, grain))
			b = strconv.AppendFloat(b, v, 'f', max(decimals, 0), 64)
			return append(b, unit.name...)
		}
	}
	return b
}

// decimalsOf returns how many decimals tell times apart that are division ns from each
// other, in a unit of so many ns.
func decimalsOf(unit, division float64) int {
	return max(0, int(math.Ceil(math.Log10(unit/division)-1e-9)))
}

// appendTick appends ns nanoseconds with the decimals that a division needs,
// in the unit that the largest time on the ruler has.
func appendTick(b []byte, ns, division, largest float64) []byte {
	if ns == 0 {
		return append(b, '0')
	}
	for _, unit := range timeUnits {
		if largest >= unit.ns || unit.ns == 1 {
			b = strconv.AppendFloat(b, ns/unit.ns, 'f', decimalsOf(unit.ns, division), 64)
			return append(b, unit.name...)
		}
	}
	return b
}

// flag writes into t.word what the playhead's flag says, and returns where its
// middle is and half its width, in px.
func (t *Timeline) flag(f *frame) (at, half float64) {
	if f.By == play.ByStep {
		t.word = strconv.AppendInt(t.word[:0], int64(f.p.Pos()), 10)
	} else {
		g := f.grid()
		t.word = f.instant(t.word[:0], float64(f.p.Now()), 4, g.major/float64(g.parts))
	}
	half = max(14, float64(utf8.RuneCount(t.word))*charWidth/2+5)
	if f.head < -edge || f.head > f.right+edge {
		return math.Inf(1), half
	}
	// At an edge the flag stays readable and its point stays true.
	return max(half, min(f.head, f.right-half)), half
}

// playhead draws the line at the position and the flag that names it.
func (t *Timeline) playhead(f *frame) {
	at, half := t.flag(f)
	if math.IsInf(at, 1) {
		return
	}
	s, x := &t.scene, f.head
	s.rect(Ink, x-0.75, 18, 1.5, t.View.Height-18, 0)
	s.fill(Ink, at-half, 2, at+half, 2, at+half, 15, min(x+14, at+half), 15, x, 21, max(x-14, at-half), 15, at-half, 15)
	s.write(Screen, bold, middle, at, 13, s.string(t.word))
}

// outline draws a frame around the call with index ci in Run.Calls, if there is one:
// around the call under the pointer, and the call whose causes are followed.
func (t *Timeline) outline(f *frame, ci int, width float64) {
	r := f.p.Run
	if ci < 0 || ci >= len(r.Calls) {
		return
	}
	c := &r.Calls[ci]
	x0, x1 := f.Step(r, c.Enter), f.told
	if x0 > f.told {
		return
	}
	if c.Return >= 0 {
		x1 = min(x1, f.Step(r, c.Return))
	}
	for i := range t.rows {
		row := &t.rows[i]
		if row.Lane != c.Lane {
			continue
		}
		h := barOf(row, t.View.Size)
		y := t.middle(f, row) - h/2 - 2.5
		h += 5
		a, b := f.cut(x0)-2.5, f.cut(max(x1, x0+grain))+2.5
		t.scene.stroke(Ink, width, Solid, a, y, b, y, b, y+h, a, y+h, a, y-width/2)
	}
}
