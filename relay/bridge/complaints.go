package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// complaints are the log's lines about refused requests. The first of a kind is
// logged at once. Those that follow are counted, and told in one line after a pause,
// which doubles for as long as they come: who knocks all day fills no disk.
type complaints struct {
	log   *slog.Logger
	pause time.Duration // the first

	mu    sync.Mutex
	kinds map[about]*kind
}

// about tells kinds of refusals apart: why, and of whom or what where that matters.
type about struct{ why, name string }

// kind is a kind of refusals that has been logged and may come again.
type kind struct {
	level   slog.Level
	attrs   []any
	pause   time.Duration
	timer   *time.Timer
	told    time.Time // when its last line was written
	times   int       // since then
	clients map[netip.Addr]int
}

// The bounds of what is remembered of refusals.
const (
	maxNamed     = 8  // with one why, before room says no
	maxClients   = 64 // of one kind
	longestPause = time.Hour
)

func newComplaints(log *slog.Logger) *complaints {
	return &complaints{log: log, pause: time.Minute, kinds: map[about]*kind{}}
}

// room reports whether the kind is known, or may be added: for names that clients
// can make up. In a minute as many are new at most.
func (c *complaints) room(key about) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds[key] != nil {
		return true
	}
	named := 0
	for k := range c.kinds {
		if k.why == key.why && k.name != "" {
			named++
		}
	}
	return named < maxNamed
}

// add notes a refusal of a kind. The text is for the first of it.
func (c *complaints) add(key about, level slog.Level, text string, from origin, attrs ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.kinds[key]; k != nil {
		k.times++
		if _, known := k.clients[from.client]; !from.local && (known || len(k.clients) < maxClients) {
			k.clients[from.client]++
		}
		return
	}
	k := &kind{level: level, attrs: attrs, pause: c.pause, told: time.Now(), clients: map[netip.Addr]int{}}
	k.timer = time.AfterFunc(k.pause, func() { c.sum(key, k) })
	c.kinds[key] = k
	if !from.local {
		attrs = append(slices.Clip(attrs), "client", from.client)
	}
	c.log.Log(context.Background(), level, text, attrs...)
}

// sum tells what has come of a kind since its last line, and forgets a kind of
// which nothing has.
func (c *complaints) sum(key about, k *kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.kinds[key] != k:
		return
	case k.times == 0:
		delete(c.kinds, key)
		return
	}
	c.tell(k)
	k.pause = min(2*k.pause, longestPause)
	k.timer.Reset(k.pause)
}

func (c *complaints) tell(k *kind) {
	attrs := append(slices.Clip(k.attrs), "times", k.times, "seconds", time.Since(k.told).Round(time.Second).Seconds())
	if who := most(k.clients); who != "" {
		attrs = append(attrs, "clients", who)
	}
	c.log.Log(context.Background(), k.level, "refused again", attrs...)
	k.times, k.told = 0, time.Now()
	clear(k.clients)
}

// most names those who were refused most often.
func most(clients map[netip.Addr]int) string {
	const named = 5
	order := slices.SortedFunc(maps.Keys(clients), func(a, b netip.Addr) int {
		if n := clients[b] - clients[a]; n != 0 {
			return n
		}
		return a.Compare(b)
	})
	var out []string
	for _, a := range order[:min(named, len(order))] {
		out = append(out, fmt.Sprintf("%v (%d)", a, clients[a]))
	}
	if len(order) > named {
		out = append(out, "and others")
	}
	return strings.Join(out, ", ")
}

// end tells what has not been told yet.
func (c *complaints) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, k := range c.kinds {
		if k.timer.Stop(); k.times > 0 {
			c.tell(k)
		}
		delete(c.kinds, key)
	}
}
