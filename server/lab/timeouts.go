package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// timeouts is a client that is late, and a server that waits in four ways.
var timeouts = &Lab{
	ID:       "timeouts",
	Pattern:  "~~~~~~~~~/aaaaa/sssse",
	Section:  Blocking,
	Brief:    "Four kinds of patience",
	Question: "A client is late with each of its messages. How long does a recv wait, and how does a program say how long it should?",
	Stops: []Stop{
		{Say: "First way: a blocking `recv`. It sleeps until the message comes, however late.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Sleep: trace.Slept}, Light: OnBar | OnLine | OnWake},
		{Say: "Second way: a non-blocking `recv`. It returns EAGAIN at once.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.EAGAIN, Sleep: trace.Awake}},
		{Say: "The program pauses by itself and asks again. Bytes that come meanwhile lie in Recv-Q.",
			At: Moment{Calls: []trace.Call{trace.Nanosleep}, By: AServer}},
		{Say: "Third way: SO_RCVTIMEO. `recv` slept until its time was up, then returned EAGAIN.",
			At: Moment{Calls: aRecv, By: AServer, Errno: trace.EAGAIN, Sleep: trace.Slept},
			Else: &Stop{Say: "Third way: SO_RCVTIMEO. This time the message comes before the time is up, and `recv` returns it.",
				At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), After: &Moment{Calls: []trace.Call{trace.Setsockopt}, By: AServer, Arg: Arg{At: 1, Bits: 20}}}, Light: OnBar | OnLine | OnBytes}},
		{Say: "Fourth way: `select` with a timeout. It returns 0 when its time is up.",
			At: Moment{Calls: aSelect, By: AServer, Ready: NoneReady},
			Else: &Stop{Say: "Fourth way: `select` with a timeout. This time something comes before it is up.",
				At: Moment{Is: Enters, Calls: aSelect, By: AServer}}},
		{Say: "`select` says that bytes are there. The `recv` behind it doesn't wait.",
			At: Moment{Calls: aSelect, By: AServer, Ready: BytesReady}, Light: OnBar | OnLine | OnQueue},
	},
	Recap: "A blocking call waits without a limit. A limit is set on the socket, or is an argument of `select`, or the program asks without waiting.",
	Needs: "iterative",
	Tries: []Try{
		{"late by 200 ms", Setup{{"pause", "200ms"}}},
		{"patience 100 ms", Setup{{"timeout", "100ms"}}},
	},
	True: []string{
		"A blocking call has no limit of its own. The peer may never send, and then it never returns.",
		"SO_RCVTIMEO is a setting of one socket. When the time is up, `recv` returns EAGAIN, just as a non-blocking one does.",
		"The timeout of `select` is an argument of each call, for any number of sockets. While the program pauses by itself, bytes lie unread in Recv-Q.",
	},
	Asks: []Topic{RecvSleeps, RecvNotYet, WaitSleeps, WaitTimesOut, RecvWoken, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "timeout", Label: "patience", Type: knob.Duration, Min: int64(time.Millisecond), Max: int64(2 * time.Second), Offers: []string{"5ms", "20ms", "100ms"}, Default: "20ms"},
		{Name: "pause", Label: "client is late by", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "80ms", "200ms"}, Default: "80ms", Injected: true},
	},
	Notes: "SO_RCVTIMEO counts in ticks of the kernel's clock, some milliseconds each, so recv sleeps longer than asked. The timer of select is finer.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return []Process{
			ending("timeouts", addr, v),
			client(1, "slow", addr, map[string]string{"messages": "4", "pause": v["pause"]}),
		}
	},
}
