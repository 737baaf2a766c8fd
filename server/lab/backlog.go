package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// backlog is a listener that accepts nobody for a while.
var backlog = &Lab{
	ID:       "backlog",
	Pattern:  "sssssssss/r r/   ~~~~~~",
	Section:  Endings,
	Brief:    "Connected without accept",
	Question: "The server listens, with a backlog of 2, and accepts nobody for a while. Who is connected, and what do the others wait for?",
	Stops: []Stop{
		{Say: "A client that never finishes its handshake: its SYN is answered, and the answer is lost. It lies in the SYN queue, half open.",
			At: Moment{Calls: aConnect, By: AClient, Errno: trace.EINPROGRESS}, Maybe: true, Light: OnBar | OnLine},
		{Say: "The SYN queue is full of half-open connections. For this client the kernel keeps nothing there: it answers the SYN with a cookie (SyncookiesSent).",
			At: Moment{Is: Enters, Calls: aConnect, By: "client 6"}, For: Setup{{"half", "5"}, {"backlog", "2"}, {Cookies, "1"}}, Light: OnBar | OnLine},
		{Say: "This client is connected, and nobody has called `accept`. The kernel shakes hands by itself. It waits in the accept queue.",
			At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0), Unaccepted: true}, For: ackAtOnce, Light: OnBar | OnLine},
		{Say: "It sends, too, and that succeeds. The bytes lie in the Recv-Q of a socket that no program has yet.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Unaccepted: true}, For: ackAtOnce, Light: OnBar | OnLine | OnBytes},
		{Say: "This client's `connect` returns: it has the server's SYN-ACK. Its own ACK is held back, so the server's kernel has no connection to put into the accept queue.",
			At: Moment{Calls: aConnect, By: AClient, Runs: "late-ack", Result: Exactly(0)}, For: ackLate, Light: OnBar | OnLine},
		{Say: "It has made more connections, whose ACKs left at once. With this one they are as many as the accept queue takes: its backlog and one more.",
			At: Moment{Calls: aConnect, By: AClient, Runs: "late-ack", Result: Exactly(0), Unaccepted: true, Nth: -1}, For: ackLate, Light: OnBar | OnLine},
		{Say: "Its first bytes leave, and its own ACK with them. `send` succeeds: the kernel has taken them.",
			At: Moment{Calls: aSend, By: AClient, Runs: "late-ack", Result: AtLeast(1)}, For: ackLate, Light: OnBar | OnLine | OnBytes},
		{Say: "For this one there is no room: the accept queue has its backlog and one more. The kernel drops the SYN, without an answer, and counts it (ListenOverflows).",
			At: Moment{Is: Enters, Calls: aConnect, By: AClient, Lasts: resend}, For: ackAtOnce, Light: OnBar | OnLine,
			Else: &Stop{Say: "The last client is connected, too: the accept queue has room for all of them.",
				At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0), Unaccepted: true, Nth: -1}, Light: OnBar | OnLine}},
		{Say: "Now the server accepts, one after the other.",
			At: Moment{Calls: anAccept, By: AServer}, Maybe: true},
		{Say: "The SYN was sent again after a second, and would be after two more and four more. One found room, and `connect` returned.",
			At: Moment{Calls: aConnect, By: AClient, Result: Exactly(0), Lasts: resend}, For: ackAtOnce, Maybe: true, Light: OnBar | OnLine},
		{Say: "ECONNRESET. The accept queue was full when the late ACK came, so the kernel dropped it, and a cookie leaves nothing behind. It answered the client's next segment by RST (SyncookiesFailed).",
			At: Moment{By: AClient, Errno: trace.ECONNRESET}, For: Setup{{"ack", lateACK}, {Cookies, "2"}}},
		{Say: "The late client has its reply. Its handshake was not forgotten: ACK and bytes were sent again until the accept queue had room.",
			At: Moment{Calls: aRecv, By: AClient, Runs: "late-ack", Result: AtLeast(1)}, For: Setup{{"ack", lateACK}, {Cookies, "0|1"}}, Light: OnBar | OnLine | OnBytes},
	},
	Recap:  "The kernel makes connections, `accept` only takes them out of a queue. Where that is full a SYN is dropped, and whoever sent it waits for a second and more until the next.",
	Recaps: []Recap{{"A client is connected when it has the SYN-ACK, the server's kernel when it has the ACK. While the accept queue is full, the kernel drops that ACK. A half-open connection it remembers, and takes up later. Of a cookie nothing is left, and the client is reset.", ackLate}},
	Needs:  "iterative",
	Wire:   true,
	Tries: []Try{
		{"backlog 0", Setup{{"backlog", "0"}}},
		{"5 half open: SYN cookies", Setup{{"half", "5"}, {"clients", "3"}}},
		{"a reset by a SYN cookie", Setup{{"half", "0"}, {"clients", "1"}, {Cookies, "2"}, {"ack", lateACK}}},
		{"the same without cookies", Setup{{"half", "0"}, {"clients", "1"}, {Cookies, "0"}, {"ack", lateACK}}},
		{"backlog 16", Setup{{"backlog", "16"}}},
	},
	True: []string{
		"A listener has two queues: of half-open connections (SYN-RECEIVED), and of those that wait for `accept`. listen's argument bounds the second one; Linux takes one more (listen(2), sk_acceptq_is_full). What `ss` shows as Recv-Q of a listener is the second.",
		"With the accept queue full Linux drops a SYN and says nothing, in the hope that there will be room for the next one. With tcp_abort_on_overflow it would reset instead (ip-sysctl).",
		"A SYN is sent again after 1 s, 2 s more, 4 s more (RFC 6298, section 2). Here the kernel gives up after 3 of them; the default, tcp_syn_retries = 6, takes 127 s.",
		"With too many half-open connections Linux answers by SYN cookies: it keeps nothing, and puts what it needs into the sequence number (RFC 4987, section 3.6). So it is with tcp_syncookies = 1, the default; with 2 it always does, with 0 never, and a SYN too many is dropped (ip-sysctl).",
		"A cookie is checked by the ACK that comes back. When the accept queue is full by then, that ACK is dropped, and nothing of the client is left: it is connected, and the server knows nothing of it. Its first segment could still tell the kernel what the cookie says; the second one can't, and is answered by RST (SyncookiesFailed).",
		"ListenOverflows counts what came while the accept queue was full, ListenDrops all that was dropped, SyncookiesSent the cookies, SyncookiesRecv those that came back, SyncookiesFailed what came instead (/proc/net/netstat).",
	},
	Asks: []Topic{ConnectQueued, ConnectDropped, SendTakes, RecvSleeps, AcceptGives},
	Knobs: []knob.Knob{
		{Name: "backlog", Label: "backlog", Type: knob.Int, Min: 0, Max: 128, Offers: []string{"0", "1", "2", "4", "16"}, Default: "2"},
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "3", "4", "5", "6"}, Default: "4"},
		{Name: "half", Label: "half open", Type: knob.Int, Min: 0, Max: 6, Offers: []string{"0", "1", "3", "5"}, Default: "1", Injected: true},
		{Name: Cookies, Label: "tcp_syncookies", Type: knob.Int, Min: 0, Max: 2, Offers: []string{"0", "1", "2"}, Default: "1", Injected: true},
		{Name: "ack", Label: "first client's ACK", Type: knob.Choice, Offers: []string{"at once", lateACK}, Default: "at once", Quiet: true},
		{Name: "pause", Label: "server pauses", Type: knob.Duration, Min: 0, Max: int64(3 * time.Second), Offers: []string{"0s", "100ms", "500ms", "2s"}, Default: "500ms"},
	},
	Drops: []Drop{{To: "127.0.0.66"}}, // the half-open clients' own
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		procs := []Process{server("deaf", addr, map[string]string{"backlog": v["backlog"], "pause": v["pause"]})}
		half := v.Int("half")
		for n := 1; n <= half+v.Int("clients"); n++ {
			if n <= half {
				procs = append(procs, client(n, "half-open", addr, map[string]string{"hold": "800ms"}))
				continue
			}
			p := client(n, "client", addr, map[string]string{"messages": "1"})
			if first := half + 1; v["ack"] == lateACK && n == first {
				p.Program, p.Args = "late-ack", map[string]string{"others": strconv.Itoa(v.Int("backlog") + 1)}
			} else if v["ack"] == lateACK {
				p.After = &Cause{Proc: first, Call: trace.Send} // it has taken all places
			}
			procs = append(procs, p)
		}
		return procs
	},
}

// Cookies is the knob for when the kernel answers a SYN by a cookie: 0 is never, 1 when the
// SYN queue is full, 2 always (ip-sysctl, tcp_syncookies). It takes a run in a network
// namespace of its own.
const Cookies = "cookies"

// lateACK has a client's last ACK of the handshake wait for its first bytes.
const lateACK = "with its first bytes"

// Set-ups of backlog.
var (
	ackAtOnce = Setup{{"ack", "at once"}}
	ackLate   = Setup{{"ack", lateACK}}
)
