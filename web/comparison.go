package web

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// comparison is what a session of lab compare has besides: the runs of the
// servers, which are taken in rounds. The session's player moves in all runs of
// one round at once.
type comparison struct {
	servers []*entrant
	of      int      // how many rounds there are to be
	rounds  []*round // as far as they have begun, one at least
	turn    int      // which run is under way, of all in their order; see place
	quit    string   // why the rest is not taken; "" for nothing

	shown   int  // the round that the timelines show, an index in rounds
	behind  bool // joined lacks what has come since
	settled bool // shown has been chosen among the rounds
	joined  *play.Joined
	part    *play.Parting
	alike   bool  // no run differs from another for the clients
	placed  int64 // where the clock was put while the runs came in

	guess int  // index in servers of the one that the learner bets on; -1 for none
	told  bool // what came of it has been shown
}

// entrant is one server of a comparison.
type entrant struct {
	lab     *lab.Lab
	values  knob.Values
	refused string // why there is no run, or no further one, a sentence; "" for nothing
}

// round is one run of each server.
type round struct {
	runs []outing // by server
	gone bool     // the runs are let go as they end: only their figures stay
}

// outing is one run of one server.
type outing struct {
	run   *play.Run // nil before it has begun, and when it was let go
	end   *trace.End
	tally play.Tally // once it is over, and so is heard
	heard *play.Heard
}

func (o *outing) finish(end *trace.End) {
	o.run.End, o.end = end, end
	o.tally, o.heard = play.NewTally(o.run), play.Hear(o.run)
}

// done reports whether the run came to its own end.
func (o *outing) done() bool { return o.end != nil && o.end.Reason == trace.EndDone }

// finished reports whether it did, and every client got all its replies.
func (o *outing) finished() bool { return o.done() && o.tally.Replies > 0 && o.tally.Unanswered == 0 }

// enter makes the comparison of the set-up, of which nothing has begun.
func (s *session) enter() {
	before := s.versus
	c := &comparison{guess: -1, of: s.Values.Int("rounds")}
	for i, l := range lab.Servers(s.Values) {
		v, err := l.Against(s.Values)
		e := &entrant{lab: l, values: v}
		if err != nil {
			e.refused = sentence(err.Error())
			e.values, _ = l.Set(nil)
		}
		c.servers = append(c.servers, e)
		if before != nil && before.guess >= 0 && before.servers[before.guess].lab == l {
			c.guess = i
		}
	}
	if c.same() != "" {
		c.guess = -1
	}
	c.turn = c.of * len(c.servers)
	c.begin()
	s.versus, s.Player = c, nil
	s.lane = 0
	s.rev++
}

// begin begins a round.
func (c *comparison) begin() {
	c.rounds = append(c.rounds, &round{runs: make([]outing, len(c.servers))})
}

// place returns of which round and server the run under way is. Each round
// begins with another server, so that the machine's drift falls on all alike.
func (c *comparison) place() (r, server int) {
	n := len(c.servers)
	r = c.turn / n
	return r, (c.turn + r) % n
}

// under returns the run under way; nil where none is.
func (c *comparison) under() *outing {
	if r, i := c.place(); r < len(c.rounds) && c.turn < c.of*len(c.servers) {
		return &c.rounds[r].runs[i]
	}
	return nil
}

// out returns the run of a server that shows.
func (c *comparison) out(i int) *outing { return &c.rounds[c.shown].runs[i] }

// runNext begins the next run that can be; after the last one all are over. A
// server whose run didn't come to its own end has no further one.
func (s *session) runNext() {
	c := s.versus
	s.settle()
	for c.turn++; c.quit == "" && c.turn < c.of*len(c.servers); c.turn++ {
		r, i := c.place()
		e := c.servers[i]
		if e.refused != "" || c.why(i) != "" {
			continue
		}
		err := s.send(&trace.Request{Op: trace.OpRun, Lab: e.lab.ID, Knobs: e.values})
		if err == nil {
			if r == len(c.rounds) {
				c.begin()
			}
			s.Phase = asked
			return
		}
		e.refused = sentence(err.Error())
	}
	c.turn = c.of * len(c.servers)
	st, _ := c.standing(lastReply)
	c.told = c.told || c.guess >= 0 || c.quit != "" || st.Rounds == 0 // or there is no answer to a guess
	c.behind = true
	if c.begun() {
		s.Phase = over
	}
}

// giveUp leaves out the runs that have not begun.
func (c *comparison) giveUp(why string) {
	c.quit = why
	for i, e := range c.servers {
		if !c.ran(i) && e.refused == "" {
			e.refused = sentence("not run: " + why)
		}
	}
}

// ran reports whether a run of the server has begun.
func (c *comparison) ran(i int) bool {
	for _, r := range c.rounds {
		if r.runs[i].run != nil || r.runs[i].end != nil {
			return true
		}
	}
	return false
}

// lose takes note that the relay is gone while a run was under way.
func (s *session) lose() {
	c := s.versus
	if o := c.under(); o.run != nil {
		o.finish(&trace.End{Time: o.run.Duration(), Reason: trace.EndFailed, Message: "the relay went away"})
	}
	c.giveUp("the relay went away")
	s.runNext()
}

// takeRun takes what the server says of the run under way.
func (s *session) takeRun(m *trace.Message) {
	c := s.versus
	o := c.under()
	if !s.busy() || o == nil {
		return // of a run that was given up
	}
	r, i := c.place()
	e := c.servers[i]
	c.behind = c.behind || r == c.shown
	switch {
	case m.Queued != nil:
		s.Phase, s.Place = queued, m.Queued.Place
	case m.Header != nil:
		if m.Header.Lab == e.lab.ID {
			s.Phase, o.run = live, play.NewRun(m.Header)
		}
	case m.Child != nil:
		if o.run != nil {
			o.run.AddProc(m.Child)
		}
	case m.Events != nil:
		if o.run != nil {
			o.run.Add(m.Events)
		}
	case m.End != nil:
		if o.run != nil {
			o.finish(m.End)
			c.letGo(r)
		} else if e.refused == "" && !c.ran(i) {
			e.refused = "Stopped before it began."
		}
		s.runNext()
	case m.Error != nil:
		s.Problem = sentence(m.Error.Text)
		if o.run == nil {
			e.refused = s.Problem
			s.runNext()
		}
	}
}

// keptSteps is up to how many steps the runs of all rounds are kept whole.
const keptSteps = 100_000

// letGo lets the runs of a round go where all together have become too many. The
// round that shows is always kept.
func (c *comparison) letGo(r int) {
	kept := 0
	for _, rd := range c.rounds {
		for i := range rd.runs {
			if run := rd.runs[i].run; run != nil {
				kept += len(run.Steps)
			}
		}
	}
	rd := c.rounds[r]
	rd.gone = rd.gone || kept > keptSteps && r != c.shown
	for i := range rd.runs {
		if rd.gone && rd.runs[i].end != nil {
			rd.runs[i].run = nil
		}
	}
}

// loadRun takes a recording as the run of server i.
func (s *session) loadRun(i int, file []byte) {
	c := s.versus
	var run *play.Run
	var end *trace.End
	trace.Frames(file, func(m *trace.Message) {
		switch {
		case m.Header != nil && m.Header.Version == trace.Version && m.Header.Lab == c.servers[i].lab.ID:
			run = play.NewRun(m.Header)
		case run != nil && m.Child != nil:
			run.AddProc(m.Child)
		case run != nil && m.Events != nil:
			run.Add(m.Events)
		case run != nil && m.End != nil:
			end = m.End
		}
	})
	if run != nil && end != nil {
		c.servers[i].refused = ""
		c.out(i).run = run
		c.out(i).finish(end)
		s.Recording, s.Phase, c.behind = true, over, true
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
	before := s.Player
	if moved := before != nil && before.Now() != c.placed; !s.busy() && !c.settled {
		if c.settled = true; !moved {
			c.shown = c.typical()
		}
	}
	n, runs := 0, make([]*play.Run, len(c.servers))
	for i, e := range c.servers {
		runs[i] = c.out(i).run
		if runs[i] == nil {
			runs[i] = play.NewRun(&trace.Header{Procs: procsOf(e.lab.Processes(e.values))})
		}
		n += len(runs[i].Steps)
	}
	if n == 0 || s.busy() && n > liveSteps && c.joined != nil {
		return
	}
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
	if c.part = nil; !s.busy() {
		c.part, c.alike = c.joined.Part(c.heard())
	}
	s.rev++
}

// heard returns what the clients of each server got in its runs that came to
// their own end, that of the round that shows first. A server that has none there
// has none at all.
func (c *comparison) heard() [][]*play.Heard {
	all := make([][]*play.Heard, len(c.servers))
	for i := range all {
		if !c.out(i).done() {
			continue
		}
		all[i] = append(all[i], c.out(i).heard)
		for r, rd := range c.rounds {
			if r != c.shown && rd.runs[i].done() {
				all[i] = append(all[i], rd.runs[i].heard)
			}
		}
	}
	return all
}

// typical returns the round whose last replies are the nearest to the middle ones
// of all rounds; the one that shows where there is no other.
func (c *comparison) typical() int {
	best, least := c.shown, math.Inf(1)
	for r, rd := range c.rounds {
		off := 0.0
		for i := range c.servers {
			if middle, _, _, n := spread(c.values(lastReply, i)); n > 0 && rd.runs[i].finished() {
				off += math.Abs(figuresOf(&rd.runs[i].tally)[lastReply]-middle) / max(middle, 1)
			} else if n > 0 {
				off = math.Inf(1)
			}
		}
		if !rd.gone && off < least {
			best, least = r, off
		}
	}
	return best
}

// showRound shows another round in the timelines.
func (s *session) showRound(r int) {
	if c := s.versus; r < len(c.rounds) && r != c.shown && !c.rounds[r].gone && s.revealed() {
		c.shown, c.behind = r, true
		s.align()
	}
}

// veiled reports whether what came of the runs is hidden until it is guessed.
func (s *session) veiled() bool {
	return s.versus != nil && s.asking && !s.versus.told && s.versus.begun() && s.versus.same() == ""
}

func (c *comparison) begun() bool {
	for i := range c.servers {
		if c.ran(i) {
			return true
		}
	}
	return false
}

// revealed reports whether all runs are over, and nothing is hidden.
func (s *session) revealed() bool { return s.Player != nil && !s.busy() && !s.veiled() }

// bet guesses server i; a second time takes it back.
func (s *session) bet(i int) {
	if c := s.versus; i < len(c.servers) && !s.revealed() && c.same() == "" {
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

// standing returns how the servers did against each other in figure k: those that
// finished, in the rounds in which all of them did. who are their indexes.
func (c *comparison) standing(k int) (st play.Standing, who []int) {
	for i := range c.servers {
		if slices.ContainsFunc(c.rounds, func(rd *round) bool { return rd.runs[i].finished() }) {
			who = append(who, i)
		}
	}
	var xs [][]float64
	for _, rd := range c.rounds {
		var row []float64
		for _, i := range who {
			if o := &rd.runs[i]; o.finished() {
				row = append(row, figuresOf(&o.tally)[k])
			}
		}
		if len(row) == len(who) && len(who) > 1 {
			xs = append(xs, row)
		}
	}
	return play.NewStanding(xs, figures[k].better > 0), who
}

// name names server i. Of one that is there twice it says which.
func (c *comparison) name(i int) string {
	id, n, all := c.servers[i].lab.ID, 0, 0
	for k, e := range c.servers {
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

// same says that all servers are one program, so that there is nothing to guess;
// "" where they are not.
func (c *comparison) same() string {
	for _, e := range c.servers {
		if e.lab != c.servers[0].lab {
			return ""
		}
	}
	times := "twice"
	if n := len(c.servers); n > 2 {
		times = fmt.Sprintf("%d times", n)
	}
	return "The same program runs " + times + ": what differs is not the server's doing."
}

// compared says in one line what the timelines show.
func (s *session) compared() string {
	c := s.versus
	if s.busy() {
		r, i := c.place()
		text := fmt.Sprintf("run %d of %d, %s", c.turn+1, len(c.servers), c.name(i))
		if c.of > 1 {
			text = fmt.Sprintf("round %d of %d, %s", r+1, c.of, c.name(i))
		}
		if s.Phase == queued {
			text += fmt.Sprintf(": all workers are busy, place %d in the queue", s.Place)
		}
		return text
	}
	var h *trace.Header
	n := 0
	for i := range c.servers {
		for _, rd := range c.rounds {
			if rd.runs[i].end != nil {
				n++
			}
		}
		if run := c.out(i).run; run != nil {
			h = run.Header
		}
	}
	if h == nil {
		return ""
	}
	text, how := count(n, "run"), ", taken in turn on this machine, each started at 0"
	switch {
	case s.Recording:
		text += fmt.Sprintf(", recorded in turn %s on %s, each started at 0", date(h.Began), kernelName(h.Kernel))
		how = ""
	case len(c.rounds) > 1:
		text = fmt.Sprintf("round %d of %d", c.shown+1, len(c.rounds))
	}
	if s.changed() {
		how = ", with other settings than those above: Run takes them"
	}
	return text + how
}

// changed reports whether what shows was run with other values than the knobs
// have.
func (s *session) changed() bool {
	c, labs := s.versus, lab.Servers(s.Values)
	for i, e := range c.servers {
		if i >= len(labs) || labs[i] != e.lab {
			return true
		}
		v, err := e.lab.Against(s.Values)
		if run := c.out(i).run; run != nil && (err != nil || !maps.Equal(v, run.Header.Knobs)) {
			return true
		}
	}
	return len(labs) != len(c.servers) || !s.Recording && c.of != s.Values.Int("rounds")
}

// outcome says how the run of server i that shows stands, or what came of it.
func (s *session) outcome(i int) string {
	c := s.versus
	o := c.out(i)
	switch {
	case o.run == nil && c.servers[i].refused != "":
		return c.servers[i].refused
	case o.run == nil && s.busy():
		return "waits for its turn"
	case o.run != nil && o.end == nil:
		return "running"
	case ending(o.end) != "":
		return ending(o.end)
	case o.end != nil && o.tally.LastReply >= 0:
		return "last reply " + span(o.tally.LastReply) + " after the first connect" // the ruler's 0 is earlier
	}
	return ""
}

// why says why a run of server i has not come to its own end, and in which round;
// "" where all have.
func (c *comparison) why(i int) string {
	for r, rd := range c.rounds {
		if why := ending(rd.runs[i].end); why != "" && len(c.rounds) > 1 {
			return fmt.Sprintf("round %d: %s", r+1, why)
		} else if why != "" {
			return why
		}
	}
	return ""
}

// troubles says what has not come to its own end, and why.
func (s *session) troubles() string {
	c := s.versus
	var said []string
	for i, e := range c.servers {
		why := e.refused
		if w := c.why(i); w != "" {
			why = w
		}
		if why != "" {
			said = append(said, c.name(i)+": "+why)
		}
	}
	if c.quit != "" && c.of > 1 && !s.busy() {
		said = append(said, fmt.Sprintf("%s in round %d of %d.", strings.TrimSuffix(sentence(c.quit), "."), len(c.rounds), c.of))
	}
	return strings.Join(said, " ")
}

// verdict says which server finished first, -1 for none that can be told, and what
// there is to say about it.
func (c *comparison) verdict() (first int, head, rest string) {
	st, who := c.standing(lastReply)
	const finished = "A run has finished when every client has all its replies."
	switch {
	case len(who) == 0:
		return -1, "No run finished.", finished
	case len(who) == 1:
		return -1, "Only " + c.name(who[0]) + " finished.", finished
	case st.Rounds == 0:
		return -1, "They finished in no round together.", finished
	}
	all := st.First >= 0 && st.Wins[st.First] == st.Rounds
	if !all && !st.Apart() {
		return -1, c.guessed(-1) + "The rounds do not tell them apart" + c.winners(st, who) + ".", c.same()
	}
	first = who[st.First]
	lead := span(int64(st.Low))
	if lead != span(int64(st.High)) {
		lead = duration.between(st.Low, st.High, " to ")
	}
	rounds, rest := "", "It was one run of each: a small difference may be chance."
	if st.Rounds > 1 {
		rounds = fmt.Sprintf(" in %d of %d rounds", st.Wins[st.First], st.Rounds)
		rest = fmt.Sprintf("Of servers that are equal, one would be so by chance one time in %d.", int(1/st.Odds()+0.5))
		if all {
			rounds = fmt.Sprintf(" in all %d rounds", st.Rounds)
		}
	}
	if same := c.same(); same != "" {
		rest = same
	}
	return first, c.guessed(first) + c.name(first) + " was first" + rounds + ", by " + lead + ".", rest
}

// guessed begins a verdict where there was a guess. first is the server that was
// first; -1 where none was.
func (c *comparison) guessed(first int) string {
	switch {
	case c.guess < 0:
		return ""
	case c.guess == first:
		return "As you said: "
	}
	return "You said " + c.name(c.guess) + ". "
}

// winners says in how many rounds each server was first: ": select was first in 3
// of 5, poll in 2".
func (c *comparison) winners(st play.Standing, who []int) string {
	text := ""
	for k, n := range st.Wins {
		switch {
		case n == 0:
		case text == "":
			text = fmt.Sprintf(": %s was first in %d of %d", c.name(who[k]), n, st.Rounds)
		default:
			text += fmt.Sprintf(", %s in %d", c.name(who[k]), n)
		}
	}
	return text
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

// procs returns how many processes the run of server i has, or would have.
func (c *comparison) procs(i int) int {
	if run := c.out(i).run; run != nil {
		return len(run.Header.Procs)
	}
	e := c.servers[i]
	return len(e.lab.Processes(e.values))
}

// whose names the servers that run a program; of another one it says that it is
// the clients'.
func (c *comparison) whose(procs []trace.Proc, file int) string {
	var names []string
	at := 0
	for k := range c.servers {
		if at < len(procs) && procs[at].File-1 == file {
			names = append(names, c.name(k))
		}
		at += c.procs(k)
	}
	if names == nil {
		return "clients"
	}
	return strings.Join(names, ", ")
}
