package bridge

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats is what a Bridge has done since New.
type Stats struct {
	Open     int               // sessions now
	Sessions map[string]uint64 // begun, by target
	Closed   map[int]uint64    // ended, by close code; 0 for a browser that vanished
	Refused  map[string]uint64 // requests, by reason
	Up, Down uint64            // bytes, to the targets and from them
}

type counts struct {
	up, down atomic.Uint64

	mu sync.Mutex
	Stats
}

// Stats returns a copy of what was counted.
func (b *Bridge) Stats() Stats {
	c := &b.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.Stats
	s.Up, s.Down = c.up.Load(), c.down.Load()
	s.Sessions, s.Closed, s.Refused = maps.Clone(s.Sessions), maps.Clone(s.Closed), maps.Clone(s.Refused)
	return s
}

func (c *counts) refused(why string) {
	c.mu.Lock()
	count(&c.Refused, why)
	c.mu.Unlock()
}

func (c *counts) began(target string) {
	c.mu.Lock()
	c.Open++
	count(&c.Sessions, target)
	c.mu.Unlock()
}

func (c *counts) ended(code int) {
	c.mu.Lock()
	c.Open--
	count(&c.Closed, code)
	c.mu.Unlock()
}

func (c *counts) passed(up, down int) {
	c.up.Add(uint64(up))
	c.down.Add(uint64(down))
}

func count[K comparable](m *map[K]uint64, key K) {
	if *m == nil {
		*m = map[K]uint64{}
	}
	(*m)[key]++
}
