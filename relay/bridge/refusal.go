package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// refusal says why there is no session.
type refusal struct {
	why    string        // for Stats
	code   int           // a close code, where the request is in order
	reason string        // for the client, without any address of ours
	retry  time.Duration // to wait before trying again; 0 if unknown
	target string        // that can't be reached
	err    error         // why it can't
}

// Why a request was refused: the keys of Stats.Refused.
const (
	refusedTarget         = "unknown_target"
	refusedPage           = "host_or_origin"
	refusedHTTP           = "no_websocket"
	refusedHandshake      = "bad_handshake"
	refusedStopping       = "stopping"
	refusedFull           = "sessions"
	refusedClientSessions = "client_sessions"
	refusedClientStarts   = "client_starts"
	refusedUnreachable    = "target_unreachable"
)

// answer refuses a request by an HTTP status.
func (b *Bridge) answer(w http.ResponseWriter, from origin, status int, no *refusal) {
	b.note(from, no)
	http.Error(w, no.reason, status)
}

// askForUpgrade refuses by the status that names the protocol to change to (RFC 9110,
// section 15.5.22).
func (b *Bridge) askForUpgrade(w http.ResponseWriter, from origin, no *refusal) {
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	b.answer(w, from, http.StatusUpgradeRequired, no)
}

// note counts a refusal and tells the log.
func (b *Bridge) note(from origin, no *refusal) {
	b.counts.refused(no.why)
	if no.err != nil {
		b.complaints.add(no.why+" "+no.target, slog.LevelWarn, "a target can't be reached", from, "target", no.target, "err", no.err)
		return
	}
	b.complaints.add(no.why, slog.LevelInfo, "refused", from, "why", no.why)
}

// noteStranger is note for a page that isn't allowed. A forgotten flag is as likely as an
// attack, so the line names the flag.
func (b *Bridge) noteStranger(from origin, s *stranger) {
	b.counts.refused(refusedPage)
	text := fmt.Sprintf("refused: %s %.100q isn't allowed", s.header, s.name)
	if s.flag != "" {
		text = fmt.Sprintf("refused: %s %s isn't allowed; if this site is hosted there, start with %s", s.header, s.name, s.flag)
	}
	b.complaints.add(refusedPage, slog.LevelWarn, text, from, "why", refusedPage, s.header, s.name)
}

// complaints keep the log short: a flood of requests must not fill the disk. The log gets
// the first few refusals of each kind. Then it gets one a minute, with the number
// since the last.
type complaints struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*complaint // clients can't make up new ones
}

// complaint is one kind.
type complaint struct {
	rate.Sometimes
	times int // since the last line
}

// add notes a refusal of a kind.
func (c *complaints) add(kind string, level slog.Level, text string, from origin, attrs ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.kinds[kind]
	if k == nil {
		k = &complaint{Sometimes: rate.Sometimes{First: 8, Interval: time.Minute}}
		if c.kinds == nil {
			c.kinds = map[string]*complaint{}
		}
		c.kinds[kind] = k
	}
	k.times++
	k.Do(func() {
		if !from.local {
			attrs = append(attrs, "client", from.client)
		}
		if k.times > 1 {
			attrs = append(attrs, "times", k.times)
		}
		k.times = 0
		c.log.Log(context.Background(), level, text, attrs...)
	})
}

// refuse answers by a close code where it can: a page can't read the status of a failed
// handshake. But a handshake costs us more than it costs the client. So a client that
// asks for too much gets a code only if it speaks sockscope.v1, as our pages do. And
// while many are being told, the others get a status.
func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request, from origin, no *refusal) {
	if no.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(no.retry)))
	}
	status := http.StatusServiceUnavailable
	if no.code == codeTooMany {
		status = http.StatusTooManyRequests
		if !slices.Contains(websocket.Subprotocols(r), protocol) {
			b.answer(w, from, status, no)
			return
		}
	}
	select {
	case b.telling <- struct{}{}:
		defer func() { <-b.telling }()
	default:
		b.answer(w, from, status, no)
		return
	}
	b.note(from, no)
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	deadline := time.Now().Add(b.limits.answer)
	ws.SetWriteDeadline(deadline)
	if ws.Subprotocol() == protocol {
		ws.WriteMessage(websocket.TextMessage, control{Type: closing, Code: no.code, Reason: no.reason, Retry: seconds(no.retry)}.text())
	}
	if ws.WriteControl(websocket.CloseMessage, closeFrame(no.code, no.reason), deadline) == nil {
		awaitClose(ws, deadline)
	}
}

// seconds rounds up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// connections returns "1 connection" or "N connections".
func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

// within returns "in a second" or "in N seconds".
func within(d time.Duration) string {
	if n := seconds(d); n != 1 {
		return fmt.Sprintf("in %d seconds", n)
	}
	return "in a second"
}
