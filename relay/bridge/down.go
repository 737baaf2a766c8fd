package bridge

import (
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// receiveEnd is how receiving from the program ended. The zero receiveEnd is a FIN.
type receiveEnd struct {
	err         error // the TCP connection's
	browserGone bool
}

// receive passes on what the program sends, until the program ends. If the session
// ends first, it reads on and drops the bytes.
func (s *session) receive() receiveEnd {
	for {
		p, n, err := s.tcp.next(s.allowance.wait(MaxMessage))
		switch {
		case err == nil:
			err := s.deliver(p, n)
			p.free()
			if err != nil && !s.ending.Load() {
				return receiveEnd{browserGone: true}
			}
		case err != io.EOF:
			return receiveEnd{err: err}
		// The kernel tells one call of a RST. If that was a write, this read sees
		// end of file. After our own FIN there is no such write.
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

// deliver sends n bytes to the browser as a message. While the browser or the network
// takes nothing, it waits.
func (s *session) deliver(p *piece, n int) error {
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
