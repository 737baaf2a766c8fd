package bridge

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// refusal is a session that doesn't come about although the request is in order.
type refusal struct {
	why    string // for Stats
	code   int    // a close code
	reason string
	retry  time.Duration // after which it may be tried again; 0 when nobody knows
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
func (b *Bridge) answer(w http.ResponseWriter, why string, status int, text string) {
	b.counts.refused(why)
	b.log.Debug("refused", "why", why, "status", status)
	http.Error(w, text, status)
}

// refuse answers by a close code where that can be read: a page can't read the
// status of a failed handshake. Since a handshake costs us more than it costs
// the client, one that asks for too much is told so only if it speaks
// sockscope.v1, as the site's own pages do, and all are told by a status once
// too many are being told.
func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request, no *refusal) {
	if no.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(no.retry)))
	}
	status := http.StatusServiceUnavailable
	if no.code == codeTooMany {
		status = http.StatusTooManyRequests
		if !slices.Contains(websocket.Subprotocols(r), protocol) {
			b.answer(w, no.why, status, no.reason)
			return
		}
	}
	select {
	case b.telling <- struct{}{}:
		defer func() { <-b.telling }()
	default:
		b.answer(w, no.why, status, no.reason)
		return
	}
	b.counts.refused(no.why)
	b.log.Debug("refused", "why", no.why, "code", no.code, "reason", no.reason)
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

// within says in how many seconds something happens.
func within(d time.Duration) string {
	if n := seconds(d); n != 1 {
		return fmt.Sprintf("in %d seconds", n)
	}
	return "in a second"
}
