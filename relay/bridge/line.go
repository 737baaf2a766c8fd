package bridge

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// line is the sessions of a target that serves one client after another, in the
// order in which they have connected: the first is served, the others wait in
// its backlog. While somebody waits the first has the target for a turn, and no
// longer. Clients on this machine are in the line, and are never sent away.
type line struct {
	turn time.Duration

	mu     sync.Mutex
	places []*place
	timer  *time.Timer // of the first's turn; nil while it has no end
}

// place is a session's place in a line.
type place struct {
	in   *line
	who  *client       // nil for a client of this machine
	over chan struct{} // closed when the session has had its turn
	had  bool          // it has
}

// maxPlaces is how many places in a line one client may have: the echo server has
// seven, with its backlog.
const maxPlaces = 3

// admit refuses one place too many of a client's. The line of a target that
// serves all at once is nil.
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

// turn returns the channel that tells that the session has had its turn.
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

// settle begins the turn of the first when somebody waits, and lifts its end when
// nobody does any longer.
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

// end ends a turn, if it is still the first's and still bound.
func (l *line) end(first *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil && l.places[0] == first {
		l.timer, first.had = nil, true
		close(first.over)
	}
}
