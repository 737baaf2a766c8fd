package lab

import "sockscope/server/knob"

// threads is one thread for each connection.
var threads = talking(&Lab{
	ID:       "threads",
	Section:  Blocking,
	Brief:    "What does a thread cost?",
	Question: "A thread for each client, and blocking calls in all of them. Who sleeps where, and what does a client still wait for?",
	Serves:   "a thread for each client",
	Look: []string{
		"One lane a thread: each sleeps in its own `recv`, the first one in `accept`.",
		"Client 1 pauses, and the others are served meanwhile.",
		"One table of fds for the whole process: what one thread accepts another closes.",
		"Let the first thread sleep in `select` on the listener: `accept` comes after it and never sleeps, and twice a second the thread is back though nobody came.",
	},
	True: []string{
		"A blocking call blocks its thread, not its process. The program of each thread reads as if it had one client only.",
		"A thread costs the kernel a stack and an entry in the scheduler, whether it works or sleeps: a few are cheap, tens of thousands are not.",
		"Threads share their memory and their fds. What two of them change at once needs a lock.",
	},
	Asks: []Topic{WhoReceives, AcceptSleeps, RecvSleeps, RecvWoken, RecvEnd},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "first", Label: "first thread sleeps in", Type: knob.Choice, Offers: []string{"accept", "select"}, Default: "accept"},
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		first := server("threads", addr, nil)
		if v["first"] == "select" {
			first = server("watchful", addr, map[string]string{"patience": "500ms"})
		}
		return append([]Process{first}, talkers(v, addr)...)
	},
})
