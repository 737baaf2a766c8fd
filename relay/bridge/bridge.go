package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
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
	Targets map[string]Target // by name
	Listen  string            // where the HTTP server listens; requests may name it as Host
	Origins []string          // further origins that may connect, as ParseOrigin returns them
	Proxies []netip.Prefix    // their X-Forwarded-For and -Proto are believed
	Limits  Limits
	Log     *slog.Logger // nil is slog.Default()
}

// Bridge is an http.Handler for the paths beneath Prefix.
type Bridge struct {
	targets map[string]Target
	guard   guard
	proxies []netip.Prefix
	log     *slog.Logger
	limits  limits
	clients *clients
	telling chan struct{} // one for each refusal being told by a close code
	counts  counts
	lines   map[string]*line // of the targets that serve one client after another

	complaints complaints

	mu       sync.Mutex
	state    state
	drain    chan struct{} // closed by Drain, after it has set until
	until    time.Time     // when the sessions will be closed
	stop     chan struct{} // closed by Shutdown
	sessions sync.WaitGroup
}

// state is whether a Bridge takes sessions.
type state uint8

const (
	taking   state = iota
	draining       // takes no more
	stopped        // and closes the open ones
)

// limits are how long a session waits for its peers. Tests shorten them.
type limits struct {
	dial   time.Duration // for the target to accept
	idle   time.Duration // without a byte; for clients elsewhere
	life   time.Duration // of a session; for clients elsewhere
	stall  time.Duration // for one write to a browser
	linger time.Duration // for bytes under way when one side is gone
	answer time.Duration // for the browser's close frame after ours
	ping   time.Duration // between two pings
	pong   time.Duration // for a sign of life that the browser owes
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
	// Window is the credit with which each direction of a session begins, in bytes.
	// The relay buffers at most as much of what a browser sends.
	Window = 256 << 10
)

// maxTelling is how many refusals may be told by a close code at a time. Each costs a
// handshake and a wait for the browser's answer.
const maxTelling = 64

// New returns a Bridge; Shutdown ends it.
func New(c Config) *Bridge {
	c.Limits = c.Limits.withDefaults()
	if c.Log == nil {
		c.Log = slog.Default()
	}
	b := &Bridge{
		targets: c.Targets,
		guard:   newGuard(c.Listen, c.Origins),
		proxies: c.Proxies,
		log:     c.Log,
		limits:  defaultLimits,
		clients: newClients(c.Limits),
		telling: make(chan struct{}, maxTelling),
		lines:   map[string]*line{},
		drain:   make(chan struct{}),
		stop:    make(chan struct{}),

		complaints: complaints{log: c.Log},
	}
	for name, t := range c.Targets {
		if t.Turn > 0 {
			b.lines[name] = &line{turn: t.Turn}
		}
	}
	b.limits.idle, b.limits.life = c.Limits.Idle, c.Limits.Lifetime
	return b
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	WriteBufferPool:  new(sync.Pool), // a session writes without it
	Subprotocols:     []string{protocol, "binary"},
	CheckOrigin:      func(*http.Request) bool { return true }, // guard has checked it
}

const protocol = "sockscope.v1"

// ServeHTTP connects to the target that the path names. Then it completes the
// WebSocket's handshake. So an open WebSocket means a connected socket.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	from := b.from(r)
	if _, ok := b.targets[name]; !ok {
		b.answer(w, from, http.StatusNotFound, &refusal{why: refusedTarget, reason: fmt.Sprintf("there is no target %.40q; the targets are %s", name, strings.Join(b.names(), ", "))})
		return
	}
	if s := b.guard.allow(r, from.scheme); s != nil {
		b.noteStranger(from, s)
		http.Error(w, s.Error(), http.StatusForbidden)
		return
	}
	upgrade := upgrades(r)
	switch {
	case r.Method == http.MethodPost && !upgrade: // a page asks whether it may connect: yes
		w.WriteHeader(http.StatusNoContent)
		return
	case r.Method != http.MethodGet && (r.Method != http.MethodHead || upgrade):
		w.Header().Set("Allow", "GET, HEAD, POST")
		b.answer(w, from, http.StatusMethodNotAllowed, &refusal{why: refusedHTTP, reason: "a WebSocket is opened by GET"})
		return
	case !upgrade:
		b.askForUpgrade(w, from, &refusal{why: refusedHTTP, reason: "this address speaks WebSocket (RFC 6455), over HTTP/1.1"})
		return
	}
	switch status, why := badHandshake(r); status {
	case 0:
	case http.StatusUpgradeRequired:
		w.Header().Set("Sec-Websocket-Version", "13")
		b.askForUpgrade(w, from, &refusal{why: refusedHandshake, reason: why})
		return
	default:
		b.answer(w, from, status, &refusal{why: refusedHandshake, reason: why})
		return
	}
	joinProtocols(r.Header)
	if !b.enter() {
		b.answer(w, from, http.StatusServiceUnavailable, &refusal{why: refusedStopping, reason: "the relay shuts down"})
		return
	}
	seat, no := b.clients.enter(from)
	if no != nil {
		b.refuse(w, r, from, no)
		b.sessions.Done()
		return
	}
	s := b.join(w, r, from, name, seat)
	if s == nil {
		seat.leave()
		b.sessions.Done()
		return
	}
	// The handler returns now, so that the HTTP server frees the request and its
	// buffers. The session outlives it.
	go func() {
		s.run()
		s.place.leave()
		seat.leave()
		b.sessions.Done()
	}()
}

// join connects to a target and upgrades the request. When it can't, it tells the
// client why and returns nil.
func (b *Bridge) join(w http.ResponseWriter, r *http.Request, from origin, name string, seat seat) *session {
	if no := b.lines[name].admit(name, seat.who); no != nil {
		b.refuse(w, r, from, no)
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), b.limits.dial)
	defer cancel()
	conn, err := b.targets[name].dial(ctx, from)
	if err != nil {
		b.refuse(w, r, from, &refusal{why: refusedUnreachable, code: codeNotNow, reason: fmt.Sprintf("%s can't be reached: %v", name, cause(err)), target: name, err: err})
		return nil
	}
	place := b.lines[name].join(seat.who)
	h := hijacker{ResponseWriter: w}
	ws, err := upgrader.Upgrade(&h, r, nil)
	if err != nil { // Upgrade has answered
		conn.Close()
		place.leave()
		b.note(from, &refusal{why: refusedHandshake})
		return nil
	}
	return newSession(b, name, ws, h.conn, conn, from, seat, place)
}

// Drain takes no more sessions, and tells those of sockscope.v1 that they will be
// closed after grace. It returns when all have ended, or after grace, or when ctx
// is done. Shutdown then closes the rest.
func (b *Bridge) Drain(ctx context.Context, grace time.Duration) {
	b.mu.Lock()
	if b.state == taking {
		b.state = draining
		b.until = time.Now().Add(grace)
		if grace > 0 {
			close(b.drain)
		}
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	b.await(ctx)
}

// Shutdown closes every session with code 1001. It waits until they have ended or
// ctx is done.
func (b *Bridge) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	if b.state != stopped {
		b.state = stopped
		close(b.stop)
	}
	b.mu.Unlock()
	return b.await(ctx)
}

func (b *Bridge) await(ctx context.Context) error {
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

// enter counts a session. It returns false when the bridge takes no more.
func (b *Bridge) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != taking {
		return false
	}
	b.sessions.Add(1)
	return true
}

// Local reports whether a request comes from this machine itself: over loopback, not
// through a proxy, and not from a page of a foreign site.
func (b *Bridge) Local(r *http.Request) bool {
	from := b.from(r)
	return from.local && b.guard.allow(r, from.scheme) == nil
}

func (b *Bridge) names() []string { return slices.Sorted(maps.Keys(b.targets)) }

// awaitClose reads until the peer has closed too. If we closed with bytes unread, the
// kernel would send a RST, and that may overtake the close frame.
func awaitClose(ws *websocket.Conn, deadline time.Time) {
	ws.SetReadDeadline(deadline)
	for {
		if _, _, err := ws.NextReader(); err != nil {
			return
		}
	}
}

// cause says why a connection failed, in words that name no address. Where the
// kernel gave the reason they are the kernel's words.
func cause(err error) string {
	var errno syscall.Errno
	var lookup *net.DNSError
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &lookup):
		return "the name of its host isn't known"
	case errors.Is(err, ErrBeyond):
		return ErrBeyond.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	}
	return "the connection failed"
}
