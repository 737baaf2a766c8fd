package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// ascii sends the same numbers as text and as binary.
var ascii = &Lab{
	ID:       "ascii",
	Pattern:  "yyYyyYy/wwwWwwWww",
	Section:  Messages,
	Brief:    "Is binary shorter?",
	Question: "One client sends a hundred numbers as text, a line each. Another sends the same numbers as 32 bits each. Who needs fewer bytes?",
	Stops: []Stop{
		{Say: "Client 1 sends its numbers as text: as many digits as each has, and a line feed.",
			At: Moment{Calls: aSend, By: "client 1", Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server counts what it gets, to the end of the stream, and says how much that was.",
			At: Moment{Calls: aSend, By: AServer, With: "client 1", Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Client 1 prints that.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: "client 1"}},
		{Say: "Client 2 sends the same numbers as binary: the same bytes each, whatever the number. In a small one most of them are 0.",
			At: Moment{Calls: aSend, By: "client 2", Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Client 2 prints how much that was. Where most numbers are small, it is more.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: "client 2"}},
	},
	Recap: "Binary takes the same bytes for each number, text one for each digit. Where most numbers are small, text is shorter, and anybody can read it.",
	Needs: "byteorder",
	Tries: []Try{
		{"64 bits", Setup{{"bits", "64"}}},
		{"up to 4,294,967,295, each as often", Setup{{"most", "4294967295"}, {"spread", "even"}}},
		{"only 0 and 1", Setup{{"most", "1"}}},
	},
	True: []string{
		"A number below 10 is 2 bytes as a line of text, one below 1,000 at most 4: no more than as 32 bits. From 1,000 on 32 bits are shorter; of 64 bits it takes 10,000,000.",
		"Text has no byte order, and no fixed size: any two machines agree on it. It has to be parsed, and needs a delimiter (RFC 9110's header fields are text, HTTP/2's frames are binary).",
		"What decides is which numbers come, and how often. So measure your own.",
	},
	Asks: []Topic{SendTakes, RecvEnd, RecvJoined, RecvPart, RecvShut, RecvHas, RecvWoken},
	Knobs: []knob.Knob{
		{Name: "count", Label: "numbers", Type: knob.Int, Min: 1, Max: 1000, Offers: []string{"1", "10", "100", "1000"}, Default: "100"},
		{Name: "most", Label: "the largest is", Type: knob.Int, Min: 0, Max: 1<<32 - 1, Offers: []string{"1", "9", "99", "9999", "1000000", "4294967295"}, Default: "9999"},
		{Name: "spread", Label: "there are", Type: knob.Choice, Offers: []string{"more small ones", "even"}, Default: "more small ones"},
		{Name: "bits", Label: "binary has", Type: knob.Choice, Offers: []string{"32", "64"}, Default: "32"},
		{Name: "seed", Label: "numbers", Type: knob.Int, Min: 1, Max: 999_999, Offers: []string{"1", "2", "3", "4", "5"}, Default: "1", Quiet: true},
	},
	Notes: "more small ones: numbers of 1, 2, 3 digits and so on come about as often as each other. even: each number is as likely as any other.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		spread := "even"
		if v["spread"] != "even" {
			spread = "small"
		}
		procs := []Process{server("count", addr, nil)}
		for i, form := range []string{"text", v["bits"]} {
			procs = append(procs, client(i+1, "numbers", addr, map[string]string{
				"count": v["count"], "most": v["most"], "spread": spread, "seed": v["seed"], "form": form}))
		}
		return procs
	},
}
