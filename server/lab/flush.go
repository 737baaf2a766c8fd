package lab

import (
	"time"

	"sockscope/server/knob"
)

// flush is a client whose message never leaves the program.
var flush = &Lab{
	ID:       "flush",
	Pattern:  "ooo ~~~~~/~~~~~~~~~",
	Section:  Messages,
	Brief:    "The message that never left",
	Question: "A client writes its message and waits for the echo. The server waits for the message. Where is it?",
	Stops: []Stop{
		{Say: "The client connects. Then it writes its message into a buffer of its own program: no call shows that, as there is none.",
			At: Moment{Is: Enters, Calls: aConnect, By: AClient}, Light: OnBar | OnLine},
		{Say: "The client flushes: one `send` gives the kernel what was in the buffer. Now it is on its way, and can be answered.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, For: Setup{{"flush", "yes"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "This message is longer than the room in the buffer. So a `send` gives it to the kernel, though nobody has flushed.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, For: Setup{{"flush", "no"}}, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "The client has an echo, and goes on.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "The client calls `recv` and waits for an echo. What it waits for lies in its buffer: it hasn't called `send` for it.",
			At: Moment{Is: Enters, Calls: aRecv, By: AClient, Stuck: true}, Maybe: true},
		{Say: "The server waits for a message, and its Recv-Q is empty. No kernel ever has the bytes.",
			At: Moment{Is: Enters, Calls: aRecv, By: AServer, Stuck: true}, Maybe: true, Light: OnBar | OnLine | OnQueue},
		{Say: "Both were in `recv` until the run was ended. Each waited for what only the other could send.",
			At: Moment{Is: Ends, By: AServer, After: &Moment{Is: Enters, Calls: aRecv, Stuck: true, Nth: 2}}, Maybe: true, Light: OnLane},
		{Say: "The client has an echo of each message, and closes.",
			At: Moment{Is: Enters, Calls: aClose, By: AClient}, Maybe: true},
	},
	Recap: "A buffered writer keeps bytes in the program until it is full, or flushed. Before that no kernel has them, and no peer can answer them. So flush before you wait.",
	Needs: "framing",
	Tries: []Try{
		{"it flushes", Setup{{"flush", "yes"}}},
		{"a buffer of 8 bytes", Setup{{"buffer", "8"}}},
		{"a buffer of 16 bytes", Setup{{"buffer", "16"}}},
	},
	True: []string{
		"Buffered writers collect small pieces and make one system call of many: C's stdio (setvbuf(3)), Python's makefile and print, Java's BufferedWriter, Go's bufio. On a file or a pipe they flush when the buffer is full, or the program ends; on a terminal after each line.",
		"What lies in such a buffer is memory of one process, like any other. Only `send` or `write` gives it to the kernel.",
		"TCP can't help: for the two kernels nothing is missing. The connection stays ESTABLISHED with empty queues for as long as both wait.",
	},
	Asks: []Topic{NeverReturns, RecvSleeps, RecvWoken, AcceptSleeps, AcceptGives, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "flush", Label: "flushes", Type: knob.Choice, Offers: []string{"no", "yes"}, Default: "no"},
		{Name: "buffer", Label: "its buffer has", Type: knob.Int, Min: 1, Max: 4096, Offers: []string{"8", "16", "4096"}, Default: "4096", Size: true},
		{Name: "messages", Label: "messages", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3"}, Default: "3"},
	},
	Notes:  "The run ends when no call has come or gone for a second.",
	Stalls: time.Second,
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		flushes := "false"
		if v["flush"] == "yes" {
			flushes = "true"
		}
		return []Process{
			server("echo", addr, nil),
			client(1, "buffered", addr, map[string]string{"flush": flushes, "buffer": v["buffer"], "messages": v["messages"]}),
		}
	},
}
