package lab

import "sockscope/server/knob"

// epoll is the server on epoll, level-triggered.
var epoll = talking(&Lab{
	ID:       "epoll",
	Section:  Blocking,
	Brief:    "Told again until drained",
	Question: "The kernel keeps the list: each socket is put on it once. What does epoll_wait return when the program has not read everything?",
	Serves:   "one thread, epoll, told again until drained",
	Look: []string{
		"`epoll_create1` returns an fd of its own. `epoll_ctl` puts each socket on the list once; `epoll_wait` names only those that are ready.",
		"`recv` takes 16 bytes, a message has 19: `epoll_wait` returns at once for the rest.",
		"EPOLLOUT is asked for only when a `send` could not take everything: under more, take messages of 12 KiB and kernel buffers of 4 KiB. The buffers on the way can not hold such a message, and each side waits until the other reads: for ever, but for the timeout.",
	},
	True: []string{
		"Level-triggered, which is the default: a socket is ready for as long as there is something to read, and is named each time.",
		"The list lives in the kernel, which puts a socket among the ready ones when something arrives. The cost of waiting grows with what is ready, not with what is listed.",
		"`epoll_wait` copies the ready events to the program's memory, as `poll` does. No memory is shared between kernel and program.",
	},
	Asks: []Topic{ToldAgain, WaitSleeps, RecvPart, WaitCounts, WaitListener, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "3"},
		messagesKnob,
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"8", "16", "1024"}, Default: "16"},
		timeoutKnob,
		lastKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		return endLast(append([]Process{ending("epoll", addr, v, "size")}, talkers(v, addr)...), v)
	},
})
