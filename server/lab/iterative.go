package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// iterative shows what the others wait for while one is served.
var iterative = talking(&Lab{
	ID:       "iterative",
	Pattern:  "r-r-r-r-r/ssssssr--/ssssssssr",
	Section:  Blocking,
	Brief:    "When is client 3 accepted?",
	Question: "One thread, blocking calls, one client after another. What do the others see while the first takes its time?",
	Serves:   "one thread, one client after another",
	Stops: []Stop{
		{Say: "The server accepts client 1. Its only thread now serves nobody else.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 1"}, Light: OnBar | OnLine | OnLane},
		{Say: "Client 3's `connect` succeeds, though the program hasn't accepted it. The kernel shook hands by itself and put the connection into the backlog.",
			At: Moment{Calls: aConnect, By: "client 3", Result: Exactly(0), Unaccepted: true}},
		{Say: "Client 3's `send` succeeds, too. The bytes lie in the kernel until the server reads them.",
			At: Moment{Calls: aSend, By: "client 3", Result: AtLeast(1), Unaccepted: true}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server sleeps in `recv` for one client. The others wait all that time, though the thread has nothing to do.",
			At: Moment{Calls: aRecv, By: AServer, Sleep: trace.Slept, Longest: true, While: &Moment{By: AClient, Calls: aRecv, Unaccepted: true}}, Light: OnBar | OnLine | OnLane},
		{Say: "Only now is client 3 accepted.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 3", After: &Moment{Calls: aClose, By: AServer}}},
		{Say: "Client 3 has its first reply. It had been connected all the while, and could not know why it waited.",
			At: Moment{Calls: aRecv, By: "client 3", Result: AtLeast(1), After: &Moment{Calls: anAccept, By: AServer, With: "client 3"}}, Light: OnBar | OnLine | OnWake},
	},
	Recap: "To be connected is not to be accepted: the kernel fills the backlog by itself. A thread that waits for one client serves no other.",
	Needs: "echo",
	Tries: []Try{
		{"backlog 0", map[string]string{"backlog": "0", "pause": "200ms"}},
		{"8 clients", map[string]string{"clients": "8"}},
		{"no pause", map[string]string{"pause": "0s"}},
	},
	True: []string{
		"The kernel shakes hands by itself. A client in the backlog is connected, can send, and cannot know that nobody has accepted it.",
		"A thread that waits in one call for one peer serves nobody else, however idle it is.",
		"The backlog is as long as the knob says, and Linux lets in one more. For clients beyond that the kernel drops the handshake (SYN), and `connect` sleeps. The SYN is sent again after about a second, and then again and again, until the client is let in or `connect` returns ETIMEDOUT.",
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
