package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// deadlock is two programs that both send before they receive.
var deadlock = &Lab{
	ID:       "deadlock",
	Pattern:  "r~~~~~~~~/r~~~~~~~~",
	Section:  Calls,
	Brief:    "Both send, nobody receives",
	Question: "Client and server each have 8 MiB for the other, and each sends all of it before it receives. Which call is each in, and what would end it?",
	Stops: []Stop{
		{Say: "One side sends all it has. Its kernel takes what there is room for; then `send` sleeps.",
			At: Moment{Is: Enters, Calls: aSend, Stuck: true}, For: uncured,
			Else: &Stop{Say: "This side's `send` has returned: the buffers had room for what nobody had received yet. So it comes to its `recv`.",
				At: Moment{Calls: aRecv, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The other side does just the same. All buffers on the way fill up. Both are in `send` now, and neither comes to its `recv`.",
			At: Moment{Is: Enters, Calls: aSend, Stuck: true, Nth: 2}, For: uncured, Light: OnBar | OnLine | OnQueue,
			Else: allMoved},
		{Say: "The buffers of both directions were full. Only a `recv` of the other side would have made room, and that side was in `send`. Nothing happened any more, so the run was ended.",
			At: Moment{Is: Ends, By: AServer, After: &Moment{Is: Enters, Calls: aSend, Stuck: true, Nth: 2}}, For: uncured, Maybe: true, Light: OnLane},
		{Say: "The client was in the same call until the end. Neither program has done anything wrong by itself: each would get on with another peer.",
			At: Moment{Is: Ends, By: AClient, After: &Moment{Is: Enters, Calls: aSend, Stuck: true, Nth: 2}}, For: uncured, Maybe: true, Light: OnLane},
		{Say: "The client asks `select` for both: bytes to receive, and room to send. Here there are bytes, and it receives them though it hasn't sent all.",
			At: Moment{Calls: aSelect, By: AClient, Ready: BytesReady}, For: Setup{{"cure", "select"}}},
		{Say: "The client has a second thread. One sends, the other receives, and neither waits for the other.",
			At: Moment{Is: Begins, By: AThread}, For: Setup{{"cure", "a thread"}}, Light: OnLane},
		{Say: "They have agreed on turns: the server receives before it sends anything.",
			At: Moment{Is: Enters, Calls: aRecv, By: AServer}, For: Setup{{"cure", "turns"}}},
		{Say: "A `recv` takes bytes out of the buffers. That makes room for the other side's `send`.",
			At: Moment{Calls: aRecv, Result: AtLeast(1)}, For: cured, Light: OnBar | OnLine | OnBytes},
		{Say: "This `send` slept while there was no room. It returns, since the other side has received.",
			At: Moment{Calls: aSend, Result: AtLeast(1), Sleep: trace.Slept}, For: cured, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: allMoved.Say, At: allMoved.At, For: cured},
	},
	Recap:  "A blocking `send` waits for the other side to receive. When both sides send first, and more than the buffers hold, both wait for ever. With few bytes it goes well, so tests rarely find it.",
	Recaps: []Recap{{"A blocking `send` waits for the other side to receive. Here one side always does: it asks `select` for both, has a thread for each direction, or receives before it sends.", cured}},
	Needs:  "short",
	Tries: []Try{
		{"64 KiB: it goes well", Setup{{"bytes", "65536"}}},
		{"the client selects", Setup{{"cure", "select"}}},
		{"the client has two threads", Setup{{"cure", "a thread"}}},
		{"they take turns", Setup{{"cure", "turns"}}},
	},
	True: []string{
		"The bytes that a side has sent lie in its own Send-Q and in the Recv-Q of the other until the other receives them. TCP tells the sender how much room is left there: its window (RFC 9293, section 3.8.6).",
		"A blocking `send` that finds no room sleeps until it has taken all bytes, without a time limit (send(2)). A connection that stands still like this is no error for TCP: it lasts until somebody receives, or ends it.",
		"How much the buffers hold is the system's to say: Linux lets a Send-Q grow to 4 MiB by default, a Recv-Q to 6 MiB, and that only while somebody receives (tcp_wmem and tcp_rmem, tcp(7)).",
		"Cures: receive while there is something to send (`select` on both, or a thread for each direction), or agree on who sends first. Larger buffers are no cure: they only take more bytes to fill.",
	},
	Asks: []Topic{NeverReturns, RecvWoken, SendSleeps, SendPart, WaitSeveral, RecvEnd, AcceptSleeps, AcceptGives},
	Knobs: []knob.Knob{
		{Name: "cure", Label: "cure", Type: knob.Choice, Offers: []string{"none", "select", "a thread", "turns"}, Default: "none"},
		{Name: "bytes", Label: "each sends", Type: knob.Int, Min: 1, Max: 8 << 20, Offers: []string{"1024", "65536", "1048576", "8388608"}, Default: "8388608", Size: true},
	},
	Notes:  "turns: the server receives all before it sends. The run ends when no call has come or gone for a second.",
	Stalls: time.Second,
	Bytes:  "way",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		first := server("flood", addr, map[string]string{"bytes": v["bytes"]})
		first.Ends = true
		program := map[string]string{"none": "pour", "select": "duplex", "a thread": "pair", "turns": "pour"}[v["cure"]]
		if v["cure"] == "turns" {
			first.Args["turns"] = "true"
		}
		return []Process{first, client(1, program, addr, map[string]string{"bytes": v["bytes"]})}
	},
}

// allMoved is the end of a run of deadlock in which nobody waits for ever.
var allMoved = &Stop{Say: "The client has sent all of its bytes and received all of the server's. Nobody waits.",
	At: Moment{Is: Enters, Calls: aClose, By: AClient}}

// Set-ups of deadlock.
var (
	uncured = Setup{{"cure", "none"}}
	cured   = Setup{{"cure", "select|a thread|turns"}}
)
