package visit

import (
	"slices"
	"time"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/timeline"
)

// Focus is where in a run the learner is: the step, the lane, the call whose
// causes they follow, the bytes, the question.
type Focus struct {
	Player *play.Player // nil without a run
	Log    *Log         // nil without a run
	// Planned are the processes that a run of the set-up would have, and Look has
	// its programs; nil until the server has told them.
	Planned []trace.Proc
	Look    *trace.Look
	// Bands are the runs that show above each other; nil for a single one.
	Bands []Band

	Lane int  // the selected one, an index in the run's Lanes
	View View // what the kernel's pane shows
	// BytesAs is how the bytes show.
	BytesAs BytesAs
	Rev     int

	// Wired is whether the packets show between the lanes.
	Wired bool

	// Quiz are the run's questions; nil when it has none. Asking is whether they are
	// asked, in this run and the next.
	Quiz     *play.Quiz
	Asking   bool
	attended *play.Question // that the page has turned to

	began time.Time // when the run that is under way began, at the latest; see Tick

	walk   walk
	index  *timeline.Index // of the run, nil where it wasn't made before
	first  View            // that a run shows first
	flow   Flow
	picked int   // the call whose causes are followed, an index in Run.Calls plus one; 0 follows the lane
	chain  Chain // as Why made it last

	// Drawn is told when the timeline is to be drawn again; nil for nobody.
	Drawn func()
}

// Band is one of several runs that show above each other.
type Band struct {
	Name  string
	Href  string // the page that shows this run alone
	First int    // index of its first process
}

// BytesAs is a view of bytes.
type BytesAs uint8

const (
	AsDump    BytesAs = iota // as hexdump -C shows them
	AsWay                    // on their way through the queues
	AsDecoder                // as messages
	AsNumber                 // a number that the learner types, as memory has it
	AsTalk                   // as a conversation of both sides
)

// ShowBytes chooses how the bytes show.
func (f *Focus) ShowBytes(as BytesAs) {
	f.BytesAs = as
	f.Rev++
}

// View is what the kernel's pane shows.
type View uint8

const (
	FDs         View = iota // the fd table of the selected lane's process
	Netstat                 // the kernel's own table of all sockets
	Why                     // why the selected lane's call sleeps, or woke
	About                   // the lab's text
	Figures                 // the figures of several runs
	Wire                    // the packets
	OptionTable             // the options of the selected lane's process's sockets
)

// At returns f: see [Mode].
func (f *Focus) At() *Focus { return f }

// open forgets the run. The walk through the next one is that of the lab, nil for none,
// and first is the view that it begins with.
func (f *Focus) open(planned []trace.Proc, l *lab.Lab, first View) {
	*f = Focus{Planned: planned, walk: walk{lab: l, came: f.walk.came}, View: About, first: first, Asking: f.Asking, Rev: f.Rev + 1, Drawn: f.Drawn}
}

// show goes to the start of a run.
func (f *Focus) show(run *play.Run) { f.showMade(run, newLog(run), nil) }

// showMade goes to the start of a run whose lines and index are made, as far as they are.
func (f *Focus) showMade(run *play.Run, log *Log, index *timeline.Index) {
	before := f.Player
	f.Player = play.NewPlayer(run)
	if before != nil {
		f.Player.Like(before)
	}
	f.Log, f.index = log, index
	f.Log.grow()
	f.Quiz, f.attended, f.began = nil, nil, time.Time{}
	f.flow, f.picked, f.chain = Flow{}, 0, Chain{}
	if f.View == About {
		f.View = f.first
	}
	f.Lane = min(f.Lane, max(0, len(run.Header.Procs)-1))
	f.Rev++
}

// quiz has the run ask. A trace that never ends has no quiz: not all of it is known
// when it asks.
func (f *Focus) quiz() {
	f.Quiz = play.NewQuiz(f.Player)
	f.Quiz.Switch(f.Asking)
}

// grow takes in what has come to the run.
func (f *Focus) grow() {
	f.Log.grow()
	f.hear(time.Now())
	f.Player.Grown()
	f.Rev++
}

// hear notes that the newest event had happened at a time, at the latest.
func (f *Focus) hear(now time.Time) {
	if run := f.Player.Run; run.Len() > 0 {
		began := now.Add(-time.Duration(run.Gist(run.Len() - 1).Time))
		if f.began.IsZero() || began.Before(f.began) {
			f.began = began
		}
	}
}

// Tick lets the time of a live run that is followed go on, while its threads sleep and
// nothing comes. It reports whether there is such a run. The run is at least as old as
// is said: its events take some time to come here.
func (f *Focus) Tick(now time.Time) bool {
	if f.Player == nil || !f.Player.Follow || f.Player.Run.End != nil || f.began.IsZero() {
		return false
	}
	run := f.Player.Run
	if run.Emulated() {
		return false // its clock is slower, and stands when the tab is hidden
	}
	run.Passed = max(run.Passed, int64(now.Sub(f.began)))
	f.Player.Grown()
	f.chain = Chain{} // it says for how long
	f.Rev++
	return true
}

// resume goes on with a run that begins cut steps later than the one before.
func (f *Focus) resume(run *play.Run, cut int) {
	old := f.Player
	f.show(run)
	f.Player.Playing = old.Playing
	f.Player.Seek(old.Pos() - cut)
	f.Player.Follow = old.Follow
	if f.Lane < len(old.Run.Lanes) {
		was := &old.Run.Lanes[f.Lane]
		f.Lane = max(0, slices.IndexFunc(run.Lanes, func(l play.Lane) bool { return l.Proc == was.Proc && l.Thread == was.Thread }))
	}
}

// moved notes a change that the timeline shows.
func (f *Focus) moved() {
	f.Rev++
	if f.Drawn != nil {
		f.Drawn()
	}
}

// Pos returns the step the learner is at, 0 without a run.
func (f *Focus) Pos() int {
	if f.Player == nil {
		return 0
	}
	return f.Player.Pos()
}

// State returns what is so at the position; nil without a run.
func (f *Focus) State() *trace.State {
	if f.Player == nil {
		return nil
	}
	return f.Player.State()
}

// Procs returns the processes: of the run, else of the set-up.
func (f *Focus) Procs() []trace.Proc {
	switch {
	case f.Player != nil:
		return f.Player.Run.Header.Procs
	case f.Look != nil:
		return f.Look.Procs
	}
	return nil
}

// Sources returns the programs: of the run, else of the set-up.
func (f *Focus) Sources() []trace.Source {
	switch {
	case f.Player != nil:
		return f.Player.Run.Header.Sources
	case f.Look != nil:
		return f.Look.Sources
	}
	return nil
}

// Proc returns the index of the selected lane's process.
func (f *Focus) Proc() int {
	if f.Player == nil || f.Lane >= len(f.Player.Run.Lanes) {
		return f.Lane
	}
	return max(0, f.Player.Run.Lanes[f.Lane].Proc) // a peer's kernel isn't seen: the server's is
}

// Follow goes to the newest event, and stays with it while the run goes on.
func (f *Focus) Follow() {
	f.Player.Playing = false
	f.Player.Follow = true
	f.Player.Grown()
	f.Rev++
}

// Seek goes to where n steps have happened.
func (f *Focus) Seek(n int) {
	if f.Player != nil {
		f.Player.Playing = false
		f.Player.Seek(n)
		f.moved()
	}
}

// Show chooses what the kernel's pane shows.
func (f *Focus) Show(v View) {
	f.View = v
	f.Rev++
}

// ShowRun shows the run where the kernel's pane has the lab's text.
func (f *Focus) ShowRun() {
	if f.View == About {
		f.Show(f.first)
	}
}

// PickLane selects a lane: its program and its process's kernel view show.
func (f *Focus) PickLane(i int) {
	f.Lane = max(0, min(i, len(f.Lanes())-1))
	f.flow, f.picked = Flow{}, 0
	if f.Player != nil {
		run := f.Player.Run
		if l := &run.Lanes[f.Lane]; l.Role == play.RolePeer {
			if c := run.PeerAt(l, f.Pos()); c != nil {
				f.flow = Flow{fixed: true, Conn: slices.IndexFunc(run.Conns, func(o play.Conn) bool { return o.Server.FD == c.Server.FD && o.Server.Opened == c.Server.Opened })}
			}
		}
	}
	f.Rev++
}

// moveLane selects the lane that stands n places below, or above.
func (f *Focus) moveLane(n int) {
	lanes := f.Lanes()
	at := slices.IndexFunc(lanes, func(l Lane) bool { return l.Index == f.Lane })
	if at += n; at >= 0 && at < len(lanes) {
		f.PickLane(lanes[at].Index)
	}
}

// Read goes to where a step has just happened, and to its lane. If the pane shows
// causes, it goes on to the causes of this call.
func (f *Focus) Read(step int) {
	call := f.Player.Run.CallIndex(step)
	f.Seek(step + 1)
	switch {
	case call < 0:
	case f.View == Why:
		f.Pick(call)
	default:
		f.PickLane(f.Player.Run.Calls[call].Lane)
	}
}

// Clicked does what a click on the timeline asks for. An arrow leads to what it woke.
// A bar leads to its causes, or selects its lane if there is nothing to tell. The
// player is where the click was already.
func (f *Focus) Clicked(hit timeline.Target) {
	if hit.Wake() >= 0 {
		f.GoTo(hit.Wake())
		f.Show(Why)
		return
	}
	if hit.Packet() >= 0 {
		f.GoToPacket(hit.Packet())
		f.Show(Wire)
		return
	}
	switch call := hit.Call(); {
	case hit.Gap() >= 0:
		f.PickLane(hit.Lane())
	case call < 0:
	case f.tells(call):
		f.Pick(call)
		f.Show(Why)
	default:
		f.PickLane(f.Player.Run.Calls[call].Lane)
	}
}

// Asks reports whether a question is open: see [Mode].
func (f *Focus) Asks() bool { return f.Question() != nil }

// Lay has a timeline show what the learner follows: see [Mode].
func (f *Focus) Lay(t *timeline.Timeline, _ bool) {
	if f.index != nil {
		t.Know(f.index)
	}
	t.View.Picked, t.View.Chain = f.picked, nil
	if f.View == Why {
		if w := f.Chain(); w != nil {
			t.View.Chain = w.arrows
		}
	}
	if at, light := f.Lit(); at != nil {
		if light&lab.OnBar != 0 {
			t.View.Picked = at.Call + 1
		}
		if light&lab.OnWake != 0 && at.Wake != nil {
			t.View.Chain = []play.Wake{*at.Wake}
		}
	}
	t.View.Wire = f.Wired
	q := f.Question()
	t.View.Veil, t.View.AskLane = f.Quiz.Hides(), -1
	if q != nil && q.Asking != play.AskWhen {
		t.View.AskLane = q.Lane
	}
}
