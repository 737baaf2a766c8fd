package lab

import "time"

// iterative shows what the others wait for while one is served.
var iterative = talking(&Lab{
	ID:       "iterative",
	Section:  Blocking,
	Brief:    "When is client 3 accepted?",
	Question: "One thread, blocking calls, one client after another. What do the others see while the first takes its time?",
	Serves:   "one thread, one client after another",
	Look: []string{
		"The other clients' `connect` returns at once, and so does their `send`.",
		"The backlog: connections that the kernel has made and the program has not accepted.",
		"The server sleeps in `recv` although there is work for it elsewhere.",
	},
	True: []string{
		"The kernel shakes hands by itself. A client in the backlog is connected, can send, and cannot know that nobody has accepted it.",
		"A thread that waits in one call for one peer serves nobody else, however idle it is.",
		"The backlog is bounded: see the knob. Linux lets in one more than that; beyond it the kernel drops the handshake, and `connect` sleeps until it tries again, after about a second.",
	},
	Knobs: []Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "backlog", Label: "backlog", Type: Int, Min: 0, Max: 16, Offers: []string{"0", "1", "5", "16"}, Default: "5"},
	},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("echo", addr, map[string]string{"backlog": v["backlog"]})}
		return append(procs, talkers(v, addr)...)
	},
})

// spinsFor is the longest pause before a message that a server may spin away,
// in ns: its calls fill a trace fast.
const spinsFor = int64(10 * time.Millisecond)

// spinning is what waiting costs without sleep.
var spinning = talking(&Lab{
	ID:       "spin",
	Section:  Blocking,
	Brief:    "How many calls before the byte comes?",
	Question: "A non-blocking recv does not wait. So the program asks again, and again. How many calls before the byte comes, and who pays for them?",
	Serves:   "one thread that asks without a pause",
	Look: []string{
		"`recv` returns EAGAIN: there is nothing to read yet. It is no failure, and nobody slept.",
		"The server's processor time, beside the client's: asking is work, sleeping is none.",
		"How long the client waits for its echo. Asking more often does not make it send sooner.",
	},
	True: []string{
		"O_NONBLOCK changes what a call does that would have to sleep: it returns at once with EAGAIN (EWOULDBLOCK is the same number on Linux).",
		"A loop that asks without a pause takes a whole processor from everybody else, for as long as it waits.",
		"A program that wants to wait without blocking in one call asks the kernel to wake it: `select`, `poll` or `epoll_wait`.",
	},
	Knobs: []Knob{
		{Name: "clients", Label: "clients", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "4", "8"}, Default: "1"},
		{Name: "messages", Label: "messages each", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4"}, Default: "1"},
		{Name: "pause", Label: "client 1 waits", Type: Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms", "3ms", "10ms"}, Default: "1ms", Injected: true},
		{Name: "pauses", Label: "each waits", Type: Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms"}, Default: "0s", Injected: true, Quiet: true},
	},
	Beside: "select",
	Notes:  "Recording a call takes longer than the call itself: without the trace there would be several times as many.",
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("spin", addr, nil)}, talkers(v, addr)...)
	},
})

// selecting is the select echo server of the tutorial, with its clients.
var selecting = talking(&Lab{
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
	},
	Knobs: []Knob{
		clientsKnob,
		messagesKnob,
		timeoutKnob,
		pausesKnob,
		lastKnob,
	},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:10001"
		procs := append([]Process{ending("select", addr, v)}, talkers(v, addr)...)
		return endLast(procs, v)
	},
})
