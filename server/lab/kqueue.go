package lab

import "sockscope/server/knob"

// kqueue is the server on kqueue.
var kqueue = &Lab{
	ID:       "kqueue",
	Section:  Blocking,
	Brief:    "The same on BSD and macOS",
	Question: "The BSDs and macOS have kqueue where Linux has epoll. What does an interest look like there, and what does the answer say more?",
	Look: []string{
		"`kqueue` returns an fd of its own. `kevent` puts a socket on the list once, and the same call waits.",
		"An interest is a filter: EVFILT_READ for reading, EVFILT_WRITE for writing, each an entry of its own. epoll has one entry with bits.",
		"The answer says more than ready: how many bytes there are, and EV_EOF when the peer has ended the stream.",
	},
	True: []string{
		"Level-triggered by default, as epoll: told again until nothing is left. EV_CLEAR makes an interest edge-triggered.",
		"One `kevent` can change the list and wait at once. This server makes a call for each, so that they can be told apart.",
		"The filters are for more than sockets: files, processes, signals and timers wait in the same list.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, WaitReadable, WaitCounts, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "3"},
		messagesKnob,
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"8", "16", "1024"}, Default: "16"},
		timeoutKnob,
		lastKnob,
	},
	Instead:    "epoll",
	Unrecorded: true,
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		return endLast(append([]Process{ending("kqueue", addr, v, "size")}, talkers(v, addr)...), v)
	},
}
