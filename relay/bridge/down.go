package bridge

import (
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// receiveEnd is how receiving from the program ended. Without an error and
// with the browser there, it was a FIN.
type receiveEnd struct {
	err         error // the TCP connection's
	browserGone bool
}

// receive passes on what the program sends until it ends. When the session
// ends before, it reads on and drops what comes.
func (s *session) receive() receiveEnd {
	for {
		p, n, err := s.tcp.next(s.allowance.wait(MaxMessage))
		switch {
		case err == nil:
			err := s.forwardDown(p, n)
			p.free()
			if err != nil && !s.ending.Load() {
				return receiveEnd{browserGone: true}
			}
		case err != io.EOF:
			return receiveEnd{err: err}
		// A write may have been told of the RST, and then a read isn't. Once our
		// own FIN is out, no write is left to be told.
		case closedByPeer(s.tcp.TCPConn) && !s.shut.Load():
			return receiveEnd{err: syscall.ECONNRESET}
		default:
			if s.v1 && !s.ending.Load() {
				s.writeText(control{Type: eof}, time.Now().Add(s.limits.stall))
			}
			return receiveEnd{}
		}
	}
}

// broken is the verdict on a TCP connection that failed.
func broken(err error) verdict {
	for _, errno := range []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ENOTCONN} {
		if errors.Is(err, errno) {
			return verdict{tcp: byRST, code: codeReset, reason: syscall.ECONNRESET.Error(), reset: true}
		}
	}
	return verdict{tcp: byRST, code: codeFailed, reason: cause(err)}
}

// forwardDown sends n bytes to the browser, as a message. It waits while the browser, or the
// network before it, takes nothing.
func (s *session) forwardDown(p *piece, n int) error {
	if s.ending.Load() {
		return nil
	}
	s.allowance.spend(n)
	s.note(0, n)
	s.seat.pace(s.paced, n)
	s.beat.sent()
	at := putHead(p[:], headRoom, websocket.BinaryMessage, n)
	if owed := s.beat.pay(creditAlong); owed > 0 {
		text := control{Type: credit, Bytes: owed}.text()
		at -= copy(p[at-len(text):], text)
		at = putHead(p[:], at, websocket.TextMessage, len(text))
	}
	return s.out.write(p[at:headRoom+n], time.Now().Add(s.limits.stall))
}

// writeText sends a control message.
func (s *session) writeText(c control, deadline time.Time) error {
	return s.out.write(newFrame(websocket.TextMessage, c.text()), deadline)
}
