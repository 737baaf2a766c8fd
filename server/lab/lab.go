package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// Lab is one question and the experiment that answers it.
type Lab struct {
	ID       string   // as in the page's address, /lab/ID
	Pattern  string   // its sign: what its timeline looks like, written as package icon says
	Section  Section  // where it stands on the home page
	Brief    string   // its line on the home page, a few words
	Question string   // the question, a sentence or two
	Do       []string // what to do on a page without a walk; `code` in backquotes
	True     []string // what is true, shortly and exactly
	Knobs    []knob.Knob
	Notes    string // a caveat shown beside the knobs; may be empty

	Stops []Stop  // the walk, four to six of them in the order of a default run
	Asks  []Topic // what the learner is asked about, each once: the lesson of the lab
	Recap string  // what the lab has shown, two sentences
	// Recaps take its place where it is not what the run has shown: the first one that fits.
	Recaps []Recap
	Needs  string // the ID of the lab to know first; "" is none
	Tries  []Try

	// Lines says that the bytes of a conversation are lines: what the learner types is
	// sent with a newline, unless they take it off.
	Lines bool
	// Numbers says that what the learner types is a number: it is sent as the knobs "bits"
	// and "sender" have it.
	Numbers bool
	// File says that the learner's client sends a file of theirs.
	File bool
	// Wire says that the page shows the packets from the start.
	Wire bool
	// ByTime says that its timeline is drawn by time from the start: the lab is about how
	// long things take.
	ByTime bool

	// Unattended are knobs with which the lab comes to its end without anybody
	// to act in it; nil when its defaults do.
	Unattended Setup
	// Measures says that a run measures how long calls take, instead of tracing
	// them: it has a Point for each measurement, and no calls.
	Measures bool

	// Talks says that the clients are the talkers, so that the server can be
	// compared with those of the other labs that talk; see Against.
	Talks  bool
	Serves string // of a lab that talks: its server in a few words
	// Beside is the ID of a lab that the page offers to run with the same
	// clients, to set its server's processor time beside this one's; may be
	// empty.
	Beside string
	// Spends says that the page shows the processor time of the server.
	Spends bool

	// Instead is the ID of a lab that shows the like where this one can't run; may
	// be empty.
	Instead string
	// Unrecorded says that the site has no recording of it yet: nobody has made one
	// where it can run.
	Unrecorded bool
	// Bytes is how its page shows the bytes first: "way", "decoder", "number" or "talk"; "" is
	// the dump.
	Bytes string
	// Stalls says that its programs may come to wait for each other for ever. The run
	// ends when no call has come or gone for so long; 0 is never.
	Stalls time.Duration
	// Compares says that the lab has no runs of its own: it sets runs of others
	// side by side.
	Compares bool

	// Drops are the addresses for which nothing arrives, from when on. It takes a run in
	// a network namespace of its own.
	Drops []Drop

	// procs returns the processes of a run, servers before clients.
	procs func(knob.Values) []Process
}

// Section is one of the four parts of the home page.
type Section string

// The sections, in their order.
const (
	Calls    Section = "A"
	Blocking Section = "B"
	Messages Section = "C"
	Endings  Section = "D"
)

// Sections lists the sections in their order.
var Sections = []Section{Calls, Blocking, Messages, Endings}

// Title returns the section's heading.
func (s Section) Title() string {
	return map[Section]string{
		Calls:    "Calls: one client, one server",
		Blocking: "Blocking, and the ways out of it",
		Messages: "Messages and bytes",
		Endings:  "Endings and errors",
	}[s]
}

// Process is one process of a run: which program, where, and when it begins. All of a
// run's processes are ready before the first begins.
type Process struct {
	trace.Proc
	Args  map[string]string // the program's own settings, as after `server run PROGRAM ADDR`
	After *Cause            // it begins once this has happened, and its Arrive has passed; nil is at time 0
	Dies  int               // the number of the signal that ends it, where that is the lab's point; 0 is none
	Full  bool              // it runs out of fds, and that is the lab's point
	Ends  bool              // a server that comes to an end by itself: the run waits for it

	// Measures says that the process is one of package scaling: it isn't traced,
	// and says what it has measured.
	Measures bool
}

// Cause is the first successful return of a call in another process of the run.
type Cause struct {
	Proc int // index in the run's processes
	Call trace.Call
}

// Drop says that the kernel drops what comes for an address.
type Drop struct {
	To    string // an IPv4 address
	After *Cause // once this has happened; nil is from the run's start
}

// All lists the labs in the order of the course. They are data that the linker lays out, and
// cost a process that starts nothing. A map or a function call among them would have each
// process, three in a run, and the page make them anew: what takes one is done by an init.
var All = []*Lab{first, echo, short, deadlock, options, udp, families, iterative, threads, processes, spin, timeouts, selects, twoPorts, poll, epoll, edge, kqueue, selectors, runtime, scaling, compare, byteorder, ascii, framing, flush, robot, upload, halfclose, nagle, backlog, dead, linger, sigpipe, emfile, wake, errors, herd, race}

// Find returns the lab with the ID, which may be Hand, or an error that names those there
// are.
func Find(id string) (*Lab, error) {
	if id == Hand.ID {
		return Hand, nil
	}
	var ids []string
	for _, l := range All {
		if l.ID == id {
			return l, nil
		}
		ids = append(ids, l.ID)
	}
	return nil, fmt.Errorf("there is no lab %.40q; the labs are %s", id, strings.Join(ids, ", "))
}

// Next returns the lab to go on with, nil after the last of the course. One that many
// systems can't run is nobody's next.
func (l *Lab) Next() *Lab {
	at := slices.Index(All, l)
	if at < 0 {
		return nil // it is none of the course
	}
	for _, next := range All[at+1:] {
		if next.Instead == "" {
			return next
		}
	}
	return nil
}

// Set checks the knobs that a client gave and returns all values of a run:
// those given, and the defaults of the others.
func (l *Lab) Set(given map[string]string) (knob.Values, error) {
	v, err := knob.Set(l.Knobs, given)
	if err != nil {
		return nil, fmt.Errorf("lab %s: knob %w", l.ID, err)
	}
	return v, nil
}

// Knob returns the knob with the name, or nil.
func (l *Lab) Knob(name string) *knob.Knob { return knob.Find(l.Knobs, name) }

// Processes returns what a run with these values starts, servers first; nothing
// for a lab that only shows runs of others. The values come from Set.
func (l *Lab) Processes(v knob.Values) []Process {
	if l.procs == nil {
		return nil
	}
	return l.procs(v)
}

// server returns the process every lab starts with.
func server(program, addr string, args map[string]string) Process {
	return Process{
		Proc: trace.Proc{Name: "server", Tag: "srv", Role: trace.RoleServer, Program: program, Addr: addr},
		Args: args,
	}
}

// arrival is how long the first client lets the server get ready for it, and the next one
// the client before it. The server is asleep in its accept by then, on a busy machine too.
const arrival = 10 * time.Millisecond

// client returns client n, counted from 1. It begins by its Arrive after the server
// listens.
func client(n int, program, addr string, args map[string]string) Process {
	return Process{
		Proc: trace.Proc{
			Name: fmt.Sprintf("client %d", n), Tag: fmt.Sprintf("c%d", n),
			Role: trace.RoleClient, Program: program, Addr: addr, Arrive: int64(n) * int64(arrival),
		},
		Args:  args,
		After: &Cause{Proc: 0, Call: trace.Listen},
	}
}

// learner has the learner take the place of a client.
func learner(p Process) Process {
	p.Name, p.Tag, p.Role, p.Program = "you", "you", trace.RoleAgent, ""
	p.Args, p.Arrive = nil, 0
	return p
}

// byDatagrams has the learner's sockets be UDP's, as the setting "type" of the agent's
// process: see agent.Datagrams.
const byDatagrams = "datagrams"

// ByDatagrams reports whether the learner's sockets are UDP's, in a run with these values.
func (l *Lab) ByDatagrams(v knob.Values) bool {
	return slices.ContainsFunc(l.Processes(v), func(p Process) bool {
		return p.Role == trace.RoleAgent && p.Args["type"] == byDatagrams
	})
}
