package bridge

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// refusal is a session that doesn't come about.
type refusal struct {
	why    string        // for Stats
	code   int           // a close code, where the request is in order
	reason string        // for the client: it names no address of ours
	retry  time.Duration // after which it may be tried again; 0 when nobody knows
	target string        // that can't be reached,
	err    error         // and why
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

// note counts a refusal, and sees that the log tells of it. The kinds for that are
// few: no client can make up a new one.
func (b *Bridge) note(from origin, no *refusal) {
	b.counts.refused(no.why)
	if no.err != nil {
		b.complaints.add(about{no.why, no.target}, slog.LevelWarn, "a target can't be reached", from, "target", no.target, "err", no.err)
		return
	}
	b.complaints.add(about{why: no.why}, slog.LevelInfo, "refused", from, "why", no.why)
}

// noteStranger is note for a page that isn't let in. That is a flag forgotten as
// often as an attack, so the log names each origin and host, as far as it
// remembers them.
func (b *Bridge) noteStranger(from origin, s *stranger) {
	b.counts.refused(refusedPage)
	name := fmt.Sprintf("%s %.100q", s.header, s.name)
	key := about{refusedPage, name}
	if !b.complaints.room(key) {
		b.complaints.add(about{why: refusedPage}, slog.LevelWarn, "refused: more origins and hosts that aren't allowed; -allow-origin ORIGIN lets in the one where this site is hosted", from, "why", refusedPage)
		return
	}
	text := "refused: " + name + " isn't allowed"
	if s.flag != "" {
		text = fmt.Sprintf("refused: %s %s isn't allowed; if that is where this site is hosted, start with %s", s.header, s.name, s.flag)
	}
	b.complaints.add(key, slog.LevelWarn, text, from, "why", refusedPage, s.header, s.name)
}

// refuse answers by a close code where that can be read: a page can't read the
// status of a failed handshake. Since a handshake costs us more than it costs
// the client, one that asks for too much is told so only if it speaks
// sockscope.v1, as the site's own pages do, and all are told by a status once
// too many are being told.
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

// connections says how many.
func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

// within says in how many seconds something happens.
func within(d time.Duration) string {
	if n := seconds(d); n != 1 {
		return fmt.Sprintf("in %d seconds", n)
	}
	return "in a second"
}
