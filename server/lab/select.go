package lab

import "sockscope/server/knob"

// selects is the select echo server of the tutorial, with its clients.
var selects = talking(&Lab{
	ID:       "select",
	Section:  Blocking,
	Brief:    "What does select return?",
	Question: "One thread, several clients. How does it know whom to serve?",
	Serves:   "one thread, one select for all clients",
	Look: []string{
		"Three lists go in, three lists come out: those members that are ready now.",
		"The listener turns readable when a client waits in the backlog.",
		"A client is in the writable list only while there is something to send to it.",
		"When nothing has happened for the timeout, `select` returns 0 and the program says `Time out!`",
	},
	True: []string{
		"`select` moves no bytes. It sleeps until one of many calls would not sleep.",
		"A connection that was reset is readable (and writable): the next `recv` returns the error. The third list is for out-of-band data.",
		"One send is not one recv. The server keeps what it could not send yet in a queue for each client, and reads on until that holds 64 KiB: a client that sends much before it reads does not wait for ever. The programs of `poll` and `epoll` read only when all is sent.",
		"A set has bits for the fds below FD_SETSIZE, which is 1,024. This program runs with that as its limit of fds.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, WaitReadable, WaitWritable, WaitSeveral, WaitCounts, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		timeoutKnob,
		pausesKnob,
		lastKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		procs := append([]Process{ending("select", addr, v)}, talkers(v, addr)...)
		return endLast(procs, v)
	},
})
