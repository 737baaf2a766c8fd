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
			At: Moment{Is: Enters, Calls: aRecv, By: AThread}, For: Setup{{"how", "close|shutdown|signal"}}, Light: OnBar | OnLine | OnLane},
		{Say: "Thread 2 waits in `poll` for either of two: the socket, and an eventfd.",
			At: Moment{Is: Enters, Calls: aPoll, By: AThread}, For: how("eventfd"), Light: OnBar | OnLine | OnLane},
		{Say: "Thread 1 closes the fd. The number is free now, and thread 2 sleeps on: its call holds the socket itself, which lives until that is done.",
			At: Moment{Calls: aClose, By: AServer, While: &Moment{Calls: aRecv, By: AThread}}, For: how("close")},
		{Say: "Thread 1 calls `shutdown`. It acts on the connection itself, and so on whoever waits there.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Shutdown}, By: AServer}, For: how("shutdown")},
		{Say: "Thread 1 writes to the eventfd. Its counter is no longer 0, so it is readable.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Write}, By: AServer}, For: how("eventfd")},
		{Say: "Thread 1 sends a signal to thread 2.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Tgkill}, By: AServer}, For: how("signal")},
		{Say: "`recv` returns 0: `shutdown` has woken it.",
			At: Moment{Calls: aRecv, By: AThread, Result: Exactly(0)}, For: how("shutdown")},
		{Say: "`poll` returns, and nothing has come for the socket: the eventfd has woken it.",
			At: Moment{Calls: aPoll, By: AThread}, For: how("eventfd")},
		{Say: "`recv` returns EINTR: the signal has woken it.",
			At: Moment{Calls: aRecv, By: AThread, Errno: trace.EINTR}, For: how("signal")},
		{Say: "And `recv` is called again, as most libraries do. So the thread sleeps on, and doesn't stop.",
			At: Moment{Is: Enters, Calls: aRecv, By: AThread, After: &Moment{Calls: aRecv, By: AThread, Errno: trace.EINTR}}, For: how("signal")},
		{Say: "Thread 1 waits for the thread to end. `pthread_join` sleeps in `futex`.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Futex}, By: AServer}, For: how("close")},
		{Say: "The client, late, sends its message.",
			At: Moment{Is: Enters, Calls: aSend, By: AClient}},
		{Say: "Only now does `recv` return: with bytes, from a socket whose fd was closed long ago.",
			At: Moment{Calls: aRecv, By: AThread, Result: AtLeast(1), After: &Moment{Calls: aClose, By: AServer}}, For: how("close"), Light: OnBar | OnLine | OnBytes},
		{Say: "Only the client's bytes bring this `recv` to its end.",
			At: Moment{Calls: aRecv, By: AThread, Result: AtLeast(1)}, For: how("signal"), Light: OnBar | OnLine | OnBytes},
		{Say: "The thread has ended, and the join returns.",
			At: Moment{Calls: []trace.Call{trace.Futex}, By: AServer}, For: Setup{{"how", "close|shutdown|eventfd"}}},
	},
	Recap: "`close` by another thread doesn't wake a call that sleeps; `shutdown` does, and a signal whose handler is set without SA_RESTART. A thread that has to be stopped waits in `poll`, with an eventfd beside the socket.",
	Needs: "threads",
	Tries: []Try{
		{"shutdown", Setup{{"how", "shutdown"}}},
		{"an eventfd", Setup{{"how", "eventfd"}}},
		{"a signal", Setup{{"how", "signal"}}},
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

// how are the set-ups of wake in which thread 1 does something.
func how(something string) Setup { return Setup{{"how", something}} }
