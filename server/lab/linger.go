package lab

import (
	"slices"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// closesOffers are the ways in which a client of lab linger ends.
var closesOffers = []string{"closes", "leaves bytes unread", "sets SO_LINGER 0"}

// linger is three ways to close, and what each tells the peer.
var linger = &Lab{
	ID:       "linger",
	Pattern:  "-r-ssr--r/-r-esr-e-",
	Section:  Endings,
	Brief:    "FIN or RST?",
	Question: "Three clients call close, and each in another state. What does the server's recv return for each?",
	Recap:    "`close` sends FIN, and the peer's `recv` returns 0. With unread bytes, or with SO_LINGER 0, it sends RST, and the peer's `recv` fails with ECONNRESET.",
	Needs:    "halfclose",
	Tries: []Try{
		{"all close", Setup{{"second", "closes"}, {"third", "closes"}}},
		{"all reset", Setup{{"first", "sets SO_LINGER 0"}, {"second", "sets SO_LINGER 0"}}},
	},
	True: []string{
		"`close` returns at once. What was sent is still delivered, unless the connection is reset (socket(7), SO_LINGER).",
		"A close with unread bytes sends RST, so that the peer learns that data was lost (RFC 1122, section 4.2.2.13; RFC 2525, section 2.17).",
		"SO_LINGER with more than 0 seconds makes `close` wait until the peer's kernel has acknowledged all, or the time is up. Even then the peer's program may not have read it.",
		"The side that closes first keeps the connection in TIME-WAIT, so that late segments of it don't reach a new one. Linux keeps it for 60 seconds; RFC 9293, section 3.6.1, says twice the longest life of a segment. SO_LINGER 0 avoids it, and loses that protection.",
	},
	Asks: []Topic{RecvEnd, CloseTells, RecvFails, RecvSleeps},
	Knobs: []knob.Knob{
		{Name: "first", Label: "client 1", Type: knob.Choice, Offers: closesOffers, Default: closesOffers[0]},
		{Name: "second", Label: "client 2", Type: knob.Choice, Offers: closesOffers, Default: closesOffers[1]},
		{Name: "third", Label: "client 3", Type: knob.Choice, Offers: closesOffers, Default: closesOffers[2]},
	},
	Notes: "TIME-WAIT has no fd: it is in the kernel's table of sockets, and so only in runs with a network of their own.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("echo", addr, nil)}
		for i, name := range []string{"first", "second", "third"} {
			program := map[string]string{closesOffers[0]: "client", closesOffers[1]: "unread", closesOffers[2]: "reset"}[v[name]]
			procs = append(procs, client(i+1, program, addr, map[string]string{"messages": "1"}))
		}
		return procs
	},
}

func init() {
	linger.Stops = slices.Concat(endings("client 1", "first"), endings("client 2", "second"), endings("client 3", "third"))
}

// endings are the stops of a client's end, by the knob that says which it is.
func endings(who, knob string) []Stop {
	name := "C" + who[1:]
	closes, leaves, sets := Setup{{knob, closesOffers[0]}}, Setup{{knob, closesOffers[1]}}, Setup{{knob, closesOffers[2]}}
	return []Stop{
		{Say: name + " has received all of its echo. Its `close` sends FIN.",
			At: Moment{Is: Enters, Calls: aClose, By: who}, For: closes},
		{Say: "The server's `recv` returns 0: the ordinary end. When the server has closed, too, the side that closed first, the client's, stays in TIME-WAIT for a minute.",
			At: Moment{Calls: aRecv, By: AServer, With: who, Result: Exactly(0)}, For: closes},
		{Say: name + " closes while its echo lies unread in Recv-Q. Those bytes are lost, so its kernel sends RST: the peer has to know.",
			At: Moment{Is: Enters, Calls: aClose, By: who}, For: leaves, Light: OnBar | OnLine | OnQueue},
		{Say: "The server's `recv` returns ECONNRESET. That is an error, and no end of file.",
			At: Moment{Calls: aRecv, By: AServer, With: who, Errno: trace.ECONNRESET}, For: leaves},
		{Say: name + " sets SO_LINGER with 0 seconds. `close` will throw away what is queued and send RST, whatever there is.",
			At: Moment{Calls: []trace.Call{trace.Setsockopt}, By: who}, For: sets},
		{Say: "The server's `recv` returns ECONNRESET. A connection that was reset leaves no TIME-WAIT behind.",
			At: Moment{Calls: aRecv, By: AServer, With: who, Errno: trace.ECONNRESET}, For: sets},
	}
}
