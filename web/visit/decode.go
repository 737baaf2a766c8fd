package visit

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Framings are the ways in which a message can show where it ends: those of the lab, in
// the order of its knob.
var Framings = []string{"none", "fixed", "delimiter", "length", "type", "end"}

// FramingWord says in a few words what a framing is.
func FramingWord(framing string) string {
	return map[string]string{
		"none":      "a recv, a message",
		"fixed":     "32 bytes each",
		"delimiter": "up to a line feed",
		"length":    "2 bytes of length, then so many",
		"type":      "a type byte: S 8, M 16, L 32",
		"end":       "to the end of the stream",
	}[framing]
}

// Message is one that a decoder has taken off a stream.
type Message struct {
	Off, Len   int64 // with its frame
	Head, Tail int64 // bytes of the frame before the text, and behind it
	Recv       int   // the recv that made it complete, an index in Flow.Recvs
}

// Decoding is a decoder's work on what recvs have returned.
type Decoding struct {
	Messages []Message
	From     int64  // where the bytes begin that are no whole message
	Held     int64  // how many they are
	Head     int64  // how many of them are of a frame, before the text
	Wants    string // what is missing, a few words
	Lost     bool   // from From on the trace hasn't the content
}

// Decode has a decoder work on what the recvs of a flow had returned at position n. end
// says that one had returned 0 by then.
func Decode(framing string, f *play.Flow, n int, end bool) Decoding {
	d := Decoding{From: f.Base}
	var held []byte
	take := func(recv int, end bool) {
		for {
			head, text, tail, wants := next(framing, held, end)
			if d.Wants, d.Head = wants, int64(head); wants != "" {
				return
			}
			size := head + text + tail
			d.Messages = append(d.Messages, Message{Off: d.From, Len: int64(size), Head: int64(head), Tail: int64(tail), Recv: recv})
			held, d.From = held[size:], d.From+int64(size)
		}
	}
	take(0, false)
	for i := range f.Recvs {
		m := &f.Recvs[i]
		if m.Step >= n {
			break
		}
		d.Held = m.Off + m.Len - d.From
		kept := f.Bytes(m)
		if int64(len(kept)) < m.Len {
			d.Lost = true
			return d
		}
		held = append(held, kept...)
		take(i, false)
		d.Held = int64(len(held))
	}
	if end {
		take(len(f.Recvs)-1, true)
		if d.Held = int64(len(held)); d.Held > 0 {
			d.Wants = "the rest, which never came"
		}
	}
	return d
}

// next finds the first message of data: the bytes of its head, text and tail. wants says
// what is missing where it isn't all there.
func next(framing string, data []byte, end bool) (head, text, tail int, wants string) {
	missing := func(size int) string {
		if short := size - len(data); short > 0 {
			return fmt.Sprintf("%d of %s are here: %s missing", len(data), words.Count(int64(size), "byte"), words.Count(int64(short), "byte"))
		}
		return ""
	}
	switch {
	case len(data) == 0:
		return 0, 0, 0, "nothing is held"
	case framing == "fixed":
		return 0, 32, 0, missing(32)
	case framing == "delimiter":
		at := bytes.IndexByte(data, '\n')
		if at < 0 {
			return 0, 0, 0, "a line feed"
		}
		return 0, at, 1, ""
	case framing == "length":
		if len(data) < 2 {
			return 1, 0, 0, "the second byte of the length"
		}
		text = int(binary.BigEndian.Uint16(data))
		return 2, text, 0, missing(2 + text)
	case framing == "type":
		text = map[byte]int{'S': 8, 'M': 16, 'L': 32}[data[0]]
		if text == 0 {
			text = 4 // as the program has it
		}
		return 1, text, 0, missing(1 + text)
	case framing == "end" && !end:
		return 0, 0, 0, "the end of the stream"
	}
	return 0, len(data), 0, "" // whatever a recv returned, or all of the stream
}

// Decoding is the decoder's work on a flow at the position.
func (f *Focus) Decoding(fl Flow, framing string) Decoding {
	flow := f.flowOf(fl)
	return Decode(framing, &flow, f.Pos(), f.endSeen(fl))
}

// endSeen reports whether a recv of the flow has returned 0.
func (f *Focus) endSeen(fl Flow) bool {
	run := f.Player.Run
	from, to := &run.Conns[fl.Conn].Client, &run.Conns[fl.Conn].Server
	if fl.Way == 1 {
		from, to = to, from
	}
	ended := from.Ended(f.Pos())
	for i := ended; ended >= 0 && i < f.Pos(); i++ {
		if e := run.Gist(i); e.Kind == trace.Return && e.Call.Receives() && e.Errno == 0 && run.Step(i).Result == 0 && to.Of(e.Proc) && run.ConnOf(e.Proc, e.FD, i) == &run.Conns[fl.Conn] {
			return true
		}
	}
	return false
}

// Framing is how the messages of the run show their ends, "" for a lab that doesn't say.
func (f *Focus) Framing() string {
	if f.Player == nil {
		return ""
	}
	return f.Player.Run.Header.Knobs["framing"]
}
