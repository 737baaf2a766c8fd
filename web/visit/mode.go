package visit

import (
	"slices"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/timeline"
	"sockscope/web/words"
)

// Mode is one way to watch sockets, for one page. A page opens its mode once for
// each set-up, and never asks which mode it is.
type Mode interface {
	Base() *Desk
	At() *Focus

	// Open starts over with a lab and its set-up.
	Open(*lab.Lab, knob.Values)
	// Set changes a knob. Its error says what the knob can be.
	Set(knob, value string) error
	// Start begins, or notes that it is to begin as soon as the server has spoken.
	Start()
	// Stop has the server end what Start began.
	Stop()

	// Headline says in one line what shows, Pending that Start would show something
	// else, and Trouble what has not come to its own end. Each may be "".
	Headline() string
	Pending() string
	Trouble() string

	// Recordings are what the site has for a page whose server can't run its set-up.
	Recordings() []Recording

	// Apply does what a command asks, and reports whether it was for the mode.
	Apply(Command) bool
	// Letter chooses an offer of the open question, counted from 0, by the key of its letter.
	Letter(int)
	// Asks reports whether what comes is hidden until it is guessed.
	Asks() bool
	// Lay has a timeline show what the learner follows. fresh says that it shows
	// another player than before.
	Lay(t *timeline.Timeline, fresh bool)

	greet()                            // the server has spoken, or has ended what was before
	take(m *trace.Message, raw []byte) // the server says m, which came as raw
	lost()                             // the relay went away while the mode was busy
}

// Recording is a trace file of the site's.
type Recording struct {
	Name string            // of the file, without its ending
	Take func(file []byte) // shows it, if it is still wanted
}

// Hear has a mode take what the link says.
func Hear(m Mode, e link.Event) {
	d := m.Base()
	r := d.Relay
	d.Rev++
	r.State = e.State
	if d.wanted && r.State.Off() {
		d.wanted, r.Notice = false, noRelay
	}
	switch msg := e.Message; {
	case e.State == link.Refused && msg != nil && msg.Error != nil:
		r.Notice = words.Sentence(msg.Error.Text)
	case e.Notice != "":
		r.Notice = words.Sentence(e.Notice)
	case msg == nil:
		r.Hello, r.leaving = nil, false
		if d.Busy() {
			m.lost()
		}
	case msg.Hello != nil && msg.Hello.Version != trace.Version:
		d.Problem = "The server speaks another version of the protocol. Reload the page."
	case msg.Hello != nil:
		r.Hello, r.standing, r.Notice = msg.Hello, msg.Hello.Standing, ""
		m.greet()
		if d.wanted {
			d.wanted = false
			m.Start()
		}
	case r.leaving && (msg.End != nil || msg.Error != nil):
		r.leaving = false
		m.greet()
	case r.leaving && msg.Look == nil:
		// It belongs to what was left.
	default:
		m.take(msg, e.Raw)
	}
}

// Leave has the server end what a mode has begun, for another mode to come.
func Leave(m Mode) {
	if d := m.Base(); d.Busy() {
		m.Stop()
		d.Relay.leaving = true
	}
}

// Relay is what a tab knows of the relay and of the server behind it. The modes
// of all its pages share one.
type Relay struct {
	State  link.State
	Hello  *trace.Hello // nil until the server has spoken
	Notice string       // why the relay closes, or takes nobody, a sentence; else ""

	// Send sends a request to the server.
	Send func(*trace.Request) error

	// standing are the standing servers of the newest Hello. Where they listen is
	// worth knowing while the relay is gone for a moment.
	standing []trace.Proc
	// leaving says that what was shown before was told to stop, and has not yet.
	leaving bool
}

const noRelay = "No relay is in reach, so nothing can run here now."

// Phase is how far a run has come.
type Phase uint8

const (
	Idle   Phase = iota
	Asked        // the server was asked, and has not answered
	Queued       // all workers are busy
	Live         // events arrive
	Over         // the run has ended, or its connection broke
)

// Desk is the set-up of a page, and how far what it began has come.
type Desk struct {
	Relay  *Relay
	Lab    *lab.Lab
	Values knob.Values

	Phase   Phase
	Place   int    // in the queue; 1 is next
	Problem string // what went wrong last, a sentence; "" for nothing
	Rev     int

	wanted bool // it is to begin as soon as the server has spoken
	beside bool // the server runs something that doesn't show
}

// What follows is a Mode's, where it has nothing of its own to say.

func (d *Desk) Base() *Desk             { return d }
func (d *Desk) Pending() string         { return "" }
func (d *Desk) Recordings() []Recording { return nil }

func (d *Desk) open(l *lab.Lab, v knob.Values) {
	*d = Desk{Relay: d.Relay, Lab: l, Values: v, Rev: d.Rev + 1}
}

// Busy reports whether the server does something for this page.
func (d *Desk) Busy() bool {
	return d.Phase == Asked || d.Phase == Queued || d.Phase == Live || d.beside
}

// Cannot says why the server can't run the lab, "" when it can.
func (d *Desk) Cannot() string {
	if d.Relay.Hello == nil {
		return ""
	}
	return d.Relay.Hello.Cannot[d.Lab.ID]
}

// CanStart reports whether a run can begin now.
func (d *Desk) CanStart() bool { return d.greeted() && !d.Busy() && d.Cannot() == "" }

// CanPress reports whether Start begins a run now, or is kept until the server has spoken.
func (d *Desk) CanPress() bool {
	return d.CanStart() || !d.greeted() && !d.Relay.State.Off() && !d.Busy() && d.Cannot() == ""
}

// greeted reports whether the server has spoken, and is there.
func (d *Desk) greeted() bool { return d.Relay.State == link.Live && d.Relay.Hello != nil }

// recorded reports whether only a recording can show the lab.
func (d *Desk) recorded() bool { return d.Relay.State.Off() || d.Cannot() != "" }

// ready reports whether a run can begin now. One that can't yet is noted.
func (d *Desk) ready() bool {
	switch {
	case d.Busy() || d.Cannot() != "":
		return false
	case d.greeted():
		d.Problem = ""
		d.Rev++
		return true
	case d.Relay.State == link.Refused: // the notice says why
	case d.Relay.State.Off():
		d.Relay.Notice = noRelay
	default:
		d.wanted = true
		d.Relay.Notice = "The run begins as soon as there is a server."
	}
	d.Rev++
	return false
}

// ask sends a request, and reports whether it went out.
func (d *Desk) ask(r *trace.Request) bool { return !d.Fail(d.Relay.Send(r)) }

// Stop asks the server to end what it does for this page.
func (d *Desk) Stop() {
	if d.Busy() {
		d.ask(&trace.Request{Op: trace.OpStop})
	}
}

// settle ends a wait: for a run that will not come, or of the one that f shows.
func (d *Desk) settle(f *Focus) {
	d.Phase = Idle
	if f.Player != nil {
		d.Phase = Over
	}
}

// Fail shows an error, and reports whether there was one.
func (d *Desk) Fail(err error) bool {
	if err != nil {
		d.Problem = words.Sentence(err.Error())
		d.Rev++
	}
	return err != nil
}

// Set changes a knob. Its error says what the knob can be.
func (d *Desk) Set(name, value string) error {
	k := d.Lab.Knob(name)
	if k == nil {
		return noKnob(d.Lab, name)
	}
	if err := k.Check(value); err != nil {
		return err
	}
	d.Values[name] = value
	d.Rev++
	return nil
}

// Plan lists the processes that a run of a set-up has.
func Plan(l *lab.Lab, v knob.Values) []trace.Proc {
	ps := l.Processes(v)
	out := make([]trace.Proc, len(ps))
	for i := range ps {
		out[i] = ps[i].Proc
	}
	return out
}

// Attended reports whether the learner is one of the processes of a set-up.
func Attended(l *lab.Lab, v knob.Values) bool { return hasAgent(Plan(l, v)) }

// hasAgent reports whether the learner is one of the processes.
func hasAgent(procs []trace.Proc) bool {
	return slices.ContainsFunc(procs, func(p trace.Proc) bool { return p.Role == trace.RoleAgent })
}

// ending says why a run is over, "" for one that came to its own end.
func ending(e *trace.End) string {
	if e == nil {
		return ""
	}
	switch e.Reason {
	case trace.EndDone:
		return ""
	case trace.EndStopped:
		return "The run was stopped."
	case trace.EndLimit:
		return words.Sentence("the run reached a limit: " + e.Message)
	}
	return words.Sentence("the run ended early: " + e.Message)
}
