package lab

import "sockscope/server/knob"

// runtime is the echo on Go's package net, beneath and above the runtime.
var runtime = &Lab{
	ID:       "runtime",
	Section:  Blocking,
	Brief:    "What a runtime does for you",
	Question: "A Go program calls Read and waits. What does the kernel see of that, and which thread is it that waits?",
	Look: []string{
		"Goroutines: what the program calls of package net, told by the program. Threads: what the kernel sees, taken by strace.",
		"`Read` waits. Beneath it `read` returned EAGAIN at once, and a thread sleeps in `epoll_wait`, for all clients together.",
		"Follow one fd: its goroutine goes on in whichever thread is free.",
	},
	True: []string{
		"Package net makes each socket non-blocking and puts it on an epoll list once, edge-triggered, for both directions.",
		"Where a call would block, the runtime parks the goroutine. No thread waits for it; when `epoll_wait` names its fd, the goroutine is runnable again.",
		"So the program reads like the one with a thread for each client, and the kernel sees the one with epoll.",
	},
	Asks: []Topic{RecvNotYet, WaitReadable, WaitListener, AcceptGives},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "2"},
		messagesKnob,
		pauseKnob,
		pausesKnob,
		arriveKnob,
	},
	Notes: "strace stops a thread at each call, and slows it down: by how much is noted in the run. Calls about no fd, as those by which threads park (futex), are left out.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("net", addr, nil)}, talkers(v, addr)...)
	},
}
