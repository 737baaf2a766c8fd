package lab

import "sockscope/server/knob"

// edge is the server on epoll, edge-triggered, right and wrong.
var edge = talking(&Lab{
	ID:       "edge",
	Section:  Blocking,
	Brief:    "Will epoll_wait return again?",
	Question: "Edge-triggered: told once when something arrives. What if the program does not read all of it?",
	Serves:   "one thread, epoll, told once",
	Look: []string{
		"Right: `recv` is called until it says EAGAIN, and only then `epoll_wait`.",
		"Set reads to once: 3 bytes of the first message stay in Recv-Q, and `epoll_wait` sleeps beside them.",
		"The client waits for those bytes, the server for something new: neither has anything left to do.",
	},
	True: []string{
		"Edge-triggered epoll reports arrivals, not leftovers. Unread bytes are not reported again until more arrive.",
		"So read until EAGAIN, and write until EAGAIN; the socket has to be non-blocking, or the last call sleeps. This program reads only when all is sent, as those of `poll` and `epoll` do.",
		"A process that ends with bytes unread resets the connection: the client's `recv` returns ECONNRESET.",
	},
	Asks: []Topic{ToldAgain, RecvNotYet, RecvPart, WaitReadable, WaitEnd, WaitTimesOut, RecvFails},
	Knobs: []knob.Knob{
		{Name: "reads", Label: "reads", Type: knob.Choice, Offers: []string{"to EAGAIN", "once"}, Default: "to EAGAIN"},
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "2"},
		messagesKnob,
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"8", "16", "1024"}, Default: "16"},
		timeoutKnob,
	},
	Notes: "When nothing has happened for the timeout, the server ends. With the bug that is what ends the run.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		mux := ending("edge", addr, v, "size")
		if v["reads"] == "once" {
			mux.Args["bug"] = "true"
		}
		return append([]Process{mux}, talkers(v, addr)...)
	},
})
