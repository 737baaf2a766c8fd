package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// first is one request and one answer.
var first = &Lab{
	ID:       "first",
	Pattern:  "-r-r-ss-r/ssssr-r-r",
	Section:  Calls,
	Brief:    "What does recv return at the end?",
	Question: "A client asks a web server for one page. Which sockets are there, and how does the client know that it has it all?",
	Stops: []Stop{
		{Say: "`accept` slept until a client connected. It returns a second socket: the listener itself never carries a byte.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient, Sleep: trace.Slept}, Light: OnBar | OnLine | OnWake},
		{Say: "`connect` returns when the two kernels have shaken hands. The server's program has no part in that.",
			At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0)}},
		{Say: "The server's `recv` returns the request: what has arrived, up to the size that it asked for.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "`send` copies the page into the kernel's buffer and returns. The kernel does the rest.",
			At: Moment{Calls: aSend, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client has the page, and could count: Content-Length says how long it is. This client waits for the end of the stream on purpose.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server has closed. The client's last `recv` returns 0: the end of the stream, and no error.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}},
	},
	Recap: "A listener makes sockets, and each connection has one of its own. A `recv` that returns 0 is the end: the other side sends no more.",
	Tries: []Try{
		{"port 8080", Setup{{"port", "8080"}}},
	},
	True: []string{
		"A server socket only makes client sockets: `listen` turns it into a queue, `accept` takes one connection out of it.",
		"This server closes after one answer. The client sees that as the end of the stream: `recv` returns 0 bytes, which is no error.",
		"`listen(5)` is how many connections may wait to be accepted. It is not the number of clients.",
	},
	Asks: []Topic{AcceptSleeps, AcceptGives, RecvWoken, RecvHas, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "port", Label: "port", Type: knob.Choice, Offers: []string{"80", "8080"}, Default: "80"},
	},
	procs: func(v knob.Values) []Process {
		addr := "127.0.0.1:" + v["port"]
		return []Process{
			server("web", addr, nil),
			client(1, "get", addr, nil),
		}
	},
}
