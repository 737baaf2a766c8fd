package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// selects is an echo server with select, and its clients.
var selects = &Lab{
	ID:       "select",
	Talks:    true,
	Pattern:  "ssssr-r-r/ooyyooyy",
	Section:  Blocking,
	Brief:    "What does select return?",
	Question: "One thread, several clients. How does it know whom to serve?",
	Serves:   "one thread, one select for all clients",
	Stops: []Stop{
		{Say: "`select` returns: the listener is readable, since a client waits in the backlog.",
			At: Moment{Calls: aSelect, By: AServer, Ready: ListenerReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "So `accept` finds a client, and doesn't wait.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient, Sleep: trace.Awake}},
		{Say: "Now a connection is readable. Its bytes lie in Recv-Q until `recv` takes them.",
			At: Moment{Calls: aSelect, By: AServer, Ready: BytesReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "This connection has bytes to send, so `select` was asked for room in its Send-Q, too, and there is some. It is on that list only while it has bytes to send.",
			At: Moment{Calls: aSelect, By: AServer, Ready: RoomReady, After: &Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}}, Light: OnBar | OnLine},
		{Say: "`recv` takes 1,024 bytes of the message. The rest stays in Recv-Q, and `select` will say again that there is something.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Queue: Queue{RecvQ, 1}}, For: Setup{{"bytes", "4096|12288|16384"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "A client sends no more. Its connection turned readable, and `recv` returns 0.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}},
		{Say: "The last client has reset its connection. That makes it ready, too: `recv` returns ECONNRESET, and not 0.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.ECONNRESET}, For: Setup{{"last", "resets"}}},
		{Say: "Nothing came for the timeout: `select` returns 0, and the program ends.",
			At: Moment{Calls: aSelect, By: AServer, Ready: NoneReady}},
	},
	Recap: "`select` moves no bytes. It sleeps until one of its sockets is ready: a `recv`, `accept` or `send` on that one would not sleep. So one thread serves all clients, and sleeps in one place only.",
	Needs: "iterative",
	Tries: []Try{
		{"the last client resets", Setup{{"last", "resets"}}},
		{"8 clients", Setup{{"clients", "8"}}},
		{"12 KiB messages", Setup{{"bytes", "12288"}}},
	},
	True: []string{
		"`select` moves no bytes. It sleeps until a `recv`, `accept` or `send` on one of its sockets would not sleep.",
		"A connection that was reset is readable (and writable): the next `recv` returns the error. The third list is for out-of-band data.",
		"One send is not one recv. The server has a queue for each client, of what it could not send yet. It reads on until the queue holds 64 KiB, so a client may send much before it reads. The programs of `poll` and `epoll` read only when all is sent.",
		"A set has bits for the fds below FD_SETSIZE, which is 1,024. This program runs with that as its limit of fds.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, WaitReadable, WaitWritable, WaitSeveral, WaitCounts, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		timeoutKnob,
		pausesKnob,
		lastKnob,
		quietPause,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		procs := append([]Process{ending("select", addr, v)}, talkers(v, addr)...)
		return endLast(procs, v)
	},
}
