package bridge

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// readEnd is how reading from the browser ended: it closed, it is gone, it
// asked for a reset, or it is refused with a close code.
type readEnd struct {
	closed bool
	reset  bool
	refuse int
	reason string
}

// verdict returns what follows for the session.
func (e readEnd) verdict() verdict {
	switch {
	case e.closed:
		return verdict{tcp: byFIN, code: codeDone}
	case e.reset:
		return verdict{tcp: byRST, code: codeDone, reason: "reset", unread: true}
	case e.refuse != 0:
		return verdict{tcp: byRST, code: e.refuse, reason: e.reason, unread: true}
	}
	return verdict{tcp: byRST}
}

// read takes messages from the browser until it ends. It waits only while the
// queue is full.
func (s *session) read() readEnd {
	buffer := make([]byte, MaxMessage+1)
	shutdown := false
	for {
		kind, message, err := s.ws.NextReader()
		if err != nil {
			return endOf(err)
		}
		n, err := io.ReadFull(message, buffer)
		s.beat.heard()
		switch {
		case s.deaf.Load():
			continue
		case err == nil:
			return readEnd{refuse: codeTooBig, reason: fmt.Sprintf("a message may have at most %d bytes", MaxMessage)}
		case err != io.EOF && err != io.ErrUnexpectedEOF:
			return endOf(err)
		case kind == websocket.TextMessage && !s.v1:
			return readEnd{refuse: codeText, reason: "bytes travel in binary messages; control messages take the subprotocol " + protocol}
		case kind == websocket.TextMessage && !utf8.Valid(buffer[:n]):
			return readEnd{refuse: codeNotUTF8, reason: "a text message that isn't UTF-8"}
		case kind == websocket.TextMessage:
			c, err := parseControl(buffer[:n])
			if err == nil && c.Type == credit {
				err = s.allowance.grant(c.Bytes)
			}
			if err != nil {
				return readEnd{refuse: codeMalformed, reason: err.Error()}
			}
			switch c.Type {
			case reset:
				return readEnd{reset: true}
			case shutdownWR:
				shutdown = true
				s.queue.end()
			}
		case shutdown:
			return readEnd{refuse: codeMalformed, reason: "bytes after " + shutdownWR}
		default:
			s.forward(buffer[:n])
		}
	}
}

// forward passes bytes on to the program. What its kernel takes at once needs
// no other goroutine: to wake one costs more than to write a short message.
// The rest, and what a client elsewhere sends, which is paced, is the queue's.
func (s *session) forward(p []byte) {
	if len(p) == 0 {
		return // a write of nothing would only take the news of a RST from others
	}
	if s.local {
		rest := s.queue.pass(p, s.now.write)
		s.delivered(len(p) - len(rest))
		if p = rest; len(p) == 0 {
			return
		}
	}
	s.beat.stuck(true)
	s.queue.put(p)
	s.beat.stuck(false)
}

// delivered counts n bytes that the program has taken, and owes the browser
// credit for them.
func (s *session) delivered(n int) {
	s.note(n, 0)
	if s.v1 {
		s.beat.owe(n)
	}
}

// endOf tells a close, what is against the protocol, and a browser that is gone
// from one another.
func endOf(err error) readEnd {
	var ce *websocket.CloseError
	switch {
	case errors.As(err, &ce):
		return readEnd{closed: ce.Code != websocket.CloseAbnormalClosure}
	}
	// Package websocket has closed with this code already. Its errors have no
	// type, those of the connection do.
	if reason, ok := strings.CutPrefix(err.Error(), "websocket: "); ok {
		return readEnd{refuse: codeProtocol, reason: reason}
	}
	return readEnd{}
}

// sendPiece is how much is written to the program at once, in bytes: the
// browser gets credit anew for each piece.
const sendPiece = 32 << 10

// send writes to the program what the queue holds, until the queue ends. An
// error is the TCP connection's.
func (s *session) send() error {
	for {
		p := s.queue.take()
		if p == nil {
			return nil
		}
		for len(p) > 0 {
			piece := p[:min(len(p), sendPiece)]
			s.seat.pace(s.paced, len(piece))
			n, err := s.tcp.Write(piece)
			s.delivered(n)
			if err != nil {
				s.queue.abandon()
				return err
			}
			s.queue.done(n)
			p = p[n:]
		}
	}
}
