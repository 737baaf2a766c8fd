package lab

import (
	"strconv"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// servers are those of lab errors: one whose calls fail on the way, and one that is
// started twice.
var servers = []string{"calls that fail", "starts twice"}

// errors is a server and a client that provoke what calls on sockets fail with.
var errors = &Lab{
	ID:       "errors",
	Pattern:  "re-re-sre/r-e-ae-ee",
	Section:  Endings,
	Brief:    "Which call says so, and why?",
	Question: "Calls on sockets fail, each for a reason of its own. Which call returns which error, what in the kernel stands behind it, and what does a program do then?",
	Stops: []Stop{
		{Say: "`bind` returns EADDRINUSE: another socket listens at this address. SO_REUSEADDR is set, and doesn't help against a listener.",
			At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer, Errno: trace.EADDRINUSE}, For: failsOnTheWay},
		{Say: "`accept` returns EMFILE at once, though nobody waits: it takes an fd first, and the process has none left.",
			At: Moment{Calls: anAccept, By: AServer, Errno: trace.EMFILE}, For: failsOnTheWay},
		{Say: "`connect` returns ECONNREFUSED. Nobody listens at that port, and its kernel has answered the SYN by RST.",
			At: Moment{Calls: aConnect, By: AClient, Errno: trace.ECONNREFUSED}, For: failsOnTheWay},
		{Say: "`recv` returns EAGAIN: the socket is non-blocking, and its Recv-Q is empty. Nothing is wrong.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.EAGAIN}, For: failsOnTheWay, Light: OnBar | OnLine | OnQueue},
		{Say: "`recv` returns ECONNRESET: the server has sent RST. That is told once; the next `send` returns EPIPE.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ECONNRESET}, For: failsOnTheWay},
		{Say: "`connect` returns ETIMEDOUT. The listener's backlog is full, the kernel drops the SYN, and no answer ever comes.",
			At: Moment{Calls: aConnect, By: AClient, Errno: trace.ETIMEDOUT}, For: failsOnTheWay},
		{Say: "The server has answered, and says by `shutdown` that it sends no more. It is the first to end: so its side of the connection will stay in TIME-WAIT.",
			At: Moment{Calls: []trace.Call{trace.Shutdown}, By: AServer}, For: startsTwice},
		{Say: "It starts again. `bind` returns EADDRINUSE: nobody listens, but a connection in TIME-WAIT has the port, and the new socket hasn't set SO_REUSEADDR.",
			At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer, Errno: trace.EADDRINUSE}, For: startsTwice, Light: OnBar | OnLine | OnTable},
		{Say: "So it sets SO_REUSEADDR.",
			At: Moment{Calls: []trace.Call{trace.Setsockopt}, By: AServer, After: &Moment{Calls: []trace.Call{trace.Bind}, By: AServer, Errno: trace.EADDRINUSE}}, For: startsTwice},
		{Say: "Now `bind` succeeds, with the old connection still in TIME-WAIT: both sockets have set SO_REUSEADDR.",
			At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer, Result: Exactly(0), Nth: 2}, For: startsTwice, Light: OnBar | OnLine | OnTable,
			Else: &Stop{Say: "EADDRINUSE again: the first start's socket hadn't set SO_REUSEADDR, and Linux asks for it on both.",
				At: Moment{Calls: []trace.Call{trace.Bind}, By: AServer, Errno: trace.EADDRINUSE, Nth: 2}, Light: OnBar | OnLine | OnTable}},
		{Say: "The next client is served.",
			At: Moment{Calls: aRecv, By: "client 2", Result: AtLeast(1)}, For: startsTwice, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "The next client finds nobody: `connect` returns ECONNREFUSED.",
				At: Moment{Calls: aConnect, By: "client 2", Errno: trace.ECONNREFUSED}}},
	},
	Recap:  "An error tells of a queue, a state or a limit in a kernel: of this side's, or of the peer's by way of RST. EAGAIN and EINPROGRESS are no failures, and EPIPE is an old one told again.",
	Recaps: []Recap{{"A port is in use as long as a connection of it is in TIME-WAIT, though no program listens there. SO_REUSEADDR, set before each `bind`, lets a server start again at once.", startsTwice}},
	Needs:  "halfclose",
	Tries: []Try{
		{"a server that starts again: TIME-WAIT", Setup{{"server", servers[1]}}},
		{"and its first start left SO_REUSEADDR out", Setup{{"server", servers[1]}, {"first", "not set"}}},
		{"a longer backlog", Setup{{"backlog", "16"}}},
	},
	True: []string{
		"EADDRINUSE, from `bind` or `listen`: the port has a socket. SO_REUSEADDR lets a server bind a port whose old connections are in TIME-WAIT, never one with a listener (socket(7), ip(7)). Linux asks for it on both: the socket that binds, and the one that had the port before. Set it always, or stop the other program.",
		"EMFILE, from whatever makes an fd: the limit of the process (getrlimit(2), RLIMIT_NOFILE). Close what is done, or raise the limit. The client stays in the backlog.",
		"ENOTCONN: the socket's state is CLOSE, it has no peer (getpeername(2), shutdown(2)). It is a mistake of the program, or the peer was faster: the connection is gone already.",
		"ECONNREFUSED: RST in answer to the SYN (RFC 9293, section 3.10.7.1). Try again later, on a new socket.",
		"EINPROGRESS, from a non-blocking `connect`: SYN-SENT. Wait until the socket is writable, then read SO_ERROR (connect(2)). EAGAIN, which is EWOULDBLOCK: the queue that the call looks at is empty, or full. Wait until it is ready.",
		"ECONNRESET: RST came, and the state is CLOSE at once. EPIPE: the socket takes no more bytes, since the peer reset it or this side shut it down. Close it; what was under way may be lost (recv(2), send(2)).",
		"ETIMEDOUT: segments went unanswered until the limit, here TCP_USER_TIMEOUT of 0.5 s, at the first SYN that is sent again, after 1 s. Without it `connect` gives up after about two minutes, and a connection after about 15 (tcp(7), tcp_syn_retries, tcp_retries2).",
	},
	Asks: []Topic{AcceptFails, ConnectFails, RecvNotYet, RecvFails, SendFails},
	Knobs: []knob.Knob{
		{Name: "server", Label: "server", Type: knob.Choice, Offers: servers, Default: servers[0]},
		{Name: "first", Label: "first start: SO_REUSEADDR", Type: knob.Choice, Offers: []string{"set", "not set"}, Default: "set", Quiet: true},
		{Name: "backlog", Label: "backlog", Type: knob.Int, Min: 0, Max: 16, Offers: []string{"0", "5", "16"}, Default: "5"},
	},
	Notes: "The server's limit of fds is 5, as by `ulimit -n 5`.",
	procs: func(v knob.Values) []Process {
		const addr, nobody = "127.0.0.1:9999", "127.0.0.1:9998"
		if v["server"] == servers[1] {
			again := server("restart", addr, map[string]string{"backlog": v["backlog"], "reuse": strconv.FormatBool(v["first"] == "set")})
			again.Ends = true
			next := client(2, "get", addr, nil)
			next.After.Call = trace.Write // it has said by then that it starts again
			return []Process{again, client(1, "get", addr, nil), next}
		}
		failing := server("errors", addr, map[string]string{"backlog": v["backlog"]})
		failing.Full, failing.Ends = true, true
		c := client(1, "failing", addr, map[string]string{"nobody": nobody})
		c.After.Call = trace.Close // it has failed for want of an fd by then
		return []Process{failing, c}
	},
}

// Set-ups of errors.
var (
	failsOnTheWay = Setup{{"server", servers[0]}}
	startsTwice   = Setup{{"server", servers[1]}}
)
