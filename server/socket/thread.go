package socket

import (
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"sockscope/server/trace"
)

// Thread is a thread that [Go] has started.
type Thread struct {
	tid   atomic.Int32 // 0 until it has begun
	ended futex        // 1 when its program has returned
}

// Go starts another thread of the program: pthread_create(3). An [*Error] in it ends
// the process as it does in the first thread.
func Go(program func()) *Thread {
	t := new(Thread)
	go func() {
		// Never unlocked: the thread ends with its program, and its counts of
		// processor time and sleeps were of nobody else.
		runtime.LockOSThread()
		started()
		t.tid.Store(int32(gettid()))
		defer func() {
			if err := caught(recover()); err != nil {
				die(err)
			}
			exited(0, false)
			// Untraced: the kernel itself does it when a thread of C's ends
			// (set_tid_address(2)).
			t.ended.word.Store(1)
			enter(trapFutex, t.ended.address(), futexWake, 1<<30, 0, 0, 0)
		}()
		program()
	}()
	return t
}

// Join waits until the thread has ended: pthread_join(3). It sleeps in futex(2) while
// that is not so.
func (t *Thread) Join() {
	for t.ended.word.Load() == 0 {
		t.ended.operate(futexWait, 0)
	}
}

// Kill sends the signal to the thread: pthread_kill(3), which is tgkill(2) beneath. It
// stops the program on an error.
func (t *Thread) Kill(signal int) {
	for t.tid.Load() == 0 {
		runtime.Gosched()
	}
	pid, tid := os.Getpid(), int(t.tid.Load())
	c := call{name: trace.Tgkill, fd: -1, nargs: 3, args: [3]int64{int64(pid), int64(tid), int64(signal)}}
	_, errno := c.make(trapTgkill, uintptr(pid), uintptr(tid), uintptr(signal), 0, 0, 0)
	stop(trace.Tgkill, trace.SignalName(int64(signal)), errno.failed())
}

// Mutex is a lock of threads: pthread_mutex_lock(3). Who finds it free takes it
// without a system call; who doesn't sleeps in futex(2). The zero Mutex is free.
type Mutex struct {
	// 0 is free, 1 is held, 2 is held and somebody sleeps (Drepper, "Futexes Are
	// Tricky", the second mutex).
	futex futex
}

// Lock takes the lock, and sleeps while another thread has it.
func (m *Mutex) Lock() {
	if m.futex.word.CompareAndSwap(0, 1) {
		return
	}
	for m.futex.word.Swap(2) != 0 {
		m.futex.operate(futexWait, 2)
	}
}

// Unlock gives the lock back, and wakes one who sleeps, if there is one.
func (m *Mutex) Unlock() {
	if m.futex.word.Swap(0) == 2 {
		m.futex.operate(futexWake, 1)
	}
}

// Of futex(2).
const (
	futexWait = 0 // sleep, if the word still has the value
	futexWake = 1 // wake so many who sleep at the word
)

// futex is a word that threads sleep at.
type futex struct{ word atomic.Uint32 }

func (f *futex) address() uintptr { return uintptr(unsafe.Pointer(f)) }

// operate makes the call about the word: futex(2).
func (f *futex) operate(op int, value uint32) {
	at := f.address()
	c := call{name: trace.Futex, fd: -1, nargs: 3, args: [3]int64{int64(at), int64(op), int64(value)}}
	c.make(trapFutex, uintptr(unsafe.Pointer(f)), uintptr(op), uintptr(value), 0, 0, 0)
}
