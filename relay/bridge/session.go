package bridge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// session is one WebSocket joined to one TCP connection. Each goroutine moves bytes one
// step, and knows nothing of the others:
//
//	read     browser -> program, or the queue if that would wait
//	send     queue   -> program
//	receive  program -> browser
//	beat     credit, pings and pongs -> browser
//
// run waits for their ends, and it alone decides what follows.
type session struct {
	name   string
	v1     bool // the browser speaks sockscope.v1
	ws     *websocket.Conn
	out    *frames
	tcp    *program
	log    *slog.Logger
	limits limits
	bridge *Bridge
	local  bool // the browser is on this machine
	seat   seat
	place  *place
	began  time.Time

	up, down atomic.Int64    // bytes to the program, and from it
	moved    atomic.Int64    // when bytes last moved: ns since began
	paced    context.Context // ends when the session must stop going slowly
	hurry    context.CancelFunc

	queue     *queue
	allowance *allowance
	ending    atomic.Bool // the browser gets no more bytes
	deaf      atomic.Bool // the browser's bytes are dropped
	shut      atomic.Bool // our FIN has been sent
	ended     bool        // shutdown_wr has come; only read uses it
	beat      heartbeat
}

func newSession(b *Bridge, name string, ws *websocket.Conn, conn *readOnly, tcp *net.TCPConn, from origin, seat seat, place *place) *session {
	s := &session{
		name: name, v1: ws.Subprotocol() == protocol,
		ws: ws, out: &frames{conn: conn.Conn}, tcp: newProgram(tcp),
		log: b.log.With("target", name, "client", from.client), limits: b.limits,
		bridge: b, local: from.local, seat: seat, place: place, began: time.Now(),
		queue: newQueue(), allowance: newAllowance(Window),
		beat: newHeartbeat(),
	}
	s.paced, s.hurry = context.WithCancel(context.Background())
	if !s.v1 {
		s.allowance.lift()
	}
	conn.open = true
	ws.SetPingHandler(s.pinged)
	ws.SetPongHandler(s.ponged)
	ws.SetCloseHandler(func(int, string) error { return nil }) // the answer is finish's
	return s
}

// How the program's side of a session ends.
type tcpEnd uint8

const (
	byFIN tcpEnd = iota // after all that the browser sent
	byRST               // too
)

// verdict is how a session ends.
type verdict struct {
	tcp    tcpEnd
	code   int // of the close frame; 0 when the browser is gone
	reason string
	reset  bool // a message "reset" tells the browser too
	ours   bool // the relay decided it; a message "closing" tells the browser
	unread bool // the browser may have sent more than was read
	heed   bool // bytes that come before the browser's own close are delivered
}

// run is the whole session. Both connections stand when it begins, and neither does
// when it ends.
func (s *session) run() {
	s.bridge.counts.began(s.name)
	reads, sends, receives := make(chan readEnd, 1), make(chan error, 1), make(chan receiveEnd, 1)
	go func() { reads <- s.read() }()
	go func() { sends <- s.send() }()
	go func() { receives <- s.receive() }()
	quiet := make(chan struct{})
	beats := make(chan struct{})
	go func() { s.beatUntil(quiet); close(beats) }()

	v := s.judge(reads, sends, receives)
	s.finish(v, reads, sends, receives)

	close(quiet)
	s.tcp.Close()
	s.ws.Close()
	<-beats
	s.bridge.counts.ended(v.code)
	level := slog.LevelInfo
	if s.local {
		level = slog.LevelDebug // the relay is its user's own: no news to them
	}
	attrs := []any{"up", s.up.Load(), "down", s.down.Load(), "seconds", time.Since(s.began).Seconds()}
	if v.code == 0 {
		attrs = append(attrs, "reason", "the client is gone")
	} else {
		attrs = append(attrs, "code", v.code, "reason", v.reason)
	}
	s.log.Log(context.Background(), level, "session", attrs...)
}

// judge waits for what ends the session and returns how it ends. It puts back what it
// takes from a channel: finish waits there too.
func (s *session) judge(reads chan readEnd, sends chan error, receives chan receiveEnd) verdict {
	var ended bool   // the program has sent its FIN
	var failed error // of sending to the program
	drain := s.bridge.drain
	var due <-chan time.Time // time to look at the session's age
	if !s.local {
		timer := time.NewTimer(min(s.limits.idle, s.limits.life))
		defer timer.Stop()
		due = timer.C
	}
	for {
		select {
		case end := <-reads:
			reads <- end
			return end.verdict()

		case err := <-sends:
			sends <- err
			if err == nil { // all is sent, after shutdown_wr
				err = s.sendFIN()
			}
			if err == nil && ended {
				return verdict{code: codeDone}
			}
			if err != nil && ended { // receive has ended, so it can't find out
				return broken(err)
			}
			sends, failed = nil, err // receive finds out, after the bytes before

		case end := <-receives:
			receives <- end
			switch {
			case end.browserGone:
				return verdict{tcp: byRST}
			case end.err != nil:
				return broken(end.err)
			case !s.v1:
				return verdict{code: codeDone, heed: true}
			case failed != nil: // receive saw the FIN first, so it didn't find out
				return broken(failed)
			case s.shut.Load():
				return verdict{code: codeDone}
			}
			ended, receives = true, nil

		case <-due:
			age := time.Since(s.began)
			idle := age - time.Duration(s.moved.Load())
			switch {
			case age >= s.limits.life:
				return verdict{code: codeAge, ours: true, reason: fmt.Sprintf("a connection may last %v; connect again", s.limits.life)}
			case idle >= s.limits.idle:
				return verdict{code: codeIdle, ours: true, reason: fmt.Sprintf("nothing was sent or received for %v; connect again", s.limits.idle)}
			}
			due = time.After(min(s.limits.idle-idle, s.limits.life-age))

		case <-s.place.turn():
			return verdict{code: codeAge, ours: true, reason: fmt.Sprintf("%s serves one client after another, and a turn lasts %v while others wait; connect again", s.name, s.place.in.turn)}

		case <-drain:
			drain = nil
			s.beat.announce("the relay was told to stop; connections end " + within(time.Until(s.bridge.until)))

		case <-s.bridge.stop:
			return verdict{code: codeShutdown, ours: true, reason: "the relay shuts down"}
		}
	}
}

// finish ends both sides as v says. It returns when read, send and receive have.
func (s *session) finish(v verdict, reads chan readEnd, sends chan error, receives chan receiveEnd) {
	patience := s.limits.linger
	if v.code == codeShutdown {
		patience = s.limits.answer
	}
	s.ending.Store(true)
	s.hurry()
	s.allowance.lift()
	if !v.heed {
		s.deaf.Store(true)
		s.queue.end()
	}
	told := v.code != 0 && s.sayGoodbye(v)
	s.awaitBrowser(v, patience, reads)
	s.queue.end()
	if told && v.unread {
		heard := make(chan struct{})
		go func() { s.hearOut(); close(heard) }()
		defer func() { <-heard }()
	} else {
		s.ws.Close() // this ends a write of receive's; it then drops what comes
	}

	sent := s.awaitSent(patience, sends)
	if v.tcp == byFIN && sent && (s.shut.Load() || s.sendFIN() == nil) {
		// Closing with unread bytes would send a RST. It might overtake what was
		// sent. So read to the program's end first.
		s.tcp.SetReadDeadline(time.Now().Add(patience))
		<-receives
		return
	}
	if sent {
		drain(s.tcp.TCPConn)
	}
	s.tcp.SetLinger(0) // close sends a RST
	s.tcp.Close()
	<-receives
}

// sayGoodbye sends the close frame, which also answers the browser's. It reports
// whether that worked.
func (s *session) sayGoodbye(v verdict) bool {
	deadline := time.Now().Add(s.limits.answer)
	if v.heed || v.code == codeDone {
		deadline = time.Now().Add(s.limits.stall) // bytes before it may take long
	}
	s.out.hurry(deadline)
	if v.reset && s.v1 {
		s.writeText(control{Type: reset}, deadline)
	}
	if v.ours && s.v1 {
		s.writeText(control{Type: closing, Code: v.code, Reason: v.reason}, deadline)
	}
	return s.out.close(closeFrame(v.code, v.reason), deadline) == nil
}

// awaitBrowser waits until the browser has closed too.
func (s *session) awaitBrowser(v verdict, patience time.Duration, reads chan readEnd) {
	if v.code != 0 && !v.heed {
		patience = s.limits.answer
	}
	s.ws.SetReadDeadline(time.Now().Add(patience))
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-reads:
	case <-timer.C:
		s.queue.end() // read may wait for room in it
		<-reads
	}
}

// hearOut closes our direction and drops what still comes, until the browser closes
// too. Closing both with bytes unread would send a RST, and that may overtake the
// close frame (RFC 6455, section 7.1.1).
func (s *session) hearOut() {
	conn := s.out.conn
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
	conn.SetReadDeadline(time.Now().Add(s.limits.answer))
	io.Copy(io.Discard, conn)
}

// awaitSent waits until the program has taken all of the queue. It reports whether it
// has.
func (s *session) awaitSent(patience time.Duration, sends chan error) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-sends:
		return err == nil
	case <-timer.C:
		s.queue.abandon()
		s.tcp.SetWriteDeadline(time.Now())
		<-sends
		return false
	}
}

// note counts bytes that have moved.
func (s *session) note(up, down int) {
	s.up.Add(int64(up))
	s.down.Add(int64(down))
	s.bridge.counts.passed(up, down)
	s.moved.Store(int64(time.Since(s.began)))
}

// sendFIN ends our direction of the TCP connection.
func (s *session) sendFIN() error {
	s.shut.Store(true) // before the kernel knows: see receive
	return s.tcp.CloseWrite()
}
