package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// byteorder sends one number between two programs that may disagree about the
// order of its bytes.
var byteorder = &Lab{
	ID:       "byteorder",
	Pattern:  "w.yy/yy.w",
	Section:  Messages,
	Brief:    "What does the receiver print?",
	Question: "One program sends a number, another prints it. What arrives when they disagree about which byte comes first?",
	Stops: []Stop{
		{Say: "The sender has made bytes of its number, and sent them.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The receiver gets the very same bytes. Nothing on the wire says in which order they are.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "It makes a number of them, in the order that it takes them to be in, and prints that.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer}},
		{Say: "The receiver is done.",
			At: Moment{Is: Ends, By: AServer}, Light: OnLane},
	},
	Recap: "The bytes arrive as they were sent. What number they are is an agreement: network byte order has the most significant byte first.",
	Needs: "first",
	Tries: []Try{
		{"be the sender yourself", Setup{{"client", "you"}}},
		{"both in network order", Setup{{"sender", "network"}, {"receiver", "network"}}},
		{"20000 in 32 bits", Setup{{"number", "20000"}, {"bits", "32"}}},
		{"16843009", Setup{{"number", "16843009"}, {"bits", "32"}}},
	},
	True: []string{
		"Network byte order is big-endian: the most significant byte first (RFC 791, appendix B). Most processors keep numbers the other way round.",
		"`htonl` and `htons` swap on a little-endian machine and do nothing on a big-endian one; `ntohl` and `ntohs` are the same swap. They change the order of bytes, not their number.",
		"The swap belongs where a number becomes bytes, once on each side. 1 as 16 bits in one order is 256 in the other.",
	},
	Asks: []Topic{PrintsNumber, RecvHas, RecvWoken},
	Knobs: []knob.Knob{
		{Name: "client", Label: "sender is", Type: knob.Choice, Offers: []string{"program", "you"}, Default: "program"},
		{Name: "number", Label: "number", Type: knob.Int, Min: 0, Max: 1<<32 - 1, Offers: []string{"1", "256", "20000", "16843009", "305419896"}, Default: "1"},
		{Name: "bits", Label: "size", Type: knob.Choice, Offers: []string{"16", "32"}, Default: "16"},
		{Name: "sender", Label: "sender writes", Type: knob.Choice, Offers: []string{"network", "host"}, Default: "host"},
		{Name: "receiver", Label: "receiver reads", Type: knob.Choice, Offers: []string{"network", "host"}, Default: "network"},
	},
	Notes:      "A number that does not fit 16 bits is cut to its low 16, as htons does.",
	Bytes:      "number",
	Numbers:    true,
	Unattended: Setup{{"client", "program"}},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:20000"
		receiver := server("receive", addr, map[string]string{"bits": v["bits"], "order": v["receiver"]})
		receiver.Ends = true
		who := client(1, "number", addr, map[string]string{"number": v["number"], "bits": v["bits"], "order": v["sender"]})
		if v["client"] == "you" {
			who = learner(who)
		}
		return []Process{receiver, who}
	},
}
