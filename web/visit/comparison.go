package visit

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
	"sockscope/web/timeline"
	"sockscope/web/words"
)

// Comparison is a set of runs of several labs with the same clients, which are
// taken in rounds. Its player moves in all runs of one round at once.
type Comparison struct {
	Desk
	Focus

	// Guess is the server that the learner bets on, an index; -1 for none.
	Guess int
	// Shown is the round that the timelines show, an index.
	Shown int
	// Part is where the runs part; nil where they don't in every round. Alike says
	// that no run differs from another for the clients.
	Part  *play.Parting
	Alike bool

	servers []*entrant
	of      int      // how many rounds there are to be
	rounds  []*round // as far as they have begun, one at least
	turn    int      // which run is under way, of all in their order; see place
	quit    string   // why the rest is not taken; "" for nothing
	loaded  bool     // the runs came from files

	behind  bool // joined lacks what has come since
	settled bool // Shown has been chosen among the rounds
	joined  *play.Joined
	placed  int64 // where the clock was put while the runs came in
	told    bool  // what came of the guess has been shown
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
	Tape             // without a run before it has begun, and when it was let go
	end   *trace.End // once it is over, and so are the next two
	tally play.Tally
	heard *play.Heard
}

func (o *outing) finish() {
	o.end = o.Run.End
	o.tally, o.heard = play.NewTally(o.Run), play.Hear(o.Run)
}

// done reports whether the run came to its own end.
func (o *outing) done() bool { return o.end != nil && o.end.Reason == trace.EndDone }

// finished reports whether it did, and every client got all its replies.
func (o *outing) finished() bool { return o.done() && o.tally.Replies > 0 && o.tally.Unanswered == 0 }

// Open starts over with the servers and the clients of a set-up.
func (c *Comparison) Open(l *lab.Lab, v knob.Values) {
	c.Desk.open(l, v)
	c.Focus.open(nil, nil, Figures)
	c.Guess = -1
	c.enter()
}

func (c *Comparison) greet() {}

// Set changes a knob. Runs that were taken stay; others are planned anew.
func (c *Comparison) Set(name, value string) error {
	err := c.Desk.Set(name, value)
	if err == nil && !c.Busy() && (c.loaded || !c.begun()) {
		c.enter() // of every server there is a recording
	}
	return err
}

// enter makes the comparison of the set-up. Nothing of it has begun.
func (c *Comparison) enter() {
	var bet *lab.Lab
	if c.Guess >= 0 {
		bet = c.servers[c.Guess].lab
	}
	*c = Comparison{Desk: c.Desk, Focus: c.Focus, Guess: -1, of: c.Values.Int("rounds")}
	for i, l := range lab.Servers(c.Values) {
		v, err := l.Against(c.Values)
		e := &entrant{lab: l, values: v}
		if err != nil {
			e.refused = words.Sentence(err.Error())
			e.values, _ = l.Set(nil)
		}
		c.servers = append(c.servers, e)
		if l == bet {
			c.Guess = i
		}
	}
	if c.Same() != "" {
		c.Guess = -1
	}
	c.turn = c.of * len(c.servers)
	c.begin()
	c.Player, c.Lane = nil, 0
	c.lineUp()
}

// lineUp has the runs of the round that shows stand above each other.
func (c *Comparison) lineUp() {
	c.Bands, c.Planned = nil, nil
	c.flow, c.picked, c.chain = Flow{}, 0, Chain{} // what they name has another place now
	for i, e := range c.servers {
		b := Band{Name: c.Name(i), Href: address(e.lab, e.values), First: len(c.Planned)}
		if c.Player != nil {
			b.First = c.Player.Run.Bands[i]
		}
		c.Bands = append(c.Bands, b)
		c.Planned = append(c.Planned, Plan(e.lab, e.values)...)
	}
	c.Desk.Rev++
}

// Start takes the runs of all rounds, one after the other.
func (c *Comparison) Start() {
	if c.ready() {
		c.enter()
		c.turn = -1
		c.runNext()
	}
}

// Stop ends the run under way, and leaves out the others.
func (c *Comparison) Stop() {
	if c.Busy() {
		c.Desk.Stop()
		c.giveUp("the comparison was stopped")
	}
}

// begin begins a round.
func (c *Comparison) begin() {
	c.rounds = append(c.rounds, &round{runs: make([]outing, len(c.servers))})
}

// place returns the round and the server of the run under way. Each round begins
// with another server, so that the machine's drift falls on all alike.
func (c *Comparison) place() (r, server int) {
	n := len(c.servers)
	r = c.turn / n
	return r, (c.turn + r) % n
}

// under returns the run under way; nil where none is.
func (c *Comparison) under() *outing {
	if r, i := c.place(); r < len(c.rounds) && c.turn < c.of*len(c.servers) {
		return &c.rounds[r].runs[i]
	}
	return nil
}

// out returns the run of a server that shows.
func (c *Comparison) out(i int) *outing { return &c.rounds[c.Shown].runs[i] }

// runNext begins the next run. After the last one all are over. A server whose run
// didn't come to its own end has no further one.
func (c *Comparison) runNext() {
	c.settle(&c.Focus)
	for c.turn++; c.quit == "" && c.turn < c.of*len(c.servers); c.turn++ {
		r, i := c.place()
		e := c.servers[i]
		if e.refused != "" || c.why(i) != "" {
			continue
		}
		err := c.Relay.Send(&trace.Request{Op: trace.OpRun, Lab: e.lab.ID, Knobs: e.values})
		if err == nil {
			if r == len(c.rounds) {
				c.begin()
			}
			c.Phase = Asked
			return
		}
		e.refused = words.Sentence(err.Error())
	}
	c.turn = c.of * len(c.servers)
	st, _ := c.standing(longestWait, true)
	c.told = c.told || c.Guess >= 0 || c.quit != "" || st.Rounds == 0 // or there is no answer to a guess
	c.behind = true
	if c.begun() {
		c.Phase = Over
	}
}

// giveUp leaves out the runs that have not begun.
func (c *Comparison) giveUp(why string) {
	c.quit = why
	for i, e := range c.servers {
		if !c.ran(i) && e.refused == "" {
			e.refused = words.Sentence("not run: " + why)
		}
	}
}

// ran reports whether a run of the server has begun.
func (c *Comparison) ran(i int) bool {
	for _, r := range c.rounds {
		if r.runs[i].Run != nil || r.runs[i].end != nil {
			return true
		}
	}
	return false
}

func (c *Comparison) lost() {
	if o := c.under(); o.Run != nil {
		breakOff(o.Run, "the relay went away")
		o.finish()
	}
	c.giveUp("the relay went away")
	c.runNext()
}

func (c *Comparison) take(m *trace.Message, _ []byte) {
	o := c.under()
	if !c.Busy() || o == nil {
		return // of a run that was given up
	}
	r, i := c.place()
	e := c.servers[i]
	c.behind = c.behind || r == c.Shown
	switch {
	case m.Queued != nil:
		c.Phase, c.Place = Queued, m.Queued.Place
	case m.Error != nil:
		c.Problem = words.Sentence(m.Error.Text)
		if o.Run == nil {
			e.refused = c.Problem
			c.runNext()
		}
	case m.Header != nil && m.Header.Lab != e.lab.ID:
	case m.End == nil:
		if o.Tape.take(m, nil); m.Header != nil {
			c.Phase = Live
		}
	default:
		if o.Tape.take(m, nil); o.Run != nil {
			o.finish()
			c.letGo(r)
		} else if e.refused == "" && !c.ran(i) {
			e.refused = "Stopped before it began."
		}
		c.runNext()
	}
}

// keptSteps is how many steps of all rounds are kept.
const keptSteps = 100_000

// letGo drops the runs of a round once all runs together are too long. The round
// that shows is always kept.
func (c *Comparison) letGo(r int) {
	kept := 0
	for _, rd := range c.rounds {
		for i := range rd.runs {
			if run := rd.runs[i].Run; run != nil {
				kept += run.Len()
			}
		}
	}
	rd := c.rounds[r]
	rd.gone = rd.gone || kept > keptSteps && r != c.Shown
	for i := range rd.runs {
		if rd.gone && rd.runs[i].end != nil {
			rd.runs[i].Run = nil
		}
	}
}

// Recordings are one of each server: see [Mode].
func (c *Comparison) Recordings() []Recording {
	if !c.Desk.recorded() || c.Player != nil {
		return nil
	}
	var out []Recording
	for i, e := range c.servers {
		out = append(out, Recording{"compare-" + e.lab.ID, func(file []byte) {
			// If the set-up was changed meanwhile, the servers are others.
			if i < len(c.servers) && c.servers[i] == e && c.Relay.State.Off() {
				c.load(i, file)
			}
		}})
	}
	return out
}

// load takes a recording as the run of server i.
func (c *Comparison) load(i int, file []byte) {
	if t, err := ReadTape(file); err == nil && t.Run.Header.Lab == c.servers[i].lab.ID {
		c.servers[i].refused = ""
		o := c.out(i)
		o.Tape = *t
		o.finish()
		c.loaded, c.Phase, c.behind = true, Over, true
	}
}

// liveSteps is how many steps may come in before the runs are drawn only at their
// end: each time all of them are joined anew.
const liveSteps = 10_000

// Align lays side by side what has come since the last time.
func (c *Comparison) Align() {
	if !c.behind {
		return
	}
	before := c.Player
	if moved := before != nil && before.Now() != c.placed; !c.Busy() && !c.settled {
		if c.settled = true; !moved {
			c.Shown = c.typical()
		}
	}
	n, runs := 0, make([]*play.Run, len(c.servers))
	for i, e := range c.servers {
		runs[i] = c.out(i).Run
		if runs[i] == nil {
			runs[i] = play.NewRun(&trace.Header{Procs: Plan(e.lab, e.values)})
		}
		n += runs[i].Len()
	}
	if n == 0 || c.Busy() && n > liveSteps && c.joined != nil {
		return
	}
	c.behind, c.joined, c.walk = false, play.Join(runs), walk{came: c.walk.came}
	c.Player = play.NewPlayer(c.joined.Run)
	if before == nil {
		c.Player.SetScale(play.ByTime)
	} else {
		c.Player.Like(before)
	}
	if before != nil && before.Now() != c.placed {
		c.Player.SeekTime(before.Now()) // where the learner has gone meanwhile
		c.Player.Playing = before.Playing
	} else if !c.Veiled() {
		c.Player.SeekTime(c.joined.Busy())
		c.placed = c.Player.Now()
	}
	if c.View == About {
		c.View = Figures
	}
	if c.Part = nil; !c.Busy() {
		c.Part, c.Alike = c.joined.Part(c.heard())
		c.contrast()
	}
	c.lineUp()
}

// heard returns what the clients of each server got, in each run that came to its
// own end. The run of the round that shows is the first. A server without one there
// has none at all.
func (c *Comparison) heard() [][]*play.Heard {
	all := make([][]*play.Heard, len(c.servers))
	for i := range all {
		if !c.out(i).done() {
			continue
		}
		all[i] = append(all[i], c.out(i).heard)
		for r, rd := range c.rounds {
			if r != c.Shown && rd.runs[i].done() {
				all[i] = append(all[i], rd.runs[i].heard)
			}
		}
	}
	return all
}

// typical returns the round whose last replies are nearest to the medians. Without
// another round it is the one that shows.
func (c *Comparison) typical() int {
	best, least := c.Shown, math.Inf(1)
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

// ShowRound shows another round in the timelines.
func (c *Comparison) ShowRound(r int) {
	if r < len(c.rounds) && r != c.Shown && !c.rounds[r].gone && c.Revealed() {
		c.Shown, c.behind = r, true
		c.Align()
		c.moved()
	}
}

// Veiled reports whether what came of the runs is hidden until it is guessed.
func (c *Comparison) Veiled() bool {
	return c.Asking && !c.told && c.begun() && c.Same() == ""
}

// Asks reports whether what came of the runs is hidden: see [Mode].
func (c *Comparison) Asks() bool { return c.Veiled() }

// Apply does what a command asks: see [Mode].
func (c *Comparison) Apply(cmd Command) bool {
	if moves := cmd != LaneUp && cmd != LaneDown && cmd != Answer; moves && c.Veiled() && c.Player != nil {
		switch cmd {
		case CheckAnswer:
			c.tell(false)
		case SkipQuestion:
			c.tell(true)
		}
		return true // nothing moves before it is told
	}
	done := c.Focus.Apply(cmd)
	if c.Player != nil {
		c.Player.Follow = false // each time all runs are joined anew
	}
	return done
}

// Letter bets on a server: see [Mode].
func (c *Comparison) Letter(i int) { c.Bet(i) }

// Lay has a timeline show the runs above each other: see [Mode].
func (c *Comparison) Lay(t *timeline.Timeline, fresh bool) {
	c.Focus.Lay(t, fresh)
	t.View.Size, t.View.Steady, t.View.Marks = timeline.Compact, true, t.View.Marks[:0]
	t.View.Veil = c.Veiled()
	t.Notes = t.Notes[:0]
	for i, e := range c.servers {
		t.Notes = append(t.Notes, timeline.Note{What: e.lab.Serves, Result: c.outcome(i)})
	}
	if c.Part != nil {
		t.View.Marks = append(t.View.Marks, c.Part.StepA+1, c.Part.StepB+1)
	}
	if fresh {
		t.View.FitTime(c.Player, c.joined.Busy()*9/8)
	}
}

func (c *Comparison) begun() bool {
	for i := range c.servers {
		if c.ran(i) {
			return true
		}
	}
	return false
}

// Revealed reports whether all runs are over, and nothing is hidden.
func (c *Comparison) Revealed() bool { return c.Player != nil && !c.Busy() && !c.Veiled() }

// Bet guesses server i; a second time takes it back.
func (c *Comparison) Bet(i int) {
	if i < len(c.servers) && !c.Revealed() && c.Same() == "" {
		if c.Guess == i {
			i = -1
		}
		c.Guess = i
		c.Desk.Rev++
	}
}

// tell shows what came of the runs: beside a guess, or without one.
func (c *Comparison) tell(skip bool) {
	if c.Busy() || !skip && c.Guess < 0 {
		return
	}
	if skip {
		c.Guess = -1
	}
	c.told = true
	c.Player.SeekTime(c.joined.Busy())
	c.moved()
}

// standing compares the servers that finished in figure k, over the rounds in which
// all of them did: by the least, or with more by the most. who are their indexes.
func (c *Comparison) standing(k int, more bool) (st play.Standing, who []int) {
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
	return play.NewStanding(xs, more), who
}

// Name names server i. A server that is there twice has a number.
func (c *Comparison) Name(i int) string {
	id, n, all := c.servers[i].lab.ID, 0, 0
	for k, e := range c.servers {
		if e.lab.ID == id {
			if all++; k <= i {
				n++
			}
		}
	}
	if all > 1 {
		return id + " " + fmt.Sprint(n)
	}
	return id
}

// Same says that all servers are one program, so that there is nothing to guess.
// It is "" where they are not.
func (c *Comparison) Same() string {
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

// Headline says in one line what the timelines show.
func (c *Comparison) Headline() string {
	if c.Busy() {
		r, i := c.place()
		text := fmt.Sprintf("run %d of %d, %s", c.turn+1, len(c.servers), c.Name(i))
		if c.of > 1 {
			text = fmt.Sprintf("round %d of %d, %s", r+1, c.of, c.Name(i))
		}
		if c.Phase == Queued {
			text += fmt.Sprintf(": all workers are busy, place %d in the queue", c.Place)
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
		if run := c.out(i).Run; run != nil {
			h = run.Header
		}
	}
	if h == nil {
		return ""
	}
	text, how := words.Count(n, "run"), ", taken in turn on this machine, each started at 0, not saved" // they go with the page
	switch {
	case c.loaded:
		text += fmt.Sprintf(", recorded in turn %s on %s, each started at 0", words.Date(h.Began), KernelName(h.Kernel))
		how = ""
	case len(c.rounds) > 1:
		text = fmt.Sprintf("round %d of %d", c.Shown+1, len(c.rounds))
	}
	if c.changed() {
		how = ", with other settings than those above: Run takes them"
	}
	return text + how
}

// changed reports whether the knobs were changed since the runs that show.
func (c *Comparison) changed() bool {
	labs := lab.Servers(c.Values)
	for i, e := range c.servers {
		if i >= len(labs) || labs[i] != e.lab {
			return true
		}
		v, err := e.lab.Against(c.Values)
		if run := c.out(i).Run; run != nil && (err != nil || !maps.Equal(v, run.Header.Knobs)) {
			return true
		}
	}
	return len(labs) != len(c.servers) || !c.loaded && c.of != c.Values.Int("rounds")
}

// outcome says how the run of server i that shows stands, or what came of it.
func (c *Comparison) outcome(i int) string {
	o := c.out(i)
	switch {
	case o.Run == nil && c.servers[i].refused != "":
		return c.servers[i].refused
	case o.Run == nil && c.Busy():
		return "waits for its turn"
	case o.Run != nil && o.end == nil:
		return "running"
	case ending(o.end) != "":
		return ending(o.end)
	case o.end != nil && o.tally.LastReply >= 0:
		return "last reply " + o.Run.Span(o.tally.LastReply) + " after the first connect" // the ruler's 0 is earlier
	}
	return ""
}

// why says why a run of server i ended early, and in which round; "" for none.
func (c *Comparison) why(i int) string {
	for r, rd := range c.rounds {
		if why := ending(rd.runs[i].end); why != "" && len(c.rounds) > 1 {
			return fmt.Sprintf("round %d: %s", r+1, why)
		} else if why != "" {
			return why
		}
	}
	return ""
}

// Trouble says what has not come to its own end, and why.
func (c *Comparison) Trouble() string {
	var said []string
	for i, e := range c.servers {
		why := e.refused
		if w := c.why(i); w != "" {
			why = w
		}
		if why != "" {
			said = append(said, c.Name(i)+": "+why)
		}
	}
	if c.quit != "" && c.of > 1 && !c.Busy() {
		said = append(said, fmt.Sprintf("%s in round %d of %d.", strings.TrimSuffix(words.Sentence(c.quit), "."), len(c.rounds), c.of))
	}
	return strings.Join(said, " ")
}

// Verdict says with which server a client waits longest for a reply, -1 where that
// can't be told, and puts it into words.
func (c *Comparison) Verdict() (longest int, head, rest string) {
	st, who := c.standing(longestWait, true)
	const finished = "A run has finished when every client has all its replies."
	switch {
	case len(who) == 0:
		return -1, "No run finished.", finished
	case len(who) == 1:
		return -1, "Only " + c.Name(who[0]) + " finished.", finished
	case st.Rounds == 0:
		return -1, "They finished in no round together.", finished
	}
	all := st.First >= 0 && st.Wins[st.First] == st.Rounds
	if !all && !st.Apart() {
		return -1, c.guessed(-1) + "The rounds do not tell them apart" + c.winners(st, who) + ".", c.Same()
	}
	longest = who[st.First]
	span := c.span()
	lead := span(int64(st.Low))
	if lead != span(int64(st.High)) {
		lead = duration.between(st.Low, st.High, " to ", span)
	}
	rounds, rest := "", "It was one run of each: a small difference may be chance."
	if st.Rounds > 1 {
		rounds = fmt.Sprintf(" in %d of %d rounds", st.Wins[st.First], st.Rounds)
		rest = fmt.Sprintf("Of servers that are equal, one would be so by chance one time in %d.", int(1/st.Odds()+0.5))
		if all {
			rounds = fmt.Sprintf(" in all %d rounds", st.Rounds)
		}
	}
	if same := c.Same(); same != "" {
		rest = same
	}
	return longest, c.guessed(longest) + c.Name(longest) + "'s client waited longest" + rounds + ", by " + lead + ".", rest
}

// guessed begins a verdict on a guess. longest is the server that it should have named;
// -1 for none.
func (c *Comparison) guessed(longest int) string {
	switch {
	case c.Guess < 0:
		return ""
	case c.Guess == longest:
		return "As you said: "
	}
	return "You said " + c.Name(c.Guess) + ". "
}

// winners says in how many rounds each server's client waited longest: ": select's client
// waited longest in 3 of 5, poll's in 2".
func (c *Comparison) winners(st play.Standing, who []int) string {
	text := ""
	for k, n := range st.Wins {
		switch {
		case n == 0:
		case text == "":
			text = fmt.Sprintf(": %s's client waited longest in %d of %d", c.Name(who[k]), n, st.Rounds)
		default:
			text += fmt.Sprintf(", %s's in %d", c.Name(who[k]), n)
		}
	}
	return text
}

// Servers returns how many servers are compared.
func (c *Comparison) Servers() int { return len(c.servers) }

// Rounds returns how many rounds have begun, one at least.
func (c *Comparison) Rounds() int { return len(c.rounds) }

// Gone reports whether the runs of a round were too long to be kept.
func (c *Comparison) Gone(round int) bool { return c.rounds[round].gone }
