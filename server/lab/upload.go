package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// upload sends a file behind a header, with and without waiting between the two.
var upload = &Lab{
	ID:       "upload",
	Pattern:  "w. rrrrrr/wrrrrrr/yyyyyyyy",
	Section:  Messages,
	Brief:    "What sticks to the header?",
	Question: "A header says what comes, and then a file comes. Why does the client wait for an answer between the two?",
	Stops: []Stop{
		{Say: "The header: a command, the file's name and its size. Nothing in it says where it ends.",
			At: Moment{Calls: aSend, By: AClient, Has: "post|"}, Light: OnBar | OnLine | OnBytes},
		{Say: "The server's `recv` has the header alone: the client has sent no more yet. So the server can take what one `recv` returns for the header.",
			At: Moment{Calls: aRecv, By: AServer, Has: "post|", Sends: Exactly(1)}, For: Setup{{"ack", "wait"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "One `recv` returns the header and what was sent behind it. The client hasn't waited, and TCP keeps no boundary between the two.",
			At: Moment{Calls: aRecv, By: AServer, Has: "post|", Sends: AtLeast(2)}, For: Setup{{"ack", "skip"}}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "The server's `recv` has the header alone, though the client hasn't waited. That is luck: the rest had not come yet.",
				At: Moment{Calls: aRecv, By: AServer, Has: "post|"}, Light: OnBar | OnLine | OnBytes}},
		{Say: "The client has its answer, and now sends the file. The wait cost it a round trip.",
			At: Moment{Calls: aRecv, By: AClient, Has: "ok\n"}, For: Setup{{"ack", "wait"}}, Light: OnBar | OnLine | OnWake},
		{Say: "The file goes in pieces of 1,024 bytes. The server counts them: the header said how many bytes belong to it.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), After: &Moment{Calls: aSend, By: AServer, Has: "ok\n"}}, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "The client says by `shutdown` that no more comes, and reads on: what the server made of the file is still to come.",
			At: Moment{Calls: []trace.Call{trace.Shutdown}, By: AClient, Result: Exactly(0)}},
		{Say: "The server says what it got: how many bytes, and their SHA-256. The client had made one of its own, before it sent them.",
			At: Moment{Calls: aRecv, By: AClient, Has: "sha256"}, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "The server has taken the first digits of the file for a part of the size. That many bytes never came: the file is short, and nothing is kept.",
				At: Moment{Calls: aRecv, By: AClient, Has: "is short"}, Light: OnBar | OnLine | OnBytes,
				Else: &Stop{Say: "The server took all of that for a header, and makes no sense of it: it says so, and takes no file.",
					At: Moment{Calls: aRecv, By: AClient, Has: "error: "}, Light: OnBar | OnLine | OnBytes}}},
	},
	Recap: "What is sent one after the other may be received as one. A client that waits for an answer keeps header and file apart, for a round trip; a delimiter, or a length, does it without one.",
	Needs: "echo",
	Tries: []Try{
		{"no wait: they stick", Setup{{"client", "program"}, {"ack", "skip"}}},
		{"no wait, and digits", Setup{{"client", "program"}, {"ack", "skip"}, {"holds", "digits"}, {"bytes", "5"}}},
		{"no wait, but a newline", Setup{{"client", "program"}, {"ack", "skip"}, {"end", "newline"}}},
		{"100 KiB", Setup{{"client", "program"}, {"bytes", "102400"}}},
	},
	True: []string{
		"TCP is a stream of bytes (RFC 9293, section 2.2). Header and file stick together when both are there before the server calls `recv`: here it is busy for a moment. On an idle machine they often don't, so the bug shows in production first.",
		"The answer keeps the file away from the header. It doesn't tell where the header ends: a header in two pieces is misread all the same. A newline behind it, or a length before it, tells.",
		"A file of digits is worse: `post|x|5` and `12345` stick to `post|x|512345`, a header that looks right. The server then waits for bytes that never come.",
		"`close` with unread bytes in the Recv-Q sends RST, and the peer may lose what was said to it (RFC 9293, section 3.10.4; RFC 2525, section 2.17). So the server reads to the end before it closes.",
	},
	Asks: []Topic{RecvJoined, RecvWoken, RecvHas, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "client", Label: "client", Type: knob.Choice, Offers: []string{"you", "program"}, Default: "you"},
		{Name: "bytes", Label: "its file has", Type: knob.Int, Min: 0, Max: 1 << 20, Offers: []string{"0", "5", "1024", "3000", "102400", "1048576"}, Default: "3000", Size: true},
		{Name: "holds", Label: "of", Type: knob.Choice, Offers: []string{"text", "digits"}, Default: "text"},
		{Name: "ack", Label: "the answer", Type: knob.Choice, Offers: []string{"wait", "skip"}, Default: "wait"},
		{Name: "end", Label: "behind the header", Type: knob.Choice, Offers: []string{"nothing", "newline"}, Default: "nothing"},
		{Name: "pause", Label: "server is busy for", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "20ms", "100ms", "500ms"}, Default: "100ms", Injected: true},
		{Name: "silence", Label: "gives up after", Type: knob.Duration, Min: int64(time.Second), Max: int64(10 * time.Minute), Offers: []string{"5s", "1m", "10m"}, Default: "1m", Quiet: true},
	},
	Notes:      "The server of a lab counts the bytes and keeps none. `server run upload ADDR -dir DIR` keeps them.",
	File:       true,
	Bytes:      "talk",
	Unattended: Setup{{"client", "program"}},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9998"
		wait := "true"
		if v["ack"] == "skip" {
			wait = "false"
		}
		who := client(1, "put", addr, map[string]string{"bytes": v["bytes"], "holds": v["holds"], "end": v["end"], "wait": wait})
		if v["client"] == "you" {
			who = learner(who)
		}
		return []Process{server("upload", addr, map[string]string{"pause": v["pause"], "silence": v["silence"]}), who}
	},
}
