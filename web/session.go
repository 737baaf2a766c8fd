package web

import (
	"errors"
	"slices"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
)

// phase is how far a run has come.
type phase uint8

const (
	idle   phase = iota
	asked        // Run was pressed; the server has not answered
	queued       // all workers are busy
	live         // events arrive
	over         // the run has ended, or its connection broke
)

// session is what a lab's page knows: the set-up, the connection, the run and
// where in it the learner is. It is plain Go, for one goroutine; every change
// counts rev up.
type session struct {
	Lab    *lab.Lab
	Values knob.Values

	Link  link.State
	Hello *trace.Hello // nil until the server has spoken
	Look  *trace.Look  // the programs before a run; nil until known
	// standing are the standing servers of the newest Hello: where they listen is
	// worth knowing when the relay is gone for a moment.
	standing []trace.Proc

	Phase   phase
	Place   int    // in the queue, 1 is next
	Problem string // what went wrong last, a sentence; "" for nothing
	Notice  string // why the relay closes, or would not connect, a sentence
	Player  *play.Player
	Log     *callLog
	Points  []trace.Point // of a run that measures
	// Recording says that the run came from a file, not from a server: where it
	// was made is in its Header.
	Recording bool

	file []byte // the run's frames as they came: the trace file
	lane int    // index in lanes
	flow flowPick
	rev  int
	send func(*trace.Request) error
	// wanted says that a run was asked for before the server had spoken.
	wanted bool
	// leaving says that what was shown before was told to stop, and has not yet.
	leaving bool
	drawn   func() // told when the timeline is to be drawn again; nil for nobody
	view    kernelView

	picked int   // the call whose causes are followed, an index in Run.Calls plus one; 0 follows the lane
	chain  chain // as why made it last

	// Quiz are the run's questions; nil without a run. asking is whether they
	// are asked, in this run and the next. attended is the question that the
	// page has turned to.
	Quiz     *play.Quiz
	asking   bool
	attended *play.Question

	versus *comparison // the runs of lab compare; nil for another
	aside  aside
}

// flowPick is the choice of bytes to show; the zero value follows the lane.
type flowPick struct {
	fixed     bool
	conn, way int
}

// open starts over with a lab and its set-up.
func (s *session) open(l *lab.Lab, v knob.Values) {
	*s = session{
		Lab: l, Values: v, Link: s.Link, Hello: s.Hello, standing: s.standing, Notice: s.Notice, send: s.send, drawn: s.drawn, leaving: s.leaving,
		rev: s.rev + 1, view: aboutView, asking: s.asking,
	}
	if l.Compares {
		s.enter()
	}
}

// look asks the server for the programs of the set-up. A standing server runs
// already: it is watched.
func (s *session) look() {
	if s.Lab.Server() != "" {
		if !s.leaving {
			s.run()
		}
		return
	}
	if s.Link == link.Live && s.send != nil && s.versus == nil {
		s.fail(s.send(&trace.Request{Op: trace.OpLook, Lab: s.Lab.ID, Knobs: s.Values}))
	}
}

// set changes a knob, and asks for the programs it leads to.
func (s *session) set(name, value string) error {
	k := s.Lab.Knob(name)
	if k == nil {
		return errors.New("no such knob")
	}
	if err := k.Check(value); err != nil {
		return err
	}
	s.Values[name] = value
	s.fit()
	s.rev++
	switch {
	case s.busy():
	case s.versus != nil && (s.Recording || !s.versus.begun()):
		s.enter() // of every server there is a recording
	default:
		s.look()
	}
	return nil
}

// busy reports whether a run is under way on the server.
func (s *session) busy() bool {
	return s.Phase == asked || s.Phase == queued || s.Phase == live || s.aside.busy
}

// cannot says why the server can't run the lab, "" when it can.
func (s *session) cannot() string {
	if s.Hello == nil {
		return ""
	}
	return s.Hello.Cannot[s.Lab.ID]
}

// moved notes a change that the timeline shows.
func (s *session) moved() {
	s.rev++
	if s.drawn != nil {
		s.drawn()
	}
}

// run starts a run with the knobs as they are.
func (s *session) run() {
	if s.busy() || s.Link != link.Live || s.cannot() != "" {
		return
	}
	s.rev++
	s.Problem = ""
	if s.versus != nil {
		s.enter()
		s.Recording, s.versus.turn = false, -1
		s.runNext()
		return
	}
	req := &trace.Request{Op: trace.OpRun, Lab: s.Lab.ID, Knobs: s.Values}
	if name := s.Lab.Server(); name != "" {
		req = &trace.Request{Op: trace.OpWatch, Lab: name}
	}
	if s.fail(s.send(req)) {
		return
	}
	s.Phase = asked
}

// want has a run begin as soon as the server has spoken, or says that there is none.
func (s *session) want() {
	switch {
	case s.busy() || s.cannot() != "" || s.Lab.Server() != "":
		return
	case s.Link == link.Refused: // the notice says why
	case s.Link.Off():
		s.Notice = noRelay
	default:
		s.wanted = true
		s.Notice = "The relay is still being looked for. The run begins when it answers."
	}
	s.rev++
}

const noRelay = "No relay is in reach, so nothing can run here now."

// stop has the server kill the run's processes.
func (s *session) stop() {
	if s.busy() {
		s.fail(s.send(&trace.Request{Op: trace.OpStop}))
		if s.versus != nil {
			s.versus.giveUp("the comparison was stopped")
		}
	}
}

// leave has the server end what is shown, for something else to come.
func (s *session) leave() {
	s.stop()
	s.leaving = true
}

// act has the run's agent make a call, and follows it.
func (s *session) act(a trace.Act) {
	if s.Phase != live {
		return
	}
	s.follow()
	s.fail(s.send(&trace.Request{Op: trace.OpAct, Act: &a}))
}

// follow goes to the newest event, and stays with it while the run is live.
func (s *session) follow() {
	s.Player.Playing = false
	s.Player.Follow = true
	s.Player.Grown()
	s.rev++
}

func (s *session) fail(err error) bool {
	if err != nil {
		s.Problem = sentence(err.Error())
		s.rev++
	}
	return err != nil
}

// hear takes what the link says.
func (s *session) hear(e link.Event) {
	s.rev++
	s.Link = e.State
	if s.wanted && e.State.Off() {
		s.wanted, s.Notice = false, noRelay
	}
	if e.State == link.Refused && e.Message.Error != nil {
		e.Notice = e.Message.Error.Text
	}
	if e.Notice != "" { // which a recording that is loaded leaves in place
		s.Notice = sentence(e.Notice)
		return
	}
	if e.Message != nil {
		s.take(e.Message, e.Raw)
		return
	}
	s.Hello, s.leaving = nil, false
	if !s.busy() {
		return
	}
	if s.versus != nil {
		s.lose()
		return
	}
	if s.aside.busy {
		s.aside = aside{why: "The relay went away."}
		return
	}
	if s.Phase == live {
		s.breakOff("the relay went away; what has arrived stays here")
		return
	}
	s.settle()
	s.Problem = "The relay went away before the run began."
}

// settle ends a wait for a run that will not come.
func (s *session) settle() {
	s.Phase = idle
	if s.Player != nil {
		s.Phase = over
	}
}

func (s *session) take(m *trace.Message, raw []byte) {
	switch {
	case m.Hello != nil:
		if m.Hello.Version != trace.Version {
			s.Problem = "The server speaks another version of the protocol. Reload the page."
			return
		}
		s.Hello, s.standing, s.Notice = m.Hello, m.Hello.Standing, ""
		s.fit()
		if s.Look == nil {
			s.look()
		}
		if s.wanted {
			s.wanted = false
			s.run()
		}
	case s.versus != nil:
		s.takeRun(m)
	case s.aside.busy:
		s.takeAside(m)
	case m.Look != nil:
		s.Look = m.Look
	case m.Queued != nil:
		s.Phase, s.Place = queued, m.Queued.Place
	case s.leaving && (m.End != nil || m.Error != nil):
		s.leaving = false
		s.look()
	case m.Header != nil && m.Header.Lab != s.Lab.ID:
		// A run that was asked for before the page went on to another lab.
	case m.Header != nil:
		s.begin(m.Header, raw)
		s.Recording, s.Phase = false, live
		s.Player.Follow = true
	case m.Now != nil:
		if s.Phase == live {
			if m.Now.Missed > 0 {
				s.Problem = sentence(count(int(m.Now.Missed), "call") + " left out here: made faster than they can be shown")
			}
			s.anew(play.NewLateRun(s.Player.Run.Header, m.Now.State()), s.pos())
		}
	case m.Events != nil:
		if s.Phase == live {
			s.grow(m.Events, raw)
		}
	case m.Child != nil:
		if s.Phase == live {
			s.join(m.Child, raw)
		}
	case m.Point != nil:
		if s.Phase == live {
			s.measure(m.Point, raw)
		}
	case m.End != nil:
		if s.Lab.Server() != "" && m.End.Reason == trace.EndFailed {
			s.Problem = sentence("the server has ended: " + m.End.Message)
		}
		if s.Phase == live {
			s.finish(m.End, raw)
		} else {
			s.settle() // it was stopped before it began
		}
	case m.Error != nil:
		s.Problem = sentence(m.Error.Text)
		if s.Phase == asked || s.Phase == queued {
			s.settle()
		}
	}
}

func (s *session) begin(h *trace.Header, raw []byte) {
	scale, speed := play.ByStep, -1
	if s.Player != nil {
		scale, speed = s.Player.Scale, s.Player.Speed()
	}
	s.Player = play.NewPlayer(play.NewRun(h))
	s.Player.Scale = scale
	if speed >= 0 {
		s.Player.SetSpeed(speed)
	}
	s.Log = newCallLog(s.Player.Run)
	s.Points, s.aside = nil, aside{}
	s.file = slices.Clone(raw)
	s.flow, s.picked, s.chain = flowPick{}, 0, chain{}
	if s.view == aboutView {
		s.view = fdsView
	}
	if s.Lab.Server() == "" { // a trace without an end is not all known when it is asked about
		s.Quiz = play.NewQuiz(s.Player)
		s.Quiz.Switch(s.asking)
	}
	s.lane = min(s.lane, max(0, len(h.Procs)-1))
}

func (s *session) grow(events []trace.Event, raw []byte) {
	s.Player.Run.Add(events)
	s.Log.grow()
	if s.Lab.Server() == "" {
		s.file = append(s.file, raw...)
	} else if n := len(s.Player.Run.Steps); n > watchedSteps {
		s.anew(s.Player.Run.Tail(n - watchedSteps*3/4))
	}
	s.Player.Grown()
}

func (s *session) join(p *trace.Proc, raw []byte) {
	s.Player.Run.AddProc(p)
	s.file = append(s.file, raw...)
}

// watchedSteps is how many events of a standing server the page keeps.
const watchedSteps = 20_000

// anew goes on with a run that begins cut steps later than the one before.
func (s *session) anew(run *play.Run, cut int) {
	old := s.Player
	s.Player = play.NewPlayer(run)
	s.Player.Scale, s.Player.Playing = old.Scale, old.Playing
	s.Player.SetSpeed(old.Speed())
	s.Player.Seek(old.Pos() - cut)
	s.Player.Follow = old.Follow
	s.Log = newCallLog(run)
	s.Log.grow()
	s.flow, s.picked, s.chain = flowPick{}, 0, chain{}
	if s.lane < len(old.Run.Lanes) {
		was := &old.Run.Lanes[s.lane]
		s.lane = max(0, slices.IndexFunc(run.Lanes, func(l play.Lane) bool { return l.Proc == was.Proc && l.Thread == was.Thread }))
	}
}

func (s *session) finish(e *trace.End, raw []byte) {
	s.Player.Run.End = e
	s.file = append(s.file, raw...)
	s.Phase = over
	s.Player.Grown()
}

// breakOff ends a run whose end will not come. What there is can be played.
func (s *session) breakOff(why string) {
	s.finish(&trace.End{Time: s.Player.Run.Duration(), Reason: trace.EndFailed, Message: why}, nil)
}

// errNoTrace is what a file that isn't a trace of ours is answered with.
var errNoTrace = errors.New("this file is not a trace: it should start with a run's header, as a saved trace does")

// load opens a trace file. The session is left alone when it is none.
func (s *session) load(file []byte) error {
	var ms []*trace.Message
	rest, err := trace.Frames(file, func(m *trace.Message) { ms = append(ms, m) })
	if err != nil || len(ms) == 0 || ms[0].Header == nil || ms[0].Header.Version != trace.Version {
		return errNoTrace
	}
	h := ms[0].Header
	l, err := lab.Find(h.Lab)
	if err != nil {
		return err
	}
	v, err := l.Set(h.Knobs)
	if err != nil {
		v, _ = l.Set(nil) // the lab has other knobs since
	}
	if s.Lab != l {
		s.open(l, v)
	}
	s.rev++
	s.Values = v // the knobs show what is shown
	s.begin(h, nil)
	s.file = slices.Clone(file[:len(file)-len(rest)])
	s.Recording, s.Problem = true, ""
	for _, m := range ms[1:] {
		switch {
		case m.Events != nil:
			s.grow(m.Events, nil)
		case m.Child != nil:
			s.join(m.Child, nil)
		case m.Point != nil:
			s.measure(m.Point, nil)
		case m.End != nil:
			s.finish(m.End, nil)
		}
	}
	if s.Player.Run.End == nil {
		s.breakOff("the file breaks off here")
	}
	s.Phase = over
	s.Player.Seek(0)
	return nil
}

// Pos returns the step the learner is at, 0 without a run.
func (s *session) pos() int {
	if s.Player == nil {
		return 0
	}
	return s.Player.Pos()
}

// state returns what is so at the position; nil without a run.
func (s *session) state() *trace.State {
	if s.Player == nil {
		return nil
	}
	return s.Player.State()
}

// procs returns the processes: of the run, else of the set-up.
func (s *session) procs() []trace.Proc {
	switch {
	case s.Player != nil:
		return s.Player.Run.Header.Procs
	case s.Look != nil:
		return s.Look.Procs
	}
	return nil
}

// sources returns the programs: of the run, else of the set-up.
func (s *session) sources() []trace.Source {
	switch {
	case s.Player != nil:
		return s.Player.Run.Header.Sources
	case s.Look != nil:
		return s.Look.Sources
	}
	return nil
}

// sentence makes an error's text one: a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	r := []rune(text)
	if r[0] >= 'a' && r[0] <= 'z' {
		r[0] -= 'a' - 'A'
	}
	if last := r[len(r)-1]; last != '.' && last != '!' && last != '?' {
		r = append(r, '.')
	}
	return string(r)
}
