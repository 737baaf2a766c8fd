package lab

import (
	"time"

	"sockscope/server/knob"
)

// robot is a conversation with a call-centre robot, with the learner as the caller or
// a program.
var robot = &Lab{
	ID:       "robot",
	Pattern:  "rrrrrr/      w.w/rrrr",
	Section:  Messages,
	Brief:    "Half a line: what does it do?",
	Question: "A call-centre robot answers each line that you send. How does it know where a line ends, and what does it do with half of one?",
	Stops: []Stop{
		{Say: "Here the server speaks first. A thread of its own has this caller, and greets.",
			At: Moment{Calls: aSend, By: AServer, Prints: "Welcome"}, Light: OnBar | OnLine | OnBytes},
		{Say: "A `recv` returns bytes without a newline. That is no whole line: the rest of it is still to come.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Lacks: "\n"}, For: Setup{{"pieces", "halves|bytes"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "A `recv` returns a whole line. Nothing promises that: the next one may return half of one, or two.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Has: "\n"}, For: Setup{{"pieces", "lines"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "One `recv` returns several lines: what one `send` sent came together.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Has: "\n"}, For: Setup{{"client", "program"}, {"pieces", "all"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "The robot holds on to them and calls `recv` again. What it holds is a variable of the program: the kernel knows of no lines.",
			At: Moment{Is: Enters, Calls: aRecv, By: AServer, Same: SameFD, After: &Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Lacks: "\n"}}, For: Setup{{"entry", "line"}, {"pieces", "halves|bytes"}}, Light: OnBar | OnLine},
		{Say: "It takes what one `recv` returned for an entry, doesn't know it, and says so.",
			At: Moment{Calls: aSend, By: AServer, Prints: "re-enter"}, For: Setup{{"entry", "recv"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "It doesn't know this entry, and says so. What it answers depends on the entry, and on how far the conversation is.",
			At: Moment{Calls: aSend, By: AServer, Prints: "re-enter"}, For: Setup{{"entry", "line"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "Another entry, another answer, on the same connection.",
			At: Moment{Calls: aSend, By: AServer, Prints: "agent comes"}, Light: OnBar | OnLine | OnBytes},
		{Say: "The robot has hung up: its `close` is the end of the stream for the caller.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}},
	},
	Recap:  "A conversation is a state machine over one connection: what has been said is in the program, and the kernel carries bytes. Where an entry ends is for the two programs to agree: here it is the newline.",
	Recaps: []Recap{{"A robot that takes each `recv` for an entry works as long as a line comes by itself. Half of one is a wrong entry, and so are two together: where an entry ends is for the two programs to agree.", Setup{{"entry", "recv"}}}},
	Needs:  "echo",
	Tries: []Try{
		{"a program as the caller", Setup{{"client", "program"}}},
		{"each recv an entry", Setup{{"client", "program"}, {"entry", "recv"}}},
		{"all lines in one send", Setup{{"client", "program"}, {"pieces", "all"}}},
		{"a byte a send", Setup{{"client", "program"}, {"pieces", "bytes"}, {"pause", "5ms"}}},
	},
	True: []string{
		"TCP is a stream of bytes (RFC 9293, section 2.2): `recv` may return half a line, or two lines and a half. A reader of lines keeps what is behind the last newline, and goes on with it.",
		"A server that takes what one `recv` returns for one entry works as long as its clients send each in one piece and wait for the answer. Two that come together are one wrong entry, and one that comes in two pieces is two.",
		"Who speaks first is part of the protocol. If both wait for the other, both sleep in `recv`.",
		"SO_RCVTIMEO (socket(7)) bounds a `recv`: this robot hangs up on a caller who is silent for too long. Half a line would else keep a thread for ever.",
	},
	Asks: []Topic{HalfLine, RecvJoined, RecvWoken, RecvSleeps, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "client", Label: "caller", Type: knob.Choice, Offers: []string{"you", "program"}, Default: "you"},
		{Name: "say", Label: "it says", Type: knob.Text, Min: 1, Max: 64, Default: "hello,0,exit"},
		{Name: "pieces", Label: "one send has", Type: knob.Choice, Offers: []string{"lines", "halves", "bytes", "all"}, Default: "halves"},
		{Name: "pause", Label: "between pieces", Type: knob.Duration, Min: 0, Max: int64(500 * time.Millisecond), Offers: []string{"0s", "5ms", "20ms", "100ms"}, Default: "20ms", Injected: true},
		{Name: "entry", Label: "an entry is", Type: knob.Choice, Offers: []string{"line", "recv"}, Default: "line"},
		{Name: "silence", Label: "hangs up after", Type: knob.Duration, Min: int64(time.Second), Max: int64(10 * time.Minute), Offers: []string{"5s", "1m", "10m"}, Default: "1m", Quiet: true},
	},
	Notes:      "pieces: a send has a line, half of one, a byte, or all lines at once. entry: the robot looks for newlines, or takes what one recv returns.",
	Unattended: Setup{{"client", "program"}},
	Lines:      true,
	Bytes:      "talk",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:8009"
		who := client(1, "caller", addr, map[string]string{"say": v["say"], "pieces": v["pieces"], "pause": v["pause"]})
		if v["client"] == "you" {
			who = learner(who)
		}
		return []Process{server("robot", addr, map[string]string{"entry": v["entry"], "silence": v["silence"]}), who}
	},
}
