package lab

import (
	"time"

	"sockscope/server/knob"
)

// timeouts is a client that is late, and a server that waits in four ways.
var timeouts = &Lab{
	ID:       "timeouts",
	Section:  Blocking,
	Brief:    "Three kinds of patience",
	Question: "A client is late with each of its messages. How long does a recv wait, and how does a program say how long it should?",
	Look: []string{
		"The first message: a blocking `recv` sleeps for as long as it takes.",
		"The second: a non-blocking `recv` returns EAGAIN at once, and the program has its own pause.",
		"The third and the fourth: SO_RCVTIMEO has `recv` give up after a while, with EAGAIN; `select` gives up with 0, and the `recv` after it does not wait.",
	},
	True: []string{
		"A blocking call has no limit of its own. The peer may never send, and then it never returns.",
		"SO_RCVTIMEO is a setting of one socket. When the time is up `recv` returns EAGAIN, the same as a non-blocking one that has nothing to give.",
		"The timeout of `select` is an argument of each call, for any number of sockets. A pause of the program's own is time in which bytes lie in Recv-Q unread.",
	},
	Asks: []Topic{RecvSleeps, RecvNotYet, WaitSleeps, WaitTimesOut, RecvWoken, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "timeout", Label: "patience", Type: knob.Duration, Min: int64(time.Millisecond), Max: int64(2 * time.Second), Offers: []string{"5ms", "20ms", "100ms"}, Default: "20ms"},
		{Name: "pause", Label: "client is late by", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "80ms", "200ms"}, Default: "80ms", Injected: true},
	},
	Notes: "SO_RCVTIMEO counts in ticks of the kernel's clock, some milliseconds each, so that recv sleeps longer than asked for. The timer of select is finer.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		return []Process{
			ending("timeouts", addr, v),
			client(1, "slow", addr, map[string]string{"messages": "4", "pause": v["pause"]}),
		}
	},
}
