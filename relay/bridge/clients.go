package bridge

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound what clients take of a Bridge. A field that is zero means its default.
//
// A client is an IPv4 address or an IPv6 /64. The defaults suit a class of forty
// behind one address. Each has three pages open, goes on to the next lab every
// four seconds, and all watch a run at once. For clients on the relay's own machine,
// not through a proxy, only Sessions counts.
type Limits struct {
	Sessions       int           // at once, of all clients; 256
	ClientSessions int           // at once, of one client; 128, so that none can have all
	ClientStarts   int           // begun by one client in a minute, or at once; 600
	Bytes          int           // a second, both ways, of all clients elsewhere; 64 MiB
	ClientBytes    int           // a second, both ways, of one client; 8 MiB
	Idle           time.Duration // without a byte in either direction; 30 minutes
	Lifetime       time.Duration // of a session; 12 hours
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Sessions, 256)
	setDefault(&l.ClientSessions, 128)
	setDefault(&l.ClientStarts, 600)
	setDefault(&l.Bytes, 64<<20)
	setDefault(&l.ClientBytes, 8<<20)
	setDefault(&l.Idle, 30*time.Minute)
	setDefault(&l.Lifetime, 12*time.Hour)
	return l
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// clients counts what each client has.
type clients struct {
	limits Limits
	bytes  *rate.Limiter // of all clients

	mu    sync.Mutex
	open  int
	full  int // how many found all places taken
	known map[netip.Prefix]*client
	swept time.Time
}

// client is what one client has.
type client struct {
	open   int
	starts *rate.Limiter
	bytes  *rate.Limiter
}

// spread is over how many seconds those come again who found all places taken.
const spread = 5

// maxKnown is how many clients are counted at a time.
const maxKnown = 10_000

func newClients(l Limits) *clients {
	return &clients{limits: l, bytes: perSecond(l.Bytes), known: map[netip.Prefix]*client{}}
}

// perSecond allows n bytes a second. A burst holds at least one piece.
func perSecond(n int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(n), max(n, MaxMessage))
}

// seat is a place for one session.
type seat struct {
	all *clients
	who *client // nil for a client of this machine
}

// enter gives a place to a session from o, or a refusal.
func (c *clients) enter(o origin) (seat, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == c.limits.Sessions {
		// A crowd that comes at once is to come again bit by bit, and before the places of those
		// inside have been free for long.
		c.full++
		retry := time.Duration(1+c.full%spread) * time.Second
		return seat{}, &refusal{why: refusedFull, code: codeNotNow, reason: fmt.Sprintf("the relay has %s open, and may have no more; try again later", connections(c.limits.Sessions)), retry: retry}
	}
	s := seat{all: c}
	if !o.local {
		var no *refusal
		if s.who, no = c.admit(Household(o.client)); no != nil {
			return seat{}, no
		}
	}
	c.open++
	return s, nil
}

// admit counts a session of a client.
func (c *clients) admit(key netip.Prefix) (*client, *refusal) {
	now := time.Now()
	who := c.known[key]
	if who == nil {
		if len(c.known) == maxKnown && !c.sweep(now) {
			return nil, &refusal{why: refusedFull, code: codeNotNow, reason: "too many clients at once; try again later", retry: time.Minute}
		}
		starts := c.limits.ClientStarts
		who = &client{starts: rate.NewLimiter(rate.Limit(float64(starts)/60), starts), bytes: perSecond(c.limits.ClientBytes)}
		c.known[key] = who
	}
	if who.open == c.limits.ClientSessions {
		return nil, &refusal{why: refusedClientSessions, code: codeTooMany, reason: fmt.Sprintf("your address has %s open, and may have no more: close a page", connections(who.open)), retry: 10 * time.Second}
	}
	if !who.starts.AllowN(now, 1) {
		r := who.starts.ReserveN(now, 1)
		wait := r.DelayFrom(now)
		r.CancelAt(now)
		return nil, &refusal{why: refusedClientStarts, code: codeTooMany, reason: fmt.Sprintf("your address has made more than %s in a minute", connections(c.limits.ClientStarts)), retry: wait}
	}
	who.open++
	return who, nil
}

// sweep forgets clients that have nothing open and have begun nothing lately. It
// reports whether there is room now.
func (c *clients) sweep(now time.Time) bool {
	if now.Sub(c.swept) < time.Second {
		return false
	}
	c.swept = now
	for key, who := range c.known {
		if who.open == 0 && who.starts.TokensAt(now) >= float64(c.limits.ClientStarts) {
			delete(c.known, key)
		}
	}
	return len(c.known) < maxKnown
}

// leave gives the place back.
func (s seat) leave() {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	s.all.open--
	if s.who != nil {
		s.who.open--
	}
}

// pace waits until n more bytes may pass, or ctx is done.
func (s seat) pace(ctx context.Context, n int) {
	if s.who != nil && s.who.bytes.WaitN(ctx, n) == nil {
		s.all.bytes.WaitN(ctx, n)
	}
}
