package bridge

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// frames writes to a browser. Package websocket would write each message by
// itself; here a grant of credit travels in front of a message, in one system
// call, and nothing is copied. That makes a stream with credit as fast as one without.
type frames struct {
	conn    net.Conn
	writing sync.Mutex
	over    error // no more is written: a close frame has been, or a write has failed

	setting sync.Mutex
	limit   time.Time // for every write from now on, if it isn't zero
}

var errClosed = errors.New("a close frame has been sent")

// The first byte of a frame that is the only one of its message (RFC 6455,
// section 5.2): FIN and the opcode, which package websocket's message types are.
const fin = 0x80

// write sends whole frames. It waits while the browser, or the network before
// it, takes nothing, but not after the deadline.
func (f *frames) write(p []byte, deadline time.Time) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.over != nil {
		return f.over
	}
	f.setDeadline(deadline)
	_, f.over = f.conn.Write(p)
	return f.over
}

// close sends a close frame. Nothing is sent after it (section 5.5.1).
func (f *frames) close(payload []byte, deadline time.Time) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.over != nil {
		return f.over
	}
	f.setDeadline(deadline)
	if _, f.over = f.conn.Write(newFrame(websocket.CloseMessage, payload)); f.over != nil {
		return f.over
	}
	f.over = errClosed
	return nil
}

// hurry has all writes end by the deadline, the one under way too.
func (f *frames) hurry(deadline time.Time) {
	f.setting.Lock()
	defer f.setting.Unlock()
	f.limit = deadline
	f.conn.SetWriteDeadline(deadline)
}

func (f *frames) setDeadline(t time.Time) {
	f.setting.Lock()
	defer f.setting.Unlock()
	if !f.limit.IsZero() && t.After(f.limit) {
		t = f.limit
	}
	f.conn.SetWriteDeadline(t)
}

// newFrame returns a frame.
func newFrame(kind byte, payload []byte) []byte {
	p := make([]byte, maxHead+len(payload))
	at := putHead(p, maxHead, kind, len(payload))
	copy(p[maxHead:], payload)
	return p[at:]
}

// maxHead is the longest head of a frame that isn't masked, as a server's are (section 5.1).
const maxHead = 10

// putHead writes the head of a frame with n bytes of payload, in its shortest
// form, so that it ends before p[end]. It returns where it begins.
func putHead(p []byte, end int, kind byte, n int) (at int) {
	switch {
	case n < 126:
		at = end - 2
		p[at+1] = byte(n)
	case n < 1<<16:
		at = end - 4
		p[at+1] = 126
		binary.BigEndian.PutUint16(p[at+2:], uint16(n))
	default:
		at = end - maxHead
		p[at+1] = 127
		binary.BigEndian.PutUint64(p[at+2:], uint64(n))
	}
	p[at] = fin | kind
	return at
}

// hijacker hands a request's connection over to an upgrade, and keeps it.
type hijacker struct {
	http.ResponseWriter
	conn *readOnly
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = &readOnly{Conn: conn}
	return h.conn, buffers, err
}

// readOnly is the connection as package websocket sees it. It writes the answer to the
// handshake. Later it would only write a close frame of its own when it
// reads what is against the RFC; that is dropped, since the session sends
// one, after what is on its way.
type readOnly struct {
	net.Conn
	open bool
}

func (c *readOnly) Write(p []byte) (int, error) {
	if c.open {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
