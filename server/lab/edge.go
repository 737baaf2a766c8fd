package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// edge is the server on epoll, edge-triggered, right and wrong.
var edge = &Lab{
	ID:       "edge",
	Talks:    true,
	Pattern:  "ssr-~~~~~/..y",
	Section:  Blocking,
	Brief:    "Will epoll_wait return again?",
	Question: "Edge-triggered: told once when something arrives. What if the program does not read all of it?",
	Serves:   "one thread, epoll, told once",
	Stops: []Stop{
		{Say: "A connection is put on the list with EPOLLET: edge-triggered.",
			At: Moment{Calls: []trace.Call{trace.EpollCtl}, By: AServer, Arg: Arg{At: 2, Bits: 1 << 31}}},
		{Say: "`epoll_wait` reports a connection: bytes have arrived.",
			At: Moment{Calls: anEpollWait, By: AServer, Ready: BytesReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "The server reads some of them.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Queue: Queue{RecvQ, 1}}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "The server reads all of them: its `recv` had room.",
				At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "It reads on until EAGAIN. Nothing is left now, so the next bytes will be an arrival and be reported.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.EAGAIN}, For: Setup{{"reads", "to EAGAIN"}}},
		{Say: "It reads once. When it has sent that back it goes to `epoll_wait`, and doesn't know whether anything is left.",
			At: Moment{Is: Enters, Calls: anEpollWait, By: AServer, After: &Moment{Calls: aSend, By: AServer, Result: AtLeast(1)}}, For: Setup{{"reads", "once"}}},
		{Say: "Nothing new came for the timeout. Yet a client waits for an echo: its bytes lie in the Recv-Q, and were reported already.",
			At: Moment{Calls: anEpollWait, By: AServer, Ready: NoneReady, While: &Moment{By: AClient, Calls: aRecv}}, Light: OnBar | OnLine | OnQueue,
			Else: &Stop{Say: "Nothing new came for the timeout: `epoll_wait` returns 0. No client waits for anything.",
				At: Moment{Calls: anEpollWait, By: AServer, Ready: NoneReady}, Light: OnBar | OnLine | OnQueue}},
		{Say: "The server has ended with bytes unread, so its kernel sends RST: the client's `recv` returns ECONNRESET.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ECONNRESET}, Maybe: true},
	},
	Recap: "Edge-triggered epoll reports what is new, not what is left. So read to EAGAIN: bytes that are left are no news.",
	Needs: "epoll",
	Tries: []Try{
		{"reads once", Setup{{"reads", "once"}}},
		{"reads once, 1,024 at a time", Setup{{"reads", "once"}, {"size", "1024"}}},
	},
	True: []string{
		"Edge-triggered epoll reports arrivals, not leftovers. A socket with unread bytes is not reported again until something new happens to it: more bytes, their end, or, where EPOLLOUT is asked for, new room.",
		"So read until EAGAIN, and write until EAGAIN. The socket must be non-blocking, or the last call sleeps. This program reads only when all is sent, like those of `poll` and `epoll`.",
		"A process that ends with bytes unread resets the connection: the client's `recv` returns ECONNRESET.",
	},
	Asks: []Topic{ToldAgain, RecvNotYet, RecvPart, WaitReadable, WaitEnd, WaitTimesOut, RecvFails},
	Knobs: []knob.Knob{
		{Name: "reads", Label: "reads", Type: knob.Choice, Offers: []string{"to EAGAIN", "once"}, Default: "to EAGAIN"},
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "2"},
		messagesKnob,
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"8", "16", "1024"}, Default: "16"},
		timeoutKnob,
		quietPause,
		quietPauses,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	Notes: "The server ends when nothing has happened for the timeout. With the bug, only that ends the run.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		mux := ending("edge", addr, v, "size")
		if v["reads"] == "once" {
			mux.Args["bug"] = "true"
		}
		return append([]Process{mux}, talkers(v, addr)...)
	},
}
