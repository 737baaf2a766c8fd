package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// echo has the learner as its client, or a program.
var echo = &Lab{
	ID:       "echo",
	Section:  Calls,
	Brief:    "Who wakes whom? Be the client",
	Question: "A blocking echo server and one client: you. Which call is the server in now, and what of yours will wake it?",
	Stops: []Stop{
		{Say: "The server waited in `accept` until this client connected.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient, Sleep: trace.Slept}, Light: OnBar | OnLine | OnWake},
		{Say: "`send` returns when the kernel has copied the bytes. It doesn't wait for the server to read them.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server's `recv` returns the bytes that the client sent.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server sends the same bytes back.",
			At: Moment{Calls: aSend, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client's `recv` has the echo.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client sends no more, so the server's `recv` returns 0. The server closes, and accepts the next client.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}},
	},
	Recap: "A blocking call that can't be answered yet sleeps in the kernel and uses no processor. What the other side does wakes it.",
	Next:  "short",
	Needs: "first",
	Tries: []Try{
		{"a program as the client", map[string]string{"client": "program"}},
	},
	True: []string{
		"A blocking call that cannot be answered yet puts its thread to sleep in the kernel. It uses no processor until it is woken.",
		"`send` returns when the kernel has copied the bytes into its buffer. It says nothing about the peer having read them.",
		"`shutdown(SHUT_WR)` ends one direction: I have said all. `close` gives the socket back.",
	},
	Asks: []Topic{AcceptSleeps, AcceptGives, RecvSleeps, RecvWoken, SendTakes, SendHalfClosed, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"you", "program"}, Default: "you"},
		{Name: "message", Label: "message", Type: knob.Text, Min: 1, Max: 64, Default: "Hello, world"},
	},
	Unattended: map[string]string{"client": "program"},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		who := client(1, "client", addr, map[string]string{"message": v["message"]})
		if v["client"] == "you" {
			who = learner(who)
		}
		return []Process{server("echo", addr, nil), who}
	},
}
