package lab

import "sockscope/server/knob"

// first is one request and one answer.
var first = &Lab{
	ID:       "first",
	Section:  Calls,
	Brief:    "What does the last recv return?",
	Question: "A client asks a web server for one page. Which sockets are there, and how does the client know that it has it all?",
	Look: []string{
		"`accept` returns a second socket. The first one, the listener, never carries a byte.",
		"The client's last `recv`: its result is 0.",
		"Who sleeps, and whose call wakes whom.",
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
