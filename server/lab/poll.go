package lab

import "time"

// polling is the select server on poll.
var polling = &Lab{
	ID:       "poll",
	Section:  Blocking,
	Brief:    "One list in, one list out",
	Question: "The same server on poll: one list, in which each socket says what it waits for. What is different from select?",
	Look: []string{
		"One list goes in: an fd, and POLLIN or POLLOUT. It comes back with what each fd is ready for.",
		"A client waits for POLLOUT only while there is something to send to it.",
		"Let the last client reset: POLLERR and POLLHUP come back, and nobody had asked for them.",
	},
	True: []string{
		"`select` has a bit for each fd below FD_SETSIZE, which is 1,024. `poll` has an entry for each fd that is asked about, whatever its number.",
		"Both are told everything again at every call, and both look at every fd that they are told of: the cost grows with the list.",
		"POLLERR and POLLHUP are always told. The next `recv` or `send` says what happened.",
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
		return endLast(append([]Process{ending("poll", addr, v)}, talkers(v, addr)...), v)
	},
}
