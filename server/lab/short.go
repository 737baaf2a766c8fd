package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// short is a megabyte through buffers that are smaller.
var short = &Lab{
	ID:       "short",
	Pattern:  "rrr ara r/....rrrrr",
	Section:  Calls,
	Brief:    "How many bytes does this send take?",
	Question: "A megabyte is to go through buffers of 64 KiB, and the reader is busy with something else. How many bytes does a send take?",
	Stops: []Stop{
		{Say: "Non-blocking, `send` takes what the kernel has room for, and says how much that was. The rest is the program's to send again.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Short: true}, For: unblocked, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "The kernel has room for all that is left: non-blocking, `send` takes every byte.",
				At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "Now there is no room at all: EAGAIN. What was sent fills the sender's Send-Q, and what its kernel has passed on the reader's Recv-Q.",
			At: Moment{Calls: aSend, By: AClient, Errno: trace.EAGAIN}, For: unblocked, Maybe: true, Light: OnBar | OnLine | OnQueue},
		{Say: "`select` waits until there is room in the Send-Q again. The other kernel takes bytes out of it as long as its Recv-Q has room; then only the reader's `recv` makes some.",
			At: Moment{Is: Enters, Calls: aSelect, By: AClient}, For: unblocked, Maybe: true},
		{Say: "The reader begins: its `recv` returns what there is, at most what it asked for. That makes room.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "So the loop goes on: send a part, wait for room, send the next, until all is sent.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Nth: -1, After: &Moment{Calls: aSend, By: AClient, Errno: trace.EAGAIN}}, For: unblocked, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "One blocking `send` has taken all of it. It slept while there was no room, and the kernel went on with the copy whenever the reader had made some.",
			At: Moment{Calls: aSend, By: AClient, Sleep: trace.Slept, Result: AtLeast(1)}, For: Setup{{"send", "blocking"}}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "One blocking `send` has taken all of it. There was room, so it didn't sleep.",
				At: Moment{Calls: aSend, By: AClient, Sleep: trace.Awake, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The reader has every byte, in order, in as many pieces as it took.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "bytes"}},
	},
	Recap:  "`send` and `recv` move bytes between a program and its kernel's buffers. Non-blocking, each moves what fits or is there, so a program calls them in a loop.",
	Recaps: []Recap{{"`send` and `recv` move bytes between a program and its kernel's buffers. A blocking `send` takes all: while there is no room it sleeps. `recv` returns what is there, so a program calls it in a loop.", Setup{{"send", "blocking"}}}},
	Needs:  "echo",
	Tries: []Try{
		{"a blocking send", Setup{{"send", "blocking"}}},
		{"recv takes 1,024", Setup{{"size", "1024"}}},
		{"a send buffer of 256 KiB", Setup{{"buffer", "262144"}}},
		{"64 KiB in all", Setup{{"bytes", "65536"}}},
	},
	True: []string{
		"`send` copies into the socket's send buffer. Where there is no room a blocking one sleeps until all is copied; a non-blocking one takes what fits, and EAGAIN says that nothing does (send(2)).",
		"SO_SNDBUF and SO_RCVBUF set the buffers. Linux doubles the value, as its own records need room there, too (socket(7)). So fewer bytes than twice fit, and not always the same number.",
		"`recv` returns what there is, at most what it has room for. It waits only while there is nothing (recv(2)).",
		"`select` calls a socket writable when a good part of its buffer is free, not at the first byte.",
	},
	Asks: []Topic{SendPart, SendNotYet, WaitSleeps, RecvPart, WaitWritable, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "send", Label: "send is", Type: knob.Choice, Offers: []string{"non-blocking", "blocking"}, Default: "non-blocking"},
		{Name: "bytes", Label: "bytes in all", Type: knob.Int, Min: 1, Max: 2 << 20, Offers: []string{"1024", "65536", "1048576", "2097152"}, Default: "1048576", Size: true},
		{Name: "buffer", Label: "buffers", Type: knob.Int, Min: 4096, Max: 1 << 20, Offers: []string{"4096", "16384", "65536", "262144"}, Default: "65536", Size: true},
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1024, Max: 64 << 10, Offers: []string{"1024", "16384", "65536"}, Default: "65536", Size: true},
		{Name: "pause", Label: "the reader comes after", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "30ms", "100ms", "1s"}, Default: "100ms"},
	},
	Notes: "SO_SNDBUF of the sender and SO_RCVBUF of the reader are set to the knob's value; Linux doubles both.",
	Bytes: "way",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		reader := server("drain", addr, map[string]string{"buffer": v["buffer"], "size": v["size"], "pause": v["pause"]})
		reader.Ends = true
		sender := map[string]string{"bytes": v["bytes"], "buffer": v["buffer"], "blocking": "false"}
		if v["send"] == "blocking" {
			sender["blocking"] = "true"
		}
		return []Process{reader, client(1, "bulk", addr, sender)}
	},
}

// unblocked are the set-ups of short whose sends never wait.
var unblocked = Setup{{"send", "non-blocking"}}
