package run

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// waiter enters a gate in the background.
type waiter struct {
	places chan int
	in     chan error
	cancel context.CancelFunc
}

func enter(g *gate, who string) *waiter {
	ctx, cancel := context.WithCancel(context.Background())
	w := &waiter{make(chan int, 100), make(chan error, 1), cancel}
	go func() { w.in <- g.enter(ctx, who, func(p int) { w.places <- p }) }()
	return w
}

func TestGateIsFair(t *testing.T) {
	g := newGate(1)
	if err := g.enter(context.Background(), "", nil); err != nil {
		t.Fatal(err)
	}
	var queue []*waiter
	for i := range 3 {
		w := enter(g, "")
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
	g.leave("")
	if err := <-queue[0].in; err != nil {
		t.Fatal(err)
	}
	if place := <-queue[2].places; place != 1 {
		t.Fatalf("next, at place %d", place)
	}
	g.leave("")
	if err := <-queue[2].in; err != nil {
		t.Fatal(err)
	}
	g.leave("")
	if err := g.enter(context.Background(), "", nil); err != nil {
		t.Fatal(err)
	}
}

// Who has many runs waiting doesn't keep others from theirs: clients take turns,
// and none has all places.
func TestGateTakesClientsInTurn(t *testing.T) {
	g := newGate(3)
	for range 2 {
		if err := g.enter(context.Background(), "many", nil); err != nil {
			t.Fatal(err)
		}
	}
	var many []*waiter
	for i := range 4 {
		w := enter(g, "many")
		if place := <-w.places; place != i+1 {
			t.Fatalf("one place is left to others, but place is %d", place)
		}
		many = append(many, w)
	}
	if err := g.enter(context.Background(), "other", nil); err != nil {
		t.Fatal(err)
	}
	other := enter(g, "another")
	if place := <-other.places; place != 1 {
		t.Fatalf("who has nothing yet is at place %d", place)
	}
	if place := <-many[0].places; place != 2 {
		t.Fatalf("behind who has nothing yet: place %d", place)
	}
	g.leave("other")
	if err := <-other.in; err != nil {
		t.Fatal(err)
	}
	g.leave("another")
	g.leave("many")
	if err := <-many[0].in; err != nil {
		t.Fatal(err)
	}
	for _, w := range many[1:] {
		w.cancel()
		<-w.in
	}
	g.leave("many")
	g.leave("many")
	if in, waiting := g.count(); in != 0 || waiting != 0 || len(g.clients) != 0 {
		t.Errorf("%d in, %d waiting, %d clients", in, waiting, len(g.clients))
	}
}

// Who waits in a long queue is told the newest place now and then, not every one.
func TestPlacesAreToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if err := g.enter(t.Context(), "", nil); err != nil {
			t.Fatal(err)
		}
		var queue []*waiter
		for range 5 {
			queue = append(queue, enter(g, ""))
			synctest.Wait()
		}
		for range 3 {
			g.leave("")
			synctest.Wait()
		}
		<-time.After(placeEvery)
		synctest.Wait()
		last := queue[4]
		for range 2 {
			g.leave("")
		}
		if err := <-last.in; err != nil {
			t.Fatal(err)
		}
		close(last.places)
		var told []int
		for place := range last.places {
			told = append(told, place)
		}
		if want := []int{5, 2}; !slices.Equal(told, want) {
			t.Errorf("told the places %v, want %v", told, want)
		}
	})
}
