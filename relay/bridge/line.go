package bridge

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// line is the sessions of a target that serves one client after another, in the order
// in which they connected. The first is served, the others wait in the target's
// backlog. While somebody waits, the first may stay for a turn. Clients on
// this machine stand in line too, but are never sent away.
type line struct {
	turn time.Duration

	mu     sync.Mutex
	places []*place
	timer  *time.Timer // the clock of the first; nil while it may stay
}

// place is a session's place in a line.
type place struct {
	in   *line
	who  *client       // nil for a client of this machine
	over chan struct{} // closed when the turn is over
	had  bool          // over is closed
}

// maxPlaces is how many places one client may have in a line. The others wait a turn for
// each.
const maxPlaces = 3

// admit refuses a client that has its places already. The line is nil for a target that
// serves all at once.
func (l *line) admit(name string, who *client) *refusal {
	if l == nil || who == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, p := range l.places {
		if p.who == who {
			n++
		}
	}
	if n < maxPlaces {
		return nil
	}
	return &refusal{
		why: refusedClientSessions, code: codeTooMany, retry: 10 * time.Second,
		reason: fmt.Sprintf("%s serves one client after another, and your address has %d connections there: close one", name, n),
	}
}

// join takes the last place.
func (l *line) join(who *client) *place {
	if l == nil {
		return nil
	}
	p := &place{in: l, who: who, over: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.places = append(l.places, p)
	l.settle()
	return p
}

// turn returns a channel that is closed when the session's turn is over.
func (p *place) turn() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.over
}

// leave gives the place up.
func (p *place) leave() {
	if p == nil {
		return
	}
	l := p.in
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.places, p)
	if l.places = slices.Delete(l.places, i, i+1); i == 0 && l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.settle()
}

// settle starts the clock of the first when somebody waits, and stops it when nobody
// does.
func (l *line) settle() {
	switch bound := len(l.places) > 1 && l.places[0].who != nil && !l.places[0].had; {
	case bound && l.timer == nil:
		first := l.places[0]
		l.timer = time.AfterFunc(l.turn, func() { l.end(first) })
	case !bound && l.timer != nil:
		l.timer.Stop()
		l.timer = nil
	}
}

// end ends the turn of first, unless it has left or the clock has been stopped.
func (l *line) end(first *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil && l.places[0] == first {
		l.timer, first.had = nil, true
		close(first.over)
	}
}
