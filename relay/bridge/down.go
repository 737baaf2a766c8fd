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

// receivePiece is how much is read from the program at once, in bytes.
const receivePiece = 32 << 10

// receive passes on what the program sends until it ends. When the session
// ends before, it reads on and drops what comes.
func (s *session) receive() receiveEnd {
	buffer := make([]byte, receivePiece)
	for {
		n, err := s.tcp.Read(buffer[:s.allowance.wait(len(buffer))])
		if n > 0 && !s.ending.Load() {
			s.allowance.spend(n)
			s.note(0, n)
			s.seat.pace(s.paced, n)
			s.beat.sent()
			if s.writeBytes(buffer[:n]) != nil && !s.ending.Load() {
				return receiveEnd{browserGone: true}
			}
		}
		switch {
		case err == nil:
		case err != io.EOF:
			return receiveEnd{err: err}
		// A write may have been told of the RST, and then a read isn't. Once our
		// own FIN is out, no write is left to be told.
		case closedByPeer(s.tcp) && !s.shut.Load():
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

// writeBytes sends a binary message. It waits while the browser, or the
// network before it, takes nothing.
func (s *session) writeBytes(p []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.ws.SetWriteDeadline(time.Now().Add(s.limits.stall))
	return s.ws.WriteMessage(websocket.BinaryMessage, p)
}

// writeText sends a control message.
func (s *session) writeText(c control, deadline time.Time) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.ws.SetWriteDeadline(deadline)
	return s.ws.WriteMessage(websocket.TextMessage, c.text())
}
