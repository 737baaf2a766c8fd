package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// epoll is the server on epoll, level-triggered.
var epoll = &Lab{
	ID:       "epoll",
	Talks:    true,
	Pattern:  "r-ssssr-r/..yyyy",
	Section:  Blocking,
	Brief:    "Told again until drained",
	Question: "The kernel keeps the list: each socket is put on it once. What does epoll_wait return when the program has not read everything?",
	Serves:   "one thread, epoll, told again until drained",
	Stops: []Stop{
		{Say: "The list is the kernel's, and has an fd of its own.",
			At: Moment{Calls: []trace.Call{trace.EpollCreate}, By: AServer}, Light: OnBar | OnLine | OnQueue},
		{Say: "`epoll_ctl` puts a socket on the list, once.",
			At: Moment{Calls: []trace.Call{trace.EpollCtl}, By: AServer}},
		{Say: "`epoll_wait` names only what is ready: here a connection with bytes.",
			At: Moment{Calls: anEpollWait, By: AServer, Ready: BytesReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "`recv` takes what it was asked to take. What is left stays in Recv-Q.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Queue: Queue{RecvQ, 1}}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "`recv` takes all that is there. Nothing is left in Recv-Q, so `epoll_wait` won't tell of it again.",
				At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "`epoll_wait` returns at once: bytes are still unread, and level-triggered epoll says so again.",
			At: Moment{Calls: anEpollWait, By: AServer, Ready: BytesReady, Sleep: trace.Awake, After: &Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Queue: Queue{RecvQ, 1}}, Same: SameLane}, Maybe: true, Light: OnBar | OnLine | OnQueue},
		{Say: "The last client has reset its connection. That makes it ready, too: `recv` returns ECONNRESET, and not 0.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.ECONNRESET}, For: Setup{{"last", "resets"}}},
		{Say: "Nothing came for the timeout: `epoll_wait` returns 0.",
			At: Moment{Calls: anEpollWait, By: AServer, Ready: NoneReady}},
	},
	Recap: "The list lives in the kernel, so the cost of waiting grows with what is ready, not with what is listed. Level-triggered epoll reports a socket again until nothing is left to read.",
	Needs: "poll",
	Tries: []Try{
		{"recv takes 1,024", Setup{{"size", "1024"}}},
		{"the last client resets", Setup{{"last", "resets"}}},
	},
	True: []string{
		"Level-triggered is the default: `epoll_wait` reports a socket each time, for as long as there is something to read.",
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
		quietPause,
		quietPauses,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		return endLast(append([]Process{ending("epoll", addr, v, "size")}, talkers(v, addr)...), v)
	},
}
