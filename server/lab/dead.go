package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// dead is a client whose server vanishes without a word.
var dead = &Lab{
	ID:       "dead",
	Pattern:  "sssssss e/w.w.w...w",
	Section:  Endings,
	Brief:    "Who notices that the peer is gone?",
	Question: "The server vanishes, as if somebody had cut the wire: no FIN, no RST, no ACK. How does the client find out, and when?",
	Stops: []Stop{
		{Say: "All is well: the client has its echo.",
			At: Moment{Calls: aRecv, By: AClient, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "Now the wire is cut: from here on the kernel drops every packet. The client is told nothing, and does something else meanwhile.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AClient}, Light: OnBar | OnLine},
		{Say: "The client sends, and `send` succeeds: its kernel has the bytes. That says nothing of the peer.",
			At: Moment{Calls: aSend, By: AClient, Nth: 2}, For: stillSends, Light: OnBar | OnLine},
		{Say: "Its `recv` sleeps. Beneath it the kernel sends the bytes again and again, after times that double, and no ACK comes.",
			At: Moment{Is: Enters, Calls: aRecv, By: AClient, Nth: -1}, For: stillSends, Light: OnBar | OnLine},
		{Say: "Its `recv` sleeps. It has sent nothing, so there is nothing to acknowledge: beneath it both kernels are silent.",
			At: Moment{Is: Enters, Calls: aRecv, By: AClient, Nth: -1}, For: Setup{{"how", "only receives"}}, Light: OnBar | OnLine},
		{Say: "Its `recv` sleeps. It has sent nothing, but SO_KEEPALIVE is set: after a second of silence its kernel sends a probe, and one more each second.",
			At: Moment{Is: Enters, Calls: aRecv, By: AClient, Nth: -1}, For: Setup{{"how", "keepalive"}}, Light: OnBar | OnLine},
		{Say: "The kernel gives up, and `recv` returns ETIMEDOUT. It was the `send` that made the kernel find out.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ETIMEDOUT}, For: Setup{{"how", "sends"}}, Else: impatient},
		{Say: "The bytes have stayed unacknowledged for longer than TCP_USER_TIMEOUT allows: the kernel gives up, and `recv` returns ETIMEDOUT.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ETIMEDOUT}, For: Setup{{"how", "TCP_USER_TIMEOUT"}}, Else: impatient},
		{Say: "No probe was answered: the kernel gives up, and `recv` returns ETIMEDOUT.",
			At: Moment{Calls: aRecv, By: AClient, Errno: trace.ETIMEDOUT}, For: Setup{{"how", "keepalive"}}, Else: impatient},
		{Say: impatient.Say, At: impatient.At, For: Setup{{"how", "only receives"}}},
	},
	Recap: "Silence looks the same whether the peer is slow or gone. Only what is sent and stays unanswered tells: data, or keepalive's probes. Without either, `recv` waits for ever.",
	Needs: "backlog",
	Wire:  true, ByTime: true,
	Tries: []Try{
		{"it only receives", Setup{{"how", "only receives"}}},
		{"keepalive", Setup{{"how", "keepalive"}}},
		{"TCP_USER_TIMEOUT", Setup{{"how", "TCP_USER_TIMEOUT"}}},
	},
	True: []string{
		"A connection has no life of its own: without packets it stays as it is for days. A `recv` without a limit then waits for ever (RFC 9293, section 3.8.4).",
		"Unacknowledged bytes are sent again, after a time that doubles (RFC 6298, section 5). Linux gives up by tcp_retries2, which it takes for a time: as long as so many doublings from 200 ms last. Here it is small, so that it takes seconds; the default, 15, takes 13 to 30 minutes (tcp(7)).",
		"SO_KEEPALIVE asks a silent peer. Here after 1 s, then each second, and 2 unanswered probes end it; the defaults are 2 hours, 75 s and 9 probes, more than 2 hours and 11 minutes (tcp(7)).",
		"TCP_USER_TIMEOUT says in milliseconds how long sent bytes may stay unacknowledged (RFC 5482; tcp(7)). It is looked at when a retransmission is due, so that it takes a little longer.",
		"A limit of one's own, SO_RCVTIMEO or a timeout of select or poll, ends the wait and not the connection: EAGAIN says nothing of the peer.",
		"The wire is cut by a rule of nftables in the run's network namespace. Packets are captured before it, so that they show, and TCP never sees them. The server is alive, and knows of nothing either.",
	},
	Asks: []Topic{RecvSleeps, SendTakes, RecvFails, RecvNotYet, RecvWoken},
	Knobs: []knob.Knob{
		{Name: "how", Label: "client", Type: knob.Choice, Offers: []string{"sends", "only receives", "keepalive", "TCP_USER_TIMEOUT"}, Default: "sends"},
		{Name: Retries, Label: "tcp_retries2", Type: knob.Int, Min: 1, Max: 5, Offers: []string{"1", "2", "3", "4"}, Default: "2", Injected: true},
		{Name: "limit", Label: "user timeout", Type: knob.Duration, Min: int64(100 * time.Millisecond), Max: int64(10 * time.Second), Offers: []string{"500ms", "1s", "2s"}, Default: "1s", Quiet: true},
		{Name: "patience", Label: "client's patience", Type: knob.Duration, Min: int64(100 * time.Millisecond), Max: int64(30 * time.Second), Offers: []string{"2s", "10s", "20s"}, Default: "10s"},
	},
	Drops: []Drop{{To: "127.0.0.1", After: &Cause{Proc: 1, Call: trace.Recv}}},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		args := map[string]string{"pause": "150ms", "patience": v["patience"]}
		args["sends"] = strconv.FormatBool(v["how"] == "sends" || v["how"] == "TCP_USER_TIMEOUT")
		switch v["how"] {
		case "only receives":
			args["patience"] = min(v.Duration("patience"), 2*time.Second).String()
		case "keepalive":
			args["alive"] = "true"
		case "TCP_USER_TIMEOUT":
			args["limit"] = v["limit"]
		}
		return []Process{server("echo", addr, nil), client(1, "patient", addr, args)}
	},
}

// stillSends are the set-ups of dead whose client sends to the server that is gone.
var stillSends = Setup{{"how", "sends|TCP_USER_TIMEOUT"}}

// impatient is the end of a client of dead that gives up before its kernel does.
var impatient = &Stop{Say: "Its own patience is over: EAGAIN, by SO_RCVTIMEO. That says nothing of the peer, and the connection is still there.",
	At: Moment{Calls: aRecv, By: AClient, Errno: trace.EAGAIN}}

// Retries is the knob for how often the kernel sends unacknowledged bytes again before it
// gives the peer up (tcp(7), tcp_retries2). It takes a run in a network namespace of its
// own.
const Retries = "retries"
