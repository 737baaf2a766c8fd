package lab

import "sockscope/server/knob"

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
	Asks: []Topic{ConnectQueued, AcceptedLater, RecvSleeps, RecvHas},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "backlog", Label: "backlog", Type: knob.Int, Min: 0, Max: 16, Offers: []string{"0", "1", "5", "16"}, Default: "5"},
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("echo", addr, map[string]string{"backlog": v["backlog"]})}
		return append(procs, talkers(v, addr)...)
	},
})
