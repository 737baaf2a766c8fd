package socket

import (
	"slices"
	"testing"
)

// Not traced, the calls of an event loop take nothing from the heap: the list
// that Wait returns and the bytes that Recv returns are those of the time before.
func TestUntracedEchoAllocatesNothing(t *testing.T) {
	a, b := pair(t)
	b.SetBlocking(false)
	epoll := NewEpoll()
	defer epoll.Close()
	epoll.Add(b, EPOLLIN)
	message := []byte("Hello, world")
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := a.Send(message); err != nil {
			t.Fatal(err)
		}
		for _, r := range epoll.Wait() {
			data, err := r.Socket.Recv(1024)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Socket.Send(data); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Recv(1024); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a message", n)
	}
}

// A list whose sockets were closed, or added, since the last call is asked about
// as it is now.
func TestWaitingKnowsTheSocketsOfNow(t *testing.T) {
	epoll := NewEpoll()
	defer epoll.Close()
	waits := map[*Socket]Events{}
	for range 8 {
		a, b := pair(t)
		epoll.Add(b, EPOLLIN)
		waits[b] = POLLIN
		if _, err := a.Send([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if len(waits) == 5 { // its number goes to the next pair
			for s := range waits {
				delete(waits, s)
				s.Close()
				break
			}
		}
		var want []int
		for s := range waits {
			want = append(want, s.Fileno())
		}
		slices.Sort(want)
		if got := numbers(Poll(waits)); !slices.Equal(got, want) {
			t.Errorf("poll names %v of %v", got, want)
		}
		got := numbers(epoll.Wait())
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("epoll names %v of %v", got, want)
		}
	}
}

func numbers(ready []Ready) (fds []int) {
	for _, r := range ready {
		fds = append(fds, r.Socket.Fileno())
	}
	return fds
}
