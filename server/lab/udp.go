package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// udp is a client that sends faster than a server receives, without a connection.
var udp = &Lab{
	ID:       "udp",
	Pattern:  "www wwww/yyy .. y",
	Section:  Calls,
	Brief:    "How many datagrams arrive?",
	Question: "A UDP client sends twenty datagrams while the server pauses. How many arrive, in what pieces, and who is told of the others?",
	Stops: []Stop{
		{Say: "`bind` is all that a UDP server does to be reached. There is no `listen`, no `accept`: one socket gets the datagrams of everybody.",
			At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer}},
		{Say: "`connect` only notes the address, and sends nothing. A `send` then returns as soon as the kernel has the datagram: no word of whether it arrives.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}},
		{Say: "The server calls `recvfrom`. Its receive buffer has been full: beside this call the kernel counts the datagrams that it has dropped.",
			At: Moment{Is: Enters, Calls: aRecvfrom, By: AServer, Drops: true}, Light: OnBar | OnLine | OnQueue,
			Else: &Stop{Say: "Up to this call, the server's last, the kernel has dropped no datagram: the receive buffer had room for each.",
				At: Moment{Calls: aRecvfrom, By: AServer, Result: AtLeast(0), Nth: -1}, Light: OnBar | OnLine}},
		{Say: "One `recvfrom` returns one datagram, though more wait. It says who sent it, too.",
			At: Moment{Calls: aRecvfrom, By: AServer, Result: AtLeast(1), Queue: Queue{Of: RecvQ, Least: 1}}, Light: OnBar | OnLine | OnBytes},
		{Say: "This datagram was longer than the room. With MSG_TRUNC `recvfrom` returns its whole size. What had no room is gone: it isn't there for the next call.",
			At: Moment{Calls: aRecvfrom, By: AServer, Cut: true}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "This call, the last one, had room for its whole datagram, like all before it: none was cut.",
				At: Moment{Calls: aRecvfrom, By: AServer, Result: AtLeast(1), Nth: -1}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The server has closed its socket. What came then reached a port that nobody has: the kernel there answered by ICMP, and the next call on the connected socket returns ECONNREFUSED.",
			At: Moment{By: AClient, Errno: trace.ECONNREFUSED, After: &Moment{Is: Enters, Calls: aClose, By: AServer}}},
	},
	Recap: "UDP carries datagrams. Two are never joined; one that finds no room is lost, and so is what a `recvfrom` had no room for, and nobody tells the sender. There is no connection, and so no end of one.",
	Needs: "echo",
	Tries: []Try{
		{"the usual buffer", Setup{{"buffer", "0"}}},
		{"no pause", Setup{{"pause", "0s"}}},
		{"room for all bytes", Setup{{"size", "1024"}}},
		{"you are the client", Setup{{"client", "you"}}},
	},
	True: []string{
		"A datagram is received whole or not at all, and two are never joined. Each `recvfrom` takes one (udp(7), recvfrom(2)).",
		"The receive buffer is limited by the kernel's memory for the datagrams, not by their bytes. Linux doubles what SO_RCVBUF is told, for this reason (socket(7)). What finds no room is dropped and counted, and the sender isn't told.",
		"`connect` on a UDP socket sends no packet. It chooses who is sent to and who is heard, and lets errors come back: an ICMP \"port unreachable\" becomes ECONNREFUSED of the next call (udp(7), RFC 1122 section 4.1.3.3).",
		"There is no end of file: a `recv` that returns 0 has received a datagram without bytes.",
	},
	Asks: []Topic{DatagramsArrive, RecvDatagram, RecvCut, ConnectNotes, RecvFails},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"program", "you"}, Default: "program"},
		{Name: "datagrams", Label: "datagrams", Type: knob.Int, Min: 3, Max: 60, Offers: []string{"3", "10", "20", "40"}, Default: "20"},
		{Name: "buffer", Label: "SO_RCVBUF", Type: knob.Int, Min: 0, Max: 64 << 10, Offers: []string{"0", "1024", "4096", "8192"}, Default: "4096", Zero: "the system's", Size: true},
		{Name: "size", Label: "room of a recvfrom", Type: knob.Int, Min: 8, Max: 1024, Offers: []string{"16", "32", "1024"}, Default: "32", Size: true},
		{Name: "pause", Label: "server pauses", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "100ms", "500ms"}, Default: "100ms"},
	},
	Notes:      "The Recv-Q of a UDP socket counts the kernel's memory, as `ss` does: a datagram of 11 bytes takes several hundred.",
	Unattended: Setup{{"client", "program"}},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		args := map[string]string{"buffer": v["buffer"], "size": v["size"], "pause": v["pause"]}
		who := client(1, "udp-client", addr, map[string]string{"datagrams": v["datagrams"],
			"timeout": (v.Duration("pause") + 200*time.Millisecond).String()})
		if v["client"] == "you" {
			who = learner(who)
			who.Args = map[string]string{"type": byDatagrams}
			args["pause"] = "0s"
		}
		who.After = &Cause{Proc: 0, Call: trace.Bind}
		receiver := server("udp", addr, args)
		receiver.Ends = true
		return []Process{receiver, who}
	},
}
