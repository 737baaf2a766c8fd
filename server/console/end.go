package console

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Window is how many bytes of a connection may be on their way in each direction.
const Window = 64 << 10

// end is one end of the stream.
type end struct {
	mu    sync.Mutex
	conns map[byte]*Conn
	rest  []byte // of a frame that is not whole
	err   error  // why the stream is over; nil while it isn't

	write  func(frame []byte) // takes a whole frame; called with mu held
	accept func(*Conn)        // gets a connection that the other end opens; nil refuses
	set    func(Setting)      // nil refuses
	taken  func(int)          // nil refuses
}

// take takes what has come on the stream.
func (e *end) take(b []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return e.err
	}
	b = append(e.rest, b...)
	for len(b) >= headSize {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n > maxBody {
			return e.fail(fmt.Errorf("%w: %d bytes long", ErrFrame, n))
		}
		if len(b) < headSize+n {
			break
		}
		if err := e.frame(kind(b[0]), b[1], b[headSize:headSize+n]); err != nil {
			return e.fail(err)
		}
		b = b[headSize+n:]
	}
	e.rest = append(e.rest[:0], b...)
	return nil
}

func (e *end) frame(k kind, id byte, body []byte) error {
	wrong := fmt.Errorf("%w: kind %d of connection %d, %d bytes", ErrFrame, k, id, len(body))
	c := e.conns[id]
	count := 0
	if k == grant || k == taken {
		if len(body) != 4 {
			return wrong
		}
		count = int(binary.BigEndian.Uint32(body) & (1<<30 - 1))
	}
	switch k {
	case open:
		if c != nil || e.accept == nil {
			return wrong
		}
		e.accept(e.add(id))
	case data:
		switch {
		case c == nil || c.over || len(c.in)+len(body) > Window:
			return wrong
		case !c.closed: // else nobody reads it any more
			c.in = append(c.in, body...)
			c.turn.Broadcast()
		}
	case grant:
		if c == nil || c.credit+count > Window {
			return wrong
		}
		c.credit += count
		c.pump()
	case shut:
		if c == nil || c.over {
			return wrong
		}
		c.over = true
		c.forget()
	case taken:
		if e.taken == nil {
			return wrong
		}
		e.taken(count)
	case set:
		s, ok := readSetting(body)
		if !ok || e.set == nil {
			return wrong
		}
		e.set(s)
	default:
		return wrong
	}
	return nil
}

// fail ends the stream, and all connections with it. e.mu is held.
func (e *end) fail(err error) error {
	if e.err == nil {
		e.err = err
	}
	for _, c := range e.conns {
		c.turn.Broadcast()
	}
	return e.err
}

// add adds a connection. e.mu is held.
func (e *end) add(id byte) *Conn {
	c := &Conn{end: e, id: id, credit: Window}
	c.turn.L = &e.mu
	e.conns[id] = c
	return c
}

// Conn is one connection.
type Conn struct {
	end *end
	id  byte

	// Of what follows all is guarded by end.mu.
	turn   sync.Cond
	in     []byte // came, and was not read
	owed   int    // bytes read since the last grant
	out    []byte // was written, and waits for credit
	credit int
	closed bool // by this end
	said   bool // and the other end knows
	over   bool // closed by the other end
}

// ErrClosed is returned for a connection that this end has closed.
var ErrClosed = errors.New("the connection is closed")

// Read reads what has come. Its error is io.EOF once the other end has closed.
func (c *Conn) Read(b []byte) (int, error) {
	c.end.mu.Lock()
	defer c.end.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, ErrClosed
		case len(c.in) > 0:
			n := copy(b, c.in)
			c.in = append(c.in[:0], c.in[n:]...)
			if c.owed += n; c.owed >= Window/2 && !c.over {
				c.end.write(appendCount(nil, grant, c.id, c.owed))
				c.owed = 0
			}
			return n, nil
		case c.over:
			return 0, io.EOF
		case c.end.err != nil:
			return 0, c.end.err
		}
		c.turn.Wait()
	}
}

// Write has b sent. It waits while as much as a window of bytes waits for credit already.
func (c *Conn) Write(b []byte) (int, error) {
	c.end.mu.Lock()
	defer c.end.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, ErrClosed
		case c.over:
			return 0, io.ErrClosedPipe
		case c.end.err != nil:
			return 0, c.end.err
		case len(c.out) < Window:
			c.out = append(c.out, b...)
			c.pump()
			return len(b), nil
		}
		c.turn.Wait()
	}
}

// pump sends what there is credit for, and then that the connection is closed. end.mu is
// held.
func (c *Conn) pump() {
	for len(c.out) > 0 && c.credit > 0 && !c.over {
		n := min(len(c.out), c.credit, maxBody)
		c.end.write(appendFrame(nil, data, c.id, c.out[:n]))
		c.out = append(c.out[:0], c.out[n:]...)
		c.credit -= n
	}
	if c.over {
		c.out = nil
	}
	if c.closed && len(c.out) == 0 && !c.said {
		c.said = true
		c.end.write(appendFrame(nil, shut, c.id, nil))
	}
	c.forget()
}

// forget lets others have the connection's number once both ends have closed.
func (c *Conn) forget() {
	c.turn.Broadcast()
	if c.said && c.over && c.end.conns[c.id] == c {
		delete(c.end.conns, c.id)
	}
}

// Close closes the connection, when what was written is sent.
func (c *Conn) Close() error {
	c.end.mu.Lock()
	defer c.end.mu.Unlock()
	if !c.closed {
		c.closed, c.in = true, nil
		c.pump()
	}
	return nil
}
