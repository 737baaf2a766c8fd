package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// kqueue is the server on kqueue.
var kqueue = &Lab{
	ID:       "kqueue",
	Pattern:  "sssr-sssr",
	Section:  Blocking,
	Brief:    "The same on BSD and macOS",
	Question: "The BSDs and macOS have kqueue where Linux has epoll. What does an interest look like there, and what more does the answer say?",
	Stops: []Stop{
		{Say: "The list is the kernel's, and has an fd of its own.",
			At: Moment{Calls: []trace.Call{trace.Kqueue}, By: AServer}},
		{Say: "`kevent` puts a socket on the list: a filter for each thing to wait for.",
			At: Moment{Calls: []trace.Call{trace.KeventChange}, By: AServer}},
		{Say: "The same call waits, and names what is ready.",
			At: Moment{Calls: []trace.Call{trace.KeventWait}, By: AServer, Result: AtLeast(1)}},
		{Say: "The last client has reset its connection. That makes it ready, too: `recv` returns ECONNRESET, and not 0.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.ECONNRESET}, For: Setup{{"last", "resets"}}},
		{Say: "Nothing came for the timeout: `kevent` returns 0.",
			At: Moment{Calls: []trace.Call{trace.KeventWait}, By: AServer, Ready: NoneReady}},
	},
	Recap: "kqueue keeps the list in the kernel, as epoll does. An interest is a filter, and the answer says more than ready: how many bytes, and whether the peer has ended.",
	Needs: "epoll",
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
