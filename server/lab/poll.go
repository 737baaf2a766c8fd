package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// poll is the select server on poll.
var poll = &Lab{
	ID:       "poll",
	Talks:    true,
	Pattern:  "sssssr-r-/ooooyyoo",
	Section:  Blocking,
	Brief:    "One list in, one list out",
	Question: "The same server on poll: one list, in which each socket says what it waits for. What is different from select?",
	Serves:   "one thread, one poll for all clients",
	Stops: []Stop{
		{Say: "One list goes in, an entry for each fd. The listener comes back with POLLIN.",
			At: Moment{Calls: aPoll, By: AServer, Ready: ListenerReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "So `accept` finds a client, and doesn't wait.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient, Sleep: trace.Awake}},
		{Say: "A connection comes back with POLLIN: its bytes lie in Recv-Q.",
			At: Moment{Calls: aPoll, By: AServer, Ready: BytesReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "The bytes of that client go back to it.",
			At: Moment{Calls: aSend, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "`recv` takes 1,024 bytes of the message. The rest stays in Recv-Q, and `poll` will say again that there is something.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Queue: Queue{RecvQ, 1}}, For: Setup{{"bytes", "4096|12288|16384"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "A client sends no more: `recv` returns 0.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}},
		{Say: "The last client has reset its connection. That makes it ready, too: `recv` returns ECONNRESET, and not 0.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.ECONNRESET}, For: Setup{{"last", "resets"}}},
		{Say: "Nothing came for the timeout: `poll` returns 0.",
			At: Moment{Calls: aPoll, By: AServer, Ready: NoneReady}},
	},
	Recap: "`poll` has an entry for each fd that is asked about, whatever its number. Like `select` it gets the whole list at each call.",
	Needs: "select",
	Tries: []Try{
		{"the last client resets", Setup{{"last", "resets"}}},
		{"12 KiB messages", Setup{{"bytes", "12288"}}},
	},
	True: []string{
		"`select` has a bit for each fd below FD_SETSIZE, which is 1,024. `poll` has an entry for each fd that is asked about, whatever its number.",
		"Both get the whole list at every call, and both look at every fd in it: the cost grows with the list.",
		"POLLERR and POLLHUP need not be asked for: they are always reported. The next `recv` or `send` says what happened.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, WaitReadable, WaitSeveral, WaitCounts, WaitEnd, WaitTimesOut},
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
		return endLast(append([]Process{ending("poll", addr, v)}, talkers(v, addr)...), v)
	},
}
