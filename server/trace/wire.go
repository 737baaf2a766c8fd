package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the version of the messages; a reader refuses another one.
const Version = 1

// MaxFrame is the longest message, in bytes after the length.
const MaxFrame = 1 << 20

// MaxRequest is the longest message that a client may send.
const MaxRequest = 64 << 10

// Where a native server listens unless it is told otherwise.
const (
	DefaultControl   = "127.0.0.1:7000"
	DefaultEcho      = "127.0.0.1:9999"
	DefaultMux       = "127.0.0.1:10001"
	DefaultByteorder = "127.0.0.1:20000"
)

// Message is what the server says to a client, and what a trace file holds.
// Exactly one field is set.
type Message struct {
	Hello  *Hello  `cbor:"1,keyasint,omitempty"`  // the first message of a connection
	Look   *Look   `cbor:"2,keyasint,omitempty"`  // answers a Request with Op "look"
	Queued *Queued `cbor:"3,keyasint,omitempty"`  // all workers are busy; sent again when the place changes
	Header *Header `cbor:"4,keyasint,omitempty"`  // a run starts
	Events []Event `cbor:"5,keyasint,omitempty"`  // in the order of their times
	End    *End    `cbor:"6,keyasint,omitempty"`  // the run is over; nothing of it follows
	Error  *Error  `cbor:"7,keyasint,omitempty"`  // the request was not carried out; the connection goes on
	Child  *Proc   `cbor:"8,keyasint,omitempty"`  // one more process of the run, made by another; its number is the next after those of Header.Procs
	Point  *Point  `cbor:"9,keyasint,omitempty"`  // one measurement of a run that measures
	Now    *Now    `cbor:"10,keyasint,omitempty"` // of a program that is watched: what is so before the events that follow
	Source *Source `cbor:"11,keyasint,omitempty"` // the text of one more program; its number is the next after those of Header.Sources
}

// Hello introduces the server.
type Hello struct {
	Version   int    `cbor:"1,keyasint"`
	Kernel    string `cbor:"2,keyasint"`            // "Linux 6.18.44"
	Isolation string `cbor:"3,keyasint"`            // see Header
	Standing  []Proc `cbor:"4,keyasint,omitempty"`  // the standing servers: by Name what OpWatch takes, by Addr where they listen
	Most      int    `cbor:"20,keyasint,omitempty"` // idle connections that a run which measures may have
	// Cannot says of each lab that this server can't run why: a sentence, by the
	// lab's ID.
	Cannot map[string]string `cbor:"30,keyasint,omitempty"`
	Clock  string            `cbor:"40,keyasint,omitempty"` // see Header
}

// Look is a lab as it stands before a run: the programs it would run.
type Look struct {
	Procs   []Proc   `cbor:"1,keyasint"`
	Sources []Source `cbor:"2,keyasint"`
}

// Queued tells a client that its run waits.
type Queued struct {
	Place int `cbor:"1,keyasint"` // 1 is next
}

// Now is where the trace of a program begins, or goes on, that has run before
// anybody asked. It comes behind the Header, and again whenever calls are left
// out.
type Now struct {
	// Events are those of the past that made what is open: of each fd the call
	// that returned it, and those that changed what it is. All were observed, at
	// their own times; what came between is left out.
	Events []Event `cbor:"1,keyasint,omitempty"`
	// Moved has of each fd the bytes that were received and sent in all this time,
	// as Recv and Send.
	Moved  []Queue `cbor:"2,keyasint,omitempty"`
	Missed int64   `cbor:"3,keyasint,omitempty"` // calls left out since the last event: made faster than they could be recorded, or than this viewer takes them
}

// State returns what is so at n, before the events that follow.
func (n *Now) State() *State {
	s := Fold(n.Events)
	s.Events = 0
	if len(s.Procs) == 0 {
		return s
	}
	for i := range n.Moved {
		if f := s.Procs[0].FD(n.Moved[i].FD); f != nil {
			f.In, f.Out = int64(n.Moved[i].Recv), int64(n.Moved[i].Send)
		}
	}
	return s
}

// LogLab is the Header.Lab of a trace of a program of anybody's, as strace(1) told it.
const LogLab = "trace"

// StandingLab is what Header.Lab begins with in the trace of a standing server;
// its name follows.
const StandingLab = "standing:"

// The values of Header.Isolation.
const (
	Namespace = "namespace" // the run has a network namespace of its own
	Shared    = "shared"    // the run shares the host's loopback, on ephemeral ports
)

// Header opens a trace: everything about a run that is known before its
// first event.
type Header struct {
	Version   int               `cbor:"1,keyasint"`
	Lab       string            `cbor:"2,keyasint"`
	Knobs     map[string]string `cbor:"3,keyasint,omitempty"`
	Began     int64             `cbor:"4,keyasint"` // wall clock at time 0, in ms since 1970
	Kernel    string            `cbor:"5,keyasint"`
	Isolation string            `cbor:"6,keyasint"`
	Procs     []Proc            `cbor:"7,keyasint"`
	Sources   []Source          `cbor:"8,keyasint"`
	TraceCost int64             `cbor:"9,keyasint,omitempty"`  // ns that tracing adds to a call, as measured by this run's worker
	CPUs      int               `cbor:"20,keyasint,omitempty"` // processors of the machine, of a run that measures
	// Wire names the interface whose packets are in the trace: "lo", the run's own. It is ""
	// when they aren't; NoWire then says why, a sentence, where whoever made the trace knew
	// of packets at all.
	Wire   string `cbor:"40,keyasint,omitempty"`
	NoWire string `cbor:"41,keyasint,omitempty"`
	Clock  string `cbor:"42,keyasint,omitempty"` // NoClock or EmulatedClock, else ""
	// File says that the trace is made of a file that is being read, of so many bytes; 1
	// where nobody knows how many. 0 is of programs that run.
	File int64 `cbor:"43,keyasint,omitempty"`
}

// NoClock is the Clock of a trace whose times nobody wrote down: they give the order of
// the events, and no more.
const NoClock = "none"

// EmulatedClock is the Clock of a machine that is a program in a browser. Calls, their
// order, sleeps and wakes are its kernel's. How long they take is the emulator's doing,
// and what takes less than EmulatedGrain is not told apart: a browser's clock is that
// coarse.
const (
	EmulatedClock = "emulated"
	EmulatedGrain = 100_000 // ns
)

// Proc is one process of a run.
type Proc struct {
	Name    string `cbor:"1,keyasint"` // "server", "client 1", "you"
	Tag     string `cbor:"2,keyasint"` // "srv", "c1", "you"
	Role    string `cbor:"3,keyasint"` // RoleServer, RoleClient or RoleAgent
	Program string `cbor:"4,keyasint"`
	Addr    string `cbor:"5,keyasint,omitempty"`
	File    int    `cbor:"6,keyasint,omitempty"` // index in Sources of its program, plus one; 0 for none
	Parent  int    `cbor:"7,keyasint,omitempty"` // of a Message's Child: the number of the process that made it, plus one; else 0
	PID     int    `cbor:"8,keyasint,omitempty"` // of a Message's Child: as fork returned it
	// Arrive is when the set-up has it begin: so many ns after the server listens, on
	// all of its ports. From time 0 until then it stands ready and waits, which is
	// injected. 0 is as soon as the run has seen the server listen.
	Arrive int64  `cbor:"31,keyasint,omitempty"`
	Tracer string `cbor:"30,keyasint,omitempty"` // who takes its calls, where the process doesn't by itself: StraceTracer
}

// StraceTracer is the Tracer of a process whose calls strace(1) takes, at the resolution of
// 1 us. Its program tells its own calls beside them.
const StraceTracer = "strace"

// StraceLog is the Tracer of a process of a [LogLab]: strace(1) alone tells of it.
const StraceLog = "strace log"

// The roles of a process.
const (
	RoleServer = "server"
	RoleClient = "client"
	RoleAgent  = "agent" // the browser's hands: makes the calls that the learner asks for
)

// Source is one file of the programs, whole.
type Source struct {
	Name    string `cbor:"1,keyasint"` // "select.go"
	Text    string `cbor:"2,keyasint"`
	Follows string `cbor:"3,keyasint,omitempty"` // the file from which this one differs by one idea, "echo.go"; "" for none
	Former  string `cbor:"4,keyasint,omitempty"` // that file's text
}

// End closes a trace.
type End struct {
	Time    int64  `cbor:"1,keyasint"`           // ns since the run's start
	Reason  string `cbor:"2,keyasint"`           // EndDone, EndStopped, EndLimit or EndFailed
	Message string `cbor:"3,keyasint,omitempty"` // for people: which limit, what failed
	Dropped int64  `cbor:"4,keyasint,omitempty"` // calls that were made and are not in the trace
}

// The reasons why a run ended.
const (
	EndDone    = "done"    // its programs came to their ends
	EndStopped = "stopped" // somebody pressed stop, or went away
	EndLimit   = "limit"   // it reached a limit
	EndFailed  = "failed"  // a program could not be run
)

// Point is one measurement of a run that measures instead of tracing calls, or
// why there is none. All of it is observed. One without a Mechanism only says
// how far the run has come.
type Point struct {
	Mechanism string `cbor:"1,keyasint,omitempty"`  // "select", "poll" or "epoll"
	Idle      int    `cbor:"2,keyasint,omitempty"`  // connections beside the busy one
	Repeat    int    `cbor:"3,keyasint,omitempty"`  // from 1
	Messages  int    `cbor:"4,keyasint,omitempty"`  // that went there and back
	RoundTrip int64  `cbor:"5,keyasint,omitempty"`  // ns, of all messages together, by the client's clock
	CPU       int64  `cbor:"6,keyasint,omitempty"`  // ns of processor time that the server's thread used for them (clock_gettime(2))
	Asks      int    `cbor:"7,keyasint,omitempty"`  // wait calls, each of which found the busy connection ready
	Ask       int64  `cbor:"8,keyasint,omitempty"`  // ns, the median of the Asks, by the server's clock
	Why       string `cbor:"9,keyasint,omitempty"`  // why it could not be measured, for people; "" when it was
	Done      int    `cbor:"10,keyasint,omitempty"` // measurements made so far
	Of        int    `cbor:"11,keyasint,omitempty"` // measurements that the run makes
}

// Error answers a request that was not carried out. Its text says what was
// wrong and what would be right.
type Error struct {
	Text string `cbor:"1,keyasint"`
}

// Request is what a client says to the server's control port.
type Request struct {
	Op    string            `cbor:"1,keyasint"`
	Lab   string            `cbor:"2,keyasint,omitempty"` // of OpLook and OpRun; of OpWatch the name of a standing server
	Knobs map[string]string `cbor:"3,keyasint,omitempty"` // of OpLook and OpRun; absent ones take their defaults
	Act   *Act              `cbor:"4,keyasint,omitempty"` // of OpAct
}

// The operations of a Request.
const (
	OpLook  = "look"  // show a lab's programs
	OpRun   = "run"   // start a run; one at a time on a connection
	OpWatch = "watch" // see a standing server live, in place of a run: its trace has no end of its own
	OpStop  = "stop"  // end the run by killing its processes; or watch no more
	OpAct   = "act"   // have an agent of the run make a call
)

// Act is one call that the learner asks an agent to make.
//
// In most labs the learner is one client, with one socket: the call is Socket, Connect,
// Send, Recv, Sendto, Recvfrom, Shutdown or Close, and has the first four fields. In lab
// "hand" they are several sides: the call is any that can be made by hand, and the act has
// what the Enter of its Event has.
type Act struct {
	Call Call   `cbor:"1,keyasint"`
	Data []byte `cbor:"2,keyasint,omitempty"` // of what sends
	Size int    `cbor:"3,keyasint,omitempty"` // of Recv and Recvfrom: room in bytes, 1 to 65536; of a client's Send: the bytes of each call, 0 for one call
	How  int    `cbor:"4,keyasint,omitempty"` // of a client's Shutdown: 0 RD, 1 WR, 2 RDWR

	Side    int     `cbor:"5,keyasint,omitempty"`  // which of the run's agents makes it, from 0
	FD      int     `cbor:"6,keyasint,omitempty"`  // one of that side's
	Args    []int64 `cbor:"7,keyasint,omitempty"`  // as Event.Args
	Addr    string  `cbor:"8,keyasint,omitempty"`  // as Event.Addr
	Timeout int64   `cbor:"9,keyasint,omitempty"`  // as Event.Timeout
	Sets    *Sets   `cbor:"10,keyasint,omitempty"` // as Event.Sets: Read and Write
}

// ErrFrame is wrapped by every error about a frame or its content, as opposed
// to errors of the connection beneath it.
var ErrFrame = errors.New("bad frame")

// Frames cuts complete frames off b and gives each decoded message to take.
// It returns what is left of b: the beginning of a frame that is still to
// arrive.
func Frames(b []byte, take func(*Message)) ([]byte, error) {
	for len(b) >= 4 {
		n := binary.BigEndian.Uint32(b)
		if n == 0 || n > MaxFrame {
			return nil, fmt.Errorf("%w: length %d, from 1 to %d is allowed", ErrFrame, n, MaxFrame)
		}
		if uint32(len(b)-4) < n {
			break
		}
		m, err := decodeMessage(b[4 : 4+n])
		if err != nil {
			return nil, err
		}
		take(m)
		b = b[4+n:]
	}
	return b, nil
}
