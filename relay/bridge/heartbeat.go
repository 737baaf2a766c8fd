package bridge

import (
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// heartbeat is what a session owes its browser besides bytes, and the signs of life
// that it has from it. The other goroutines note a debt here and go on. Only
// beatUntil waits until the browser takes it.
type heartbeat struct {
	wake chan struct{}

	mu      sync.Mutex
	credit  int       // bytes that the program has taken
	pong    *string   // the answer to the last ping
	notice  string    // why the session will be closed
	last    time.Time // of a sign of life
	writes  uint64    // to the browser
	known   uint64    // as many of them were before a ping that it answered
	blocked bool      // read waits for the program, so it hears nothing
}

func newHeartbeat() heartbeat {
	return heartbeat{wake: make(chan struct{}, 1), last: time.Now()}
}

// Credit is granted in portions: a grant for each message would cost more than the
// message. A small portion goes in front of bytes for the browser, at almost no cost.
// If none come, half of the window goes alone. The browser then still has the other half.
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

// ping returns the payload of the next ping: the number of writes before it. So the
// answer tells which writes have reached the browser.
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

// announce notes why the session will be closed, for the browser to be told.
func (h *heartbeat) announce(why string) {
	h.mu.Lock()
	h.notice = why
	h.mu.Unlock()
	h.signal()
}

// pay returns the credit owed if it is a portion at least, and then owes none.
func (h *heartbeat) pay(portion int) (credit int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.credit >= portion {
		credit, h.credit = h.credit, 0
	}
	return credit
}

// debts returns the other debts, and clears them.
func (h *heartbeat) debts() (pong *string, notice string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	pong, h.pong = h.pong, nil
	notice, h.notice = h.notice, ""
	return pong, notice
}

// silent reports whether the browser has owed a sign of life for longer than d. It
// owes none while its pong may be stuck: the ping may stand behind bytes that the browser
// needn't read yet, or the pong behind bytes that we don't read yet.
func (h *heartbeat) silent(d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.blocked && h.known == h.writes && time.Since(h.last) > d
}

// beatUntil pays debts and sends pings until quiet is closed. It cuts off a browser
// that stays silent, which ends read.
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

// pinged notes a ping. Package websocket calls it and ponged while it reads. They don't
// write: a browser that takes nothing would then hold up the other direction too.
// Each costs a client controlCost of its bytes, so a flood is slowed down: with
// the default limits to a thousand a second.
func (s *session) pinged(payload string) error {
	s.seat.pace(s.paced, controlCost)
	s.beat.heard()
	s.beat.mu.Lock()
	s.beat.pong = &payload
	s.beat.mu.Unlock()
	s.beat.signal()
	return nil
}

// controlCost is the price of a ping or pong, in bytes.
const controlCost = 8 << 10

// ponged notes a pong.
func (s *session) ponged(payload string) error {
	s.seat.pace(s.paced, controlCost)
	s.beat.answered(payload)
	return nil
}
