package lab

import "sockscope/server/knob"

// byteorder sends one number between two programs that may disagree about the
// order of its bytes.
var byteorder = &Lab{
	ID:       "byteorder",
	Section:  Messages,
	Brief:    "What does the receiver print?",
	Question: "One program sends a number, another prints it. What arrives when they do not agree which byte comes first?",
	Look: []string{
		"The bytes of the `send` and of the `recv`: they are the same. What they mean is not on the wire.",
		"What the receiver writes to its standard output.",
		"A number whose bytes read the same from both ends, such as 0 or 16843009.",
	},
	True: []string{
		"Network byte order is big-endian: the most significant byte first (RFC 1700). Most processors keep numbers the other way round.",
		"`htonl` and `htons` swap on a little-endian machine and do nothing on a big-endian one; `ntohl` and `ntohs` are the same swap. They change the order of bytes, not their number.",
		"The swap belongs where a number becomes bytes, once on each side. 1 as 16 bits in one order is 256 in the other.",
	},
	Asks: []Topic{PrintsNumber, RecvHas, RecvWoken},
	Knobs: []knob.Knob{
		{Name: "number", Label: "number", Type: knob.Int, Min: 0, Max: 1<<32 - 1, Offers: []string{"1", "256", "20000", "16843009", "305419896"}, Default: "1"},
		{Name: "bits", Label: "size", Type: knob.Choice, Offers: []string{"16", "32"}, Default: "16"},
		{Name: "sender", Label: "sender writes", Type: knob.Choice, Offers: []string{"network", "host"}, Default: "host"},
		{Name: "receiver", Label: "receiver reads", Type: knob.Choice, Offers: []string{"network", "host"}, Default: "network"},
	},
	Notes: "A number that does not fit 16 bits is cut to its low 16, as htons does.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:20000"
		receiver := server("receive", addr, map[string]string{"bits": v["bits"], "order": v["receiver"]})
		receiver.Ends = true
		return []Process{
			receiver,
			client(1, "number", addr, map[string]string{"number": v["number"], "bits": v["bits"], "order": v["sender"]}),
		}
	},
}
