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

// frames writes to a browser. Package websocket writes each message by a system
// call of its own. Here a grant of credit and the message behind it share one, and
// nothing is copied.
type frames struct {
	conn    net.Conn
	writing sync.Mutex
	over    error // why no more is written: a close frame was sent, or a write failed

	setting sync.Mutex
	limit   time.Time // no write lasts longer; zero for no limit
}

var errClosed = errors.New("a close frame was sent")

// fin marks the last frame of a message (RFC 6455, section 5.2). We send one frame
// a message. The opcode beside it is package websocket's message type.
const fin = 0x80

// write sends whole frames. While the browser or the network takes nothing it waits,
// until the deadline at most.
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

// hurry ends every write at the deadline, also the one under way.
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

// putHead writes the head of a frame with n bytes of payload into p. The head ends
// before p[end]. putHead returns where it begins.
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

// hijacker gives an upgrade the request's connection, wrapped, and keeps it too.
type hijacker struct {
	http.ResponseWriter
	conn *readOnly
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = &readOnly{Conn: conn}
	return h.conn, buffers, err
}

// readOnly is the connection as package websocket sees it. The package writes the
// answer to the handshake. Once the session is open it only reads: when a frame
// breaks the RFC it would write a close frame, but the session does that.
type readOnly struct {
	net.Conn
	open bool
	last [7]byte // that were read
}

func (c *readOnly) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if k := min(n, len(c.last)); k > 0 {
		copy(c.last[:], c.last[k:])
		copy(c.last[len(c.last)-k:], p[n-k:n])
	}
	return n, err
}

// halfCode reports whether the last bytes were a close frame with one byte of a code. The
// RFC forbids that (section 5.5.1); package websocket takes it for a close without one.
func (c *readOnly) halfCode() bool {
	const masked = 0x80
	return c.last[0] == fin|websocket.CloseMessage && c.last[1] == masked|1
}

func (c *readOnly) SetWriteDeadline(t time.Time) error {
	if c.open {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

func (c *readOnly) Write(p []byte) (int, error) {
	if c.open {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
