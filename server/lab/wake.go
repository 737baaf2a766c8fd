package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// wake is a thread that sleeps in recv, and another one that wants it back.
var wake = &Lab{
	ID:       "wake",
	Pattern:  "--r-sssss/ssssssssr/  -------",
	Section:  Endings,
	Brief:    "Which of these wakes it?",
	Question: "A thread sleeps in recv. Another thread of the program wants it to stop. Does close wake it? shutdown? A signal?",
	Stops: []Stop{
		{Say: "Thread 2 calls `recv`. Nothing is there, and it sleeps.",
			At: Moment{Is: Enters, Calls: aRecv, By: AThread}, Light: OnBar | OnLine | OnLane},
		{Say: "Thread 1 closes the fd. The number is free now, and thread 2 sleeps on: its call holds the socket itself, which lives until that is done.",
			At: Moment{Calls: aClose, By: AServer, While: &Moment{Calls: aRecv, By: AThread}}},
		{Say: "Thread 1 waits for the thread to end. `pthread_join` sleeps in `futex`.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Futex}, By: AServer}},
		{Say: "The client, late, sends its message.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Only now does `recv` return: with bytes, from a socket whose fd was closed long ago.",
			At: Moment{Calls: aRecv, By: AThread, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The thread has ended, and the join returns.",
			At: Moment{Calls: []trace.Call{trace.Futex}, By: AServer}},
	},
	Recap: "`close` by another thread doesn't wake a call that sleeps; `shutdown` does, and a signal whose handler is set without SA_RESTART. A thread that has to be stopped waits in `poll`, with an eventfd beside the socket.",
	Needs: "threads",
	Tries: []Try{
		{"shutdown", map[string]string{"how": "shutdown"}},
		{"an eventfd", map[string]string{"how": "eventfd"}},
		{"a signal", map[string]string{"how": "signal"}},
	},
	True: []string{
		"A close while another thread is in a call with that fd has no effect on that call on Linux, and the next socket may get the number (close(2), Multithreaded processes and close()).",
		"`shutdown` acts on the connection and not on the fd: `recv` returns 0 at once, for whoever waits there (shutdown(2)).",
		"A signal whose handler was set without SA_RESTART makes `recv` return EINTR (signal(7)). That is no safe way to stop a thread: a signal that comes just before the call is lost.",
		"An eventfd is a counter in the kernel with an fd (eventfd(2)). Waiting for it and the socket in one `poll` loses nothing: it stays readable.",
	},
	Asks: []Topic{WakesIt, RecvSleeps, WaitSleeps},
	Knobs: []knob.Knob{
		{Name: "how", Label: "thread 1 calls", Type: knob.Choice, Offers: []string{"close", "shutdown", "eventfd", "signal"}, Default: "close"},
		{Name: "after", Label: "after", Type: knob.Duration, Min: int64(time.Millisecond), Max: int64(200 * time.Millisecond), Offers: []string{"5ms", "20ms", "100ms"}, Default: "100ms"},
		{Name: "pause", Label: "client is late by", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "80ms", "400ms", "1s"}, Default: "400ms", Injected: true},
	},
	Notes: "The library calls again after EINTR, so that a program doesn't see it: both attempts are in the trace.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		sleeper := server("wake", addr, map[string]string{"how": v["how"], "pause": v["after"]})
		sleeper.Ends = true
		return []Process{sleeper, client(1, "late", addr, map[string]string{"pause": v["pause"]})}
	},
}
