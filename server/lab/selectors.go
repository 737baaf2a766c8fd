package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// selectors is one client with many connections.
var selectors = &Lab{
	ID:       "selectors",
	Pattern:  "raaa-r-r-/-r-ssr-r-",
	Section:  Blocking,
	Brief:    "Connect without waiting",
	Question: "One thread as the client of many connections. How does it connect without waiting, and how does it know where it was with each?",
	Stops: []Stop{
		{Say: "A non-blocking `connect` returns EINPROGRESS. The handshake is under way, and the program goes on.",
			At: Moment{Calls: aConnect, By: AClient, Errno: trace.EINPROGRESS}},
		{Say: "A connecting socket has turned writable: its handshake is over.",
			At: Moment{Calls: aWait, By: AClient, Ready: RoomReady, After: &Moment{Calls: aConnect, By: AClient, Errno: trace.EINPROGRESS}, Same: SameLane}, Light: OnBar | OnLine},
		{Say: "SO_ERROR says how the handshake went: 0 is well.",
			At: Moment{Calls: []trace.Call{trace.Getsockopt}, By: AClient}},
		{Say: "Now the client sends on that connection.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Echoed bytes are there. The client counts bytes, not messages.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
	},
	Recap: "A non-blocking `connect` doesn't wait: the socket turns writable when the handshake is over. Who waits for many at once keeps a state for each, instead of a place in the stack.",
	Needs: "select",
	Tries: []Try{
		{"16 connections", Setup{{"connections", "16"}}},
	},
	True: []string{
		"EINPROGRESS is no failure. A connect that fails later makes the socket ready as well: the error is in SO_ERROR, and reading it clears it.",
		"A blocking program keeps its place in its stack. One that waits for many keeps a state for each: what is to be sent, what is to come.",
		"Two sends may be one `recv`: the client counts bytes, not messages.",
	},
	Asks: []Topic{ConnectFails, ShakenHands, RecvHas},
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
