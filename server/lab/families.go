package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// families is one echo over three families of addresses and several types of socket.
var families = &Lab{
	ID:       "families",
	Pattern:  "r-e---ss/ssssss r",
	Section:  Calls,
	Brief:    "Which types keep boundaries?",
	Question: "The same echo over IPv4, IPv6 and a Unix socket, by streams and by messages. What changes beside the address?",
	Stops: []Stop{
		{Say: "`localhost` is ::1 and 127.0.0.1. The client takes IPv6 first. The server listens on IPv4 alone, so the kernel refuses.",
			At: Moment{Calls: aConnect, By: AClient, Errno: trace.ECONNREFUSED}, For: fromIPv6},
		{Say: "A socket has one family for good. So the client closes it, and makes another one for IPv4.",
			At: Moment{Calls: []trace.Call{trace.Socket}, By: AClient, Nth: 2}, For: fromIPv6},
		{Say: "This family has an address of its own form, and the same `bind`.",
			At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer}, For: Setup{{"family", "AF_INET6|AF_UNIX"}}},
		{Say: "Here the kernel answers: the client is connected. Of every family it is the same call.",
			At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0)}, For: Setup{{"type", "SOCK_STREAM|SOCK_SEQPACKET"}}, Maybe: true},
		{Say: "There is nothing to connect. `connect` notes the address for each `send` to come.",
			At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0)}, For: Setup{{"type", "SOCK_DGRAM"}}},
		{Say: "The client has sent three messages by three calls.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Nth: 3}, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "One `recv` returns all three: SOCK_STREAM keeps no boundaries. Of SOCK_SEQPACKET or SOCK_DGRAM it would be three calls.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Sends: Exactly(3)}, For: Setup{{"type", "SOCK_STREAM"}}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "This `recv` returns what has come by now. With a pause before it, one returns all three messages: SOCK_STREAM keeps no boundaries.",
				At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The first `send` succeeds. It doesn't say whether anybody is there.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, For: lostDatagram, Light: OnBar | OnLine | OnBytes},
		{Say: "Nobody has that port at ::1. The kernel there answered the datagram before by ICMP: this call returns the refusal.",
			At: Moment{Calls: []trace.Call{trace.Send, trace.Recv}, By: AClient, Errno: trace.ECONNREFUSED}, For: lostDatagram},
		{Say: "One call returns one message, whatever else waits: this type keeps boundaries.",
			At: Moment{Calls: []trace.Call{trace.Recv, trace.Recvfrom}, By: AServer, Result: AtLeast(1)}, For: Setup{{"type", "SOCK_SEQPACKET|SOCK_DGRAM"}}, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "TCP and UDP have no such type: `socket` itself fails.",
			At: Moment{Calls: []trace.Call{trace.Socket}, By: AServer, Errno: noSuchType}, For: Setup{{"family", "AF_INET|AF_INET6"}, {"type", "SOCK_SEQPACKET"}}},
		{Say: "The kernel would make such a socket, but not for a program without CAP_NET_RAW.",
			At: Moment{Calls: []trace.Call{trace.Socket}, By: AServer, Errno: trace.EPERM}, For: Setup{{"family", "AF_INET|AF_INET6"}, {"type", "SOCK_RAW"}}},
		{Say: "The same happens to the client. Without a socket there is nobody to send to, and nothing to send with.",
			At: Moment{Calls: []trace.Call{trace.Socket}, By: AClient, Errno: trace.EPERM}, For: Setup{{"type", "SOCK_RAW"}}, Maybe: true},
	},
	Recap: "The family says what an address is, the type what a message is. The calls are the same for all that have both.",
	Needs: "udp",
	Tries: []Try{
		{"IPv6", Setup{{"family", "AF_INET6"}}},
		{"a Unix socket", Setup{{"family", "AF_UNIX"}, {"host", "one address"}}},
		{"a Unix socket with boundaries", Setup{{"family", "AF_UNIX"}, {"type", "SOCK_SEQPACKET"}, {"host", "one address"}}},
		{"datagrams over IPv6", Setup{{"family", "AF_INET6"}, {"type", "SOCK_DGRAM"}}},
		{"a raw socket", Setup{{"type", "SOCK_RAW"}}},
	},
	True: []string{
		"`localhost` has an address of IPv6 and one of IPv4. A client tries one after the other, with a socket for each (RFC 6724, RFC 8305). ECONNREFUSED of the first is no error of its user's.",
		"SOCK_STREAM is bytes without boundaries. SOCK_DGRAM and SOCK_SEQPACKET keep them: one `recv` returns one message, whatever room there is (socket(2)).",
		"A Unix socket has a path for its address, or a name that is in no file system: here @echo (unix(7)). Its client has none, unless it binds. A datagram without a sender's address can't be answered.",
		"Unix datagrams are not lost: their sender waits for room. Those of UDP are dropped (unix(7), udp(7)).",
		"SOCK_SEQPACKET is a type of Unix sockets, not of TCP or UDP: ESOCKTNOSUPPORT. SOCK_RAW takes CAP_NET_RAW (raw(7)): the programs here have no such right, so EPERM.",
	},
	Asks: []Topic{ConnectFails, RecvJoined, AcceptGives, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "family", Label: "address family", Type: knob.Choice, Offers: []string{"AF_INET", "AF_INET6", "AF_UNIX"}, Default: "AF_INET"},
		{Name: "type", Label: "type", Type: knob.Choice, Offers: []string{"SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_RAW"}, Default: "SOCK_STREAM"},
		{Name: "host", Label: "client connects to", Type: knob.Choice, Offers: []string{"localhost", "one address"}, Default: "localhost"},
		{Name: "pause", Label: "server pauses before it receives", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "20ms", "100ms"}, Default: "20ms"},
	},
	Notes: "localhost stands for the addresses of IPv6 and IPv4. A Unix socket has nothing to do with it.",
	procs: func(v knob.Values) []Process {
		const four, six = "127.0.0.1:9999", "[::1]:9999"
		addr, first := map[string]string{"AF_INET": four, "AF_INET6": six, "AF_UNIX": "@echo"}[v["family"]], ""
		if v["host"] == "localhost" && v["family"] == "AF_INET" {
			first = six
		}
		who := client(1, "families-client", addr, map[string]string{"type": v["type"], "first": first})
		if v["type"] == "SOCK_DGRAM" {
			who.After = &Cause{Proc: 0, Call: trace.Bind}
		}
		return []Process{server("families", addr, map[string]string{"type": v["type"], "pause": v["pause"]}), who}
	},
}

const noSuchType trace.Errno = 94 // ESOCKTNOSUPPORT

// lostDatagram are the set-ups whose client sends datagrams to ::1, where nobody is.
var lostDatagram = Setup{{"family", "AF_INET"}, {"host", "localhost"}, {"type", "SOCK_DGRAM"}}

// fromIPv6 are the set-ups whose client begins with ::1, and is refused.
var fromIPv6 = Setup{{"family", "AF_INET"}, {"host", "localhost"}, {"type", "SOCK_STREAM"}}
