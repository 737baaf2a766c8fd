package socket

import (
	"time"

	"sockscope/server/trace"
)

// patience is how long a call for several sockets still waits, over all of its
// attempts when signals interrupt it.
type patience struct {
	limited  bool
	left     time.Duration
	deadline time.Time
}

// wait returns the patience of an optional timeout: none, or one of 0 or less,
// is for ever.
func wait(timeout []time.Duration) patience {
	if len(timeout) == 0 || timeout[0] <= 0 {
		return patience{}
	}
	return patience{true, timeout[0], time.Now().Add(timeout[0])}
}

// ns returns what is left for the next attempt, as a trace has it.
func (p *patience) ns() int64 {
	if !p.limited {
		return trace.Forever
	}
	return int64(p.left)
}

// again takes off what an interrupted attempt has taken. The next one asks at
// least once more.
func (p *patience) again() {
	if p.limited {
		p.left = max(time.Until(p.deadline), 1)
	}
}

// milliseconds returns what is left as epoll_wait(2) takes it: rounded up, as
// a wait is never shorter than was asked for, and -1 for ever.
func (p *patience) milliseconds() int {
	if !p.limited {
		return -1
	}
	return int((p.left + time.Millisecond - 1) / time.Millisecond)
}
