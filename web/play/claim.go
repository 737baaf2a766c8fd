package play

import (
	"fmt"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/words"
)

// Claim is one thing that is said of a run. Its sentence is made from it, so that a
// check reads the claim and not the words. Step, Other and Calls are indexes in Steps.
// Kind says which fields count, and what they mean.
type Claim struct {
	Kind  Kind
	Step  int          // what it is about, and where its link leads
	Other int          // the other step that it is about
	FD    int          // of the call that is explained
	N     int64        // bytes, connections or ns
	Count int          // calls
	Procs []int        // who, as indexes in Header.Procs
	Calls []int        // the Enters of several calls
	Addr  string       // whose, where no process of the run is known to have it
	Queue *trace.Queue // what was read
}

// Kind is what a Claim says. A call is named by its Enter unless the comment says
// otherwise. c is the call that is explained.
type Kind uint8

const (
	In        Kind = iota + 1 // c, Step, is in the kernel, since N ns
	Killed                    // c, Step, was in the kernel for N ns when the exit Other ended its thread
	CutOff                    // c, Step, was in the kernel for N ns when the trace ended
	Lost                      // c, Step, has come back, and when is not in the trace
	Returned                  // c, Step, came back by its Return, Other, and is not known to have slept
	Slept                     // c, Step, slept in the kernel, and came back by its Return, Other
	Patience                  // c, Step, gives up N ns after it entered
	TimedOut                  // c came back, in Step, N ns after it had entered, because its time was up
	Forked                    // the fork that returned in Step took N ns, and the process of Other began with a copy of each fd
	Loaded                    // the process that began in Other made its first call, Step, N ns later
	Idle                      // the thread whose last event is Step is in no call
	Begun                     // in Step a thread, or a process, began
	Over                      // in Step a thread, or a process, ended
	Gone                      // the process whose exit is Step has ended
	GaveUp                    // c, Step, gave up its processor: the kernel counted it
	Spun                      // from the Return of c, Step, its thread asked again and again for N ns, until the Return Other
	Cost                      // between the Returns Other and Step the thread used N ns of processor time
	Watched                   // the epoll_ctl Step put FD on the interest list; N is 1 with EPOLLET
	Arrived                   // the bytes of the recv that returned in Step arrived in the order of its content
	SoError                   // the getsockopt that returned in Step read N as the SO_ERROR of FD
	Connected                 // the connect that returned in Other was N ns old when the accept returned in Step

	Rested // c, Step, is a pause of N ns that its program makes, or of so much of it until a signal came; Other is its Return, or -1

	Held // beside the call of Step, an event, the kernel held Queue for FD
	Took // beside the Return Step of a multiplexer, which found FD writable, the kernel held Queue

	Paused // c, Step, is a pause of N ns that a knob put there, or of so much of it until a signal came; Other is its Return, or -1

	NonBlocking // c, Step, cannot wait: FD is non-blocking
	NoPatience  // c, Step, cannot wait: it was told not to
	Unread      // N bytes were sent to FD and not received, the first of them by the send that returned in Step; c is Other
	Ending      // what FD receives was ended by Step, the Return of a shutdown or close, or an exit; c is Other
	Queued      // N connections wait to be accepted by FD, the first of them that of the connect which returned in Step; c is Other
	UnderWay    // Step is in the kernel, and may have brought already what c, Other, waits for at FD
	Only        // nothing is there that c, Step, waits for at FD, and only Procs can bring it, or who they make and leave the fd to; of a listener whoever connects
	Remote      // nothing is known to be there that c, Step, waits for at FD, and Addr, which is not traced, can bring it
	Room        // c, Step, a send, sleeps while the buffers on the way are full, and only what Procs receive leaves them
	Reported    // N bytes are left at FD; the epoll_wait that returned in Step told of them, and FD is edge-triggered: it is told of again only when something new happens there; c is Other
	Shared      // after the close that returned in Step, Procs have the connection of FD open
	Unaccepted  // nobody has accepted the connection that FD of c, Step, stands for: it waits in the backlog of Procs
	Full        // when the connect Step entered, N connections waited in the backlog that the listen which returned in Other made for Count
	Resent      // for N ns the connect Step has waited, or did: its SYN was dropped, and is sent again and again
	Accepted    // the accept that returned in Step made a place in the backlog for the connect Other
	Shaken      // the connect Other had been under way for N ns when the accept that returned in Step took it: its handshake was sent again
	Deadlock    // each of Calls waits for what only the thread of the next can bring, and the last for the first; Step is the first. Other is the exit that ended it, or 0

	Woke     // Step ended the sleep, or the wait, of the call that returned in Other; a send brought N bytes to it, or 0 where that isn't known
	Came     // N bytes of Addr, which is not traced, ended the sleep of the call that returned in Other; -1 is a connection, 0 the end, -2 a reset. Step took them
	From     // N bytes of the recv that returned in Other came from the send that returned in Step
	To       // N bytes of the send that returned in Other went to the recv that returned in Step
	FromMany // N bytes of the recv that returned in Other came from Count sends of Procs, the first of which returned in Step
	ToMany   // N bytes of the send that returned in Other went to Count recvs of Procs, the first of which returned in Step
	EndedBy  // Step, a shutdown, a close or an exit, caused the end or the error that the call which returned in Other saw

	OnItsWay  // a datagram of N bytes, sent to Addr by the send that returned in Step, has not been received: FD of c, Other, is there
	Anybody   // no datagram is known to be on its way to Addr, where FD of c, Step, waits: anybody can send one
	Hears     // no datagram is known to be on its way to FD of c, Step, which hears Addr alone
	Delivered // the recv that returned in Other got the datagram of N bytes of the send Step
	Taken     // the datagram of N bytes of the send that returned in Other was got by the recv which returned in Step
	Passed    // the datagram of the send that returned in Other was not received, and a later one of the same socket was, in Step
	Cut       // the recv that returned in Step had room for Count bytes of a datagram of N
	Dropped   // beside the call of Step the kernel had dropped as many datagrams for FD as Queue says
	Refused   // the call that returned in Other failed because nobody had Addr, where the send that returned in Step had sent to

	Left       // the first byte of the send that returned in Step left N ns later, in a packet
	Unanswered // before the call that returned ETIMEDOUT in Step, its kernel sent bytes again Count times and probes N times since the peer's last packet
	numKinds
)

// sayings are, by kind, how what is said is known and the sentence that says it.
var sayings = [numKinds]struct {
	how trace.Provenance
	say func(r *Run, c *Claim) string
}{
	Left:       {trace.Inferred, sayLeft},
	Unanswered: {trace.Inferred, sayUnanswered},
	In: {trace.Observed, func(r *Run, c *Claim) string {
		if c.N == 0 {
			return fmt.Sprintf("%s %s entered %s", r.thread(c.Step), r.verb(c.Step, "has", "have"), r.brief(c.Step))
		}
		return fmt.Sprintf("%s %s in %s, for %s so far", r.thread(c.Step), r.verb(c.Step, "is", "are"), r.brief(c.Step), r.Span(c.N))
	}},
	Killed: {trace.Observed, func(r *Run, c *Claim) string {
		end := "its process ended"
		if signal := -r.Step(c.Other).Result; signal > 0 {
			end = trace.SignalName(signal) + " ended it"
		}
		return fmt.Sprintf("%s %s in %s, for %s, when %s", r.thread(c.Step), r.verb(c.Step, "was", "were"), r.brief(c.Step), r.Span(c.N), end)
	}},
	CutOff: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s in %s, for %s, when the trace ended", r.thread(c.Step), r.verb(c.Step, "was", "were"), r.brief(c.Step), r.Span(c.N))
	}},
	Lost: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s called %s, whose end was not recorded", r.thread(c.Step), r.brief(c.Step))
	}},
	Returned: {trace.Observed, func(r *Run, c *Claim) string {
		awake := ""
		if r.Gist(c.Other).Sleep == trace.Awake {
			awake = " without a sleep"
		}
		return fmt.Sprintf("%s called %s, which returned %s%s", r.thread(c.Step), r.brief(c.Step), result(r.Step(c.Other)), awake)
	}},
	Slept: {trace.Observed, func(r *Run, c *Claim) string {
		in, out := r.Step(c.Step), r.Step(c.Other)
		return fmt.Sprintf("%s slept in %s, which returned %s after %s", r.thread(c.Step), r.brief(c.Step), result(out), r.Span(out.Time-in.Time))
	}},
	Patience: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("it gives up after %s", r.Span(c.N))
	}},
	TimedOut: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("nothing came for %s: its time was up", r.Span(c.N))
	}},
	Forked: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("fork took %s; from then on %s has a copy of each fd", r.Span(c.N), r.who(r.Gist(c.Other).Proc))
	}},
	Loaded: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s made its first call %s later, once its program had started", r.who(r.Gist(c.Other).Proc), r.Span(c.N))
	}},
	Idle: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s in no call now", r.thread(c.Step), r.verb(c.Step, "is", "are"))
	}},
	Begun: {trace.Observed, func(r *Run, c *Claim) string {
		text := r.thread(c.Step) + r.verb(c.Step, " begins", " begin")
		if e := r.Step(c.Step); e.Thread == 0 && len(e.Args) == 2 {
			text += ", with a copy of each fd"
		}
		return text
	}},
	Over: {trace.Observed, func(r *Run, c *Claim) string { return r.exit(c.Step) }},
	Gone: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s ended", r.who(r.Gist(c.Step).Proc), r.verb(c.Step, "has", "have"))
	}},
	GaveUp: {trace.Observed, func(r *Run, c *Claim) string {
		return "its thread gave up the processor: the kernel counts that"
	}},
	Spun: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s asked from then on for %s, and no call slept", r.thread(c.Step), r.Span(c.N))
	}},
	Cost: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("that took %s of processor time, as of the kernel's last tick", r.Span(c.N))
	}},
	Watched: {trace.Observed, func(r *Run, c *Claim) string {
		how := "level-triggered"
		if c.N == 1 {
			how = "edge-triggered, with EPOLLET"
		}
		return fmt.Sprintf("fd %d was put on the interest list %s", c.FD, how)
	}},
	Arrived: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the bytes that arrived were % x, in this order", r.Step(c.Step).Data)
	}},
	SoError: {trace.Observed, func(r *Run, c *Claim) string {
		if c.N == 0 {
			return "getsockopt read its SO_ERROR, which is 0: no error"
		}
		return "getsockopt read its SO_ERROR: " + trace.Errno(c.N).String()
	}},
	Connected: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s had been connected for %s", r.who(r.Gist(c.Other).Proc), r.Span(c.N))
	}},

	Held: {trace.Sampled, func(r *Run, c *Claim) string { return fill(r.Gist(c.Step).Call, c.Queue) }},
	Took: {trace.Sampled, func(r *Run, c *Claim) string {
		return fmt.Sprintf("fd %d was found writable: %s in its Send-Q. That doesn't tell whether the peer has received any", c.FD, sat(c.Queue.Send))
	}},

	Paused: {trace.Injected, func(r *Run, c *Claim) string {
		is := r.verb(c.Step, "was", "were")
		if c.Other < 0 {
			is = r.verb(c.Step, "is", "are")
		}
		return fmt.Sprintf("%s %s held back for %s by the set-up", r.thread(c.Step), is, r.Span(c.N))
	}},

	Rested: {trace.Observed, func(r *Run, c *Claim) string {
		switch {
		case c.N == trace.Untold: // until a time of a clock
			return fmt.Sprintf("%s %s, by itself", r.thread(c.Step), r.verb(c.Step, "pauses", "pause"))
		case c.Other < 0:
			return fmt.Sprintf("%s %s for %s, by itself", r.thread(c.Step), r.verb(c.Step, "pauses", "pause"), r.Span(c.N))
		}
		return fmt.Sprintf("%s paused for %s, by itself", r.thread(c.Step), r.Span(c.N))
	}},

	NonBlocking: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("fd %d is non-blocking: this call waits for nobody", c.FD)
	}},
	NoPatience: {trace.Inferred, func(r *Run, c *Claim) string {
		if r.Gist(c.Step).Call == trace.Waitpid {
			return "it was told not to wait (WNOHANG)"
		}
		return "its timeout is 0: it only looks, and does not wait"
	}},
	Unread: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s that %s sent %s in the Recv-Q of fd %d, or on their way", words.Count(c.N, "byte"), r.who(r.Gist(c.Step).Proc), plural(c.N, "is", "are"), c.FD)
	}},
	Ending: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s: that is at fd %d, or on its way", r.howEnded(c.Step), c.FD)
	}},
	Queued: {trace.Inferred, func(r *Run, c *Claim) string {
		more := ""
		if c.N > 1 {
			more = fmt.Sprintf(", and so %s %s more", plural(c.N-1, "does", "do"), words.Thousands(c.N-1))
		}
		return fmt.Sprintf("%s %s connected, and waits in the backlog of fd %d%s", r.who(r.Gist(c.Step).Proc), r.verb(c.Step, "is", "are"), c.FD, more)
	}},
	UnderWay: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s in %s: what that brings may be at fd %d already", r.thread(c.Step), r.verb(c.Step, "is", "are"), r.brief(c.Step), c.FD)
	}},
	Only: {trace.Inferred, func(r *Run, c *Claim) string {
		in := r.Step(c.Step)
		if in.Call == trace.Waitpid {
			return fmt.Sprintf("only the end of %s can end its wait", r.either(c.Procs))
		}
		by := r.giver(c)
		if c.Count > 0 {
			by += ", or another thread of its own process can end it, by a shutdown"
		}
		if in.Call.Multiplexes() {
			return fmt.Sprintf("nothing is there at fd %d: only %s", c.FD, by)
		}
		return "nothing is there for it: only " + by
	}},
	Remote: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("its peer at fd %d, %s, is not traced: it can %s", c.FD, c.Addr, NeedOf(trace.Recv).brings)
	}},
	Room: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("it sleeps while the buffers on the way are full: only a recv of %s takes bytes out of them", r.either(c.Procs))
	}},
	Reported: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s left at fd %d. epoll_wait has told of them: edge-triggered, it tells again only when something new happens there", words.Count(c.N, "byte"), plural(c.N, "is", "are"), c.FD)
	}},
	Shared: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s %s the connection open still: it goes on", r.either(c.Procs), plural(int64(len(c.Procs)), "has", "have"))
	}},
	Unaccepted: {trace.Inferred, func(r *Run, c *Claim) string {
		which := "this connection"
		if r.Gist(c.Step).FD != c.FD {
			which = fmt.Sprintf("the connection of fd %d", c.FD)
		}
		return fmt.Sprintf("nobody has accepted %s, and it waits in the backlog of %s", which, r.either(c.Procs))
	}},
	Full: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the backlog was full: %s waited there, and listen(%d, %d) lets in %d. While that is so, the kernel drops the handshake (SYN) of one more",
			words.Count(c.N, "connection"), r.Gist(c.Other).FD, c.Count, c.Count+1)
	}},
	Resent: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("its kernel sends the SYN again after about 1 s, and goes on with it until one is let in, or connect returns ETIMEDOUT: here for %s", r.Span(c.N))
	}},
	Accepted: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s made a place in the backlog: the next SYN was let in", r.call(c.Step))
	}},
	Shaken: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s had been in connect for %s: its handshake was sent again, at a moment that the trace does not show", r.who(r.Gist(c.Other).Proc), r.Span(c.N))
	}},
	Deadlock: {trace.Inferred, func(r *Run, c *Claim) string {
		if c.Other > 0 {
			return fmt.Sprintf("%s waited in the %s above: they waited for each other until the end", r.thread(c.Step), r.brief(c.Step))
		}
		return fmt.Sprintf("%s %s in the %s above: they wait for each other", r.thread(c.Step), r.verb(c.Step, "waits", "wait"), r.brief(c.Step))
	}},

	Woke: {trace.Inferred, (*Run).woke},
	Came: {trace.Inferred, func(r *Run, c *Claim) string {
		what := arrived(c.N)
		if c.N <= 0 {
			what = "the " + strings.Replace(what, "of stream", "of the stream", 1)
		}
		return fmt.Sprintf("%s of %s, which is not traced, ended the sleep", what, c.Addr)
	}},
	From: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s came from %s%s", words.Count(c.N, "byte"), r.call(c.Step), r.whole(c))
	}},
	To: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s went to %s%s", words.Count(c.N, "byte"), r.call(c.Step), r.whole(c))
	}},
	FromMany: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s sends of %s brought %s", words.Thousands(int64(c.Count)), r.either(c.Procs), words.Count(c.N, "byte"))
	}},
	ToMany: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s recvs of %s took %s", words.Thousands(int64(c.Count)), r.either(c.Procs), words.Count(c.N, "byte"))
	}},
	EndedBy: {trace.Inferred, func(r *Run, c *Claim) string { return r.howEnded(c.Step) }},

	OnItsWay: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("a datagram of %s, which %s sent to %s, was not received yet: it is at fd %d, on its way, or lost", words.Count(c.N, "byte"), r.who(r.Gist(c.Step).Proc), c.Addr, c.FD)
	}},
	Anybody: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("no datagram is known to be on its way to fd %d: anybody can send one to %s", c.FD, c.Addr)
	}},
	Hears: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("no datagram is known to be on its way to fd %d, which hears %s alone", c.FD, c.Addr)
	}},
	Delivered: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the datagram came from %s", r.call(c.Step))
	}},
	Taken: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("%s got this datagram", r.call(c.Step))
	}},
	Passed: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("nobody received this datagram; %s got a later one of the same socket", r.call(c.Step))
	}},
	Cut: {trace.Observed, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the datagram had %s, and room for %d: the rest is gone", words.Count(c.N, "byte"), c.Count)
	}},
	Dropped: {trace.Sampled, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the kernel had dropped %s for fd %d by then, for want of room", words.Count(int64(c.Queue.Drops), "datagram"), c.FD)
	}},
	Refused: {trace.Inferred, func(r *Run, c *Claim) string {
		return fmt.Sprintf("the kernel at %s has answered %s by ICMP: nobody has that port", c.Addr, r.call(c.Step))
	}},
}

// link makes the sentence of a claim.
func (r *Run) link(c Claim) Link {
	s := &sayings[c.Kind]
	l := Link{Claim: c, Text: s.say(r, &c), How: s.how, Time: r.Gist(c.Step).Time}
	if c.Queue != nil {
		l.Time = c.Queue.Time
	} else if call := r.CallAt(c.Step); call != nil {
		l.File, l.Line = r.Step(call.Enter).File, r.Step(call.Enter).Line
	}
	if c.Kind == Woke {
		l.Ends = c.Other
	}
	return l
}

// pause is the kind of claim that tells of the pause at step i.
func (r *Run) pause(i int) Kind {
	if r.Injected(i) {
		return Paused
	}
	return Rested
}

// howEnded says how step i, a shutdown, a close or an exit, ended a stream.
func (r *Run) howEnded(i int) string {
	switch e := r.Step(i); {
	case e.Kind == trace.Exit:
		return r.who(e.Proc) + " ended, and the kernel closes what it had open"
	case e.Call == trace.Shutdown:
		return r.call(i) + " said that it sends no more"
	}
	return r.call(i) + " ended the stream"
}

// whole says of a send or recv that moved more than the N bytes of c how many.
func (r *Run) whole(c *Claim) string {
	if n := r.Step(c.Step).Result; n > c.N {
		return ", which moved " + words.Thousands(n)
	}
	return ""
}

// giver says who can bring what a call waits for, and how.
func (r *Run) giver(c *Claim) string {
	call := r.Gist(c.Step).Call
	if call.Multiplexes() {
		call = trace.Recv
		if len(c.Procs) == 0 {
			call = trace.Accept
		}
	}
	w := NeedOf(call)
	if len(c.Procs) == 0 {
		return fmt.Sprintf("a connect to fd %d can %s", c.FD, w.brings)
	}
	return fmt.Sprintf("%s can %s, by a %s", r.side(c.Procs), w.brings, w.calls())
}

// woke says what the call at an arrow's tail did to the one at its head.
func (r *Run) woke(c *Claim) string {
	cause, effect := r.Step(c.Step), r.Step(c.Other)
	while := "while it slept"
	if effect.Sleep != trace.Slept {
		while = "meanwhile"
	}
	switch call := r.call(c.Step); {
	case cause.Kind == trace.Exit && effect.Call == trace.Futex:
		return r.thread(c.Step) + " ended"
	case cause.Call == trace.Futex:
		return call + " woke it"
	case cause.Call == trace.Tgkill:
		return fmt.Sprintf("%s sent it %s", call, trace.SignalName(cause.Args[2]))
	case cause.Call == trace.Shutdown && cause.Proc == effect.Proc:
		return call + " ended what it receives"
	case effect.Call.Told():
		return fmt.Sprintf("%s asked again: %s, which had returned EAGAIN before, had it now", r.thread(c.Step), r.brief(c.Step))
	case cause.Kind == trace.Exit && effect.Call == trace.Waitpid:
		return r.who(cause.Proc) + " ended, and its parent is told"
	case cause.Call.Sends():
		if c.N == 0 {
			return fmt.Sprintf("%s brought bytes %s", call, while)
		}
		return fmt.Sprintf("%s brought %s %s", call, words.Count(c.N, "byte"), while)
	case cause.Call.Receives():
		return call + " made room"
	case cause.Call == trace.Connect:
		return call + " put a connection into the backlog"
	case cause.Kind == trace.Start || cause.Call == trace.Fork:
		return call + " made this process"
	}
	return r.howEnded(c.Step)
}

// arrived says in a word or two what came from a peer that is not traced.
func arrived(n int64) string {
	switch n {
	case cameConnection:
		return "connection"
	case cameReset:
		return "reset"
	case 0:
		return "end of stream"
	}
	return words.Count(n, "byte")
}

// What an untraced peer brought, where it isn't bytes.
const (
	cameConnection = -1
	cameReset      = -2
)

// fill says how full the buffer is that a call looks at.
func fill(call trace.Call, q *trace.Queue) string {
	switch {
	case q.State == trace.Listening && q.Recv == 0:
		return fmt.Sprintf("nobody waited in the backlog of fd %d", q.FD)
	case q.State == trace.Listening:
		return fmt.Sprintf("%s waited in the backlog of fd %d", words.Count(int64(q.Recv), "connection"), q.FD)
	case q.Unit == trace.Memory && call.Sends():
		return fmt.Sprintf("what is in the Send-Q of fd %d took %s of the kernel's memory", q.FD, words.Count(int64(q.Send), "byte"))
	case q.Unit == trace.Memory && q.Recv > 0:
		return fmt.Sprintf("the datagrams in the Recv-Q of fd %d took %s of the kernel's memory", q.FD, words.Count(int64(q.Recv), "byte"))
	case call.Sends():
		return fmt.Sprintf("%s in the Send-Q of fd %d", sat(q.Send), q.FD)
	case q.Recv == 0 && q.State == trace.CloseWait:
		return fmt.Sprintf("the Recv-Q of fd %d was empty, and its peer had ended the stream (CLOSE-WAIT)", q.FD)
	case q.Recv == 0:
		return fmt.Sprintf("the Recv-Q of fd %d was empty", q.FD)
	}
	return fmt.Sprintf("%s in the Recv-Q of fd %d", sat(q.Recv), q.FD)
}

// sat says that so many bytes were somewhere.
func sat(n int) string {
	if n == 0 {
		return "no bytes were"
	}
	return words.Count(int64(n), "byte") + " sat"
}
