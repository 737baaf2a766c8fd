package lab

import "sockscope/server/knob"

// selectors is one client with many connections.
var selectors = &Lab{
	ID:       "selectors",
	Section:  Blocking,
	Brief:    "Connect without waiting",
	Question: "One thread as the client of many connections. How does it connect without waiting, and how does it know where it was with each?",
	Look: []string{
		"Non-blocking `connect` returns EINPROGRESS: the handshake is under way, and the program goes on.",
		"The socket turns writable when the handshake is over; `getsockopt` with SO_ERROR tells how it went.",
		"Both sides sleep in one call only, and neither has a thread for each connection.",
	},
	True: []string{
		"EINPROGRESS is no failure. A connect that fails later makes the socket ready as well: the error is in SO_ERROR, and reading it clears it.",
		"A blocking program keeps its place in its stack. One that waits for many keeps a state for each: what is to be sent, what is to come.",
		"Two sends may be one `recv`: the client counts bytes, not messages.",
	},
	Asks: []Topic{ConnectFails, ShakenHands, WaitSleeps, RecvHas, WaitTimesOut},
	Knobs: []knob.Knob{
		{Name: "connections", Label: "connections", Type: knob.Int, Min: 1, Max: 16, Offers: []string{"1", "2", "4", "8", "16"}, Default: "4"},
		{Name: "messages", Label: "messages each", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "2"},
		timeoutKnob,
	},
	Notes: "The server is that of the lab epoll.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		return []Process{
			ending("epoll", addr, v),
			client(1, "many", addr, map[string]string{"connections": v["connections"], "messages": v["messages"]}),
		}
	},
}
