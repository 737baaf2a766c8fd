package run

import (
	"context"
	"testing"
)

// waiter enters a gate in the background.
type waiter struct {
	places chan int
	in     chan error
	cancel context.CancelFunc
}

func enter(g *gate) *waiter {
	ctx, cancel := context.WithCancel(context.Background())
	w := &waiter{make(chan int, 100), make(chan error, 1), cancel}
	go func() { w.in <- g.enter(ctx, func(p int) { w.places <- p }) }()
	return w
}

func TestGateIsFair(t *testing.T) {
	g := newGate(1)
	if err := g.enter(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	var queue []*waiter
	for i := range 3 {
		w := enter(g)
		if place := <-w.places; place != i+1 {
			t.Fatalf("place %d, not %d", place, i+1)
		}
		queue = append(queue, w)
	}
	queue[1].cancel()
	if err := <-queue[1].in; err != context.Canceled {
		t.Fatalf("a canceled wait returns %v", err)
	}
	if place := <-queue[2].places; place != 2 {
		t.Fatalf("behind one that left: place %d", place)
	}
	g.leave()
	if err := <-queue[0].in; err != nil {
		t.Fatal(err)
	}
	if place := <-queue[2].places; place != 1 {
		t.Fatalf("next, at place %d", place)
	}
	g.leave()
	if err := <-queue[2].in; err != nil {
		t.Fatal(err)
	}
	g.leave()
	if err := g.enter(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
}
