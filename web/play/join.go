package play

import (
	"slices"

	"sockscope/server/trace"
)

// Joined is several runs side by side on one clock: each began at 0.
type Joined struct {
	// Run has the processes and the steps of all, the steps in the order of their
	// times. Nothing in one run is taken to be of another; see Run.Bands.
	Run  *Run
	Runs []*Run

	places [][]int // by run and step: index in Run.Steps
}

// Join lays runs side by side, as far as they have come. The joined run is over
// when each that has begun is.
func Join(runs []*Run) *Joined {
	h, left := &trace.Header{Version: trace.Version}, 0
	j := &Joined{Runs: runs, places: make([][]int, len(runs))}
	var bands []int
	files := make([][]int, len(runs)) // by run and source: its number in h
	for k, r := range runs {
		left += len(r.Steps)
		for i := range r.Header.Sources {
			files[k] = append(files[k], source(h, &r.Header.Sources[i]))
		}
		bands = append(bands, len(h.Procs))
		for _, p := range r.Header.Procs {
			p.File = number(files[k], p.File)
			if p.Parent > 0 {
				p.Parent += bands[k]
			}
			h.Procs = append(h.Procs, p)
		}
	}
	j.Run = NewRun(h)
	j.Run.Bands = bands
	for ; left > 0; left-- {
		k := j.next()
		e := runs[k].Steps[len(j.places[k])]
		e.Proc += bands[k]
		e.File = number(files[k], e.File)
		if e.Kind == trace.Start && len(e.Args) > 0 { // of a child: its parent
			e.Args = slices.Clone(e.Args)
			e.Args[0] += int64(bands[k])
		}
		j.places[k] = append(j.places[k], len(j.Run.Steps))
		j.Run.add(e)
	}
	for i := range j.Run.Lanes {
		l := &j.Run.Lanes[i]
		if place := j.places[j.Run.band(l.Proc)]; len(place) > 0 {
			l.Known = place[len(place)-1] + 1
		}
	}
	j.Run.End = j.end()
	return j
}

// source returns the number of a source in h, which is added where it isn't
// there yet.
func source(h *trace.Header, s *trace.Source) int {
	for i := range h.Sources {
		if h.Sources[i].Name == s.Name {
			return i + 1
		}
	}
	h.Sources = append(h.Sources, *s)
	return len(h.Sources)
}

// number returns the number that file has among all; 0 is none.
func number(files []int, file int) int {
	if file < 1 || file > len(files) {
		return 0
	}
	return files[file-1]
}

// next returns the run whose next step is the earliest; of steps at the same
// time, that of the first.
func (j *Joined) next() int {
	next := -1
	for k, r := range j.Runs {
		if at := len(j.places[k]); at < len(r.Steps) && (next < 0 || r.Steps[at].Time < j.Runs[next].Steps[len(j.places[next])].Time) {
			next = k
		}
	}
	return next
}

// band returns the index of the run that a process of joined runs belongs to.
func (r *Run) band(proc int) int {
	k := 0
	for k+1 < len(r.Bands) && r.Bands[k+1] <= proc {
		k++
	}
	return k
}

// together reports whether two processes are of one run.
func (r *Run) together(a, b int) bool { return r.band(a) == r.band(b) }

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
// came to their own end; nil where there is none.
func (j *Joined) Part() *Parting {
	var first *Parting
	for b := 1; b < len(j.Runs); b++ {
		if !j.whole(0) || !j.whole(b) {
			continue
		}
		d := Diverge(j.Runs[0], j.Runs[b])
		if d == nil {
			continue
		}
		step := len(j.Run.Steps)
		if d.StepA >= 0 {
			step = j.place(0, d.StepA)
		}
		if d.StepB >= 0 {
			step = min(step, j.place(b, d.StepB))
		}
		if first == nil || step < first.Step {
			first = &Parting{0, b, d, step}
		}
	}
	return first
}

func (j *Joined) place(k, step int) int { return j.places[k][step] }

func (j *Joined) whole(k int) bool {
	return j.Runs[k].End != nil && j.Runs[k].End.Reason == trace.EndDone
}
