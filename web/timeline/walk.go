package timeline

import "math"

// bar is one or several calls of a lane that are drawn as one shape.
type bar struct {
	first, last int // calls of the lane
	x0, x1      float64
	shape       shape
	strip       bool // calls answered "not yet" one after another
}

// grain is how wide the narrowest bar is, in px: calls that begin within one
// grain share a bar.
const grain = 2

// walk goes over the bars of a lane that a window shows, from the left. Its cost grows
// with the window's width, not with the number of calls.
type walk struct {
	lane   *laneIndex
	scale  Scale
	at, to []int64 // of the scale
	i, n   int     // the next call, and the one after the last
	known  int     // how many calls have returned, as far as may be told
}

// bars returns a walk over what l has between unit from and unit to, as known
// at unit told.
func (l *laneIndex) bars(s Scale, from, to, told float64) walk {
	i := max(l.before(s.By, from), 0)
	if i < len(l.strip) && l.strip[i] >= 0 {
		i = int(l.strips[l.strip[i]].first)
	}
	known := l.before(s.By, told) + 1
	if known > 0 && float64(l.to[s.By][known-1]) > told {
		known--
	}
	return walk{l, s, l.at[s.By], l.to[s.By], i, l.before(s.By, min(to, told)) + 1, known}
}

func (w *walk) next() (bar, bool) {
	if w.i >= w.n {
		return bar{}, false
	}
	i := w.i
	b := bar{first: i, last: i, x0: w.scale.X(float64(w.at[i])), x1: w.end(i), shape: w.lane.shape[i]}
	if s := w.lane.strip[i]; s >= 0 && w.take(&b, w.lane.strips[s]) {
		return b, true
	}
	w.i++
	if b.x1-b.x0 >= grain {
		return b, true
	}
	// The buckets' grid moves with the run, so that panning does not make them
	// flicker.
	grid := math.Floor(w.scale.Torn.fold(float64(w.at[i]))*w.scale.Px/grain) * grain
	j := w.lane.after(w.scale.By, i, w.scale.Torn.unfold((grid+grain)/w.scale.Px))
	j = max(i+1, min(j, w.known))
	end := b.x1 // of the last of them
	if k := j - 1; k > i {
		end = w.end(k)
		if end-w.scale.X(float64(w.at[k])) >= grain {
			j, end = k, w.end(k-1) // it is wide enough for itself
		}
	}
	if j == i+1 {
		b.x1 = max(b.x1, b.x0+grain)
		return b, true
	}
	w.i = j
	b.last = j - 1
	b.x0 = grid - w.scale.From*w.scale.Px
	b.x1 = max(b.x0+grain, end)
	b.shape = w.lane.telling(i, j)
	return b, true
}

// take makes b the whole strip and moves past it, where the strip is long and wide
// enough to be seen.
func (w *walk) take(b *bar, s strip) bool {
	last := min(int(s.last), w.known-1)
	if last-b.first+1 < stripLength || w.end(last)-b.x0 < 2*small {
		return false
	}
	b.last, b.x1, b.strip, b.shape = last, w.end(last), true, notYet
	w.i = last + 1
	return true
}

// end returns where call i ends, in px.
func (w *walk) end(i int) float64 {
	if to := w.to[i]; to != forever {
		return w.scale.X(float64(to))
	}
	return math.Inf(1)
}
