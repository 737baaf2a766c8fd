package lab

import (
	"strconv"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// halfclose is a client that has said all and still listens.
var halfclose = &Lab{
	ID:       "halfclose",
	Pattern:  "-r-rssssr/-ssr-r---",
	Section:  Endings,
	Brief:    "Can the server still send?",
	Question: "The server answers when the client has said all. How does the client say that, and still hear the answer?",
	Stops: []Stop{
		{Say: "The client calls `shutdown` with SHUT_WR: I am done sending. Its kernel sends FIN. The fd stays open.",
			At: Moment{Calls: []trace.Call{trace.Shutdown}, By: AClient}, For: shutsDown},
		{Say: "The client calls `close`: it gives the fd back, and receives no more either. Its kernel sends FIN, just as after `shutdown`.",
			At: Moment{Is: Enters, Calls: aClose, By: AClient}, For: justCloses},
		{Say: "The server's `recv` returns 0: the end of what the client sends. Its socket is in CLOSE-WAIT.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}, Light: OnBar | OnLine | OnQueue},
		{Say: "The server still sends. FIN has ended one direction, and this is the other one.",
			At: Moment{Is: Enters, Calls: aSend, By: AServer, After: &Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}}, For: shutsDown},
		{Say: "The server still sends, and its `send` succeeds: its kernel has the bytes. But nobody receives there any more, and the client's kernel answers them by RST.",
			At: Moment{Calls: aSend, By: AServer, Result: AtLeast(1), After: &Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}}, For: justCloses, Light: OnBar | OnLine | OnBytes},
		{Say: "The client receives the answer, after it has said that it sends no more.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, For: shutsDown, Light: OnBar | OnLine | OnBytes},
		{Say: "Now the server closes, and the client's `recv` returns 0. Both directions have ended.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}, For: shutsDown},
		{Say: "The client closes the fd. Only this gives it back.",
			At: Moment{Calls: aClose, By: AClient}, For: shutsDown},
		{Say: "The server closes, and no call of it has failed. It can't know that its answer was lost.",
			At: Moment{Is: Enters, Calls: aClose, By: AServer, After: &Moment{Calls: aSend, By: AServer, Result: AtLeast(1)}}, For: justCloses},
	},
	Recap:  "A connection has two directions, and each ends by itself. `shutdown` with SHUT_WR says that you send no more; `close` says that you don't receive either.",
	Recaps: []Recap{{"Who closes neither sends nor receives any more. The other side sees the same 0 as after `shutdown`, sends its answer, and nobody gets it.", justCloses}},
	Needs:  "first",
	Tries: []Try{
		{"close in place of shutdown", Setup{{"client", "closes"}}},
		{"one message", Setup{{"messages", "1"}}},
	},
	True: []string{
		"`shutdown` ends one direction of the connection, for all processes that have it open. `close` gives back an fd, and ends the connection with the last one (shutdown(2), close(2)).",
		"In CLOSE-WAIT a side has received FIN and can still send; the other side, in FIN-WAIT-2, can still receive (RFC 9293, section 3.6).",
		"Who closes receives nothing any more: the kernel answers what comes by RST (RFC 9293, section 3.6.1). The server's `send` succeeded all the same: it counts the bytes that the kernel took, not those that arrived.",
		"0 from `recv` does not tell a half-close from a close. Only an answer to what is sent shows which it was.",
	},
	Asks: []Topic{RecvEnd, SendHalfClosed, RecvShut, RecvSleeps},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"shuts down", "closes"}, Default: "shuts down"},
		{Name: "messages", Label: "messages", Type: knob.Int, Min: 0, Max: 8, Offers: []string{"0", "1", "3", "8"}, Default: "3"},
	},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		program := "halfclose"
		if v["client"] == "closes" {
			program = "hasty"
		}
		return []Process{
			server("count", addr, nil),
			client(1, program, addr, map[string]string{"messages": strconv.Itoa(v.Int("messages"))}),
		}
	},
}

// Set-ups of halfclose.
var (
	shutsDown  = Setup{{"client", "shuts down"}}
	justCloses = Setup{{"client", "closes"}}
)
