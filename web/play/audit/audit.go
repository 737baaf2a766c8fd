package audit

import (
	"fmt"
	"slices"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Report is what came of holding all that is said of runs against them.
type Report struct {
	Runs, Steps int
	Claims      int
	ByKind      map[play.Kind]int
	False       []string // the claims that are not so, at most a hundred of them
	wrong       int
}

// Add adds what came of other runs.
func (r *Report) Add(o *Report) {
	r.Runs, r.Steps, r.Claims, r.wrong = r.Runs+o.Runs, r.Steps+o.Steps, r.Claims+o.Claims, r.wrong+o.wrong
	if r.ByKind == nil {
		r.ByKind = map[play.Kind]int{}
	}
	for k, n := range o.ByKind {
		r.ByKind[k] += n
	}
	for _, text := range o.False {
		r.add(text)
	}
}

func (r *Report) add(text string) {
	if len(r.False) < 100 {
		r.False = append(r.False, text)
	}
}

// String says how much was checked.
func (r *Report) String() string {
	return fmt.Sprintf("%d runs, %d steps, %d claims, %d of them false", r.Runs, r.Steps, r.Claims, r.wrong)
}

// Run asks at every step of a run that is over why each thread is where it is, and
// at its end why each call came back as it did, and checks all that is said. Of a run
// of more than 20,000 steps it asks at as many, evenly over it.
func Run(run *play.Run) *Report { return Some(run, 20_000) }

// Some is Run at so many steps, evenly over a longer run.
func Some(run *play.Run, mostSteps int) *Report {
	h := &auditing{Report: Report{Runs: 1, Steps: run.Len(), ByKind: map[play.Kind]int{}}, run: run, world: newWorld(run.Header, run.Steps(), run.End != nil)}
	at := make([]int, len(run.Lanes)) // by lane: its newest call, an index in Calls
	every := 1 + run.Len()/mostSteps
	for n := 1; n <= run.Len(); n += every {
		for i := range run.Lanes {
			l := &run.Lanes[i]
			for at[i] < len(l.Calls) && run.Calls[l.Calls[at[i]]].Enter < n {
				at[i]++
			}
			if at[i] > 0 {
				h.ask(run.Calls[l.Calls[at[i]-1]].Enter, n)
			}
		}
		h.narrate(n - 1)
	}
	for i := 0; i < len(run.Calls); i += every {
		h.ask(run.Calls[i].Enter, run.Len())
	}
	h.wire()
	h.live(every)
	for _, q := range play.Questions(run) {
		for _, l := range run.Explain(q) {
			h.hold(&l.Claim, l.Text, q.Answer+1, q.Answer)
		}
	}
	return &h.Report
}

// live asks the same of the run as it came in: then nothing of what follows is known,
// not even which processes there will be.
func (h *auditing) live(every int) {
	all := h.run
	header := *all.Header
	header.Procs = slices.DeleteFunc(slices.Clone(header.Procs), func(p trace.Proc) bool { return p.Parent > 0 || p.Tracer == trace.StraceLog })
	grown := play.NewRun(&header)
	h.run = grown
	for i := range all.Len() {
		if e := all.Step(i); e.Kind != trace.Note && e.Proc == len(grown.Header.Procs) {
			grown.AddProc(&all.Header.Procs[e.Proc])
		}
		grown.Add([]trace.Event{*all.Step(i)})
		if i%every > 0 {
			continue
		}
		h.narrate(i)
		for k := range grown.Lanes {
			if calls := grown.Lanes[k].Calls; len(calls) > 0 {
				h.ask(grown.Calls[calls[len(calls)-1]].Enter, i+1)
			}
		}
	}
	h.run = all
}

// auditing is a Report in the making.
type auditing struct {
	Report
	run   *play.Run
	world *world
}

// ask holds the explanation of the call at step i, at position n, against the run.
func (h *auditing) ask(i, n int) {
	for _, l := range h.run.Why(i, n) {
		h.hold(&l.Claim, l.Text, n, i)
	}
}

// narrate holds the sentence of step i against the run.
func (h *auditing) narrate(i int) {
	told := h.run.Narrate(i)
	for k := range told.Claims {
		h.hold(&told.Claims[k], told.Text, i+1, i)
	}
}

func (h *auditing) hold(c *play.Claim, text string, n, about int) {
	h.Claims++
	h.ByKind[c.Kind]++
	wrong := ""
	if c.Kind == play.Left || c.Kind == play.Unanswered {
		wrong = h.checkWire(c)
	} else {
		wrong = h.world.check(c, n)
	}
	if c.Kind == play.Unaccepted && wrong == "" {
		wrong = h.shaken(c, n)
	}
	if wrong != "" {
		h.wrong++
		e := h.run.Step(about)
		h.add(fmt.Sprintf("%s: after %d steps, of step %d (%v of process %d): %q (kind %d, step %d, other %d): %s",
			h.run.Header.Lab, n, about, e.Call, e.Proc, text, c.Kind, c.Step, c.Other, wrong))
	}
}

// Read loads the frames of a trace.
func Read(frames []byte) (*play.Run, error) {
	var r *play.Run
	_, err := trace.Frames(frames, func(m *trace.Message) {
		switch {
		case m.Header != nil:
			r = play.NewRun(m.Header)
		case r == nil:
		case m.End != nil:
			r.End = m.End
		case m.Child != nil:
			r.AddProc(m.Child)
		case m.Source != nil:
			r.AddSource(m.Source)
		default:
			r.Add(m.Events)
		}
	})
	if err == nil && r == nil {
		err = fmt.Errorf("there is no header")
	}
	return r, err
}
