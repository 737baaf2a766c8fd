package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// echo has the learner as its client, or a program.
var echo = &Lab{
	ID:       "echo",
	Pattern:  "-r-sss-r-/ssr-r-sss",
	Section:  Calls,
	Brief:    "Who wakes whom? Be the client",
	Question: "A blocking echo server and one client: you. Which call is the server in now, and what of yours will wake it?",
	Stops: []Stop{
		{Say: "The server waited in `accept` until this client connected.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient, Sleep: trace.Slept}, Light: OnBar | OnLine | OnWake},
		{Say: "As netstat has it: the listener stays in LISTEN. The connection has two sockets, one at each end, and both are ESTABLISHED.",
			At: Moment{Is: Enters, Calls: aSend, By: AClient}, Light: OnBar | OnLine | OnTable},
		{Say: "`send` returns when the kernel has copied the bytes. It doesn't wait for the server to read them.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server's `recv` returns the bytes that the client sent. The server sends the same back.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client's `recv` has the echo.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Both have closed, and the run is over. netstat has one socket left: the client's end, in TIME-WAIT, as the client closed first. It belongs to no process any more.",
			At: Moment{Is: Ends, By: AServer, After: &Moment{Calls: aClose, By: AServer, After: &Moment{Is: Enters, Calls: aClose, By: AClient}}}, Light: OnLane | OnTable},
	},
	Recap: "A blocking call that can't be answered yet sleeps in the kernel and uses no processor. What the other side does wakes it.",
	Needs: "first",
	Tries: []Try{
		{"a program as the client", Setup{{"client", "program"}}},
	},
	True: []string{
		"A blocking call that cannot be answered yet puts its thread to sleep in the kernel. It uses no processor until it is woken.",
		"`send` returns when the kernel has copied the bytes into its buffer. It says nothing about the peer having read them.",
		"`shutdown(SHUT_WR)` ends one direction: I have said all. `close` gives the socket back.",
		"Who closes first keeps the connection in TIME-WAIT, a minute on Linux, so that late segments find no other connection (RFC 9293 section 3.6, tcp(7)).",
	},
	Asks: []Topic{AcceptSleeps, AcceptGives, RecvSleeps, RecvWoken, SendTakes, SendHalfClosed, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"you", "program"}, Default: "you"},
		{Name: "pause", Label: "the program pauses", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "50ms", "200ms"}, Default: "50ms", Injected: true, Quiet: true},
		{Name: "message", Label: "message", Type: knob.Text, Min: 1, Max: 64, Default: "Hello, world"},
	},
	Unattended: Setup{{"client", "program"}},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		who := client(1, "slow", addr, map[string]string{"message": v["message"], "pause": v["pause"]})
		if v["client"] == "you" {
			who = learner(who)
		}
		return []Process{server("echo", addr, nil), who}
	},
}
