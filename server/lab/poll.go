package lab

import "sockscope/server/knob"

// poll is the select server on poll.
var poll = talking(&Lab{
	ID:       "poll",
	Section:  Blocking,
	Brief:    "One list in, one list out",
	Question: "The same server on poll: one list, in which each socket says what it waits for. What is different from select?",
	Serves:   "one thread, one poll for all clients",
	Look: []string{
		"One list goes in: an fd, and POLLIN or POLLOUT. It comes back with what each fd is ready for.",
		"A client waits for POLLOUT only while there is something to send to it. Until all is sent this program reads nothing more from it; the one of `select` reads on, until it holds 64 KiB.",
		"Let the last client reset: POLLERR and POLLHUP come back, and nobody had asked for them.",
	},
	True: []string{
		"`select` has a bit for each fd below FD_SETSIZE, which is 1,024. `poll` has an entry for each fd that is asked about, whatever its number.",
		"Both are told everything again at every call, and both look at every fd that they are told of: the cost grows with the list.",
		"POLLERR and POLLHUP are always told. The next `recv` or `send` says what happened.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, WaitReadable, WaitSeveral, WaitCounts, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		timeoutKnob,
		pausesKnob,
		lastKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		return endLast(append([]Process{ending("poll", addr, v)}, talkers(v, addr)...), v)
	},
})
