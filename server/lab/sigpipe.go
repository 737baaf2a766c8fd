package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// guards are what a program of lab sigpipe does about the signal.
var guards = []string{"nothing", "MSG_NOSIGNAL", "SIG_IGN"}

// sigpipe is a client that goes on sending to a peer that has closed.
var sigpipe = &Lab{
	ID:       "sigpipe",
	Pattern:  "r-r-ssr-e/-sr------",
	Section:  Endings,
	Brief:    "What does the second send do?",
	Question: "The peer has closed. The program sends, and sends again. What do the two sends do?",
	Stops: []Stop{
		{Say: "The server has closed: the client's `recv` returns 0.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}, Light: OnBar | OnLine | OnQueue},
		{Say: "The first `send` succeeds. FIN says only that the peer sends no more, and the kernel takes the bytes.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), After: &Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}}},
		{Say: "Nobody has those bytes: the server's socket is closed, and its kernel answers them by RST. `poll` reports POLLERR and POLLHUP, for which it need not be asked.",
			At: Moment{Calls: aPoll, By: AClient}, Light: OnBar | OnLine | OnQueue},
		{Say: "The second `send` enters the kernel, and never comes back to the program.",
			At: Moment{Is: Enters, Calls: aSend, By: AClient, After: &Moment{Calls: aPoll, By: AClient}}, For: unguarded},
		{Say: "SIGPIPE has ended the process: that is what this signal does unless a program sees to it. No line says why.",
			At: Moment{Is: Ends, By: AClient}, For: unguarded, Light: OnLane},
		{Say: "The second `send` returns EPIPE. No signal comes with it: MSG_NOSIGNAL was among the flags of this call.",
			At: Moment{Calls: aSend, By: AClient, Errno: trace.EPIPE}, For: Setup{{"guard", guards[1]}}},
		{Say: "The second `send` returns EPIPE. SIGPIPE comes with it, and the process ignores that signal.",
			At: Moment{Calls: aSend, By: AClient, Errno: trace.EPIPE}, For: Setup{{"guard", guards[2]}}},
		{Say: "So the program learns what has happened. It says so, and ends by itself.",
			At: Moment{Is: Ends, By: AClient}, For: guarded, Light: OnLane},
	},
	Recap:  "The first send after the peer has closed succeeds and fetches an RST. The next one returns EPIPE, and the kernel sends SIGPIPE with it, which ends a program that doesn't see to it.",
	Recaps: []Recap{{"The first send after the peer has closed succeeds and fetches an RST. The next one returns EPIPE. With MSG_NOSIGNAL, or SIGPIPE ignored, that is all: the program sees the error and decides.", guarded}},
	Needs:  "linger",
	Tries: []Try{
		{"MSG_NOSIGNAL", Setup{{"guard", "MSG_NOSIGNAL"}}},
		{"the signal is ignored", Setup{{"guard", "SIG_IGN"}}},
	},
	True: []string{
		"SIGPIPE comes with EPIPE, when a process sends on a stream whose end for sending is shut down (send(2)). Its default action is to end the process (signal(7)).",
		"MSG_NOSIGNAL keeps it from one `send`; ignoring SIGPIPE keeps it from the whole process, and is inherited by what `execve` starts. Either way `send` returns EPIPE.",
		"A `send` that succeeds says nothing about the peer: the kernel has copied the bytes. Only the RST tells, and only a later call can return what it told.",
		"A shell's pipeline rests on this signal: in `yes | head` it ends `yes`. Python ignores it as it starts; Go's runtime turns it into EPIPE for all fds but 1 and 2.",
	},
	Asks: []Topic{RecvEnd, SendHalfClosed, SendSignal, SendFails},
	Knobs: []knob.Knob{
		{Name: "guard", Label: "against the signal", Type: knob.Choice, Offers: guards, Default: guards[0]},
	},
	Notes: "The program is in Go, whose runtime catches SIGPIPE. So it first sets the default again, with which every C program begins.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		c := client(1, "sigpipe", addr, map[string]string{"guard": v["guard"]})
		if v["guard"] == guards[0] {
			c.Dies = 13 // SIGPIPE
		}
		return []Process{server("goodbye", addr, nil), c}
	},
}

// Set-ups of sigpipe: what a signal ends, and what it doesn't.
var (
	unguarded = Setup{{"guard", guards[0]}}
	guarded   = Setup{{"guard", guards[1] + "|" + guards[2]}}
)
