package lab

import "sockscope/server/knob"

// processes is one process for each connection.
var processes = talking(&Lab{
	ID:       "processes",
	Section:  Blocking,
	Brief:    "Who holds the connection?",
	Question: "A process for each client: the parent accepts, a child serves. Both have the connection in their tables of fds. Who ends it?",
	Serves:   "a process for each client",
	Look: []string{
		"The tables of fds after `fork`: the child's is a copy of the parent's, and each process closes what it doesn't need.",
		"What a process costs: how long `fork` takes, and how much later the child makes its first call.",
		"Let the parent forget. The child has closed, and the last client waits for the end of file until the parent ends, too.",
		"The children after that: they have inherited what the parent forgot, and keep it open as well.",
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
})
