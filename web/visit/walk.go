package visit

import (
	"maps"
	"strings"

	"sockscope/server/lab"
	"sockscope/web/play"
)

// walk leads through a run that has ended, stop by stop, to the recap behind them.
type walk struct {
	lab   *lab.Lab // whose stops they are, by the knobs of the run; nil where they are somebody else's
	stops []play.Stop
	of    *play.Run
	at    int // the stop that shows, from 1; one more than there are is the recap; 0 is none
	came  int // how often a stop was gone to

	turned bool // the stop that shows has turned to a view of its own

	plot  func(*lab.Feature) []int // the marks that show a stop, where the lab measures
	marks [][]int                  // those of each stop
}

// Stop is a stop of the walk as it is in the run that shows.
type Stop struct {
	Say string // a sentence or two; `code` in backquotes
	Is  bool   // the run has such a moment
	On  bool   // it is the one that shows: the learner is there
}

// Stops lists the stops of the walk; nil while there is no run to walk through: none
// has ended, or a question waits.
func (f *Focus) Stops() []Stop {
	if !f.walkable() {
		return nil
	}
	out := make([]Stop, len(f.walk.stops))
	for i := range out {
		out[i] = Stop{f.walk.stops[i].Say, f.walk.has(i), f.walk.at == i+1 && f.Left() == 0}
	}
	return out
}

// Left returns the position of the stop that was gone to last, where the learner has moved
// on from it; else 0.
func (f *Focus) Left() int {
	if i := f.AtStop(); i >= 0 && i < len(f.walk.stops) && f.walk.stops[i].Found != nil {
		if at := f.walk.stops[i].Found.Step + 1; at != f.Pos() {
			return at
		}
	}
	return 0
}

// has reports whether the run has stop i.
func (w *walk) has(i int) bool {
	return w.stops[i].Found != nil || i < len(w.marks) && w.marks[i] != nil
}

// Walk lists the sentences of l's stops: as they are in the run, or before it has ended as
// its knobs have them.
func (f *Focus) Walk(l *lab.Lab) (says []string) {
	for _, stop := range f.Stops() {
		says = append(says, stop.Say)
	}
	if says != nil {
		return says
	}
	var knobs map[string]string
	if f.Player != nil {
		knobs = f.Player.Run.Header.Knobs
	}
	for _, stop := range l.Walk(knobs) {
		says = append(says, stop.Say)
	}
	return says
}

// walkable finds the stops in the run, and reports whether they may show.
func (f *Focus) walkable() bool {
	if f.Player == nil || f.Player.Run.End == nil || f.Quiz.Hides() {
		return false
	}
	w := &f.walk
	if run := f.Player.Run; w.of != run && w.lab != nil {
		stops := w.lab.Walk(run.Header.Knobs)
		w.of, w.at, w.marks = run, 0, nil
		if w.plot == nil {
			w.stops = run.Walk(stops)
		} else {
			w.stops = nil
			for i := range stops {
				w.stops = append(w.stops, play.Stop{Stop: stops[i]})
				w.marks = append(w.marks, w.plot(stops[i].Plot))
			}
		}
	}
	return len(w.stops) > 0
}

// AtRecap reports whether the walk has come to its end.
func (f *Focus) AtRecap() bool { return f.walkable() && f.walk.at == len(f.walk.stops)+1 }

// AtStop returns which stop shows, from 0; as many as there are for the recap, -1 for
// none.
func (f *Focus) AtStop() int { return f.walk.at - 1 }

// GoToStop goes to stop i of the walk, from 0; the one behind the last is the recap,
// which leaves the run where it is. A stop that the run hasn't got only says so.
func (f *Focus) GoToStop(i int) {
	if !f.walkable() {
		return
	}
	i = max(0, min(i, len(f.walk.stops)))
	f.walk.at, f.walk.came = i+1, f.walk.came+1
	if i < len(f.walk.stops) && f.walk.stops[i].Found != nil {
		at := f.walk.stops[i].Found
		if at.Lane >= 0 {
			f.PickLane(at.Lane)
		}
		f.ShowRun()
		if at.Bytes.Len > 0 {
			f.PickFlow(Flow{Conn: at.Conn, Way: at.Way, Post: at.Post})
		}
		f.showLit(f.walk.stops[i].Light)
		f.Seek(at.Step + 1)
		return
	}
	f.moved()
}

// showLit shows the view that a stop lights, or again the first one behind such a stop.
func (f *Focus) showLit(light lab.Light) {
	turned := f.walk.turned
	f.walk.turned = light&(lab.OnOptions|lab.OnTable) != 0
	switch {
	case light&lab.OnOptions != 0:
		f.Show(OptionTable)
	case light&lab.OnTable != 0:
		f.Show(Netstat)
	case turned:
		f.Show(f.first)
	}
}

// walkOn goes n stops on, or back.
func (f *Focus) walkOn(n int) {
	if f.walkable() {
		f.GoToStop(f.walk.at - 1 + n)
	}
}

// rejoin takes the stop of the position as the one that was gone to last.
func (f *Focus) rejoin() {
	if !f.walkable() {
		return
	}
	for i := range f.walk.stops {
		if at := f.walk.stops[i].Found; at != nil && at.Step+1 == f.Pos() {
			f.GoToStop(i)
			return
		}
	}
}

// arrive goes to the first stop that the run has, where a run has just ended or was
// opened.
func (f *Focus) arrive() {
	if !f.walkable() {
		return
	}
	for i := range f.walk.stops {
		if f.walk.has(i) {
			f.GoToStop(i)
			return
		}
	}
}

// Lit returns what the stop that shows lights, while the player is there; nil for
// nothing.
func (f *Focus) Lit() (*play.Found, lab.Light) {
	i := f.walk.at - 1
	if i < 0 || i >= len(f.walk.stops) || !f.walkable() {
		return nil, 0
	}
	at, light := f.walk.stops[i].Found, f.walk.stops[i].Light
	if at == nil || f.Left() > 0 {
		return nil, 0
	}
	if light == 0 {
		light = lab.OnBar | lab.OnLine
	}
	return at, light
}

// LitFDs returns the fds of the selected lane's process that the stop speaks of: those
// that its call found ready or was asked about, the one that it is about or has made, or
// all of them.
func (f *Focus) LitFDs() []int {
	at, light := f.Lit()
	if light&lab.OnQueue == 0 || at.Proc != f.Proc() {
		return nil
	}
	var fds []int
	e, p := f.Player.Run.Step(at.Step), &f.State().Procs[at.Proc]
	switch {
	case e.Call.Multiplexes():
		lists := Ready(p)
		if e.Result == 0 {
			lists = Interest(p)
		}
		for _, l := range lists {
			fds = append(fds, l.Members...)
		}
	case e.Call.MakesFD() && e.Errno == 0:
		fds = []int{int(e.Result)}
	case e.FD >= 0:
		fds = []int{e.FD}
	default: // fork copies all of them
		for i := range p.FDs {
			fds = append(fds, p.FDs[i].FD)
		}
	}
	return fds
}

// Came counts the stops that were gone to: whoever has seen the last one has what it
// lights in view.
func (f *Focus) Came() int { return f.walk.came }

// Tab is the pane that a phone shows at the stop, None where any will do.
func (f *Focus) Tab() Command {
	switch _, light := f.Lit(); {
	case light&lab.OnBytes != 0:
		return TabBytes
	case light&(lab.OnQueue|lab.OnOptions|lab.OnTable) != 0:
		return TabKernel
	case light&lab.OnLine != 0:
		return TabSource
	}
	return None
}

// Narration says in a sentence what has just happened; "" before the first step and
// without a run.
func (f *Focus) Narration() string {
	if f.Pos() == 0 {
		return ""
	}
	run, step := f.Player.Run, f.Pos()-1
	if q := f.Question(); q != nil && q.Enter == step { // what is told of the call could answer it
		return "You are asked what comes of this call"
	}
	text := run.Narrate(step).Text
	if k := run.Band(max(run.Gist(step).Proc, 0)); k < len(f.Bands) {
		text = f.Bands[k].Name + ": " + text
	}
	return text
}

// Tell says in a sentence what call i of the run does and how long it took, as far as
// it has been shown.
func (f *Focus) Tell(i int) string {
	run := f.Player.Run
	c := &run.Calls[i]
	switch pos := f.Pos(); {
	case c.Return >= 0 && c.Return < pos:
		return run.Narrate(c.Return).Text + ", after " + run.Span(run.Gist(c.Return).Time-run.Gist(c.Enter).Time)
	case c.Enter < pos:
		return run.Narrate(c.Enter).Text
	}
	return ""
}

// Try turns the knobs to a set-up that the lab offers, and runs it.
func (r *Run) Try(t lab.Try) {
	if r.Busy() {
		return
	}
	if r.turn(t) {
		r.Start()
	}
}

// turn turns the knobs to a set-up that the lab offers.
func (r *Run) turn(t lab.Try) bool {
	v, err := r.Lab.Set(t.Knobs.Map())
	if r.Fail(err) {
		return false
	}
	r.Values, r.Planned = v, Plan(r.Lab, v)
	r.Desk.Rev++
	return true
}

// Tried reports whether the knobs are as a set-up that the lab offers has them.
func (r *Run) Tried(t lab.Try) bool {
	v, err := r.Lab.Set(t.Knobs.Map())
	return err == nil && maps.Equal(v, r.Values)
}

// Tries says which knobs a set-up turns, the others have their defaults: "runs it with
// backlog 0, client 1 pauses 200ms".
func (r *Run) Tries(t lab.Try) string {
	var set []string
	turned := t.Knobs.Map()
	for i := range r.Lab.Knobs {
		if k := &r.Lab.Knobs[i]; turned[k.Name] != "" {
			set = append(set, k.Label+" "+Shown(k, turned[k.Name]))
		}
	}
	return "runs it with " + strings.Join(set, ", ") + ", and else as at first"
}
