package run

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gate lets a bounded number of runs in at a time. The others wait in the order of
// start-time fair queueing: clients take turns, and the runs of one client keep their
// order. A known client never has all places: somebody else who comes need not wait for
// the end of its runs.
type gate struct {
	size    int
	mu      sync.Mutex
	free    int
	waiting []*ticket         // in the order in which they are to be let in
	clients map[string]*share // who have a run in or waiting
	now     int               // the turn of the latest that was let in
}

// share is what one client has of a gate.
type share struct {
	in, waiting int
	turn        int // of its latest
}

// ticket is one run that waits. Its place is 1 for the next.
type ticket struct {
	who   string
	turn  int
	in    chan struct{} // closed when it is let in
	place chan int
	told  int // the latest place
}

// tell tells the newest place, instead of one that was not read yet.
func (t *ticket) tell(place int) {
	if place == t.told {
		return
	}
	t.told = place
	select {
	case <-t.place:
	default:
	}
	t.place <- place
}

func newGate(size int) *gate {
	return &gate{size: size, free: size, clients: map[string]*share{}}
}

// count returns how many are in, and how many wait.
func (g *gate) count() (in, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size - g.free, len(g.waiting)
}

// placeEvery is how often somebody who waits is told a new place. Every run that ends moves
// all of a long queue, and telling all of it each time would cost as much as a run.
const placeEvery = 250 * time.Millisecond

// enter returns when there is room for a run of the client who, or with ctx's error. An
// unknown client is "". Until then it calls queued with the place in the queue when
// that has changed. After a nil error the caller must leave.
func (g *gate) enter(ctx context.Context, who string, queued func(place int)) error {
	t := g.join(who)
	places, again := t.place, (<-chan time.Time)(nil)
	for {
		select {
		case <-t.in:
			return nil
		case place := <-places:
			queued(place)
			places, again = nil, time.After(placeEvery)
		case <-again:
			places = t.place
		case <-ctx.Done():
			g.giveUp(t)
			return ctx.Err()
		}
	}
}

// join puts a ticket in its place in the queue.
func (g *gate) join(who string) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.clients[who]
	if s == nil {
		s = &share{turn: g.now - 1}
		g.clients[who] = s
	}
	s.turn = max(s.turn+1, g.now)
	s.waiting++
	t := &ticket{who: who, turn: s.turn, in: make(chan struct{}), place: make(chan int, 1)}
	i, _ := slices.BinarySearchFunc(g.waiting, t.turn+1, func(t *ticket, turn int) int { return t.turn - turn })
	g.waiting = slices.Insert(g.waiting, i, t)
	if !g.admit() {
		g.tellFrom(i)
	}
	return t
}

// admit lets in as many as there is room for, and reports whether it let in any.
func (g *gate) admit() bool {
	any := false
	for g.free > 0 {
		i := slices.IndexFunc(g.waiting, func(t *ticket) bool {
			return t.who == "" || g.clients[t.who].in < max(1, g.size-1)
		})
		if i < 0 {
			break
		}
		t := g.waiting[i]
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.clients[t.who].waiting--
		g.clients[t.who].in++
		g.free--
		g.now = max(g.now, t.turn)
		close(t.in)
		any = true
	}
	if any {
		g.tellFrom(0)
	}
	return any
}

func (g *gate) giveUp(t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, t)
	if i < 0 { // let in at the same moment
		g.left(t.who)
		return
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.clients[t.who].waiting--
	g.forget(t.who)
	g.tellFrom(i)
}

// leave makes room for the next.
func (g *gate) leave(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left(who)
}

func (g *gate) left(who string) {
	g.free++
	g.clients[who].in--
	g.admit()
	g.forget(who)
}

// forget forgets a client who has nothing here.
func (g *gate) forget(who string) {
	if s := g.clients[who]; s.in == 0 && s.waiting == 0 {
		delete(g.clients, who)
	}
}

func (g *gate) tellFrom(i int) {
	for ; i < len(g.waiting); i++ {
		g.waiting[i].tell(i + 1)
	}
}
