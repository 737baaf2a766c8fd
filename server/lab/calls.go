package lab

import "sockscope/server/trace"

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
	Knobs: []Knob{
		{Name: "port", Label: "port", Type: Choice, Offers: []string{"80", "8080"}, Default: "80"},
	},
	procs: func(v Values) []Process {
		addr := "127.0.0.1:" + v["port"]
		return []Process{
			server("web", addr, nil),
			client(1, "get", addr, nil),
		}
	},
}

// echo has the learner as its client, or a program.
var echo = &Lab{
	ID:       "echo",
	Section:  Calls,
	Brief:    "Who wakes whom? Be the client",
	Question: "A blocking echo server and one client: you. Which call is the server in now, and what of yours will wake it?",
	Look: []string{
		"Before you connect, the server sleeps in `accept`; after, in `recv`. Only the other side can end that.",
		"Your `recv` sleeps too, until the echo is there.",
		"Half-close with `shutdown`: the server's `recv` returns 0, and the server can still answer.",
	},
	True: []string{
		"A blocking call that cannot be answered yet puts its thread to sleep in the kernel. It uses no processor until it is woken.",
		"`send` returns when the kernel has copied the bytes into its buffer. It says nothing about the peer having read them.",
		"`shutdown(SHUT_WR)` ends one direction: I have said all. `close` gives the socket back.",
	},
	Knobs: []Knob{
		{Name: "client", Label: "client", Type: Choice, Offers: []string{"you", "program"}, Default: "you"},
		{Name: "message", Label: "message", Type: Text, Min: 1, Max: 64, Default: "Hello, world"},
	},
	Unattended: map[string]string{"client": "program"},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		who := client(1, "client", addr, map[string]string{"message": v["message"]})
		if v["client"] == "you" {
			who.Name, who.Tag, who.Role, who.Program = "you", "you", trace.RoleAgent, ""
			who.Args = nil
		}
		return []Process{server("echo", addr, nil), who}
	},
}
