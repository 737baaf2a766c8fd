package play

import (
	"slices"

	"sockscope/server/trace"
)

// Option is one option of one socket that getsockopt(2) or setsockopt(2) was about.
type Option struct {
	Proc, FD    int
	Level, Name int64
	Steps       []int // indexes in Run.Steps of the Returns, in order

	file int // as trace.FDState.File
}

// mostOptions bounds what a run keeps of options: a trace from outside may have any
// number.
const mostOptions = 1 << 12

// option notes a call about an option, which returned in step i.
func (r *Run) option(i int) {
	e := r.Step(i)
	if e.Call != trace.Getsockopt && e.Call != trace.Setsockopt || e.Errno != 0 || len(e.Args) < 3 {
		return
	}
	f := r.fdNow(e.Proc, e.FD)
	if f == nil {
		return
	}
	k := slices.IndexFunc(r.Options, func(o Option) bool {
		return o.file == f.File && o.Proc == e.Proc && o.FD == e.FD && o.Level == e.Args[0] && o.Name == e.Args[1]
	})
	if k < 0 {
		if len(r.Options) >= mostOptions {
			return
		}
		k = len(r.Options)
		r.Options = append(r.Options, Option{Proc: e.Proc, FD: e.FD, Level: e.Args[0], Name: e.Args[1], file: f.File})
	}
	r.Options[k].Steps = append(r.Options[k].Steps, i)
}

// At returns what was known of an option after n steps: the Return of the newest call
// that set it, that of the last one before which read it, and that of the newest one
// after which did. Each is an index in Steps, -1 for none. Where nothing has set it, the
// newest that read it is the first of the two.
func (o *Option) At(r *Run, n int) (before, set, after int) {
	before, set, after = -1, -1, -1
	for _, i := range o.Steps {
		switch {
		case i >= n:
			return before, set, after
		case r.Gist(i).Call == trace.Setsockopt:
			if after >= 0 {
				before = after
			}
			set, after = i, -1
		case set < 0:
			before = i
		default:
			after = i
		}
	}
	return before, set, after
}
