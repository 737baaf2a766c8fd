package play

import (
	"slices"
	"strings"

	"sockscope/server/trace"
)

// Need is what a kind of call can sleep for, and who can end its sleep; see Needs.
type Need struct {
	Calls  []trace.Call // that wait for it
	From   Source       // who can bring it
	By     []trace.Call // the calls that bring it; the end of a process closes its sockets, too
	brings string       // what those do, as in "it can bring bytes"
}

// Source is where what a call waits for comes from.
type Source uint8

const (
	FromPeer     Source = iota // from the other end of the connection
	FromClients                // from anybody who connects to the listener's address
	FromListener               // from the kernel that answers for the listener's address
	FromMembers                // from anybody who can make one of several fds ready
	FromChildren               // from the processes that the waiting one has made
	FromThreads                // from another thread, which shares the memory
	FromClock                  // from nobody: it ends by itself
)

// The calls that move bytes, those of the lessons first.
var (
	sending   = []trace.Call{trace.Send, trace.Sendto, trace.Write, trace.Writev, trace.Sendmsg, trace.Sendfile}
	receiving = []trace.Call{trace.Recv, trace.Recvfrom, trace.Read, trace.Readv, trace.Recvmsg}
)

// Needs lists all that calls can sleep for. A call that is not in it waits for
// nobody: the kernel does its work at once. The explanations are made from this list,
// and their check uses it, too.
var Needs = []Need{
	{receiving, FromPeer, slices.Concat(sending, []trace.Call{trace.Shutdown, trace.Close}), "bring bytes, or end the stream"},
	{sending, FromPeer, slices.Concat(receiving, []trace.Call{trace.Close}), "make room"},
	{[]trace.Call{trace.Accept}, FromClients, []trace.Call{trace.Connect}, "bring a connection"},
	{[]trace.Call{trace.Connect}, FromListener, []trace.Call{trace.Listen, trace.Accept, trace.Close}, "answer"},
	{[]trace.Call{trace.Select, trace.Poll, trace.EpollWait, trace.KeventWait}, FromMembers, nil, ""},
	{[]trace.Call{trace.Waitpid}, FromChildren, nil, "end"},
	{[]trace.Call{trace.Futex}, FromThreads, []trace.Call{trace.Futex}, "wake it"},
	{[]trace.Call{trace.Nanosleep}, FromClock, nil, ""},
}

// NeedOf returns what a call can sleep for, nil for nothing.
func NeedOf(call trace.Call) *Need {
	for i := range Needs {
		if slices.Contains(Needs[i].Calls, call) {
			return &Needs[i]
		}
	}
	return nil
}

// calls writes the calls that bring it, those of the lessons: "send, shutdown or close".
func (w *Need) calls() string {
	var names []string
	for _, c := range w.By {
		if moves := c.Sends() || c.Receives(); !moves || c == trace.Send || c == trace.Recv {
			names = append(names, c.String())
		}
	}
	return or(names)
}

// or joins words as a sentence does: "a, b or c".
func or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
