package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// options sets what can be set of a connection, and shows what comes of it.
var options = &Lab{
	ID:       "options",
	Pattern:  "r-r-r/yy yyyy",
	Section:  Calls,
	Brief:    "Is what is set what is?",
	Question: "A server sets options of a live connection and asks the kernel for each before and after. Is it what was set, and what does it change?",
	Stops: []Stop{
		{Say: "`getpeername` and `getsockname` tell the two addresses of the connection: that of the client, and the server's own.",
			At: Moment{Calls: []trace.Call{trace.Getsockname}, By: AServer}},
		{Say: "SO_SNDBUF is set. It is the kernel's memory for what was sent and not acknowledged.",
			At: Moment{Calls: []trace.Call{trace.Setsockopt}, By: AServer, Arg: Arg{At: 1, Bits: 7}}, Light: OnBar | OnLine | OnOptions},
		{Say: "Asked again, the kernel says something else. Linux doubles what it is told, to have room for its own bookkeeping; and there is a least and a most.",
			At: Moment{Calls: []trace.Call{trace.Getsockopt}, By: AServer, After: &Moment{Calls: []trace.Call{trace.Setsockopt}, By: AServer, Arg: Arg{At: 1, Bits: 7}}}, Light: OnBar | OnLine | OnOptions},
		{Say: "The buffers are full: this side's send buffer and the client's receive buffer. `send` took only a part before, and now returns EAGAIN.",
			At: Moment{Calls: aSend, By: AServer, Errno: trace.EAGAIN}, Light: OnBar | OnLine | OnQueue},
		{Say: "With SO_LINGER on and 0 seconds, `close` sends RST and drops what is in the send buffer.",
			At: Moment{Calls: aClose, By: AServer}, For: Setup{{"linger", "0"}}},
		{Say: "With SO_LINGER off, `close` returns at once too. The kernel goes on sending what is in the send buffer.",
			At: Moment{Calls: aClose, By: AServer}, For: Setup{{"linger", "-1"}}},
		{Say: "The client gets what had come to its own buffer, and then ECONNRESET. The rest is gone.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ECONNRESET}, For: Setup{{"linger", "0"}}},
		{Say: "The client gets every byte, and then the end of the stream.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}, For: Setup{{"linger", "-1"}}},
	},
	Recap: "`setsockopt` returns 0, and the kernel may have made something else of the value: ask it. An option changes what later calls do.",
	Needs: "short",
	Tries: []Try{
		{"buffers of 64 KiB", Setup{{"buffer", "65536"}}},
		{"the least there is", Setup{{"buffer", "1"}}},
		{"SO_LINGER off", Setup{{"linger", "-1"}}},
	},
	True: []string{
		"Linux doubles what SO_SNDBUF and SO_RCVBUF are told, and returns the doubled value. There is a least, and net.core.wmem_max and rmem_max are the most (socket(7)).",
		"A receive buffer is set before `connect` or `listen`, as the handshake says how large a window may become (tcp(7), RFC 7323).",
		"SO_LINGER with 0 seconds has `close` send RST: what is in the send buffer is dropped, and there is no TIME-WAIT (socket(7)).",
		"TCP_NODELAY sends small pieces at once. SO_KEEPALIVE asks a silent peer from time to time, after two hours at first. Neither can be seen in this run: the labs nagle and dead are about them.",
	},
	Asks: []Topic{OptionDiffers, SendPart, SendNotYet, RecvFails},
	Knobs: []knob.Knob{
		{Name: "buffer", Label: "buffers set to", Type: knob.Int, Min: 1, Max: 1 << 20, Offers: []string{"1", "4096", "16384", "65536"}, Default: "4096", Size: true},
		{Name: "linger", Label: "SO_LINGER", Type: knob.Choice, Offers: []string{"0", "-1"}, Default: "0"},
		{Name: "pause", Label: "client is silent for", Type: knob.Duration, Min: int64(20 * time.Millisecond), Max: int64(time.Second), Offers: []string{"50ms", "200ms"}, Default: "50ms", Injected: true},
	},
	Notes: "SO_LINGER -1 is off. The client's own buffer is set to 4,096 bytes, before it connects.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		setter := server("options", addr, map[string]string{"buffer": v["buffer"], "linger": v["linger"]})
		setter.Ends = true
		return []Process{
			setter,
			client(1, "options-client", addr, map[string]string{"buffer": strconv.Itoa(4 << 10), "pause": v["pause"]}),
		}
	},
}
