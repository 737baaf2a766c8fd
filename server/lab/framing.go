package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// framing sends the same five messages in six frames, and cuts the bytes as it likes.
var framing = &Lab{
	ID:       "framing",
	Pattern:  "yYyyYyyYy/wwwwwWwww",
	Section:  Messages,
	Brief:    "Five sends, how many recvs?",
	Question: "A client sends five messages. How many recvs get them, and how does the receiver know where a message ends?",
	Stops: []Stop{
		{Say: "The client's fifth `send`: five messages, a send each. None of them has waited for the receiver.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Nth: 5}, For: Setup{{"piece", "0"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "One `send` has all five messages.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1)}, For: Setup{{"piece", "256"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "The client's last `send`. The bytes went in pieces, wherever a message ended.",
			At: Moment{Calls: aSend, By: AClient, Result: AtLeast(1), Nth: -1}, For: Setup{{"piece", "1|7|33"}}, Light: OnBar | OnLine | OnBytes},
		{Say: "One `recv` returns two messages and a part of the third. TCP carries bytes, and keeps no boundaries.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Sends: Exactly(3)}, For: cut, Light: OnBar | OnLine | OnBytes,
			Else: &Stop{Say: "This `recv` returns one message, as the others had not been sent yet. That is luck: TCP keeps no boundaries.",
				At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Sends: Exactly(1)}, Light: OnBar | OnLine | OnBytes}},
		{Say: "Without a frame the program takes what one `recv` returns for a message, whatever it is: one, several, or a part.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer}, For: Setup{{"framing", "none"}}},
		{Say: "The length before each message tells where it ends: the program takes the first one out and prints it.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "Hello"}, For: Setup{{"framing", "length"}}},
		{Say: "The frame tells where a message ends: the program takes the first one out and prints it.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "Hello"}, For: Setup{{"framing", "fixed|delimiter|type"}}},
		{Say: "It has held the third message back, as it wasn't all there. This `recv` brings the rest of it, and the others.",
			At: Moment{Calls: aRecv, By: AServer, Result: AtLeast(1), Sends: Exactly(3), Nth: 2}, For: framedAndCut, Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "The third message is complete: the program prints it.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "TCP"}, For: framed},
		{Say: "`recv` returns 0: the client sends no more. Nothing is held back, so the last message was complete.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}, For: framed},
		{Say: "`recv` returns 0: the client sends no more. Only this tells that the message is complete.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}, For: Setup{{"framing", "end"}}},
		{Say: "All that came is one message, and the program prints it. That the client had five to send can't be seen.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, After: &Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}}, For: Setup{{"framing", "end"}}},
		{Say: "`recv` returns 0: the client sends no more. Where its messages ended, nobody knows.",
			At: Moment{Calls: aRecv, By: AServer, Result: Exactly(0)}, For: Setup{{"framing", "none"}}},
	},
	Recap: "One send is not one recv. A receiver collects bytes, takes out what is complete, and keeps the rest for the next recv.",
	Recaps: []Recap{
		{"One send is not one recv. Without a frame nobody can tell where a message ended: the program prints what came together, and what came apart.", Setup{{"framing", "none"}}},
		{"The end of the stream ends a message, whatever is in it. It can do so once: the next message takes a connection of its own.", Setup{{"framing", "end"}}},
	},
	Needs: "first",
	Tries: []Try{
		{"no frames", Setup{{"framing", "none"}}},
		{"a byte a recv", Setup{{"size", "1"}, {"reads", "0s"}}},
		{"all in one send", Setup{{"piece", "256"}}},
		{"a send, a pause, a recv", Setup{{"pause", "100ms"}, {"reads", "0s"}}},
	},
	True: []string{
		"TCP is a stream of bytes (RFC 9293, section 2.2). It may join what several sends sent, and split what one did. `recv` returns what is there, at most what it has room for (recv(2)).",
		"Five ways to show where a message ends: a fixed length, a delimiter that no message contains, its length before it, a type that gives the length, the end of the stream. The last one takes a connection a message: here it makes one of all five.",
		"With a pause between the sends each recv may find one message. That is luck: a busy receiver, or a router on the way, and two of them come together.",
		"A length can be cut in two as well. A receiver that has one byte of it has to wait for the other.",
	},
	Asks: []Topic{CountsRecvs, RecvJoined, RecvPart, SendTakes, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "framing", Label: "frame", Type: knob.Choice, Offers: []string{"none", "fixed", "delimiter", "length", "type", "end"}, Default: "length"},
		{Name: "piece", Label: "one send has", Type: knob.Int, Min: 0, Max: 256, Offers: []string{"0", "1", "7", "33", "256"}, Default: "0", Zero: "one message", Size: true},
		{Name: "pause", Label: "after each send", Type: knob.Duration, Min: 0, Max: int64(200 * time.Millisecond), Offers: []string{"0s", "1ms", "100ms"}, Default: "0s", Injected: true},
		{Name: "size", Label: "recv takes", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"1", "8", "40", "1024"}, Default: "40", Size: true},
		{Name: "reads", Label: "before each recv", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "30ms", "100ms", "1s"}, Default: "30ms"},
	},
	Notes: "none: the receiver takes whatever a recv returns for a message. type: S, M or L before the message, for 8, 16 or 32 bytes.",
	Bytes: "way",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9000"
		reader := server("messages", addr, map[string]string{"framing": v["framing"], "size": v["size"], "pause": v["reads"]})
		reader.Ends = true
		return []Process{
			reader,
			client(1, "framed", addr, map[string]string{"framing": v["framing"], "piece": v["piece"], "pause": v["pause"]}),
		}
	},
}

// Set-ups of framing: those in which a recv of 40 bytes cuts the third of five messages,
// each sent by itself; those with a frame around each message; and both.
var (
	cut          = Setup{{"framing", "none|delimiter|length|type|end"}, {"piece", "0"}, {"size", "40"}}
	framed       = Setup{{"framing", "fixed|delimiter|length|type"}}
	framedAndCut = Setup{{"framing", "delimiter|length|type"}, {"piece", "0"}, {"size", "40"}}
)
