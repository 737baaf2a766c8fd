package visit

import (
	"fmt"
	"maps"
	"strings"

	"sockscope/web/play"
	"sockscope/web/timeline"
	"sockscope/web/words"
)

// Pair is two runs of one lab above each other, each started at 0: the one that was
// there before, and the one that came after it. A knob may have been turned between.
type Pair struct {
	Part  *play.Parting // where they part first; nil where no call tells them apart
	Alike bool          // every call that both could make returned the same, in the same order
	Waits string        // the longest wait for a reply in each, a sentence; "" where nobody waited

	notes  []timeline.Note
	joined *play.Joined
	alone  Focus // where the learner was in the second run
}

// pairSteps is how many steps two runs may have together to be shown as a pair.
const pairSteps = 100_000

// CanPair reports whether there is a run before this one to set above it.
func (r *Run) CanPair() bool {
	return r.Pair != nil || r.before != nil && !r.Lab.Measures && r.Player != nil && r.Phase == Over && !r.Quiz.Hides() &&
		len(r.before.Run.Steps)+len(r.tape.Run.Steps) <= pairSteps
}

// keep keeps the run that shows as the one before the next.
func (r *Run) keep() {
	if r.tape.Run != nil && r.tape.Run.End != nil && r.tape.Run.Header.Lab == r.Lab.ID {
		before := r.tape
		r.before = &before
	}
}

// SwitchPair sets the run before above this one, or shows this one alone again.
func (r *Run) SwitchPair() {
	switch {
	case r.Pair != nil:
		r.single()
	case r.CanPair():
		r.pair()
	}
	r.moved()
}

// single shows the second run of a pair alone again.
func (r *Run) single() {
	if r.Pair != nil {
		rev := r.Focus.Rev
		r.Focus = r.Pair.alone
		r.Focus.Rev, r.Pair = rev+1, nil
	}
}

func (r *Run) pair() {
	runs := []*play.Run{r.before.Run, r.tape.Run}
	p := &Pair{joined: play.Join(runs), alone: r.Focus}
	heard := [][]*play.Heard{{play.Hear(runs[0])}, {play.Hear(runs[1])}}
	if p.Part, p.Alike = p.joined.Part(heard); p.Part == nil {
		alike := p.Alike
		p.Part, p.Alike = p.joined.Part([][]*play.Heard{{play.HearServers(runs[0])}, {play.HearServers(runs[1])}})
		p.Alike = p.Alike && alike
	}
	tallies := [2]play.Tally{play.NewTally(runs[0]), play.NewTally(runs[1])}
	if a, b := tallies[0].LongestWait, tallies[1].LongestWait; a.Client >= 0 && b.Client >= 0 {
		p.Waits = fmt.Sprintf("The longest wait for a reply was %s before, and is %s now.", words.Span(a.Time), words.Span(b.Time))
	}
	second := p.joined.Run.Bands[1]
	for i := range second {
		p.joined.Run.Header.Procs[i].Tag += "′"
	}
	for i := range p.joined.Run.Lanes {
		if l := &p.joined.Run.Lanes[i]; l.Proc < second {
			l.Tag += "′"
		}
	}
	for i, run := range runs {
		p.notes = append(p.notes, timeline.Note{What: r.differing(run, runs[1-i]), Result: lasted(run, &tallies[i])})
	}

	r.Focus.show(p.joined.Run)
	r.walk, r.Pair = walk{came: r.walk.came}, p
	r.Bands = []Band{
		{Name: "before", Href: address(r.Lab, r.before.Run.Header.Knobs)},
		{Name: "now", Href: address(r.Lab, r.tape.Run.Header.Knobs), First: second},
	}
	r.Lane = second
	r.Player.SetScale(play.ByTime)
	at := p.joined.Busy()
	if p.Part != nil {
		at = p.joined.Run.Steps[max(p.Part.StepA, p.Part.StepB)].Time
	}
	r.Player.SeekTime(at)
}

// Apply does what a command asks: see [Mode]. A pair has no questions.
func (r *Run) Apply(c Command) bool {
	if c == Answer {
		r.single()
	}
	return r.Focus.Apply(c)
}

// differing names the knobs of a run that another one had set otherwise.
func (r *Run) differing(run, other *play.Run) string {
	if maps.Equal(run.Header.Knobs, other.Header.Knobs) {
		return "the same settings"
	}
	var set []string
	for i := range r.Lab.Knobs {
		k := &r.Lab.Knobs[i]
		if value := run.Header.Knobs[k.Name]; value != other.Header.Knobs[k.Name] {
			set = append(set, k.Label+" "+Shown(k, value))
		}
	}
	return strings.Join(set, ", ")
}

// lasted says when the last reply of a run came, or else how long it took.
func lasted(run *play.Run, t *play.Tally) string {
	if t.LastReply >= 0 {
		return "last reply " + words.Span(t.LastReply) + " after the first connect"
	}
	return "took " + words.Span(run.Duration())
}

// Lay has a timeline show the run, or the pair: see [Mode].
func (r *Run) Lay(t *timeline.Timeline, fresh bool) {
	r.Focus.Lay(t, fresh)
	t.View.Marks, t.Notes, t.View.Steady = t.View.Marks[:0], t.Notes[:0], r.Pair != nil
	p := r.Pair
	if p == nil {
		return
	}
	t.View.Size = timeline.Compact
	t.Notes = append(t.Notes, p.notes...)
	if p.Part != nil {
		t.View.Marks = append(t.View.Marks, p.Part.StepA+1, p.Part.StepB+1)
	}
	if fresh {
		t.View.FitTime(r.Player, p.joined.Busy()*9/8)
	}
}
