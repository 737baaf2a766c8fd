package visit

import (
	"cmp"
	"fmt"
	"maps"

	"sockscope/server/byhand"
	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Run is a run of a lab: live on the server, then recorded; or a trace from a
// file.
type Run struct {
	Desk
	Focus
	Aside Aside

	Sending Sending // a file of the learner's

	// Recorded says that the run came from a file, not from a server. Its Header
	// says where it was made.
	Recorded bool
	// Kept says that the learner has saved the run, or has its link.
	Kept bool
	// Pair is set while the run before shows above this one.
	Pair *Pair

	tape   Tape
	before *Tape // the run of the lab that was there before, nil for none

	// sent has, by the sides of a run by hand, how many calls the side will have made
	// when the one that it was asked for last has entered.
	sent [byhand.MaxSides]int
}

// Open starts over with a lab and its set-up.
func (r *Run) Open(l *lab.Lab, v knob.Values) {
	r.Desk.open(l, v)
	first := FDs
	if l.Wire {
		first = Wire
	}
	r.Focus.open(Plan(l, v), l, first)
	r.BytesAs = map[string]BytesAs{"way": AsWay, "decoder": AsDecoder, "number": AsNumber, "talk": AsTalk}[l.Bytes]
	r.Sending = Sending{}
	r.Wired = l.Wire
	r.Aside, r.Recorded, r.Pair, r.tape, r.before = Aside{}, false, nil, Tape{}, nil
	if r.greeted() {
		r.greet()
	}
}

func (r *Run) greet() {
	if r.Look == nil {
		r.look()
	}
}

// look asks the server for the programs of the set-up.
func (r *Run) look() {
	if r.greeted() {
		r.ask(&trace.Request{Op: trace.OpLook, Lab: r.Lab.ID, Knobs: r.Values})
	}
}

// Set changes a knob, and asks for the programs it leads to.
func (r *Run) Set(name, value string) error {
	if err := r.Desk.Set(name, value); err != nil {
		return err
	}
	r.Planned = Plan(r.Lab, r.Values)
	if !r.Busy() {
		r.look()
	}
	return nil
}

// Start starts a run with the knobs as they are.
func (r *Run) Start() {
	if r.ready() && r.ask(&trace.Request{Op: trace.OpRun, Lab: r.Lab.ID, Knobs: r.Values}) {
		r.Phase = Asked
	}
}

func (r *Run) take(m *trace.Message, raw []byte) {
	switch {
	case r.Aside.Busy:
		r.aside(m)
	case m.Look != nil:
		r.Look = m.Look
	case m.Queued != nil:
		r.Phase, r.Place = Queued, m.Queued.Place
	case m.Error != nil:
		r.Problem = words.Sentence(m.Error.Text)
		clear(r.sent[:])
		if r.Phase == Asked || r.Phase == Queued {
			r.settle(&r.Focus)
		}
	case m.Header != nil && m.Header.Lab == r.Lab.ID:
		r.keep()
		r.tape.take(m, raw)
		r.begin()
		r.Recorded, r.Phase, r.Player.Follow = false, Live, true
	case r.Phase == Live:
		r.tape.take(m, raw)
		followed, over := r.Player.Follow, r.tape.Run.End != nil
		if over && m.End == nil { // there is no room for more
			r.Stop()
		}
		if over {
			r.Phase = Over
		}
		r.grow()
		if over && followed {
			r.arrive()
		}
	case m.End != nil:
		r.settle(&r.Focus) // it was stopped before it began
	}
	r.send()
}

// begin shows the tape.
func (r *Run) begin() {
	r.Kept = false
	clear(r.sent[:])
	r.single()
	first := r.Player == nil
	if r.tape.log == nil {
		r.show(r.tape.Run)
	} else {
		r.showMade(r.tape.Run, r.tape.log, r.tape.index)
	}
	if r.tape.stops != nil {
		r.walk.of, r.walk.at, r.walk.marks, r.walk.stops = r.tape.Run, 0, nil, r.tape.stops
	}
	if first && r.Lab.ByTime {
		r.Player.SetScale(play.ByTime)
	}
	r.quiz()
	r.Quiz.Waits = len(r.Lab.Stops) > 0 && !hasAgent(r.Procs()) // such a run ends soon, by itself
	r.Aside = Aside{}
}

func (r *Run) lost() {
	switch {
	case r.Aside.Busy:
		r.besides(Aside{Why: "The relay went away."})
	case r.Phase == Live:
		breakOff(r.tape.Run, wentAway)
		r.Phase = Over
		r.grow()
	default:
		r.settle(&r.Focus)
		r.Problem = "The relay went away before the run began."
	}
	r.send()
}

// Load shows a trace of the lab from a file. The knobs show what it was run with.
func (r *Run) Load(t *Tape) {
	l := r.Lab
	v, err := l.Set(t.Run.Header.Knobs)
	if err != nil {
		v, _ = l.Set(nil) // the lab has other knobs since
	}
	r.Desk.Rev++
	r.Values, r.Planned, r.Problem = v, Plan(l, v), ""
	r.keep()
	r.tape = *t
	r.begin()
	r.Recorded, r.Phase = true, Over
	r.Player.Seek(0)
	r.arrive()
}

// Recordings is the one of the lab: see [Mode].
func (r *Run) Recordings() []Recording {
	if r.Lab.Unrecorded || !r.recorded() || r.Player != nil {
		return nil
	}
	l := r.Lab
	return []Recording{{l.ID, func(file []byte) {
		if t, err := ReadTape(file); err == nil && r.Lab == l && r.Player == nil && t.Run.Header.Lab == l.ID {
			t.ours = true
			r.Load(t)
		}
	}}}
}

// File returns the trace as a file, and the name for it.
func (r *Run) File() (name string, file []byte) {
	name = r.Lab.ID
	if began := r.tape.Run.Header.Began; dated(began) {
		name += "-" + words.Date(began)
	}
	return name + cmp.Or(r.tape.ending, ".trace"), r.tape.file
}

// dated reports whether a wall clock's time, in ms since 1970, has a date: that of a log
// may lack one, or all time.
func dated(ms int64) bool { return ms > 365*24*3600*1000 }

// NotKept says why the run can't be saved as a file, nil where it can.
func (r *Run) NotKept() error {
	if r.tape.file == nil {
		return fmt.Errorf("this log has more than %d MiB, which is what a page keeps of one: you have it as a file already", maxLog>>20)
	}
	return nil
}

// Headline says in one line what the timeline shows.
func (r *Run) Headline() string {
	switch {
	case r.Phase == Asked:
		return "starting"
	case r.Phase == Queued:
		return fmt.Sprintf("all workers are busy: place %d in the queue", r.Place)
	case r.Player == nil:
		return ""
	case r.Pair != nil:
		return "two runs of this lab, each started at 0"
	}
	return r.describe(words.Count(r.Player.Len(), "event"))
}

// describe says in one line what the run is, and that it has n.
func (r *Run) describe(n string) string {
	h := r.tape.Run.Header
	if h.Clock == trace.EmulatedClock {
		n += ", times are an emulator's"
	}
	switch {
	case r.Phase == Live && h.File > 0:
		return "the file is being read, " + n
	case r.Phase == Live:
		return "live, " + n
	case r.Recorded && !dated(h.Began):
		return fmt.Sprintf("a recording, made on %s, %s", KernelName(h.Kernel), n)
	case r.Recorded:
		return fmt.Sprintf("a recording, made %s on %s, %s", words.Date(h.Began), KernelName(h.Kernel), n)
	}
	text := "recorded, "
	if !r.Kept {
		text += cmp.Or(r.keeping(), "not saved") + ", " // else it goes with the page
	}
	text += n
	if end := r.tape.Run.End; end != nil && end.Dropped > 0 {
		text += ", " + words.Count(int64(end.Dropped), "call") + " left out"
	}
	if h.TraceCost > 0 && h.Clock != trace.EmulatedClock { // there it is the emulator's
		text += ", tracing costs " + words.Span(h.TraceCost) + " a call"
	}
	return text
}

// Pending says that the knobs were changed since the run began, "" where they
// were not.
func (r *Run) Pending() string {
	switch {
	case r.Player == nil || maps.Equal(r.tape.Run.Header.Knobs, r.Values):
		return ""
	case r.Busy():
		return "This run goes on with the settings that it began with. The next one takes those above."
	}
	return "This run had other settings. Run takes those above."
}

// Trouble says what is wrong with the file, or why the run ended early; "" for
// nothing.
func (r *Run) Trouble() string {
	switch {
	case r.Player == nil:
		return ""
	case r.tape.Fault != "":
		return r.tape.Fault
	}
	return ending(r.tape.Run.End)
}

// HasAgent reports whether the learner is a client: of the run that is under
// way, else of the set-up.
func (r *Run) HasAgent() bool {
	if r.Phase == Live {
		return hasAgent(r.Procs())
	}
	return hasAgent(r.Planned)
}

// Act has the run's agent make a call, and follows it.
func (r *Run) Act(a trace.Act) {
	if r.Phase == Live {
		r.Follow()
		r.ask(&trace.Request{Op: trace.OpAct, Act: &a})
	}
}

// Hands is what the learner can do as the client of a live run: which calls
// make sense, and why the others don't.
type Hands struct {
	Socket  bool
	Connect bool
	IO      bool // send, recv, shutdown; or sendto, recvfrom
	Close   bool
	Why     string

	Datagrams bool // the learner's sockets are UDP's
}

// Hands returns what the learner can do at the newest event, wherever they look.
func (r *Run) Hands() (h Hands) {
	h.Datagrams = r.Lab != nil && r.Lab.ByDatagrams(r.Values)
	if r.Phase != Live {
		h.Why = "Run, then make the calls yourself."
		return h
	}
	agent := -1
	for i, p := range r.Procs() {
		if p.Role == trace.RoleAgent {
			agent = i
		}
	}
	if agent < 0 {
		return h
	}
	state := r.Player.Run.State(r.Player.Len())
	t := threadOf(state, agent, 0)
	switch {
	case t == nil || !t.Started:
		h.Why = "Your process starts when the server is ready."
		return h
	case t.Exited:
		h.Why = "Your process has exited."
		return h
	case t.InCall:
		h.Why = r.held(agent, t.Call)
		return h
	}
	p := &state.Procs[agent]
	if len(p.FDs) == 0 {
		h.Socket, h.Why = true, "You have no socket."
		return h
	}
	// What makes no sense yet can be asked for all the same: the kernel's answer
	// is the lesson (ENOTCONN, EISCONN, EPIPE).
	h.Connect, h.IO, h.Close = true, true, true
	switch fd := &p.FDs[0]; {
	case h.Datagrams && fd.Peer == "":
		h.Why = "Each sendto names the address. Connected, you would hear of errors, too."
	case h.Datagrams:
	case fd.Kind != trace.FDConn:
		h.Why = "Your socket is not connected."
	case fd.ShutWrite:
		h.Why = "You have shut down your sending side: another send will fail."
	}
	return h
}

// held says what the learner waits for in a call, and that there is a way out.
func (r *Run) held(agent int, call trace.Call) string {
	run := r.Player.Run
	for i := range run.Lanes {
		l := &run.Lanes[i]
		if c := openCall(run, l, run.Len()); l.Proc == agent && c != nil {
			for _, link := range run.Why(c.Enter, run.Len()) {
				if link.Kind == play.Deadlock {
					return "You are in " + call.String() + ", and the server waits for you: nothing will end it. Stop is the way out."
				}
			}
		}
	}
	return "You are in " + call.String() + " until it returns. Stop ends the run."
}

// Aside is a run of another lab's server with the clients of the run that
// shows. It is taken after that one, to set the processor time of the two servers
// beside each other, and shows in one line only.
type Aside struct {
	Busy bool
	Why  string // it came to nothing, a sentence
	tape Tape
}

// RunBeside takes such a run.
func (r *Run) RunBeside() {
	l, err := lab.Find(r.Lab.Beside)
	if err != nil || r.Player == nil || r.Busy() || r.Relay.State != link.Live {
		return
	}
	v, err := l.Against(r.tape.Run.Header.Knobs)
	sent := err == nil && r.ask(&trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: v})
	r.Fail(err)
	r.besides(Aside{Busy: sent})
}

func (r *Run) besides(a Aside) {
	r.Aside, r.beside = a, a.Busy
	r.Desk.Rev++
}

// aside takes what the server says of the run beside.
func (r *Run) aside(m *trace.Message) {
	a := &r.Aside
	a.tape.take(m, nil)
	switch {
	case m.End != nil && a.tape.Run == nil:
		a.Busy, a.Why = false, "It was stopped before it began."
	case m.End != nil:
		a.Busy, a.Why = false, ending(m.End)
	case m.Error != nil:
		a.Busy, a.Why = false, words.Sentence(m.Error.Text)
	}
	r.beside = a.Busy
}

// Spent says what the server spent, "" where the run has not come that far.
func (a *Aside) Spent() string {
	if a.tape.Run == nil {
		return ""
	}
	return Spent(a.tape.Run)
}

// Spent says what the server of a run spent.
func Spent(r *play.Run) string {
	w := play.NewTally(r).Servers
	text := words.Span(w.CPU) + " in "
	if w.CPU < 0 {
		text = "processor time that is not shown, as it would be the emulator's, in "
	}
	if r.End != nil && r.End.Dropped > 0 {
		text += "at least "
	}
	return text + words.Count(w.Calls, "call")
}

// Compared is the link to the comparison of the two servers, with the run's
// clients.
func (r *Run) Compared() string {
	v := lab.Compared()
	for name := range v {
		if value, ok := r.tape.Run.Header.Knobs[name]; ok {
			v[name] = value
		}
	}
	v["servers"] = r.Lab.ID + "," + r.Lab.Beside
	l, _ := lab.Find("compare") // a test holds the name
	return address(l, v)
}
