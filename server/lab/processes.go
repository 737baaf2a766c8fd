package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// processes is one process for each connection.
var processes = &Lab{
	ID:       "processes",
	Talks:    true,
	Pattern:  "-r-r-----/..sssr-ss",
	Section:  Blocking,
	Brief:    "Who holds the connection?",
	Question: "A process for each client: the parent accepts, a child serves. Both have the connection in their tables of fds. Who ends it?",
	Serves:   "a process for each client",
	Stops: []Stop{
		{Say: "`fork` has made a child. The child has a copy of each fd of its parent.",
			At: Moment{Calls: aFork, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnQueue},
		{Say: "The parent closes its copy of the connection. The child's copy keeps the connection open.",
			At: Moment{Calls: aClose, By: AServer, With: AClient, Shared: true}, For: Setup{{"parent", "closes"}}},
		{Say: "The parent goes back to `accept`, and forgets its copy of the connection. Two processes hold it now.",
			At: Moment{Is: Enters, Calls: anAccept, By: AServer, After: &Moment{Calls: aFork, By: AServer, Result: AtLeast(1)}}, For: Setup{{"parent", "forgets"}}},
		{Say: "A client has reset its connection: the child's `recv` returns ECONNRESET, and not 0.",
			At: Moment{Calls: aRecv, By: AChild, Errno: trace.ECONNRESET}, For: Setup{{"last", "resets"}}},
		{Say: "The child receives what the client sent.",
			At: Moment{Calls: aRecv, By: AChild, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The child's `recv` returns 0: its client sends no more.",
			At: Moment{Calls: aRecv, By: AChild, Result: Exactly(0)}},
		{Say: "The child closes the connection. FIN is sent only when no other process holds it.",
			At: Moment{Calls: aClose, By: AChild, With: AClient, After: &Moment{Calls: aRecv, By: AChild, Result: Exactly(0)}, Same: SameLane}, For: Setup{{"parent", "closes"}}},
		{Say: "The child closes the connection. The parent has it open, too, so no FIN is sent.",
			At: Moment{Calls: aClose, By: AChild, With: AClient, After: &Moment{Calls: aRecv, By: AChild, Result: Exactly(0)}, Same: SameLane}, For: Setup{{"parent", "forgets"}}},
		{Say: "The last client gets the end of the stream only now. Its child had closed long ago; the parent's copy kept the connection open until the parent ended.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}, For: Setup{{"parent", "forgets"}, {"last", "half-closes"}}},
		{Say: "`waitpid` tells the parent of a child that ended, and the kernel forgets that child. One that has ended and that nobody waits for is a zombie.",
			At: Moment{Calls: []trace.Call{trace.Waitpid}, By: AServer, Result: AtLeast(1)}},
	},
	Recap: "`fork` copies fds, not sockets. A connection ends when the last process that holds it has closed it.",
	Needs: "threads",
	Tries: []Try{
		{"the parent forgets", Setup{{"parent", "forgets"}}},
	},
	True: []string{
		"`fork` copies fds, not sockets. A socket lives until the last fd of it is closed, in whichever process; only then is FIN sent.",
		"Processes share no memory: what one child breaks or learns stays in that child.",
		"A child that has ended is a zombie until its parent waits for it. A parent that never does fills the table of processes.",
	},
	Asks: []Topic{WhoReceives, WhoCloses, RecvSleeps, RecvEnd},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "parent", Label: "parent", Type: knob.Choice, Offers: []string{"closes", "forgets"}, Default: "closes"},
		{Name: "last", Label: "last client", Type: knob.Choice, Offers: lastKnob.Offers, Default: "half-closes", Injected: true},
		quietPauses,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	Notes: "A child in C goes on where `fork` returns, in a copy of the memory. Go's threads can't be copied: here the child keeps the fds and starts the program anew (execve), which takes most of the time up to its first call.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		parent := server("processes", addr, map[string]string{"clients": v["clients"], "forget": "false"})
		if v["parent"] == "forgets" {
			parent.Args["forget"] = "true"
		}
		parent.Ends = true
		return endLast(append([]Process{parent}, talkers(v, addr)...), v)
	},
}
