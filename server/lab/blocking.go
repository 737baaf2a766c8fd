package lab

import (
	"strconv"
	"time"
)

// iterative shows what the others wait for while one is served.
var iterative = &Lab{
	ID:       "iterative",
	Section:  Blocking,
	Brief:    "When is client 3 accepted?",
	Question: "One thread, blocking calls, one client after another. What do the others see while the first takes its time?",
	Look: []string{
		"The other clients' `connect` returns at once, and so does their `send`.",
		"The backlog: connections that the kernel has made and the program has not accepted.",
		"The server sleeps in `recv` although there is work for it elsewhere.",
	},
	True: []string{
		"The kernel shakes hands by itself. A client in the backlog is connected, can send, and cannot know that nobody has accepted it.",
		"A thread that waits in one call for one peer serves nobody else, however idle it is.",
		"The backlog is bounded: see the knob. Linux lets in one more than that; beyond it the kernel drops the handshake, and `connect` sleeps until it tries again, after about a second.",
	},
	Knobs: []Knob{
		{Name: "clients", Label: "clients", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "4"},
		{Name: "messages", Label: "messages each", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "3"},
		{Name: "pause", Label: "client 1 pauses", Type: Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "20ms", Injected: true},
		{Name: "backlog", Label: "backlog", Type: Int, Min: 0, Max: 16, Offers: []string{"0", "1", "5", "16"}, Default: "5"},
	},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("echo", addr, map[string]string{"backlog": v["backlog"]})}
		return append(procs, talkers(v, addr)...)
	},
}

// spinning is what waiting costs without sleep.
var spinning = &Lab{
	ID:       "spin",
	Section:  Blocking,
	Brief:    "How many calls before the byte comes?",
	Question: "A non-blocking recv does not wait. So the program asks again, and again. How many calls before the byte comes, and who pays for them?",
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
	Knobs: []Knob{
		{Name: "messages", Label: "messages", Type: Int, Min: 1, Max: 4, Offers: []string{"1", "2", "4"}, Default: "1"},
		{Name: "pause", Label: "client waits", Type: Duration, Min: 0, Max: int64(10 * time.Millisecond), Offers: []string{"0s", "100us", "300us", "1ms", "3ms", "10ms"}, Default: "1ms", Injected: true},
	},
	Notes: "Recording a call takes longer than the call itself: without the trace there would be several times as many.",
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		args := map[string]string{"messages": v["messages"], "pause": v["pause"]}
		return []Process{server("spin", addr, nil), client(1, "slow", addr, args)}
	},
}

// selecting is the select echo server of the tutorial, with its clients.
var selecting = &Lab{
	ID:       "select",
	Section:  Blocking,
	Brief:    "What does select return?",
	Question: "One thread, several clients. How does it know whom to serve?",
	Look: []string{
		"Three lists go in, three lists come out: those members that are ready now.",
		"The listener turns readable when a client waits in the backlog.",
		"A client is in the writable list only while there is something to send to it.",
		"When nothing has happened for the timeout, `select` returns 0 and the program says `Time out!`",
	},
	True: []string{
		"`select` moves no bytes. It sleeps until one of many calls would not sleep.",
		"A connection that was reset is readable (and writable): the next `recv` returns the error. The third list is for out-of-band data.",
		"One send is not one recv. The server keeps what it could not send yet in a queue for each client.",
	},
	Knobs: []Knob{
		{Name: "clients", Label: "clients", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "4"},
		{Name: "messages", Label: "messages each", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "3"},
		{Name: "timeout", Label: "timeout", Type: Duration, Min: int64(50 * time.Millisecond), Max: int64(20 * time.Second), Offers: []string{"100ms", "500ms", "2s", "20s"}, Default: "500ms"},
		{Name: "pauses", Label: "each pauses", Type: Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "3ms", Injected: true},
		{Name: "last", Label: "last client", Type: Choice, Offers: []string{"closes", "resets", "half-closes"}, Default: "closes", Injected: true},
	},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:10001"
		procs := append([]Process{ending("select", addr, v)}, talkers(v, addr)...)
		return endLast(procs, v)
	},
}

// endLast has the last client end as the knob says.
func endLast(procs []Process, v Values) []Process {
	if p := &procs[len(procs)-1]; v["last"] != "closes" {
		p.Program = map[string]string{"resets": "reset", "half-closes": "halfclose"}[v["last"]]
		delete(p.Args, "pause")
	}
	return procs
}

// ending returns a server that comes to its end when nothing has happened for
// the timeout of the knob.
func ending(program, addr string, v Values, names ...string) Process {
	args := map[string]string{"timeout": v["timeout"]}
	for _, name := range names {
		args[name] = v[name]
	}
	p := server(program, addr, args)
	p.Ends = true
	return p
}

// talkers are the tutorial's clients: each sends a few messages and reads each
// echo. Before every message the first pauses for the knob pause, and all do for
// the knob pauses: without that one has ended before the next has begun.
func talkers(v Values, addr string) []Process {
	var procs []Process
	for n := 1; n <= v.Int("clients"); n++ {
		p := client(n, "client", addr, map[string]string{"messages": strconv.Itoa(v.Int("messages"))})
		pause := v.Duration("pauses")
		if n == 1 {
			pause = max(pause, v.Duration("pause"))
		}
		if pause > 0 {
			p.Program = "slow"
			p.Args["pause"] = pause.String()
		}
		procs = append(procs, p)
	}
	return procs
}
