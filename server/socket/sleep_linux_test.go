package socket

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// busy keeps the garbage collector at work until the function it returns is
// called: the scheduler's own sleeps are then many.
func busy() (stop func()) {
	done := make(chan struct{})
	for range runtime.GOMAXPROCS(0) {
		go func() {
			var keep [64][]*[4096]byte
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				keep[i%len(keep)] = append(keep[i%len(keep)][:0:0], new([4096]byte), new([4096]byte))
			}
		}()
	}
	return func() { close(done) }
}

// A recv that finds its data never counts as asleep, however busy the process.
func TestRecvWithDataIsAwake(t *testing.T) {
	if !inChild(t) {
		return
	}
	a, b := pair(t)
	r := attach(t, false)
	defer busy()()
	n := 0
	for range 200 {
		for range 50 {
			// Written untraced and by this very thread: the byte is there.
			if _, err := unix.Write(a.fd, []byte("x")); err != nil {
				t.Fatal(err)
			}
			if data, err := b.Recv(1); len(data) != 1 || err != nil {
				t.Fatalf("recv: %q, %v", data, err)
			}
		}
		drain(t, r, func(e *trace.Event) {
			if e.Kind == trace.Return {
				n++
				if e.Sleep != trace.Awake {
					t.Errorf("recv %d had its data and is said to have slept (%d)", n, e.Sleep)
				}
			}
		})
	}
	if n != 10000 || r.Dropped() != 0 {
		t.Fatalf("%d of 10000 calls are in the trace", n)
	}
}

// A recv that has to wait always counts as asleep. That it waits is the word of
// /proc, not of the trace.
func TestRecvWithoutDataSleeps(t *testing.T) {
	if !inChild(t) {
		return
	}
	a, b := pair(t)
	r := attach(t, false)
	defer busy()()

	// The writer waits, each time, until the thread is back from the recv before
	// and asleep in the next.
	const calls = 3000
	var back atomic.Int64
	witness := openWitness(t, gettid())
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range int64(calls) {
			for back.Load() < i || !witness.asleepIn(unix.SYS_RECVFROM, b.fd) {
				runtime.Gosched()
			}
			unix.Write(a.fd, []byte("x"))
		}
	}()
	n := 0
	for i := range calls {
		if data, err := b.Recv(1); len(data) != 1 || err != nil {
			t.Fatalf("recv: %q, %v", data, err)
		}
		back.Add(1)
		if i%50 == 49 {
			drain(t, r, func(e *trace.Event) {
				if e.Kind == trace.Return {
					n++
					if e.Sleep != trace.Slept {
						t.Errorf("recv %d slept and is said not to have (%d)", n, e.Sleep)
					}
				}
			})
		}
	}
	<-written
	if n != calls || r.Dropped() != 0 {
		t.Fatalf("%d of %d calls are in the trace", n, calls)
	}
}

// witness reads what the kernel says about another thread.
type witness struct {
	call *os.File
	buf  [256]byte
}

func openWitness(t *testing.T, tid int) *witness {
	f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
	if err != nil {
		t.Skipf("the kernel does not tell which call a thread is in: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return &witness{call: f}
}

// asleepIn tells whether the thread sleeps in the system call about fd. The file
// begins with the call's number and arguments when it does, with "running"
// when the thread is on a processor (proc(5)).
func (w *witness) asleepIn(trap, fd int) bool {
	n, _ := w.call.ReadAt(w.buf[:], 0)
	return bytes.HasPrefix(w.buf[:n], fmt.Appendf(nil, "%d %#x ", trap, fd))
}

// asleep tells whether the thread sleeps in a call with a timeout.
func (w *witness) asleep() bool {
	n, _ := w.call.ReadAt(w.buf[:], 0)
	for _, trap := range []int{unix.SYS_PSELECT6, unix.SYS_NANOSLEEP} {
		if bytes.HasPrefix(w.buf[:n], fmt.Appendf(nil, "%d ", trap)) {
			return true
		}
	}
	return false
}

// A call that has entered and not returned is blocked now, and the kernel says
// the same.
func TestOpenCallIsBlocked(t *testing.T) {
	if !inChild(t) {
		return
	}
	a, b := pair(t)
	r := attach(t, false)
	w := openWitness(t, gettid())
	got := make(chan []trace.Event)
	go func() {
		for !w.asleepIn(unix.SYS_RECVFROM, b.fd) {
			runtime.Gosched()
		}
		var events []trace.Event
		drain(t, r, func(e *trace.Event) { events = append(events, *e) })
		unix.Write(a.fd, []byte("x"))
		got <- events
	}()
	if _, err := b.Recv(1); err != nil {
		t.Fatal(err)
	}
	events := <-got
	last := events[len(events)-1]
	if last.Kind != trace.Enter || last.Call != trace.Recv || last.FD != b.fd {
		t.Errorf("asleep in recv, and the last event is %+v", last)
	}
	drain(t, r, func(e *trace.Event) {
		if e.Kind != trace.Return || e.Sleep != trace.Slept || e.Time <= last.Time {
			t.Errorf("woken, recv returned as %+v", e)
		}
	})
}

// A signal interrupts the call; the program does not see it, the trace does, and
// the timeout is not prolonged.
func TestInterruptedCallsAreMadeAgain(t *testing.T) {
	if !inChild(t) {
		return
	}
	a, _ := pair(t)
	r := attach(t, false)
	pid, tid := os.Getpid(), gettid()
	w := openWitness(t, tid)
	for name, wait := range map[string]func(){
		"select":    func() { Select(Set{a: true}, nil, 300*time.Millisecond) },
		"nanosleep": func() { Sleep(300 * time.Millisecond) },
	} {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for i := 0; i < 5; {
				select {
				case <-stop:
					return
				default:
				}
				if w.asleep() {
					unix.Tgkill(pid, tid, unix.SIGURG)
					i++
				}
			}
		}()
		began := time.Now()
		wait()
		took := time.Since(began)
		close(stop)
		<-stopped
		if took < 300*time.Millisecond || took > 3*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		interrupted := 0
		var left []int64
		var result int64
		drain(t, r, func(e *trace.Event) {
			switch {
			case e.Kind == trace.Enter:
				left = append(left, e.Timeout)
			case e.Kind == trace.Return && e.Errno == trace.EINTR:
				interrupted++
			case e.Kind == trace.Return:
				result = e.Result
			}
		})
		if interrupted == 0 || result != 0 || len(left) != interrupted+1 {
			t.Fatalf("%s: %d interrupted attempts of %d, result %d", name, interrupted, len(left), result)
		}
		for i := 1; i < len(left); i++ {
			if left[i] >= left[i-1] {
				t.Errorf("%s: attempt %d waits %v, the one before waited %v", name, i+1, left[i], left[i-1])
			}
		}
	}
}
