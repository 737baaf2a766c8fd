package lab

import (
	"math"
	"slices"
	"strings"
	"time"

	"sockscope/server/trace"
)

// Stop is one place of a lab's walk: a sentence, and the moment that it is about.
type Stop struct {
	Say   string // a sentence or two; `code` in backquotes
	At    Moment
	Light Light    // what is lit there; 0 is OnBar and OnLine
	Plot  *Feature // instead of At and Light, in a lab that measures

	// For are the set-ups that the stop is for: values of knobs, with a | between them. Of
	// what is not named in it, any.
	For Setup
	// Else takes its place in a run that has no such moment. Its own For and Maybe mean
	// nothing.
	Else *Stop
	// Maybe says that a run with neither leaves it out. Of others the walk says that the
	// run has no such moment.
	Maybe bool
}

// Walk returns the stops for a run with these knobs. One that is missing has its default.
func (l *Lab) Walk(knobs map[string]string) (stops []Stop) {
	for i := range l.Stops {
		if l.fits(l.Stops[i].For, knobs) {
			stops = append(stops, l.Stops[i])
		}
	}
	return stops
}

// Recap is what a lab has shown in some of its set-ups.
type Recap struct {
	Say string // two sentences
	For Setup  // as in Stop
}

// Recapped returns what a run with these knobs has shown.
func (l *Lab) Recapped(knobs map[string]string) string {
	for _, recap := range l.Recaps {
		if l.fits(recap.For, knobs) {
			return recap.Say
		}
	}
	return l.Recap
}

// fits reports whether a run with these knobs is one of those that set-ups are for.
func (l *Lab) fits(setups Setup, knobs map[string]string) bool {
	for _, set := range setups {
		name, values := set[0], set[1]
		v, turned := knobs[name]
		if !turned {
			v = l.Knob(name).Default
		}
		if !slices.Contains(strings.Split(values, "|"), v) {
			return false
		}
	}
	return true
}

// Feature describes marks in the plot of a lab that measures, so that they are found in
// every measurement that has them.
type Feature struct {
	Plots Quantity
	Is    Trend
	Of    []string // the mechanisms that it is about: one, but for Alike and Apart
}

// Quantity is what is plotted of each measurement.
type Quantity uint8

const (
	CPU       Quantity = iota // processor time of the server's thread, a message
	RoundTrip                 // from the client's send to the end of its recv, a message
	Ask                       // one wait call that finds one socket ready at once
)

// Trend is what a Feature's marks show. Alike costs are less than a factor of two apart.
// A cost has grown where the least of its repeats is above the most of those beside the
// fewest connections.
type Trend uint8

const (
	Alike   Trend = iota // beside the fewest connections all cost alike
	Rises                // the first that has grown
	Grown                // the last that was measured, which has grown
	Refused              // the first that could not be measured, beside as many connections as another was
	Flat                 // the last that was measured costs like the one beside the fewest
	Apart                // where the first costs the most times what the second does, twice as much at least
)

// Light says what a stop lights of its moment.
type Light uint8

const (
	OnLane    Light = 1 << iota // the lane of the thread
	OnBar                       // the bar of the call
	OnLine                      // the line of the program that made the call
	OnQueue                     // what the kernel holds for the call's fd
	OnBytes                     // the bytes that the call moved
	OnWake                      // the arrow that ended the call's sleep
	OnTable                     // the kernel\'s own table of sockets
	OnOptions                   // the options of the sockets of the call's process
)

// Moment describes a step of a run by what happens there, so that it is found in
// every run that has it. All fields that are set must hold; a field that is zero
// leaves its matter open.
type Moment struct {
	Is    Happening    // what kind of step; the zero value is Returns
	Calls []trace.Call // the call is one of these
	By    string       // who makes it: a process by its name, as "client 3", or a Who
	Runs  string       // the process runs this program
	With  string       // who is at the other end of its connection, as By has it; of an accept, whom it accepts

	Result Range         // what the call returned, without an error
	Errno  trace.Errno   // the call failed with that
	Sleep  trace.Sleep   // it slept in the kernel, or it did not
	Lasts  time.Duration // it took as long at least
	Under  time.Duration // it took less
	Cut    bool          // the datagram that it got was longer than its room
	Stuck  bool          // it has not returned to the end of the run
	Short  bool          // it moved fewer bytes than it offered, or left bytes of its size open
	Prints string        // a write or a send that has this text in it
	Has    string        // it moved bytes that have this text in them, as far as the trace has them
	Lacks  string        // it moved bytes that don't have this text in them, as far as the trace has them
	Arg    Arg           // an argument that tells calls apart
	Ready  Ready         // of a call that waits for several fds: what it found

	Unaccepted bool // nobody has accepted its connection
	Shared     bool // another process has its connection open, too

	Sends Range          // the bytes that it received came from so many sends
	Queue Queue          // beside the step the kernel was seen to hold as much for its fd
	State trace.TCPState // beside the step its socket was seen in that state
	Drops bool           // beside the step the kernel had counted datagrams that it dropped for want of room

	While   *Moment // another thread is in a call like that: entered before, and not yet returned. Its By, Calls, With, Unaccepted and Shared count
	WokenBy *Moment // the call whose doing ended its sleep is like that
	After   *Moment // it comes after the first step like that
	Before  *Moment // it comes before the first step like that, or there is none
	Same    Same    // what it has in common with the step of After

	Nth     int  // which of those there are, from 1; 0 is 1. -1 is the last
	Longest bool // of those there are it is the call that took longest
}

// Happening is a kind of step.
type Happening uint8

const (
	Returns Happening = iota // a call returns
	Enters                   // a call enters the kernel
	Begins                   // a process or one more thread begins
	Ends                     // a process or a thread ends
)

// Who is a kind of process, to be named in By and With beside the names of
// processes.
const (
	AServer = "server" // a process that was started as the server
	AClient = "client" // one that was started as a client, or the learner's agent
	AChild  = "child"  // one that another process made
	AThread = "thread" // one more thread of a process, not its first
)

// Range bounds a number. The zero value leaves it open.
type Range struct {
	Min, Max int64
	Set      bool
}

// Exactly is the Range of one number.
func Exactly(n int64) Range { return Range{n, n, true} }

// AtLeast is the Range from a number up.
func AtLeast(n int64) Range { return Range{n, math.MaxInt64, true} }

// Has reports whether n is in the range.
func (r Range) Has(n int64) bool { return !r.Set || n >= r.Min && n <= r.Max }

// Arg names an argument of a call by its place in trace.Event.Args, and bits that
// it has. The zero value leaves the arguments open.
type Arg struct {
	At   int
	Bits int64
}

// Ready is what a call that waits for several fds found.
type Ready uint8

const (
	AnyReady      Ready = iota
	ListenerReady       // a listener is readable
	BytesReady          // a connection is readable, and has bytes
	EndReady            // a connection is readable, and its peer has ended the stream
	RoomReady           // a connection is writable
	SeveralReady        // more than one fd is ready
	NoneReady           // its time was up
)

// Queue is how much the kernel holds for an fd. The zero value leaves it open.
type Queue struct {
	Of    Holds
	Least int // bytes, or connections of a Backlog
}

// Holds is one of the things that the kernel holds for an fd.
type Holds uint8

const (
	RecvQ   Holds = iota + 1 // bytes that arrived and were not received
	SendQ                    // bytes that were sent and not acknowledged
	Backlog                  // connections that were not accepted, of a listener
)

// Same says what two steps have in common.
type Same uint8

const (
	SameAnything Same = iota
	SameLane          // the thread
	SameFD            // the process and the fd
)

// The calls that most moments are about.
var (
	anAccept    = []trace.Call{trace.Accept}
	aConnect    = []trace.Call{trace.Connect}
	aRecv       = []trace.Call{trace.Recv}
	aSend       = []trace.Call{trace.Send}
	aRecvfrom   = []trace.Call{trace.Recvfrom}
	aClose      = []trace.Call{trace.Close}
	aFork       = []trace.Call{trace.Fork}
	aSelect     = []trace.Call{trace.Select}
	aPoll       = []trace.Call{trace.Poll}
	anEpollWait = []trace.Call{trace.EpollWait}
	aWait       = []trace.Call{trace.Select, trace.Poll, trace.EpollWait}
)

// Try is a set-up that is worth a run beside the defaults.
type Try struct {
	Label string // a few words: "backlog 0"
	Knobs Setup  // those that are turned; the others have their defaults
}

// Setup is values of knobs: the name of each, and its value. It is no map; see All.
type Setup [][2]string

// Map returns the values by the names of their knobs.
func (s Setup) Map() map[string]string {
	m := map[string]string{}
	for _, set := range s {
		m[set[0]] = set[1]
	}
	return m
}
