package run

import (
	"context"
	"slices"
	"sync"
)

// gate lets a bounded number of runs in at a time; the others wait in the
// order in which they came.
type gate struct {
	size    int
	mu      sync.Mutex
	free    int
	waiting []*ticket
}

// ticket is one run that waits. Its place is 1 for the next; 0 means that it
// has been let in.
type ticket struct{ place chan int }

// tell replaces a place that was not read yet: only the newest one counts.
func (t *ticket) tell(place int) {
	select {
	case <-t.place:
	default:
	}
	t.place <- place
}

func newGate(size int) *gate { return &gate{size: size, free: size} }

// count returns how many are in, and how many wait.
func (g *gate) count() (in, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size - g.free, len(g.waiting)
}

// enter returns when there is room, or with ctx's error. Until then it calls
// queued with the place in the queue whenever that changes. After a nil error
// the caller must leave.
func (g *gate) enter(ctx context.Context, queued func(place int)) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	t := &ticket{make(chan int, 1)}
	g.waiting = append(g.waiting, t)
	t.tell(len(g.waiting))
	g.mu.Unlock()
	for {
		select {
		case place := <-t.place:
			if place == 0 {
				return nil
			}
			queued(place)
		case <-ctx.Done():
			g.giveUp(t)
			return ctx.Err()
		}
	}
}

func (g *gate) giveUp(t *ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, t)
	if i < 0 { // let in at the same moment
		g.next()
		return
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.tellFrom(i)
}

// leave makes room for the next.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

func (g *gate) next() {
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	g.waiting[0].tell(0)
	g.waiting = slices.Delete(g.waiting, 0, 1)
	g.tellFrom(0)
}

func (g *gate) tellFrom(i int) {
	for ; i < len(g.waiting); i++ {
		g.waiting[i].tell(i + 1)
	}
}
