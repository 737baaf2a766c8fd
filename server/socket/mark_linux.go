package socket

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mark tells without a system call that its thread has not left the processor. The
// thread sets it. The kernel wipes it whenever it has switched the thread away and
// back, and before it delivers a signal. A mark that is still set after a call
// proves that the call didn't sleep. A wiped one proves nothing.
//
// The mark is the field rseq_cs of a restartable sequence (rseq(2)). Such a sequence
// is code that the kernel restarts elsewhere when it was interrupted. The range
// that is named here holds no code, so nothing is ever restarted: all that
// happens is that the kernel finds the thread outside of the range and wipes the
// field.
//
// It lies in memory of its own, as the kernel writes to it at any time: the garbage
// collector knows nothing of it, and neither does the race detector.
type mark struct {
	// struct rseq, which is aligned to 32 bytes.
	_     uint32
	cpu   uint32 // the processor that the thread runs on
	field uint64 // rseq_cs: the address of range when the mark is set, else 0
	_     [2]uint64

	// struct rseq_cs, which is aligned to 32 bytes.
	about struct {
		version, flags           uint32
		start, length, elsewhere uint64
	}

	noCode    [8]byte
	signature uint32 // of what is elsewhere; it stands right before that
	elsewhere [4]byte
}

const (
	// markSize is struct rseq's first size. A larger one asks newer kernels for
	// fewer wipes: see wiped.
	markSize = 32
	// markSignature keeps code that is no part of a sequence from being jumped
	// to. Nothing is; the kernel compares it all the same.
	markSignature = 0x53053053
	// unregister is RSEQ_FLAG_UNREGISTER.
	unregister = 1
)

// wipes is whether this kernel wipes marks as it has to. The first thread tries.
var wipes struct {
	sync.Once
	yes bool
}

// newMark returns the calling thread's mark, or nil. A kernel older than 4.18 has none,
// a filter of system calls (seccomp(2)) may refuse it, and the C library of a program
// with cgo has taken the thread's only one. The goroutine stays on its thread until
// it releases the mark.
func newMark() *mark {
	mem, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(mark{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	m := (*mark)(unsafe.Pointer(&mem[0]))
	m.signature = markSignature
	m.about.start = uint64(uintptr(unsafe.Pointer(&m.noCode)))
	m.about.length = uint64(len(m.noCode))
	m.about.elsewhere = uint64(uintptr(unsafe.Pointer(&m.elsewhere)))
	if !m.register(0) {
		unix.Munmap(mem)
		return nil
	}
	if wipes.Do(func() { wipes.yes = m.wiped() }); !wipes.yes {
		m.release()
		return nil
	}
	return m
}

// release takes the mark from the calling thread, whose it is.
func (m *mark) release() {
	if m.register(unregister) {
		unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(m)), unsafe.Sizeof(*m)))
	}
}

func (m *mark) register(flags uintptr) bool {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RSEQ, uintptr(unsafe.Pointer(m)), markSize, flags, markSignature, 0, 0)
	return errno == 0
}

// wiped reports whether sleeps wipe the mark. Linux 6.19 and some versions after it keep
// the mark of a thread that slept in a system call and came back on the same
// processor. All others wipe it. So the thread is held on its processor, and sleeps.
func (m *mark) wiped() bool {
	var usual, one unix.CPUSet
	if unix.SchedGetaffinity(0, &usual) != nil {
		return false
	}
	one.Set(int(m.cpu))
	if unix.SchedSetaffinity(0, &one) != nil {
		return false
	}
	defer unix.SchedSetaffinity(0, &usual)
	for range 2 { // the first may have been wiped by a signal
		m.set()
		unix.Nanosleep(&unix.Timespec{Nsec: 20_000}, nil) // less may be over before the thread sleeps
		if m.isSet() {
			return false
		}
	}
	return true
}

// set sets the mark.
//
//go:nosplit
func (m *mark) set() { atomic.StoreUint64(&m.field, uint64(uintptr(unsafe.Pointer(&m.about)))) }

// isSet reports whether the thread has been on the processor since set.
//
//go:nosplit
func (m *mark) isSet() bool { return atomic.LoadUint64(&m.field) != 0 }
