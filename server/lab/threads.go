package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// threads is one thread for each connection.
var threads = &Lab{
	ID:       "threads",
	Talks:    true,
	Pattern:  "sssr-ssss/--sssr-ss/---ssssr-",
	Section:  Blocking,
	Brief:    "What does a thread cost?",
	Question: "A thread for each client, and blocking calls in all of them. Who sleeps where, and what does a client still wait for?",
	Serves:   "a thread for each client",
	Stops: []Stop{
		{Say: "The first thread sleeps in `select`, not in `accept`: so it can wait for more than the listener, and give up after a time.",
			At: Moment{Calls: aSelect, By: AServer, Ready: ListenerReady}, For: Setup{{"first", "select"}}},
		{Say: "The first thread accepts client 1.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 1"}},
		{Say: "A thread begins for the connection. The first one goes on to the next client.",
			At: Moment{Is: Begins, By: AThread}, Light: OnLane},
		{Say: "The new thread waits in a `recv` of its own. No other thread waits with it.",
			At: Moment{Is: Enters, Calls: aRecv, By: AThread}, Light: OnBar | OnLine | OnLane},
		{Say: "Client 2 has a reply while client 1 pauses.",
			At: Moment{Calls: aRecv, By: "client 2", Result: AtLeast(1), While: &Moment{By: "client 1", Calls: []trace.Call{trace.Nanosleep}}}, Light: OnBar | OnWake},
		{Say: "A thread closes a connection that another thread accepted. All threads share one table of fds.",
			At: Moment{Calls: aClose, By: AThread}, Light: OnBar | OnLine},
	},
	Recap: "A blocking call blocks its thread, not its process. With a thread for each client nobody waits for anybody else, and each thread costs memory and switches.",
	Needs: "iterative",
	Tries: []Try{
		{"the first thread in select", Setup{{"first", "select"}}},
		{"8 clients", Setup{{"clients", "8"}}},
	},
	True: []string{
		"A blocking call blocks its thread, not its process. The program of each thread reads as if it had one client only.",
		"A thread costs the kernel a stack and an entry in the scheduler, whether it works or sleeps: a few are cheap, tens of thousands are not.",
		"Threads share their memory and their fds. What two of them change at once needs a lock.",
	},
	Asks: []Topic{WhoReceives, RecvSleeps, RecvWoken, RecvEnd},
	Knobs: []knob.Knob{
		clientsKnob,
		messagesKnob,
		pauseKnob,
		{Name: "first", Label: "first thread sleeps in", Type: knob.Choice, Offers: []string{"accept", "select"}, Default: "accept"},
		quietPauses,
		arriveKnob,
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		first := server("threads", addr, nil)
		if v["first"] == "select" {
			first = server("watchful", addr, map[string]string{"patience": "500ms"})
		}
		return append([]Process{first}, talkers(v, addr)...)
	},
}
