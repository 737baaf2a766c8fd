package play

import (
	"slices"
	"sort"

	"sockscope/server/trace"
)

// Joined is several runs side by side on one clock: each began at 0.
type Joined struct {
	// Run has the lanes and the steps of all, the steps in the order of their
	// times. It is there to be drawn and to be moved in; what was so at a step is
	// for the runs themselves to say: their states share no fd.
	Run  *Run
	Runs []*Run

	places [][]int // by run and step: index in Run.Steps
}

// Join lays runs side by side, as far as they have come. The joined run is over
// when each that has begun is.
func Join(runs []*Run) *Joined {
	n := 0
	for _, r := range runs {
		n += len(r.Steps)
	}
	all := &Run{Header: new(trace.Header), Steps: make([]trace.Event, 0, n), callOf: make([]int, 0, n)}
	j := &Joined{Run: all, Runs: runs, places: make([][]int, len(runs))}
	for k, r := range runs {
		all.Bands = append(all.Bands, len(all.Header.Procs))
		for _, p := range r.Header.Procs {
			if p.Parent > 0 {
				p.Parent += all.Bands[k]
			}
			all.Header.Procs = append(all.Header.Procs, p)
		}
		j.places[k] = make([]int, 0, len(r.Steps))
	}
	j.merge()
	for k, r := range runs {
		j.add(k, r)
	}
	slices.SortFunc(all.Wakes, func(a, b Wake) int { return a.Effect - b.Effect })
	all.End = j.end()
	return j
}

// merge takes the steps of all runs in the order of their times; of steps at
// the same time, that of the first run first.
func (j *Joined) merge() {
	all := j.Run
	for len(all.Steps) < cap(all.Steps) {
		next := -1
		for k, r := range j.Runs {
			at := len(j.places[k])
			if at < len(r.Steps) && (next < 0 || r.Steps[at].Time < j.Runs[next].Steps[len(j.places[next])].Time) {
				next = k
			}
		}
		e := j.Runs[next].Steps[len(j.places[next])]
		e.Proc += all.Bands[next]
		j.places[next] = append(j.places[next], len(all.Steps))
		all.Steps = append(all.Steps, e)
		all.callOf = append(all.callOf, -1)
	}
}

// add takes the lanes, calls and wakes of run k.
func (j *Joined) add(k int, r *Run) {
	all, place := j.Run, j.places[k]
	at := func(step int) int {
		if step < 0 {
			return -1
		}
		return place[step]
	}
	calls, lanes := len(all.Calls), len(all.Lanes)
	for _, c := range r.Calls {
		c = Call{c.Lane + lanes, at(c.Enter), at(c.Return)}
		all.callOf[c.Enter] = len(all.Calls)
		if c.Return >= 0 {
			all.callOf[c.Return] = len(all.Calls)
		}
		all.Calls = append(all.Calls, c)
	}
	for _, l := range r.Lanes {
		l.Proc += all.Bands[k]
		l.Start, l.Exit = at(l.Start), at(l.Exit)
		own := make([]int, len(l.Calls))
		for i, c := range l.Calls {
			own[i] = c + calls
		}
		l.Calls = own
		if n := len(place); n > 0 {
			l.Known = place[n-1] + 1
		}
		all.Lanes = append(all.Lanes, l)
	}
	for _, w := range r.Wakes {
		all.Wakes = append(all.Wakes, Wake{at(w.Cause), at(w.Effect)})
	}
}

// end returns the end of the joined run, nil while a run is under way and where
// none has begun.
func (j *Joined) end() *trace.End {
	var end *trace.End
	for _, r := range j.Runs {
		switch {
		case len(r.Steps) == 0:
		case r.End == nil:
			return nil
		case end == nil || r.End.Time > end.Time:
			end = &trace.End{Time: r.End.Time, Reason: trace.EndDone}
		}
	}
	return end
}

// Pos returns how many steps of run k are among the first n of all.
func (j *Joined) Pos(k, n int) int { return sort.SearchInts(j.places[k], n) }

// Place returns the index in Run.Steps of a step of run k.
func (j *Joined) Place(k, step int) int { return j.places[k][step] }

// Of returns which run a lane of Run belongs to, and its index in that run's
// Lanes.
func (j *Joined) Of(lane int) (k, index int) {
	for k, r := range j.Runs {
		if lane < len(r.Lanes) {
			return k, lane
		}
		lane -= len(r.Lanes)
	}
	return -1, -1
}

// Busy returns the time at which the last client was done, ns: what comes after
// it is servers waiting for more. It is 0 where there is no client.
func (j *Joined) Busy() int64 {
	var t int64
	for i := range j.Run.Lanes {
		l := &j.Run.Lanes[i]
		if n := len(l.Calls); n > 0 && l.Role != trace.RoleServer {
			c := &j.Run.Calls[l.Calls[n-1]]
			t = max(t, j.Run.Steps[max(c.Enter, c.Return, l.Exit)].Time)
		}
	}
	return t
}

// Parting is where runs part.
type Parting struct {
	A, B       int // indexes in Runs
	Divergence *Divergence
	Step       int // index in Run.Steps: what is first different, in whichever of the two it came first
}

// Part returns the first difference of any run from the first, of those that
// have come to an end; nil where there is none.
func (j *Joined) Part() *Parting {
	var first *Parting
	for b := 1; b < len(j.Runs); b++ {
		if !j.over(0) || !j.over(b) {
			continue
		}
		d := Diverge(j.Runs[0], j.Runs[b])
		if d == nil {
			continue
		}
		step := len(j.Run.Steps)
		if d.StepA >= 0 {
			step = j.Place(0, d.StepA)
		}
		if d.StepB >= 0 {
			step = min(step, j.Place(b, d.StepB))
		}
		if first == nil || step < first.Step {
			first = &Parting{0, b, d, step}
		}
	}
	return first
}

func (j *Joined) over(k int) bool { return j.Runs[k].End != nil && len(j.Runs[k].Steps) > 0 }
