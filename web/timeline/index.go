package timeline

import (
	"math"
	"sort"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Index holds what the layout needs of a run, packed: drawing a hundred
// thousand calls must not touch a hundred thousand events. The zero Index is of none.
type Index struct {
	run   *play.Run
	lanes []laneIndex
}

// laneIndex is the calls of one lane, in their order. A call that has not returned
// has no end.
type laneIndex struct {
	at, to [2][]int64 // by play.Scale: the unit of the Enter, of the Return
	shape  []shape
	strip  []int32 // by call: index in strips, or -1
	strips []strip
	// sums[k][i] is how many of the first i calls have the k-th of sumShapes.
	sums [len(sumShapes)][]int32
}

// shape is how a call is drawn.
type shape uint8

const (
	kernel  shape = 1 << iota // returned, and did not sleep
	slept                     // the kernel says that it slept
	unknown                   // whether it slept is not known
	failed                    // returned an errno
	notYet                    // returned EAGAIN or one like it
	paused                    // a pause that a knob injected
	open                      // has not returned
)

// sumShapes are the shapes that stay visible when many calls share a pixel,
// the most telling first.
var sumShapes = [...]shape{failed, slept | unknown, notYet}

// strip is a run of calls that were each answered "not yet", first to last.
type strip struct{ first, last int32 }

// stripLength is how many calls in a row make a strip.
const stripLength = 3

// forever is the end of a call that has not returned.
const forever = math.MaxInt64

// Update adds what the run has grown by.
func (x *Index) Update(r *play.Run) {
	if x.run != r {
		*x = Index{run: r}
	}
	for len(x.lanes) < len(r.Lanes) {
		x.lanes = append(x.lanes, newLaneIndex())
	}
	for i := range r.Lanes {
		x.lanes[i].update(r, &r.Lanes[i])
	}
}

// Reserve makes room for k times as many calls as there are: see play.Run.
func (x *Index) Reserve(k float64) {
	for i := range x.lanes {
		l := &x.lanes[i]
		for by := range l.at {
			play.Spare(&l.at[by], k)
			play.Spare(&l.to[by], k)
		}
		for n := range l.sums {
			play.Spare(&l.sums[n], k)
		}
		play.Spare(&l.shape, k)
		play.Spare(&l.strip, k)
		play.Spare(&l.strips, k)
	}
}

func newLaneIndex() laneIndex {
	var l laneIndex
	for k := range l.sums {
		l.sums[k] = []int32{0}
	}
	return l
}

func (l *laneIndex) update(r *play.Run, lane *play.Lane) {
	// Only the newest call can have changed: a lane has one open call at a time.
	n := len(l.shape)
	if n > 0 && l.shape[n-1]&open != 0 {
		l.drop()
		n--
	}
	for _, ci := range lane.Calls[n:] {
		l.add(r, lane, &r.Calls[ci])
	}
}

func (l *laneIndex) drop() {
	n := len(l.shape) - 1
	for by := range l.at {
		l.at[by], l.to[by] = l.at[by][:n], l.to[by][:n]
	}
	for k := range l.sums {
		l.sums[k] = l.sums[k][:n+1]
	}
	l.shape, l.strip = l.shape[:n], l.strip[:n]
}

func (l *laneIndex) add(r *play.Run, lane *play.Lane, c *play.Call) {
	enter := r.Gist(c.Enter)
	sh, toStep, toTime := open, int64(forever), int64(forever)
	end := c.Return
	if end < 0 && lane.Exit > c.Enter {
		end = lane.Exit // it ended in the call
	}
	if n := len(lane.Gaps); end < 0 && n > 0 && lane.Gaps[n-1].Step > c.Enter {
		end = lane.Gaps[n-1].Step // how it went on is not in the trace
	}
	if end >= 0 {
		toStep, toTime = int64(end+1), max(r.Gist(end).Time, enter.Time)
	}
	if c.Return >= 0 {
		sh = returned(r.Gist(c.Return))
	}
	if r.Injected(c.Enter) {
		sh = sh&open | paused
	}
	i := int32(len(l.shape))
	l.at[play.ByStep] = append(l.at[play.ByStep], int64(c.Enter+1))
	l.at[play.ByTime] = append(l.at[play.ByTime], enter.Time)
	l.to[play.ByStep] = append(l.to[play.ByStep], toStep)
	l.to[play.ByTime] = append(l.to[play.ByTime], toTime)
	l.shape = append(l.shape, sh)
	for k, mask := range sumShapes {
		sum := l.sums[k][i]
		if sh&mask != 0 {
			sum++
		}
		l.sums[k] = append(l.sums[k], sum)
	}
	l.strip = append(l.strip, -1)
	if i > 0 && same(r, lane, int(i)-1, int(i), l.shape) {
		l.join(i)
	}
}

// join puts call i in the strip of the call before it.
func (l *laneIndex) join(i int32) {
	if s := l.strip[i-1]; s >= 0 {
		l.strips[s].last = i
		l.strip[i] = s
		return
	}
	l.strip[i-1], l.strip[i] = int32(len(l.strips)), int32(len(l.strips))
	l.strips = append(l.strips, strip{i - 1, i})
}

// same reports whether two neighbours are the same call on the same fd, and
// both were answered "not yet" without sleeping, with none missing between.
func same(r *play.Run, lane *play.Lane, i, j int, shapes []shape) bool {
	if shapes[i] != notYet || shapes[j] != notYet {
		return false
	}
	from, to := r.Calls[lane.Calls[i]].Enter, r.Calls[lane.Calls[j]].Enter
	if k := sort.Search(len(lane.Gaps), func(k int) bool { return lane.Gaps[k].Step > from }); k < len(lane.Gaps) && lane.Gaps[k].Step < to {
		return false // others lie between them
	}
	a, b := r.Gist(from), r.Gist(to)
	return a.Call == b.Call && a.FD == b.FD
}

func returned(e *play.Gist) shape {
	var s shape
	switch {
	case e.Errno.NotYet():
		s = notYet
	case e.Errno != 0:
		s = failed
	}
	switch e.Sleep {
	case trace.Slept:
		s |= slept
	case trace.SleepUnknown:
		if s == 0 {
			s = unknown
		}
	}
	if s == 0 {
		s = kernel
	}
	return s
}

// before returns the last call that entered at or before unit u, or -1.
func (l *laneIndex) before(by play.Scale, u float64) int {
	at := l.at[by]
	return sort.Search(len(at), func(i int) bool { return float64(at[i]) > u }) - 1
}

// after returns the first call from i on that entered at or after unit u. It
// looks near i first.
func (l *laneIndex) after(by play.Scale, i int, u float64) int {
	at := l.at[by]
	lo, step := i, 1
	for lo+step < len(at) && float64(at[lo+step]) < u {
		lo += step
		step *= 2
	}
	hi := min(lo+step, len(at))
	return lo + sort.Search(hi-lo, func(k int) bool { return float64(at[lo+k]) >= u })
}

// telling returns the shape to draw for the calls i to j-1 when they share a
// bar.
func (l *laneIndex) telling(i, j int) shape {
	for k, mask := range sumShapes {
		if l.sums[k][j] > l.sums[k][i] {
			return mask
		}
	}
	return kernel
}
