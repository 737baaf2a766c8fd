// Package link keeps a page connected to a native server: frames in and requests out,
// over a WebSocket to a relay or over any other stream, made again when it breaks.
package link

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"sockscope/server/trace"
)

// State is how a Link stands.
type State uint8

const (
	Connecting State = iota // the first attempt is under way
	Live                    // the server has spoken
	Gone                    // not connected; another attempt follows by itself
	Refused                 // the server has said why it takes nobody; another attempt follows, later
)

// Off reports whether there is no server to run things on.
func (s State) Off() bool { return s == Gone || s == Refused }

// Event is something that happened on a Link: a Message arrived, the relay gave
// Notice that it is going to close, or it is Gone. The Message of Refused is an
// Error, of the server's or with the relay's reason.
type Event struct {
	State   State
	Notice  string         // why the relay closes, now or soon, in its words; else ""
	Message *trace.Message // nil when Gone, and beside a Notice
	Raw     []byte         // the message as it came, a whole frame; read only
}

// Link is a connection that is made again whenever it breaks.
type Link struct {
	// Busy is set while a run is under way: then a relay that is about to close
	// is listened to until it does.
	Busy atomic.Bool

	// Why, if it is set before Run, is asked why a WebSocket didn't open, which a
	// browser doesn't tell; "" is for nobody knows.
	Why func() string

	dial func() (conn, error)
	take func(Event)

	mu     sync.Mutex
	conn   conn // nil unless live
	closed bool
	stop   chan struct{}
}

// The waits between two attempts: doubled from the first to the last.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 8 * time.Second
)

// ErrNotLive is returned by Send while there is no connection.
var ErrNotLive = errors.New("the relay is not connected")

// New returns a Link to url (ws: or wss:). Run makes it live; take is called
// from Run's goroutine, one event after another.
func New(url string, take func(Event)) *Link {
	return &Link{dial: func() (conn, error) { return dial(url) }, take: take, stop: make(chan struct{})}
}

// Over returns a Link whose connections are streams that open opens. It may wait.
func Over(open func() (io.ReadWriteCloser, error), take func(Event)) *Link {
	dial := func() (conn, error) {
		s, err := open()
		if err != nil {
			return nil, err
		}
		return &stream{s: s}, nil
	}
	return &Link{dial: dial, take: take, stop: make(chan struct{})}
}

// Run connects, reads and reconnects until Close.
func (l *Link) Run() {
	wait := firstWait
	told := false // that it is gone
	for !l.isClosed() {
		came, retry := l.once()
		if l.isClosed() {
			return
		}
		if came == Live || came == Gone && !told {
			l.take(Event{State: Gone})
		}
		told = true
		switch came {
		case Live:
			wait = firstWait
		case Refused:
			wait = lastWait
		}
		t := time.NewTimer(max(wait, retry))
		select {
		case <-t.C:
		case <-l.stop:
			t.Stop()
			return
		}
		wait = min(2*wait, lastWait)
	}
}

// once makes one connection and reads it to its end. It returns how far that
// came: Live if the server spoke, for a relay takes a WebSocket before it knows
// that it reaches one; Refused if the first that came was an Error, or the
// relay's word that it closes. The relay may ask to be left alone for a time.
func (l *Link) once() (came State, retry time.Duration) {
	came = Gone
	conn, err := l.dial()
	if err != nil {
		if l.Why == nil {
			return came, retry
		}
		if why := l.Why(); why != "" && !l.isClosed() {
			l.take(Event{State: Refused, Message: &trace.Message{Error: &trace.Error{Text: why}}})
			came = Refused
		}
		return came, retry
	}
	if !l.hold(conn) {
		conn.close()
		return came, retry
	}
	defer l.drop(conn)
	var rest []byte
	for {
		data, closing, err := conn.read()
		if err != nil {
			return came, retry
		}
		if closing != nil {
			retry = time.Duration(min(closing.Retry, maxRetry)) * time.Second
			if came != Live {
				l.take(Event{State: Refused, Message: &trace.Message{Error: &trace.Error{Text: closing.Reason}}})
				return Refused, retry
			}
			l.take(Event{State: Live, Notice: closing.Reason})
			if !l.Busy.Load() { // nothing is lost, and the relay needn't wait for us
				return came, retry
			}
			continue
		}
		// Frames that were given away may be kept by their taker: what comes is
		// written behind them.
		all, at := append(rest, data...), 0
		rest, err = trace.Frames(all, func(m *trace.Message) {
			end := at + 4 + int(binary.BigEndian.Uint32(all[at:]))
			raw := all[at:end:end]
			at = end
			if came == Gone && m.Error != nil {
				came = Refused
			} else if came == Gone {
				came = Live
			}
			l.take(Event{State: came, Message: m, Raw: raw})
		})
		if err != nil { // not our protocol: no use to read on
			conn.noise()
			return came, retry
		}
	}
}

// Send sends a request. It returns ErrNotLive while there is no connection.
func (l *Link) Send(r *trace.Request) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return ErrNotLive
	}
	if r.Op == trace.OpRun {
		l.Busy.Store(true) // it counts from now on, before the server has said a word of it
	}
	return conn.write(trace.AppendRequest(nil, r))
}

// Close ends the link for good. It doesn't wait.
func (l *Link) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.stop)
	if conn := l.conn; conn != nil {
		go conn.close() // waits for the peer
	}
}

func (l *Link) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// hold makes conn the link's connection, unless the link was closed meanwhile.
func (l *Link) hold(conn conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conn = conn
	return true
}

func (l *Link) drop(conn conn) {
	l.mu.Lock()
	l.conn = nil
	l.mu.Unlock()
	go conn.close()
}

// conn is a connection to a native server.
type conn interface {
	// read waits for the next bytes, or for the relay's word that it is going to close.
	read() (data []byte, closing *control, err error)
	write(frame []byte) error
	noise() // closes, because what came was no frame
	close()
}

// stream is a conn over a stream of bytes, which has its own way to bound what is on it.
type stream struct {
	s   io.ReadWriteCloser
	buf [32 << 10]byte
}

func (s *stream) read() ([]byte, *control, error) {
	n, err := s.s.Read(s.buf[:])
	if n > 0 {
		err = nil
	}
	return s.buf[:n], nil, err
}

func (s *stream) write(frame []byte) error {
	_, err := s.s.Write(frame)
	return err
}

func (s *stream) noise() { s.s.Close() }
func (s *stream) close() { s.s.Close() }
