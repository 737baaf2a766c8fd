package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// nagle is a client that sends each request in two parts, and what that costs.
var nagle = &Lab{
	ID:       "nagle",
	Pattern:  "rr-sssss/w..... w",
	Section:  Endings,
	Brief:    "When does the second send leave?",
	Question: "The client sends a request in two parts, 4 bytes and then the rest, and waits for the answer. When does the second part leave?",
	Stops: []Stop{
		{Say: "The first part of the second request leaves at once, inside of `send`: nothing is on its way, so the kernel has nothing to wait for. (In the first request the kernel still acknowledges at once.)",
			At: Moment{Is: Enters, Calls: aSend, By: AClient, Nth: 3}, For: inParts, Light: OnBar | OnLine},
		{Say: "The second `send` takes its bytes, too. They stay with the kernel: the first part is not acknowledged yet (Nagle's rule).",
			At: Moment{Calls: aSend, By: AClient, Nth: 4}, For: heldBack, Light: OnBar | OnLine},
		{Say: "The server has the first part and waits for the rest. Its kernel waits as well: it delays the ACK, to send it with an answer.",
			At: Moment{Is: Enters, Calls: aRecv, By: AServer, Nth: 4}, For: heldBack, Light: OnBar | OnLine},
		{Say: "After some 40 ms the ACK goes by itself. It lets the second part go, and the server's `recv` returns.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(5), Lasts: 20 * time.Millisecond}, For: heldBack, Light: OnBar | OnBytes},
		{Say: "The client has its answer only now. The server took no time for it: the client has waited for that ACK.",
			At: Moment{Calls: aRecv, By: AClient, Lasts: 20 * time.Millisecond}, For: heldBack},
		{Say: "The second `send` takes its bytes. Nagle's rule keeps them only until the first part is acknowledged, and TCP_QUICKACK has that done at once.",
			At: Moment{Is: Enters, Calls: aSend, By: AClient, Nth: 4}, For: quickACK, Light: OnBar | OnLine},
		{Say: "The second part leaves at once, too, and in a packet of its own: TCP_NODELAY switches Nagle's rule off.",
			At: Moment{Is: Enters, Calls: aSend, By: AClient, Nth: 4}, For: Setup{{"client", "TCP_NODELAY"}}, Light: OnBar | OnLine},
		{Say: "One `writev` gives the kernel both parts, the 4 bytes and the rest. They leave at once, in one packet.",
			At: Moment{Calls: []trace.Call{trace.Writev}, By: AClient, Result: AtLeast(5), Nth: 2}, For: Setup{{"client", "one writev"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server has the rest, without a wait of 40 ms, and answers.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(5), Under: 20 * time.Millisecond, Nth: 2}, For: quickACK, Light: OnBar | OnLine | OnBytes},
		{Say: "The server has the rest, without a wait of 40 ms, and answers.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(5), Under: 20 * time.Millisecond, Nth: 2}, For: unheld, Light: OnBar | OnLine | OnBytes},
		{Say: "So the client has its answer at once.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1), Under: 20 * time.Millisecond, Nth: 2}, For: quickACK, Light: OnBar | OnLine | OnBytes},
		{Say: "So the client has its answer at once.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1), Under: 20 * time.Millisecond, Nth: 2}, For: unheld, Light: OnBar | OnLine | OnBytes},
	},
	Recap: "Nagle's rule holds a small segment until what was sent before is acknowledged, and a delayed ACK waits for an answer. Each is right alone; after two sends and a recv they wait for one another.",
	Recaps: []Recap{
		{"With TCP_NODELAY the kernel holds nothing back: each part leaves at once, in a packet of its own, and no delayed ACK matters.", Setup{{"client", "TCP_NODELAY"}}},
		{"What belongs together goes in one call. Then it is one packet, and Nagle's rule has nothing to hold back.", Setup{{"client", "one writev"}}},
		{"Nagle's rule waits for an ACK, and TCP_QUICKACK sends it at once: the second part is held back for as long as a packet and its ACK take, and not for 40 ms.", quickACK},
	},
	Needs: "echo",
	Wire:  true, ByTime: true,
	Tries: []Try{
		{"TCP_NODELAY", Setup{{"client", "TCP_NODELAY"}}},
		{"TCP_QUICKACK", Setup{{"acks", "TCP_QUICKACK"}}},
		{"one writev", Setup{{"client", "one writev"}}},
	},
	True: []string{
		"A sender with unacknowledged data holds back what does not fill a segment, until the ACK comes or the segment is full (RFC 9293, section 3.7.4; RFC 896). TCP_NODELAY switches that off (tcp(7)).",
		"A receiver may delay its ACK, by less than half a second (RFC 9293, section 3.8.6.3). Linux waits some 40 ms here, and acknowledges at once while a connection is new: the first request does not wait.",
		"TCP_QUICKACK has the kernel acknowledge at once. It is no lasting setting: the kernel takes it back when it thinks that answers will come (tcp(7)). So this server sets it before each `recv`.",
		"The best cure is one call for what belongs together: one buffer, or `writev`. It makes one packet in place of two, and no socket option is needed.",
		"A segment here is as long as loopback allows, 64 KB. Over Ethernet it is some 1,460 bytes, and the same happens.",
	},
	Asks: []Topic{LeavesLater, RecvSleeps, RecvWoken, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"two sends", "TCP_NODELAY", "one writev"}, Default: "two sends"},
		{Name: "acks", Label: "server's ACKs", Type: knob.Choice, Offers: []string{"delayed", "TCP_QUICKACK"}, Default: "delayed"},
		{Name: "requests", Label: "requests", Type: knob.Int, Min: 2, Max: 8, Offers: []string{"2", "3", "4", "8"}, Default: "3"},
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		args := map[string]string{"messages": strconv.Itoa(v.Int("requests"))}
		program := "parts"
		switch v["client"] {
		case "TCP_NODELAY":
			args["nodelay"] = "true"
		case "one writev":
			program = "gather"
		}
		return []Process{
			server("answer", addr, map[string]string{"quick": strconv.FormatBool(v["acks"] == "TCP_QUICKACK")}),
			client(1, program, addr, args),
		}
	},
}

// Set-ups of nagle: those with a send for each part, those in which Nagle's rule meets a
// delayed ACK, or one that comes at once, and those without the rule.
var (
	inParts  = Setup{{"client", "two sends|TCP_NODELAY"}}
	heldBack = Setup{{"client", "two sends"}, {"acks", "delayed"}}
	quickACK = Setup{{"client", "two sends"}, {"acks", "TCP_QUICKACK"}}
	unheld   = Setup{{"client", "TCP_NODELAY|one writev"}}
)
