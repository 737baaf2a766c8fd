package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// runtime is the echo on Go's package net, beneath and above the runtime.
var runtime = &Lab{
	ID:       "runtime",
	Pattern:  "-ra-sssr-",
	Section:  Blocking,
	Brief:    "What a runtime does for you",
	Question: "A Go program calls Read and waits. What does the kernel see of that, and which thread is it that waits?",
	Stops: []Stop{
		{Say: "The runtime puts a socket on its epoll list once, edge-triggered.",
			At: Moment{Calls: []trace.Call{trace.EpollCtl}, Arg: Arg{At: 2, Bits: 1 << 31}, After: &Moment{Calls: []trace.Call{trace.Listen}}}},
		{Say: "A thread in `epoll_wait` learns what is ready, for all goroutines.",
			At: Moment{Calls: anEpollWait, Result: AtLeast(1), After: &Moment{Calls: []trace.Call{trace.Listen}}}},
		{Say: "The program called `Read`. Beneath it `read` returned EAGAIN, and the goroutine is parked.",
			At: Moment{Calls: []trace.Call{trace.Read}, Errno: trace.EAGAIN, While: &Moment{Calls: []trace.Call{trace.NetRead}}}},
		{Say: "A `Read` has its bytes and returns to the program: the goroutine goes on.",
			At: Moment{Calls: []trace.Call{trace.NetRead}, Result: AtLeast(1)}, Light: OnBar | OnLine | OnLane},
		{Say: "The kernel sees a non-blocking `accept4`: EAGAIN. The program's `Accept` goes on waiting.",
			At: Moment{Calls: anAccept, Errno: trace.EAGAIN}},
	},
	Recap: "The program reads as if its calls blocked. The kernel sees non-blocking calls and one epoll list for all of them.",
	Needs: "epoll",
	Tries: []Try{
		{"4 clients", Setup{{"clients", "4"}}},
	},
	True: []string{
		"Package net makes each socket non-blocking and puts it on an epoll list once, edge-triggered, for both directions.",
		"Where a call would block, the runtime parks the goroutine. No thread waits for it; when `epoll_wait` names its fd, the goroutine is runnable again.",
		"So the program reads like the one with a thread for each client, and the kernel sees the one with epoll.",
	},
	Asks: []Topic{RecvNotYet, AcceptFails, RecvHas},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "2"},
		messagesKnob,
		pauseKnob,
		pausesKnob,
		arriveKnob,
	},
	Notes: "strace stops a thread at each call, and so slows it down; a note in the run says by how much. Calls that are about no fd are left out, such as futex, by which threads park.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("net", addr, nil)}, talkers(v, addr)...)
	},
}
