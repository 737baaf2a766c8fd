package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// Prefix is the path beneath which a Bridge answers: /relay/NAME.
const Prefix = "/relay/"

// Config says what a Bridge joins.
type Config struct {
	Targets  map[string]string // names, and the TCP address host:port of each
	Listen   string            // the address the HTTP server listens on: a Host that is let in
	Origins  []string          // further origins that are let in, "https://example.org"
	Sessions int               // how many at once; 0 is 256
	Log      *slog.Logger      // nil is slog.Default()
}

// Bridge is an http.Handler for the paths beneath Prefix.
type Bridge struct {
	targets map[string]string
	guard   guard
	log     *slog.Logger
	limits  limits
	slots   chan struct{} // one for each session

	mu       sync.Mutex
	stopped  bool
	stop     chan struct{} // closed by Shutdown
	sessions sync.WaitGroup
}

// limits are the times a session waits for its peers. The tests shorten them.
type limits struct {
	dial   time.Duration // for the target to accept
	stall  time.Duration // for one write to a browser; only while nothing moves
	linger time.Duration // for what is under way when one side has gone
	answer time.Duration // for the browser's half of the closing handshake
	ping   time.Duration // between two pings
	pong   time.Duration // for a sign of life from a browser that owes one
}

var defaultLimits = limits{
	dial:   5 * time.Second,
	stall:  2 * time.Minute,
	linger: 30 * time.Second,
	answer: 5 * time.Second,
	ping:   20 * time.Second,
	pong:   time.Minute,
}

// The bounds of what a session buffers.
const (
	// MaxMessage is the longest message that a browser may send, in bytes.
	MaxMessage = 64 << 10
	// Window is the credit that each direction of a session begins with, in
	// bytes, and how much the relay buffers of what a browser sends.
	Window = 256 << 10
)

// New returns a Bridge; Shutdown ends it.
func New(c Config) *Bridge {
	if c.Sessions == 0 {
		c.Sessions = 256
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Bridge{
		targets: c.Targets,
		guard:   newGuard(c.Listen, c.Origins),
		log:     c.Log,
		limits:  defaultLimits,
		slots:   make(chan struct{}, c.Sessions),
		stop:    make(chan struct{}),
	}
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	Subprotocols:     []string{protocol, "binary"},
	CheckOrigin:      func(*http.Request) bool { return true }, // guard has, and more strictly
}

const protocol = "sockscope.v1"

// ServeHTTP connects to the target that the path names, then completes the
// WebSocket's handshake, so that an open WebSocket means a connected socket.
// What goes wrong after the guard's check is told by a close code: a page
// can't read the status of a failed handshake.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	address, ok := b.targets[name]
	if !ok {
		http.Error(w, fmt.Sprintf("there is no target %.40q; the targets are %s", name, strings.Join(b.names(), ", ")), http.StatusNotFound)
		return
	}
	if err := b.guard.allow(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "this address speaks WebSocket (RFC 6455)", http.StatusUpgradeRequired)
		return
	}
	if !b.enter() {
		http.Error(w, "the relay shuts down", http.StatusServiceUnavailable)
		return
	}
	defer b.sessions.Done()

	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	default:
		b.refuse(w, r, fmt.Sprintf("all %d sessions are taken; try again later", cap(b.slots)))
		return
	}
	conn, err := b.dial(r.Context(), address)
	if err != nil {
		b.log.Error("target can't be reached", "target", name, "err", err)
		b.refuse(w, r, fmt.Sprintf("%s at %s: %v", name, address, cause(err)))
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		conn.Close()
		return
	}
	newSession(b, name, ws, conn).run()
}

// Shutdown closes every session with code 1001 and waits until they have
// ended, or ctx has.
func (b *Bridge) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	if !b.stopped {
		b.stopped = true
		close(b.stop)
	}
	b.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		b.sessions.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter counts a session, unless the bridge has been shut down.
func (b *Bridge) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return false
	}
	b.sessions.Add(1)
	return true
}

func (b *Bridge) names() []string {
	var names []string
	for name := range b.targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (b *Bridge) dial(ctx context.Context, address string) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limits.dial)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// refuse completes the handshake only to close with 1013 and a reason.
func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request, reason string) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	deadline := time.Now().Add(b.limits.answer)
	if ws.WriteControl(websocket.CloseMessage, closeFrame(codeNotNow, reason), deadline) == nil {
		awaitClose(ws, deadline)
	}
}

// awaitClose reads until the peer has closed too. A connection that is closed
// while bytes from the peer are unread is reset by the kernel, and the
// reset may overtake the close frame.
func awaitClose(ws *websocket.Conn, deadline time.Time) {
	ws.SetReadDeadline(deadline)
	for {
		if _, _, err := ws.NextReader(); err != nil {
			return
		}
	}
}

// cause strips from an error of package net what names its addresses: the
// kernel's own words are left.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer")
	}
	return err
}
