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
			At: Moment{Calls: []trace.Call{trace.Shutdown}, By: AClient}},
		{Say: "The server's `recv` returns 0: the end of what the client sends. Its socket is in CLOSE-WAIT.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}, Light: OnBar | OnLine | OnQueue},
		{Say: "The server still sends. FIN has ended one direction, and this is the other one.",
			At: Moment{Calls: aSend, By: AServer, Result: AtLeast(1), After: &Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client receives the answer, after it has said that it sends no more.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Now the server closes, and the client's `recv` returns 0. Both directions have ended.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}},
		{Say: "The client closes the fd. Only this gives it back.",
			At: Moment{Calls: aClose, By: AClient}},
	},
	Recap: "A connection has two directions, and each ends by itself. `shutdown` with SHUT_WR says that you send no more; `close` says that you don't receive either.",
	Needs: "first",
	Tries: []Try{
		{"close in place of shutdown", map[string]string{"client": "closes"}},
		{"one message", map[string]string{"messages": "1"}},
	},
	True: []string{
		"`shutdown` ends a direction of the connection, whoever has it open. `close` gives back an fd, and ends the connection with the last one (shutdown(2), close(2)).",
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
