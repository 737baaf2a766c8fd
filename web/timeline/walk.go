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

// walk goes over the bars of a lane that a window shows, from the left. What
// it costs depends on the window's width, not on how many calls there are.
type walk struct {
	lane  *laneIndex
	scale Scale
	limit float64 // unit beyond which nothing is told
	i     int
}

// bars returns a walk over what l has between unit from and unit to.
func (l *laneIndex) bars(s Scale, from, to float64) walk {
	i := max(l.before(s.By, from), 0)
	if i < len(l.strip) && l.strip[i] >= 0 {
		i = int(l.strips[l.strip[i]].first)
	}
	return walk{l, s, to, i}
}

func (w *walk) next() (bar, bool) {
	at, to := w.lane.at[w.scale.By], w.lane.to[w.scale.By]
	if w.i >= len(at) || float64(at[w.i]) > w.limit {
		return bar{}, false
	}
	i := w.i
	b := bar{first: i, last: i, x0: w.scale.X(float64(at[i])), x1: w.end(i), shape: w.lane.shape[i]}
	if b.x1-b.x0 >= grain {
		if s := w.lane.strip[i]; s < 0 || !w.take(&b, w.lane.strips[s]) {
			w.i++
		}
		return b, true
	}
	if s := w.lane.strip[i]; s >= 0 && w.take(&b, w.lane.strips[s]) {
		return b, true
	}
	// Buckets stand on a grid that moves with the run, so that panning doesn't
	// make them flicker.
	u := float64(at[i]) * w.scale.Px
	grid := math.Floor(u/grain) * grain
	j := w.lane.after(w.scale.By, i, (grid+grain)/w.scale.Px)
	if k := j - 1; k > i && w.end(k)-w.scale.X(float64(at[k])) >= grain {
		j = k // the last of them is wide enough for itself
	}
	j = max(j, i+1)
	w.i = j
	if j == i+1 {
		b.x1 = math.Max(b.x1, b.x0+grain)
		return b, true
	}
	b.last = j - 1
	b.x0 = grid - w.scale.From*w.scale.Px
	b.x1 = math.Max(b.x0+grain, w.scale.X(float64(to[j-1])))
	b.shape = w.lane.telling(i, j)
	return b, true
}

// take makes b the whole strip, where that is long and wide enough to be seen,
// and moves past it.
func (w *walk) take(b *bar, s strip) bool {
	last := int(s.last)
	if float64(w.lane.at[w.scale.By][last]) > w.limit {
		// Only what has been told counts.
		last = w.lane.before(w.scale.By, w.limit)
	}
	if last-b.first+1 < stripLength || w.end(last)-b.x0 < 12 {
		return false
	}
	b.last, b.x1, b.strip, b.shape = last, w.end(last), true, notYet
	w.i = last + 1
	return true
}

// end returns where call i ends, in px.
func (w *walk) end(i int) float64 {
	to := w.lane.to[w.scale.By][i]
	if to == forever {
		return math.Inf(1)
	}
	return w.scale.X(float64(to))
}
