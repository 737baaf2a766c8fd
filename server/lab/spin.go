package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// spinsFor is the longest wait for a client, in ns, that a server may spin away: its calls
// fill a trace fast.
const spinsFor = int64(40 * time.Millisecond)

// spin is what waiting costs without sleep.
var spin = &Lab{
	ID:       "spin",
	Talks:    true,
	Pattern:  "aaaaaaaar",
	Section:  Blocking,
	Brief:    "How many calls before the byte comes?",
	Question: "A non-blocking recv does not wait. So the program asks again, and again. How many calls before the byte comes, and who pays for them?",
	Serves:   "one thread that asks without a pause",
	Stops: []Stop{
		{Say: "Asked often enough, `accept` finds a client.",
			At: Moment{Calls: anAccept, By: AServer, With: AClient}},
		{Say: "`recv` finds nothing and returns EAGAIN. That is no failure, and nobody slept.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.EAGAIN}},
		{Say: "The bytes are there. Asking again and again didn't bring them any sooner.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client's `recv` returns the echo.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnBytes},
		{Say: "The client is done: `recv` returns 0. Until it knew that, the server asked on.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}},
	},
	Recap: "A non-blocking call never waits: it returns EAGAIN. A loop that asks without a pause burns a processor, and gets the bytes no sooner.",
	Needs: "iterative",
	Tries: []Try{
		{"the client waits 10 ms", Setup{{"pause", "10ms"}}},
		{"4 clients", Setup{{"clients", "4"}}},
	},
	True: []string{
		"With O_NONBLOCK a call that would have to sleep returns EAGAIN at once (EWOULDBLOCK is the same number on Linux).",
		"A loop that asks without a pause takes a whole processor from everybody else, for as long as it waits.",
		"A program need not ask again and again: with `select`, `poll` or `epoll_wait` the kernel wakes it when one of its sockets is ready.",
	},
	Asks: []Topic{AskedOften, RecvNotYet, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "4", "8"}, Default: "1"},
		{Name: "messages", Label: "messages each", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4"}, Default: "1"},
		{Name: "pause", Label: "client 1 waits", Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms", "3ms", "10ms"}, Default: "1ms", Injected: true},
		{Name: "pauses", Label: "each waits", Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms"}, Default: "0s", Injected: true, Quiet: true},
		{Name: "arrive", Label: arriveKnob.Label, Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "1ms", "10ms"}, Default: "1ms", Injected: true, Quiet: true},
		seedKnob,
		bytesKnob,
		buffersKnob,
	},
	Beside: "select",
	Notes:  "It takes longer to record a call than to make it. Without the trace there would be several times as many calls.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("spin", addr, nil)}, talkers(v, addr)...)
	},
}
