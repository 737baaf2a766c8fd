package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// iterative shows what the others wait for while one is served.
var iterative = &Lab{
	ID:       "iterative",
	Talks:    true,
	Pattern:  "r-r-r-r-r/ssssssr--/ssssssssr",
	Section:  Blocking,
	Brief:    "When is client 3 accepted?",
	Question: "One thread, blocking calls, one client after another. What do the others see while the first takes its time?",
	Serves:   "one thread, one client after another",
	Stops: []Stop{
		{Say: "The server accepts client 1. Its only thread now serves nobody else.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 1"}, Light: OnBar | OnLine | OnLane},
		{Say: "Client 3's `connect` succeeds, though the program hasn't accepted it. The kernel shook hands by itself and put the connection into the backlog.",
			At: Moment{Calls: aConnect, By: "client 3", Result: Exactly(0), Under: resend, Unaccepted: true},
			Else: &Stop{Say: "Client 3's `connect` returns only now. The backlog was full, so the kernel dropped its SYN; `connect` slept until a SYN that was sent again found room.",
				At: Moment{Calls: aConnect, By: "client 3", Result: Exactly(0), Lasts: resend},
				Else: &Stop{Say: "Client 3's `connect` succeeds. The server sleeps in `accept`, and takes it at once.",
					At: Moment{Calls: aConnect, By: "client 3", Result: Exactly(0)}}}},
		{Say: "Client 3's `send` succeeds, too. The bytes lie in the kernel until the server reads them.",
			At: Moment{Calls: aSend, By: "client 3", Result: AtLeast(1), Unaccepted: true}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "Client 3's `send` succeeds: its kernel has copied the bytes.",
				At: Moment{Calls: aSend, By: "client 3", Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The server sleeps in `recv` for one client. The others wait all that time, though the thread has nothing to do.",
			At: Moment{Calls: aRecv, By: AServer, Sleep: trace.Slept, Longest: true, While: &Moment{By: AClient, Calls: aRecv, Unaccepted: true}}, Light: OnBar | OnLine | OnLane,
			Else: &Stop{Say: "The server sleeps in `recv` for one client, for a moment. Nobody else is there.",
				At: Moment{Calls: aRecv, By: AServer, Sleep: trace.Slept}, Light: OnBar | OnLine | OnLane}},
		{Say: "Only now is client 3 accepted. It has waited in the backlog, so `accept` doesn't sleep.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 3", Sleep: trace.Awake},
			Else: &Stop{Say: "Client 3 is accepted at once: the server slept in `accept`, and served nobody.",
				At: Moment{Calls: anAccept, By: AServer, With: "client 3", Sleep: trace.Slept}}},
		{Say: "Client 3 has its first reply. It had been connected all the while, and could not know why it waited.",
			At: Moment{Calls: aRecv, By: "client 3", Result: AtLeast(1), After: &Moment{Calls: anAccept, By: AServer, With: "client 3", Sleep: trace.Awake,
				After: &Moment{Calls: aClose, By: AServer, After: &Moment{Calls: aConnect, By: "client 3", Result: Exactly(0), Under: resend}}}}, Light: OnBar | OnLine | OnWake,
			Else: &Stop{Say: "Client 3 has its first reply. What it waited for was its `connect`.",
				At: Moment{Calls: aRecv, By: "client 3", Result: AtLeast(1), After: &Moment{Calls: aConnect, By: "client 3", Lasts: resend}}, Light: OnBar | OnLine,
				Else: &Stop{Say: "Client 3 has its first reply. Nobody was ahead of it, so it has hardly waited.",
					At: Moment{Calls: aRecv, By: "client 3", Result: AtLeast(1), After: &Moment{Calls: anAccept, By: AServer, With: "client 3", Sleep: trace.Slept}}, Light: OnBar | OnLine}}},
	},
	Recap:  "To be connected is not to be accepted: the kernel fills the backlog by itself. A thread that waits for one client serves no other.",
	Recaps: []Recap{{"The kernel makes connections by itself, as far as the backlog has room. Where it is full the SYN is dropped, and `connect` sleeps until one that is sent again is let in, a second later or more.", Setup{{"backlog", "0"}}}},
	Needs:  "echo",
	Tries: []Try{
		{"backlog 0", Setup{{"backlog", "0"}, {"pause", "200ms"}}},
		{"8 clients", Setup{{"clients", "8"}}},
		{"no pause", Setup{{"pause", "0s"}}},
	},
	True: []string{
		"The kernel shakes hands by itself. A client in the backlog is connected, can send, and cannot know that nobody has accepted it.",
		"A thread that waits in one call for one peer serves nobody else, however idle it is.",
		"The backlog is as long as the knob says, and Linux lets in one more. For clients beyond that the kernel drops the handshake (SYN), and `connect` sleeps. The SYN is sent again after about a second, and then again and again, until the client is let in or `connect` returns ETIMEDOUT.",
	},
	Asks: []Topic{ConnectQueued, ConnectDropped, AcceptedLater, RecvSleeps, RecvHas},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "backlog", Label: "backlog", Type: knob.Int, Min: 0, Max: 16, Offers: []string{"0", "1", "5", "16"}, Default: "5"},
		quietPauses,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("echo", addr, map[string]string{"backlog": v["backlog"]})}
		return append(procs, talkers(v, addr)...)
	},
}

// resend is a time that a connect takes only if its SYN was sent again: Linux does so
// after a second.
const resend = 500 * time.Millisecond
