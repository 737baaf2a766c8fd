package lab

import (
	"time"

	"sockscope/server/knob"
)

// spinsFor is the longest wait for a client, in ns, that a server may spin away: its calls
// fill a trace fast.
const spinsFor = int64(40 * time.Millisecond)

// spin is what waiting costs without sleep.
var spin = talking(&Lab{
	ID:       "spin",
	Section:  Blocking,
	Brief:    "How many calls before the byte comes?",
	Question: "A non-blocking recv does not wait. So the program asks again, and again. How many calls before the byte comes, and who pays for them?",
	Serves:   "one thread that asks without a pause",
	Look: []string{
		"`recv` returns EAGAIN: there is nothing to read yet. It is no failure, and nobody slept.",
		"The server's processor time, beside the client's: asking is work, sleeping is none.",
		"How long the client waits for its echo. Asking more often does not make it send sooner.",
	},
	True: []string{
		"O_NONBLOCK changes what a call does that would have to sleep: it returns at once with EAGAIN (EWOULDBLOCK is the same number on Linux).",
		"A loop that asks without a pause takes a whole processor from everybody else, for as long as it waits.",
		"A program that wants to wait without blocking in one call asks the kernel to wake it: `select`, `poll` or `epoll_wait`.",
	},
	Asks: []Topic{AskedOften, RecvNotYet, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "4", "8"}, Default: "1"},
		{Name: "messages", Label: "messages each", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4"}, Default: "1"},
		{Name: "pause", Label: "client 1 waits", Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms", "3ms", "10ms"}, Default: "1ms", Injected: true},
		{Name: "pauses", Label: "each waits", Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "100us", "300us", "1ms"}, Default: "0s", Injected: true, Quiet: true},
		{Name: "arrive", Label: arriveKnob.Label, Type: knob.Duration, Min: 0, Max: spinsFor, Offers: []string{"0s", "1ms", "10ms"}, Default: "1ms", Injected: true, Quiet: true},
	},
	Beside: "select",
	Notes:  "Recording a call takes longer than the call itself: without the trace there would be several times as many.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("spin", addr, nil)}, talkers(v, addr)...)
	},
})
