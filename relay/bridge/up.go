package bridge

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// readEnd is how reading from the browser ended. The browser closed, or asked for a
// reset, or is refused with a close code. The zero readEnd is a browser that is gone.
type readEnd struct {
	closed bool
	reset  bool
	refuse int
	reason string
}

// verdict returns how the session ends then.
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
	for {
		kind, message, err := s.ws.NextReader()
		if err != nil {
			return s.endOf(err)
		}
		if end := s.accept(kind, message); end != nil {
			return *end
		}
	}
}

// accept takes one message. It returns nil unless reading ends with it.
func (s *session) accept(kind int, message io.Reader) *readEnd {
	p := newPiece()
	defer p.free()
	n, err := io.ReadFull(message, p.payload())
	bytes := p.payload()[:n]
	s.beat.heard()
	switch {
	case s.deaf.Load():
	case err == nil:
		return &readEnd{refuse: codeTooBig, reason: fmt.Sprintf("a message may have at most %d bytes", MaxMessage)}
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		end := s.endOf(err)
		return &end
	case kind == websocket.TextMessage && !s.v1:
		return &readEnd{refuse: codeText, reason: "bytes travel in binary messages; control messages take the subprotocol " + protocol}
	case kind == websocket.TextMessage && !utf8.Valid(bytes):
		return &readEnd{refuse: codeNotUTF8, reason: "a text message that isn't UTF-8"}
	case kind == websocket.TextMessage:
		return s.obey(bytes)
	case s.ended:
		return &readEnd{refuse: codeMalformed, reason: "bytes after " + shutdownWR}
	default:
		s.forward(bytes)
	}
	return nil
}

// obey does what a control message asks for.
func (s *session) obey(text []byte) *readEnd {
	c, err := parseControl(text)
	if err == nil && c.Type == credit {
		err = s.allowance.grant(c.Bytes)
	}
	if err != nil {
		return &readEnd{refuse: codeMalformed, reason: err.Error()}
	}
	switch c.Type {
	case reset:
		return &readEnd{reset: true}
	case shutdownWR:
		s.ended = true
		s.queue.end()
	}
	return nil
}

// forward passes bytes on to the program. It writes what the kernel takes at once:
// waking another goroutine costs more than writing a short message. The rest
// goes into the queue. So does all that a client elsewhere sends, since send paces it.
func (s *session) forward(p []byte) {
	if len(p) == 0 {
		return // a write of nothing could only swallow the news of a RST
	}
	if s.local {
		rest := s.queue.pass(p, s.tcp.writeNow)
		s.delivered(len(p) - len(rest))
		if p = rest; len(p) == 0 {
			return
		}
	}
	s.beat.stuck(true)
	s.queue.put(p)
	s.beat.stuck(false)
}

// delivered counts n bytes that the program has taken. The browser is owed as much
// credit.
func (s *session) delivered(n int) {
	s.note(n, 0)
	if s.v1 {
		s.beat.owe(n)
	}
}

// endOf says what an error of reading means: a close, a frame against the RFC, or a
// browser that is gone.
func (s *session) endOf(err error) readEnd {
	if ce, ok := errors.AsType[*websocket.CloseError](err); ok {
		if conn, ok := s.ws.NetConn().(*readOnly); ok && ce.Code == websocket.CloseNoStatusReceived && conn.halfCode() {
			return readEnd{refuse: codeProtocol, reason: "a close frame with half a code"}
		}
		return readEnd{closed: ce.Code != websocket.CloseAbnormalClosure}
	}
	// Package websocket's errors about frames have no type, only this prefix.
	if reason, ok := strings.CutPrefix(err.Error(), "websocket: "); ok {
		return readEnd{refuse: codeProtocol, reason: reason}
	}
	return readEnd{}
}

// sendPiece is how much send writes at once, in bytes. The browser gets credit after
// each.
const sendPiece = 32 << 10

// send writes the queue's bytes to the program until the queue ends. Its error is
// the TCP connection's.
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
