// Package link keeps a page connected to the relay: one WebSocket, frames in
// and requests out, made again when it breaks.
//
// It is the only package that knows the WebSocket library, so that the
// library's successor is a change in one file. In the browser that library
// can only close with 1000 or 3000-4999 (other codes throw, and the socket
// stays open), never blocks in Write, and has no ping: this package keeps to
// the codes, and leaves the heartbeat to the relay, whose pings the browser
// answers by itself.
package link

//lint:file-ignore SA1019 The library lives on as github.com/coder/websocket; this file is where that change will be made.

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"nhooyr.io/websocket"

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

	url  string
	take func(Event)

	mu     sync.Mutex
	conn   *websocket.Conn // nil unless live
	closed bool
	stop   chan struct{}
}

// The waits between two attempts: doubled from the first to the last.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 8 * time.Second
)

// maxMessage bounds one WebSocket message, in bytes. A relay passes on what it
// read, which is far less than one frame of the protocol.
const maxMessage = 2 * trace.MaxFrame

// Subprotocol is negotiated with the relay: binary messages are the bytes of the
// stream, cut anywhere; short text messages are control.
const Subprotocol = "sockscope.v1"

// ErrNotLive is returned by Send while there is no connection.
var ErrNotLive = errors.New("the relay is not connected")

// New returns a Link to url (ws: or wss:). Run makes it live; take is called
// from Run's goroutine, one event after another.
func New(url string, take func(Event)) *Link {
	return &Link{url: url, take: take, stop: make(chan struct{})}
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
	// Dial's context must not end: it would close with a code that a browser
	// refuses. A browser gives up an attempt by itself.
	conn, _, err := websocket.Dial(context.Background(), l.url, &websocket.DialOptions{Subprotocols: []string{Subprotocol}})
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
	conn.SetReadLimit(maxMessage)
	if !l.hold(conn) {
		conn.Close(websocket.StatusNormalClosure, "")
		return came, retry
	}
	defer l.drop(conn)
	var rest []byte
	spent := 0 // bytes taken since the last grant
	for {
		kind, data, err := conn.Read(context.Background())
		if err != nil {
			return came, retry
		}
		if kind != websocket.MessageBinary {
			c, ok := parse(data)
			if !ok || c.Type == "eof" || c.Type == "reset" {
				return came, retry
			}
			if c.Type == "closing" {
				retry = time.Duration(min(c.Retry, maxRetry)) * time.Second
				if came != Live {
					l.take(Event{State: Refused, Message: &trace.Message{Error: &trace.Error{Text: c.Reason}}})
					return Refused, retry
				}
				l.take(Event{State: Live, Notice: c.Reason})
				if !l.Busy.Load() { // nothing is lost, and the relay needn't wait for us
					return came, retry
				}
			}
			continue // credit for what we send concerns only those who send much
		}
		spent += len(data)
		if spent >= grant {
			text := fmt.Appendf(nil, `{"type":"credit","bytes":%d}`, spent)
			if conn.Write(context.Background(), websocket.MessageText, text) != nil {
				return came, retry
			}
			spent = 0
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
			conn.Close(closeBadFrame, "bad frame")
			return came, retry
		}
	}
}

// grant is how many bytes are taken before the relay is told that as many more
// are welcome: half of the window that it begins with, so that it never runs dry.
const grant = 128 << 10

// control is a control message of the relay's.
type control struct {
	Type   string `json:"type"`
	Reason string `json:"reason"` // of closing
	Retry  int    `json:"retry"`  // of closing; s
}

// maxRetry bounds how long the relay may ask to be left alone, in seconds.
const maxRetry = 300

func parse(text []byte) (c control, ok bool) {
	err := json.Unmarshal(text, &c)
	return c, err == nil
}

// closeBadFrame is our own close code for bytes that are no frames.
const closeBadFrame websocket.StatusCode = 4002

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
	return conn.Write(context.Background(), websocket.MessageBinary, trace.AppendRequest(nil, r))
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
		go conn.Close(websocket.StatusNormalClosure, "") // waits for the peer
	}
}

func (l *Link) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// hold makes conn the link's connection, unless the link was closed meanwhile.
func (l *Link) hold(conn *websocket.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conn = conn
	return true
}

func (l *Link) drop(conn *websocket.Conn) {
	l.mu.Lock()
	l.conn = nil
	l.mu.Unlock()
	go conn.Close(websocket.StatusNormalClosure, "")
}
