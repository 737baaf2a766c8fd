package visit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sockscope/server/trace"
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
	// Effects are what the second run shows that the first did not, or no longer: errors, and
	// the call whose time differs most; sentences.
	Effects []string

	notes  []timeline.Note
	joined *play.Joined
	alone  Focus // where the learner was in the second run
}

// pairSteps is how many steps two runs may have together to be shown as a pair.
const pairSteps = 100_000

// CanPair reports whether there is a run before this one to set above it.
func (r *Run) CanPair() bool {
	return r.Pair != nil || r.before != nil && !r.Lab.Measures && r.Player != nil && r.Phase == Over && !r.Quiz.Hides() &&
		r.before.Run.Len()+r.tape.Run.Len() <= pairSteps
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
	if a, b := tallies[0].LongestWait, tallies[1].LongestWait; a.Reply >= 0 && b.Reply >= 0 {
		p.Waits = fmt.Sprintf("The longest wait for a reply was %s before, and is %s now.", runs[0].Span(a.Time), runs[1].Span(b.Time))
	}
	p.Effects = effects(runs[0], runs[1])
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
		at = p.joined.Run.Gist(max(p.Part.StepA, p.Part.StepB)).Time
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
		return "last reply " + run.Span(t.LastReply) + " after the first connect"
	}
	return "took " + run.Span(run.Duration())
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

// effects says what a run shows that the one before did not, or no longer.
func effects(before, now *play.Run) (said []string) {
	was, is := failures(before), failures(now)
	for _, f := range is {
		if !slices.Contains(was, f) {
			said = append(said, f.who+"'s "+f.call.String()+" returns "+f.errno.String()+" now.")
		}
	}
	for _, f := range was {
		if !slices.Contains(is, f) {
			said = append(said, f.who+"'s "+f.call.String()+" no longer returns "+f.errno.String()+".")
		}
	}
	if len(said) > shownEffects {
		said = said[:shownEffects]
	}
	if got, of := arrived(before); of > 0 {
		if gotNow, ofNow := arrived(now); got != gotNow || of != ofNow {
			said = append(said, fmt.Sprintf("%d of %s were received before, and %d of %d are now.", got, words.Count(int64(of), "datagram"), gotNow, ofNow))
		}
	}
	if text := counted(before, now); text != "" {
		said = append(said, text)
	}
	var most *lasting
	a, b := lastings(before), lastings(now)
	for at := range a {
		l := lasting{at.who, at.call, at.nth, a[at], b[at]}
		if l.now == 0 {
			continue // it was not made
		}
		if most == nil || l.gap() > most.gap() || l.gap() == most.gap() && l.less(most) {
			most = &l
		}
	}
	if most != nil && most.gap() > telling && max(most.before, most.now) > 2*min(most.before, most.now) {
		said = append(said, fmt.Sprintf("%s's %s %s took %s before, and takes %s now.", most.who, words.Ordinal(most.nth), most.call, before.Span(most.before), now.Span(most.now)))
	}
	for i := range said {
		said[i] = words.Sentence(said[i])
	}
	return said
}

// shownEffects is how many errors are told of. telling is what a call's time has to differ
// by to be told, in ns, and tellingCalls what the number of a kind of call has to: less may be
// chance.
const (
	shownEffects = 2
	telling      = 20e6
	tellingCalls = 3
)

// arrived counts the datagrams of a run that were received, and all of them.
func arrived(r *play.Run) (got, of int) {
	for i := range r.Datagrams {
		if r.Datagrams[i].Recv >= 0 {
			got++
		}
	}
	return got, len(r.Datagrams)
}

// counted says which call the servers make how much more or less often, "" where none
// differs by more than chance does. What was told "not yet" isn't counted: how often a
// program is told so is chance.
func counted(before, now *play.Run) string {
	was, is := calls(before), calls(now)
	most, least := trace.Call(0), tellingCalls-1
	for call := range was {
		a, b := was[call], is[call]
		if by := max(a-b, b-a); by > least && 4*by > max(a, b) {
			most, least = trace.Call(call), by
		}
	}
	if least < tellingCalls {
		return ""
	}
	return fmt.Sprintf("The server's side makes %s of %s now, and made %s before.", words.Count(int64(is[most]), "call"), most, words.Thousands(int64(was[most])))
}

// calls counts the calls of the servers' processes, by their number. What a program prints,
// and how it pauses, is left out.
func calls(r *play.Run) (n [256]int) {
	for i := range r.Calls {
		c := &r.Calls[i]
		switch in := r.Gist(c.Enter); {
		case c.Return < 0 || r.Gist(c.Return).Errno.NotYet() || r.Header.Procs[in.Proc].Role != trace.RoleServer:
		case in.Call != trace.Nanosleep && in.Call != trace.Write:
			n[in.Call]++
		}
	}
	return n
}

// failure is an error that a process had. Not yet is none.
type failure struct {
	who   string
	call  trace.Call
	errno trace.Errno
}

func failures(r *play.Run) (all []failure) {
	for i := range r.Len() {
		e := r.Step(i)
		if e.Kind != trace.Return || e.Errno == 0 || e.Errno.NotYet() || e.Errno == trace.EINTR {
			continue
		}
		if f := (failure{r.Header.Procs[e.Proc].Name, e.Call, e.Errno}); !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all
}

// lasting is the time that the nth call of a kind took a process in two runs.
type lasting struct {
	who         string
	call        trace.Call
	nth         int
	before, now int64
}

func (l *lasting) gap() int64 { return max(l.before-l.now, l.now-l.before) }

func (l *lasting) less(o *lasting) bool {
	return cmp.Or(strings.Compare(l.who, o.who), int(l.call)-int(o.call), l.nth-o.nth) < 0
}

type nthCall struct {
	who  string
	call trace.Call
	nth  int
}

// lastings are the times of the clients' calls, in ns. A pause is nobody's doing.
func lastings(r *play.Run) map[nthCall]int64 {
	all, count := map[nthCall]int64{}, map[nthCall]int{}
	for i := range r.Calls {
		c := &r.Calls[i]
		in := r.Step(c.Enter)
		if c.Return < 0 || in.Call == trace.Nanosleep || r.Header.Procs[in.Proc].Role != trace.RoleClient {
			continue
		}
		at := nthCall{r.Header.Procs[in.Proc].Name, in.Call, 0}
		count[at]++
		all[nthCall{at.who, at.call, count[at]}] = max(1, r.Gist(c.Return).Time-in.Time)
	}
	return all
}
