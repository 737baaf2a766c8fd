package bridge

import (
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// heartbeat is what a session owes its browser besides bytes, and what it
// knows of the browser's life. Whoever finds that something is owed notes it
// here and goes on; only beatUntil waits for the browser to take it.
type heartbeat struct {
	wake chan struct{}

	mu      sync.Mutex
	credit  int     // bytes that the program has taken
	pong    *string // the answer to the last ping
	notice  string  // why the session is going to be closed
	last    time.Time
	writes  uint64 // that went to the browser
	known   uint64 // of those, how many came before a ping that it has answered
	blocked bool   // read waits for the program, and hears nothing
}

func newHeartbeat() heartbeat {
	return heartbeat{wake: make(chan struct{}, 1), last: time.Now()}
}

// Credit goes out in portions, since a message for each message would cost more than the
// bytes. A portion travels in front of bytes, for next to nothing. When half of the
// window is owed and no bytes came, it goes alone: the browser still has the other
// half to spend.
const (
	creditAlong = Window / 8
	creditAlone = Window / 2
)

// owe notes n bytes of credit for the browser.
func (h *heartbeat) owe(n int) {
	h.mu.Lock()
	h.credit += n
	due := h.credit >= creditAlone
	h.mu.Unlock()
	if due {
		h.signal()
	}
}

// heard notes a sign of life.
func (h *heartbeat) heard() {
	h.mu.Lock()
	h.last = time.Now()
	h.mu.Unlock()
}

// sent notes that bytes went to the browser.
func (h *heartbeat) sent() {
	h.mu.Lock()
	h.writes++
	h.mu.Unlock()
}

// ping returns the payload of a ping that goes out now: how many writes are
// before it. An answer to an earlier one doesn't tell that those after it have
// reached the browser.
func (h *heartbeat) ping() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strconv.AppendUint(nil, h.writes, 10)
}

// answered notes a pong.
func (h *heartbeat) answered(payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = time.Now()
	if n, err := strconv.ParseUint(payload, 10, 64); err == nil && n <= h.writes {
		h.known = max(h.known, n)
	}
}

// stuck notes that read waits for the program, or no longer does.
func (h *heartbeat) stuck(yes bool) {
	h.mu.Lock()
	h.blocked = yes
	if !yes {
		h.last = time.Now()
	}
	h.mu.Unlock()
}

func (h *heartbeat) signal() {
	select {
	case h.wake <- struct{}{}:
	default: // it is on its way already
	}
}

// announce says why the session is going to be closed.
func (h *heartbeat) announce(why string) {
	h.mu.Lock()
	h.notice = why
	h.mu.Unlock()
	h.signal()
}

// pay returns the credit that is owed, if it is that much, and strikes it out.
func (h *heartbeat) pay(portion int) (credit int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.credit >= portion {
		credit, h.credit = h.credit, 0
	}
	return credit
}

// debts returns what is owed besides, and strikes it out.
func (h *heartbeat) debts() (pong *string, notice string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	pong, h.pong = h.pong, nil
	notice, h.notice = h.notice, ""
	return pong, notice
}

// silent reports whether the browser owed a sign of life for longer than d. It
// owes none while its pong may wait behind bytes: behind those on their way to
// it that it needn't read yet, or behind those from it that we don't read yet.
func (h *heartbeat) silent(d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.blocked && h.known == h.writes && time.Since(h.last) > d
}

// beatUntil pays what is owed and pings, until quiet is closed. A browser that
// stays silent is cut off, which ends read.
func (s *session) beatUntil(quiet <-chan struct{}) {
	ticker := time.NewTicker(s.limits.ping)
	defer ticker.Stop()
	for {
		select {
		case <-quiet:
			return
		case <-s.beat.wake:
			pong, notice := s.beat.debts()
			if pong != nil {
				s.out.write(newFrame(websocket.PongMessage, []byte(*pong)), time.Now().Add(s.limits.stall))
			}
			if owed := s.beat.pay(creditAlone); owed > 0 {
				s.writeText(control{Type: credit, Bytes: owed}, time.Now().Add(s.limits.stall))
			}
			if notice != "" && s.v1 {
				s.writeText(control{Type: closing, Code: codeShutdown, Reason: notice}, time.Now().Add(s.limits.stall))
			}
		case <-ticker.C:
			if s.beat.silent(s.limits.pong) {
				s.log.Info("a browser stays silent")
				s.ws.Close()
			}
			s.out.write(newFrame(websocket.PingMessage, s.beat.ping()), time.Now().Add(s.limits.stall))
		}
	}
}

// pinged and ponged are called while a message is read, so they don't write:
// that could wait for a browser that takes nothing, and hold up the other
// direction. Who sends floods of them is slowed down, as if each were controlCost
// bytes for the target: a thousand a second of one client, where the limits are
// the defaults.
func (s *session) pinged(payload string) error {
	s.seat.pace(s.paced, controlCost)
	s.beat.heard()
	s.beat.mu.Lock()
	s.beat.pong = &payload
	s.beat.mu.Unlock()
	s.beat.signal()
	return nil
}

const controlCost = 8 << 10

func (s *session) ponged(payload string) error {
	s.seat.pace(s.paced, controlCost)
	s.beat.answered(payload)
	return nil
}
