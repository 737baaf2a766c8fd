package socket

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"sockscope/server/ring"
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

// calls is how many calls each test of sleep and no sleep makes.
var calls = flag.Int("calls", 2000, "calls of each kind whose sleep is held against the kernel's word; 100000 is a proof")

// noSequences has the C library, which the race detector brings, leave rseq(2) alone.
const noSequences = "GLIBC_TUNABLES=glibc.pthread.rseq=0"

// ways are the two ways in which it is known whether a call slept.
var ways = []struct {
	name  string
	begin func(t *testing.T) *ring.Ring
}{
	{"mark", func(t *testing.T) *ring.Ring {
		r := attach(t, false)
		if current().passage.mark == nil {
			t.Skip("the thread has no mark here: the kernel has no rseq(2), or keeps marks over sleeps")
		}
		return r
	}},
	{"usage", func(t *testing.T) *ring.Ring {
		// As in a program with cgo: somebody else has registered the thread.
		runtime.LockOSThread()
		newMark()
		r := attach(t, false)
		if current().passage.mark != nil {
			t.Fatal("a thread has two marks")
		}
		return r
	}},
}

// A recv that finds its data never counts as asleep, however busy the process.
func TestRecvWithDataIsAwake(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			if !inChild(t, noSequences) {
				return
			}
			a, b := pair(t)
			r := way.begin(t)
			defer busy()()
			received(t, r, b, trace.Awake, func(int) {
				// Written untraced and by this very thread: the byte is there.
				if _, err := unix.Write(a.fd, []byte("x")); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A recv that has to wait always counts as asleep. That it waits is the word of
// /proc, not of the trace.
func TestRecvWithoutDataSleeps(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			if !inChild(t, noSequences) {
				return
			}
			a, b := pair(t)
			r := way.begin(t)
			defer busy()()

			// The writer waits, each time, until the thread is back from the recv before
			// and asleep in the next.
			var begun atomic.Int64
			witness := openWitness(t, gettid())
			written := make(chan struct{})
			go func() {
				defer close(written)
				for i := range int64(*calls) {
					for begun.Load() <= i || !witness.asleepIn(unix.SYS_RECVFROM, b.fd) {
						runtime.Gosched()
					}
					unix.Write(a.fd, []byte("x"))
				}
			}()
			received(t, r, b, trace.Slept, func(int) { begun.Add(1) })
			<-written
		})
	}
}

// received makes calls recvs of a byte, each after before, and holds what the trace
// says about them against want, and of every second one against getrusage(2) around that
// very call.
func received(t *testing.T, r *ring.Ring, s *Socket, want trace.Sleep, before func(i int)) {
	drain(t, r, func(*trace.Event) {})
	n, wrong := 0, 0
	for i := range *calls {
		before(i)
		if i%2 == 0 {
			if data, err := s.Recv(1); len(data) != 1 || err != nil {
				t.Fatalf("recv: %q, %v", data, err)
			}
		} else if switches := recvCounted(t, s); (switches > 0) != (want == trace.Slept) {
			t.Errorf("recv %d: getrusage counts %d switches", i, switches)
		}
		drain(t, r, func(e *trace.Event) {
			if e.Kind == trace.Return {
				n++
				if e.Sleep != want {
					wrong++
				}
			}
		})
	}
	if n != *calls || wrong != 0 || r.Dropped() != 0 {
		t.Errorf("%d of %d calls are in the trace, %d of them with the wrong word on their sleep", n, *calls, wrong)
	}
	t.Logf("%d recvs, %d wrong", n, wrong)
}

// received1 is where recvCounted receives to. The stack of a test may move.
var received1 [1]byte

// recvCounted is a traced recv of a byte. It returns how often its thread has slept in
// it, as getrusage(2) counts.
func recvCounted(t *testing.T, s *Socket) int64 {
	self := current()
	c := call{name: trace.Recv, fd: s.fd, size: 1}
	p := &self.passage
	p.trap, p.args = unix.SYS_RECVFROM, [6]uintptr{uintptr(s.fd), uintptr(unsafe.Pointer(&received1)), 1}
	if !self.entering(&c) {
		t.Fatal("the ring is full")
	}
	switches := p.throughCounted()
	if n, errno := self.returned(&c); n != 1 {
		t.Fatalf("recv: %d, %v", n, errno)
	}
	return switches
}

// throughCounted is through with a count of the thread's sleeps in the call.
//
//go:nosplit
//go:norace
func (p *passage) throughCounted() int64 {
	var before, after unix.Rusage
	entersyscall()
	p.before()
	p.publish()
	syscall.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&before)), 0)
	r, _, errno := syscall.RawSyscall6(p.trap, p.args[0], p.args[1], p.args[2], p.args[3], p.args[4], p.args[5])
	syscall.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&after)), 0)
	p.returned = nanotime()
	atomic.StoreInt64(p.pending, p.returned)
	p.after()
	p.r, p.errno = r, uintptr(errno)
	exitsyscall()
	return int64(after.Nvcsw - before.Nvcsw)
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

// A thread that never leaves the processor is known by its processor time all the
// same, and its exit has all of it.
func TestProcessorTimeIsRead(t *testing.T) {
	// Go's own signals would have it read, too.
	if !inChild(t, noSequences, "GODEBUG=asyncpreemptoff=1") {
		return
	}
	a, _ := pair(t)
	r := attach(t, false)
	var used []int64 // by the thread after each call
	for range 20 {
		for began := nanotime(); nanotime()-began < 3e6; {
		}
		a.PendingError()
		var u unix.Rusage
		unix.Getrusage(unix.RUSAGE_THREAD, &u)
		used = append(used, u.Utime.Nano()+u.Stime.Nano())
	}
	exited(0, false)
	n := 0
	drain(t, r, func(e *trace.Event) {
		switch {
		case e.Kind == trace.Exit:
			if e.CPU < used[n-1] {
				t.Errorf("at the exit %d ns of processor time are said, after %d before", e.CPU, used[n-1])
			}
		case e.Kind == trace.Return:
			// The kernel's ticks are up to 10 ms apart, and the reading is up to 1 ms old.
			if e.CPU > used[n] || e.CPU < used[n]-11e6 {
				t.Errorf("after call %d %d ns of processor time are said, it was %d", n, e.CPU, used[n])
			}
			n++
		}
	})
}
