package play

import (
	"slices"

	"sockscope/server/trace"
)

// Joined is several runs side by side on one clock: each began at 0.
type Joined struct {
	// Run has the processes and steps of all runs, in the order of the steps' times.
	// Nothing is concluded across runs; see Run.Bands.
	Run  *Run
	Runs []*Run

	places [][]int // by run and step: index in Run.Steps
}

// Join lays runs side by side, as far as they have come. The joined run is over when
// all runs that have begun are.
func Join(runs []*Run) *Joined {
	h, left := &trace.Header{Version: trace.Version}, 0
	j := &Joined{Runs: runs, places: make([][]int, len(runs))}
	var bands []int
	files := make([][]int, len(runs)) // by run and source: its number in h
	for k, r := range runs {
		left += r.Len()
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
		e := *runs[k].Step(len(j.places[k]))
		e.Proc += bands[k]
		e.File = number(files[k], e.File)
		if e.Kind == trace.Start && len(e.Args) > 0 { // of a child: its parent
			e.Args = slices.Clone(e.Args)
			e.Args[0] += int64(bands[k])
		}
		j.places[k] = append(j.places[k], j.Run.Len())
		j.Run.add(&e)
	}
	for i := range j.Run.Lanes {
		l := &j.Run.Lanes[i]
		if place := j.places[j.Run.Band(l.Proc)]; len(place) > 0 {
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
		if at := len(j.places[k]); at < r.Len() && (next < 0 || r.Gist(at).Time < j.Runs[next].Gist(len(j.places[next])).Time) {
			next = k
		}
	}
	return next
}

// Band returns the index of the run that a process of joined runs belongs to.
func (r *Run) Band(proc int) int {
	k := 0
	for k+1 < len(r.Bands) && r.Bands[k+1] <= proc {
		k++
	}
	return k
}

// together reports whether two processes are of one run.
func (r *Run) together(a, b int) bool { return r.Band(a) == r.Band(b) }

// end returns the end of the joined run, nil while a run is under way and where
// none has begun.
func (j *Joined) end() *trace.End {
	var end *trace.End
	for _, r := range j.Runs {
		switch {
		case r.Len() == 0:
		case r.End == nil:
			return nil
		case end == nil || r.End.Time > end.Time:
			end = &trace.End{Time: r.End.Time, Reason: trace.EndDone}
		}
	}
	return end
}

// Busy returns when the last client was done, in ns; 0 without clients. After that the
// servers only wait for more.
func (j *Joined) Busy() int64 {
	var t int64
	for i := range j.Run.Lanes {
		l := &j.Run.Lanes[i]
		if n := len(l.Calls); n > 0 && l.Role != trace.RoleServer {
			c := &j.Run.Calls[l.Calls[n-1]]
			t = max(t, j.Run.Gist(max(c.Enter, c.Return, l.Exit)).Time)
		}
	}
	return t
}

// Parting is where the runs of two servers part.
type Parting struct {
	A, B         int // indexes in Runs
	Divergence   *Divergence
	StepA, StepB int // the Divergence's, as indexes in Run.Steps; -1 where there is none
}

// Part returns the first difference between the first server's runs and those of
// another one; see Diverge. heard has, by server, what the clients got: in the joined
// run first, then in further runs. Servers without any are left out. It returns nil
// where no difference holds; alike says that there is none at all.
func (j *Joined) Part(heard [][]*Heard) (first *Parting, alike bool) {
	a := slices.IndexFunc(heard, func(hs []*Heard) bool { return len(hs) > 0 })
	alike = true
	for b := a + 1; a >= 0 && b < len(heard); b++ {
		if len(heard[b]) == 0 {
			continue
		}
		d, same := Diverge(heard[a], heard[b])
		alike = alike && same
		if d == nil {
			continue
		}
		p := &Parting{a, b, d, j.Place(a, d.StepA), j.Place(b, d.StepB)}
		if first == nil || p.step() < first.step() {
			first = p
		}
	}
	return first, alike
}

// step returns the earlier of the two steps.
func (p *Parting) step() int {
	if p.StepA < 0 || p.StepB >= 0 && p.StepB < p.StepA {
		return p.StepB
	}
	return p.StepA
}

// Place returns where a step of run k is in the joined run; -1 for none.
func (j *Joined) Place(k, step int) int {
	if step < 0 {
		return -1
	}
	return j.places[k][step]
}
