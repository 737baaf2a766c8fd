package web

import (
	"fmt"
	"maps"
	"strings"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// comparison is what a session of lab compare has besides: the runs of the
// servers, which are taken in turn. The session's player moves in all of them at
// once.
type comparison struct {
	runs   []*entrant
	at     int  // index in runs of the one under way; len(runs) when none is
	behind bool // joined lacks what has come since
	joined *play.Joined
	part   *play.Parting
	tally  []play.Tally
	placed int64 // where the clock was put while the runs came in

	guess int  // index in runs of the server that the learner bets on; -1 for none
	told  bool // what came of it has been shown
}

// entrant is one server of a comparison.
type entrant struct {
	lab     *lab.Lab
	values  lab.Values
	run     *play.Run // nil before it has begun
	refused string    // why there is no run, a sentence; "" for nothing
}

// enter makes the runs of the set-up, none of which has begun.
func (s *session) enter() {
	before := s.versus
	c := &comparison{guess: -1}
	for i, l := range lab.Servers(s.Values) {
		v, err := l.Against(s.Values)
		e := &entrant{lab: l, values: v}
		if err != nil {
			e.refused = sentence(err.Error())
			e.values, _ = l.Set(nil)
		}
		c.runs = append(c.runs, e)
		if before != nil && before.guess >= 0 && before.runs[before.guess].lab == l {
			c.guess = i
		}
	}
	c.at = len(c.runs)
	s.versus, s.Player = c, nil
	s.lane = 0
	s.rev++
}

// runNext begins the next run that can be; after the last one all are over.
func (s *session) runNext() {
	c := s.versus
	s.settle()
	for c.at++; c.at < len(c.runs); c.at++ {
		e := c.runs[c.at]
		if e.refused != "" {
			continue
		}
		err := s.send(&trace.Request{Op: trace.OpRun, Lab: e.lab.ID, Knobs: e.values})
		if err == nil {
			s.Phase = asked
			return
		}
		e.refused = sentence(err.Error())
	}
	c.told = c.told || c.guess >= 0
	c.behind = true
	if c.begun() {
		s.Phase = over
	}
}

// giveUp leaves out the runs that have not begun.
func (c *comparison) giveUp(why string) {
	for i := c.at; i < len(c.runs); i++ {
		if e := c.runs[i]; e.run == nil && e.refused == "" {
			e.refused = why
		}
	}
}

// lose takes note that the relay is gone while a run was under way.
func (s *session) lose() {
	c := s.versus
	if r := c.runs[c.at].run; r != nil {
		r.End = &trace.End{Time: r.Duration(), Reason: trace.EndFailed, Message: "the relay went away"}
	}
	c.giveUp("Not run: the relay went away.")
	s.runNext()
}

// takeRun takes what the server says of the run under way.
func (s *session) takeRun(m *trace.Message) {
	c := s.versus
	if !s.busy() || c.at >= len(c.runs) {
		return // of a run that was given up
	}
	e := c.runs[c.at]
	c.behind = true
	switch {
	case m.Queued != nil:
		s.Phase, s.Place = queued, m.Queued.Place
	case m.Header != nil:
		if m.Header.Lab == e.lab.ID {
			s.Phase, e.run = live, play.NewRun(m.Header)
		}
	case m.Child != nil:
		if e.run != nil {
			e.run.AddProc(m.Child)
		}
	case m.Events != nil:
		if e.run != nil {
			e.run.Add(m.Events)
		}
	case m.End != nil:
		if e.run != nil {
			e.run.End = m.End
		} else if e.refused == "" {
			e.refused = "Stopped before it began."
		}
		s.runNext()
	case m.Error != nil:
		s.Problem = sentence(m.Error.Text)
		if e.run == nil {
			e.refused = s.Problem
			s.runNext()
		}
	}
}

// loadRun takes a recording as run i.
func (s *session) loadRun(i int, file []byte) {
	e := s.versus.runs[i]
	var run *play.Run
	trace.Frames(file, func(m *trace.Message) {
		switch {
		case m.Header != nil && m.Header.Version == trace.Version && m.Header.Lab == e.lab.ID:
			run = play.NewRun(m.Header)
		case run != nil && m.Child != nil:
			run.AddProc(m.Child)
		case run != nil && m.Events != nil:
			run.Add(m.Events)
		case run != nil && m.End != nil:
			run.End = m.End
		}
	})
	if run != nil && run.End != nil {
		e.run, e.refused = run, ""
		s.Recording, s.Phase, s.versus.behind = true, over, true
	}
}

// liveSteps is up to how many steps the runs are drawn while they come in: each
// time all of them are joined anew.
const liveSteps = 10_000

// align lays side by side what has come since the last time.
func (s *session) align() {
	c := s.versus
	if c == nil || !c.behind {
		return
	}
	n, runs := 0, make([]*play.Run, len(c.runs))
	for i, e := range c.runs {
		runs[i] = e.run
		if runs[i] == nil {
			runs[i] = play.NewRun(&trace.Header{Procs: procsOf(e.lab.Processes(e.values))})
		}
		n += len(runs[i].Steps)
	}
	if n == 0 || s.busy() && n > liveSteps && c.joined != nil {
		return
	}
	before := s.Player
	c.behind, c.joined = false, play.Join(runs)
	s.Player = play.NewPlayer(c.joined.Run)
	s.Player.SetScale(play.ByTime)
	if before != nil {
		s.Player.SetScale(before.Scale)
		s.Player.SetSpeed(before.Speed())
	}
	if before != nil && before.Now() != c.placed {
		s.Player.SeekTime(before.Now()) // where the learner has gone meanwhile
		s.Player.Playing = before.Playing
	} else if !s.veiled() {
		s.Player.SeekTime(c.joined.Busy())
		c.placed = s.Player.Now()
	}
	if s.view == aboutView {
		s.view = tableView
	}
	c.part = c.joined.Part()
	c.tally = make([]play.Tally, len(runs))
	for i, r := range runs {
		c.tally[i] = play.NewTally(r)
	}
	s.rev++
}

// veiled reports whether what came of the runs is hidden until it is guessed.
func (s *session) veiled() bool {
	return s.versus != nil && s.asking && !s.versus.told && s.versus.begun()
}

func (c *comparison) begun() bool {
	for _, e := range c.runs {
		if e.run != nil {
			return true
		}
	}
	return false
}

// revealed reports whether all runs are over, and nothing is hidden.
func (s *session) revealed() bool { return s.Player != nil && !s.busy() && !s.veiled() }

// bet guesses the server of run i; a second time takes it back.
func (s *session) bet(i int) {
	if c := s.versus; i < len(c.runs) && !s.revealed() {
		if c.guess == i {
			i = -1
		}
		c.guess = i
		s.rev++
	}
}

// tell shows what came of the runs: beside a guess, or without one.
func (s *session) tell(skip bool) {
	c := s.versus
	if s.busy() || !skip && c.guess < 0 {
		return
	}
	if skip {
		c.guess = -1
	}
	c.told = true
	s.Player.SeekTime(c.joined.Busy())
	s.moved()
}

// finished reports whether the run came to its own end, and every client got
// all its replies.
func (c *comparison) finished(i int) bool {
	return i < len(c.tally) && c.over(i) && c.runs[i].run.End.Reason == trace.EndDone && c.tally[i].Replies > 0 && c.tally[i].Unanswered == 0
}

func (c *comparison) over(i int) bool { return c.runs[i].run != nil && c.runs[i].run.End != nil }

// winner returns the run whose last reply came first, and the one that was next;
// -1 for none.
func (c *comparison) winner() (first, second int) {
	first, second = -1, -1
	for i := range c.tally {
		switch {
		case !c.finished(i):
		case first < 0 || c.tally[i].LastReply < c.tally[first].LastReply:
			first, second = i, first
		case second < 0 || c.tally[i].LastReply < c.tally[second].LastReply:
			second = i
		}
	}
	return first, second
}

// name names the server of run i. Of one that is there twice it says which.
func (c *comparison) name(i int) string {
	id, n, all := c.runs[i].lab.ID, 0, 0
	for k, e := range c.runs {
		if e.lab.ID == id {
			if all++; k <= i {
				n++
			}
		}
	}
	if all > 1 {
		return id + " " + itoa(int64(n))
	}
	return id
}

// compared says in one line what the timelines show.
func (s *session) compared() string {
	c := s.versus
	if s.busy() {
		text := fmt.Sprintf("run %d of %d, %s", c.at+1, len(c.runs), c.name(c.at))
		if s.Phase == queued {
			text += fmt.Sprintf(": all workers are busy, place %d in the queue", s.Place)
		}
		return text
	}
	var h *trace.Header
	n := 0
	for _, e := range c.runs {
		if e.run != nil {
			h = e.run.Header
			n++
		}
	}
	if n == 0 {
		return ""
	}
	text := count(n, "run") + ", taken in turn on this machine, each started at 0"
	if s.Recording {
		text = fmt.Sprintf("%s, recorded in turn %s on %s, each started at 0", count(n, "run"), date(h.Began), kernelName(h.Kernel))
	}
	if s.changed() {
		text += ", with other settings than those above: Run takes them"
	}
	return text
}

// changed reports whether what shows was run with other values than the knobs
// have.
func (s *session) changed() bool {
	c, labs := s.versus, lab.Servers(s.Values)
	for i, e := range c.runs {
		if i >= len(labs) || labs[i] != e.lab {
			return true
		}
		v, err := e.lab.Against(s.Values)
		if e.run != nil && (err != nil || !maps.Equal(v, e.run.Header.Knobs)) {
			return true
		}
	}
	return len(labs) != len(c.runs)
}

// outcome says how run i stands, or what came of it.
func (s *session) outcome(i int) string {
	c := s.versus
	e := c.runs[i]
	switch {
	case e.refused != "":
		return e.refused
	case s.busy() && c.at < i:
		return "waits for its turn"
	case s.busy() && c.at == i:
		return "running"
	case c.over(i) && ending(e.run.End) != "":
		return ending(e.run.End)
	case i < len(c.tally) && c.tally[i].LastReply >= 0:
		return "last reply " + span(c.tally[i].LastReply)
	}
	return ""
}

// troubles says of each run that has not come to its own end why.
func (s *session) troubles() string {
	var said []string
	for i, e := range s.versus.runs {
		why := e.refused
		if e.run != nil {
			why = ending(e.run.End)
		}
		if why != "" {
			said = append(said, s.versus.name(i)+": "+why)
		}
	}
	return strings.Join(said, " ")
}

// verdict says which server finished first, and what there is to say about it.
func (c *comparison) verdict() (right bool, head, rest string) {
	first, second := c.winner()
	if first < 0 {
		return false, "No run finished.", "A run has finished when every client has all its replies."
	}
	switch {
	case c.guess == first:
		right, head = true, c.name(first)+", as you said"
	case c.guess >= 0:
		head = "You said " + c.name(c.guess) + "; it was " + c.name(first)
	default:
		head = c.name(first) + " was first"
	}
	if second >= 0 {
		head += ", by " + span(c.tally[second].LastReply-c.tally[first].LastReply)
	}
	longest := 0
	for i := range c.tally {
		if c.tally[i].LongestWait.Time > c.tally[longest].LongestWait.Time {
			longest = i
		}
	}
	if w := c.tally[longest].LongestWait; longest != first {
		rest = fmt.Sprintf("The longest wait for one reply: %s, %s in %s; in %s nobody waited longer than %s.",
			c.runs[longest].run.Header.Procs[w.Client].Name, span(w.Time), c.name(longest), c.name(first), span(c.tally[first].LongestWait.Time))
	}
	return right, head + ".", strings.TrimSpace(rest + " It was one run of each: a small difference may be chance.")
}

// parting says where the runs part.
func (c *comparison) parting() string {
	text := strings.Replace(c.part.Divergence.Text, "the other run", c.name(c.part.B), 1)
	return fmt.Sprintf("First divergence, at %s: in %s %s. ", span(c.joined.Run.Steps[c.part.Step].Time), c.name(c.part.A), text)
}

// noItem is the choice that takes a server out; go-app drops an empty value.
const noItem = "-"

// item puts a server in place i of the knob that lists them; noItem takes what is
// there out.
func item(list string, i int, id string) string {
	ids := strings.Split(list, ",")
	switch {
	case i >= len(ids) && id == noItem:
	case i >= len(ids):
		ids = append(ids, id)
	case id == noItem:
		ids = append(ids[:i], ids[i+1:]...)
	default:
		ids[i] = id
	}
	return strings.Join(ids, ",")
}

// rival returns the program of the first server that isn't the one that shows.
func (s *session) rival(upper int) int {
	for _, p := range s.procs() {
		if p.Role == trace.RoleServer && p.File-1 != upper {
			return p.File - 1
		}
	}
	return -1
}

// procs returns how many processes the run has, or would have.
func (e *entrant) procs() int {
	if e.run != nil {
		return len(e.run.Header.Procs)
	}
	return len(e.lab.Processes(e.values))
}

// whose names the servers that run a program; of another one it says that it is
// the clients'.
func (c *comparison) whose(procs []trace.Proc, file int) string {
	var names []string
	at := 0
	for k, e := range c.runs {
		if at < len(procs) && procs[at].File-1 == file {
			names = append(names, c.name(k))
		}
		at += e.procs()
	}
	if names == nil {
		return "clients"
	}
	return strings.Join(names, ", ")
}
