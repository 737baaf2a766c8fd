package socket

import (
	"encoding/binary"
	"syscall"
	"time"
	"unsafe"

	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// The numbers of the system calls. Some names of the API have no call of
// their own: recv is recvfrom without an address, send is sendto, accept is
// accept4 without flags, and select is pselect6 without a signal mask.
const (
	trapSocket     = unix.SYS_SOCKET
	trapBind       = unix.SYS_BIND
	trapListen     = unix.SYS_LISTEN
	trapAccept     = unix.SYS_ACCEPT4
	trapConnect    = unix.SYS_CONNECT
	trapSend       = unix.SYS_SENDTO
	trapRecv       = unix.SYS_RECVFROM
	trapShutdown   = unix.SYS_SHUTDOWN
	trapClose      = unix.SYS_CLOSE
	trapSelect     = unix.SYS_PSELECT6
	trapFcntl      = unix.SYS_FCNTL
	trapSetsockopt = unix.SYS_SETSOCKOPT
	trapGetsockopt = unix.SYS_GETSOCKOPT

	trapGetsockname = unix.SYS_GETSOCKNAME
	trapGetpeername = unix.SYS_GETPEERNAME

	trapWrite     = unix.SYS_WRITE
	trapWritev    = unix.SYS_WRITEV
	trapNanosleep = unix.SYS_NANOSLEEP
)

const nativeNonBlock = o_NONBLOCK

func nativeDomain(domain int) uintptr { return uintptr(domain) }

func nativeOption(level, option int) (uintptr, uintptr) { return uintptr(level), uintptr(option) }

// pending returns the value of SO_ERROR.
func pending(value int32) Errno { return Errno(value) }

func putFamily(raw *[112]byte, family uint16, size int) {
	binary.NativeEndian.PutUint16(raw[:], family)
}

func family(raw *[112]byte) uint16 { return binary.NativeEndian.Uint16(raw[:]) }

// waitTime is the timeout of pselect6 and nanosleep: a struct timespec.
type waitTime unix.Timespec

func (w *waitTime) set(d time.Duration) { *w = waitTime(unix.NsecToTimespec(int64(d))) }

//go:uintptrescapes
func (c *call) sleep(wait uintptr) (int, Errno) {
	return c.once(trapNanosleep, wait, 0, 0, 0, 0, 0)
}

// poll enters as ppoll without a signal mask, which every architecture has.
//
//go:uintptrescapes
func (c *call) poll(fds, n, wait uintptr) (int, Errno) {
	return c.once(unix.SYS_PPOLL, fds, n, wait, 0, 0, 0)
}

// enter makes a system call that isn't traced.
//
//go:uintptrescapes
func enter(trap, a1, a2, a3, a4, a5, a6 uintptr) (int, Errno) {
	r, _, errno := syscall.Syscall6(trap, a1, a2, a3, a4, a5, a6)
	return int(r), Errno(errno)
}

func gettid() int {
	id, _, _ := syscall.RawSyscall(unix.SYS_GETTID, 0, 0, 0)
	return int(id)
}

// passage is a thread's way into the kernel and back, one traced call at a time.
type passage struct {
	trap     uintptr
	args     [6]uintptr
	slot     ring.Slot // of the Enter; published on the way in
	pending  *int64    // see ring.Ring.Pending
	mark     *mark     // nil where the kernel has none
	usage    unix.Rusage
	read     int64 // when usage was, ns of CLOCK_MONOTONIC
	sleeps   int64 // of the thread before the call
	returned int64 // ns of CLOCK_MONOTONIC
	r, errno uintptr
}

// through makes the call, with the clock read on either side of it and its Enter
// published right before.
//
// All of it lies between entersyscall and exitsyscall, which package runtime
// keeps reachable for this purpose (go.dev/issue/67401). Leaving a system
// call, the scheduler may put the thread to sleep until a processor is free for
// it. Read outside, the thread's usage would count that sleep as the call's, and the
// clock its duration. Inside, nothing may grow the stack, allocate, or be
// interrupted: hence raw system calls and nosplit.
//
//go:nosplit
//go:norace
func (p *passage) through() {
	entersyscall()
	p.before()
	p.publish()
	r, _, errno := syscall.RawSyscall6(p.trap, p.args[0], p.args[1], p.args[2], p.args[3], p.args[4], p.args[5])
	p.returned = nanotime()
	release(p.pending, p.returned)
	p.after()
	p.r, p.errno = r, uintptr(errno)
	exitsyscall()
}

//go:nosplit
//go:norace
func (p *passage) publish() {
	*p.slot.Time = nanotime()
	release(p.slot.Head, p.slot.Next)
}

// before makes sure that usage is what the thread has used up to the call. It is,
// when the thread has not left the processor since it was read.
//
//go:nosplit
//go:norace
func (p *passage) before() {
	if p.mark == nil || !p.mark.isSet() {
		p.readUsage()
	}
	p.sleeps = int64(p.usage.Nvcsw)
}

// fresh is how old a thread's processor time may be, in ns. The kernel itself counts
// it at its ticks, which are 1 to 10 ms apart.
const fresh = 1e6

// after reads the thread's usage again where it may have changed.
//
//go:nosplit
//go:norace
func (p *passage) after() {
	if p.mark == nil || !p.mark.isSet() || p.returned-p.read >= fresh {
		p.readUsage()
	}
}

// readUsage sets the mark first: from then on it tells of what usage doesn't count.
//
//go:nosplit
//go:norace
func (p *passage) readUsage() {
	if p.mark != nil {
		p.mark.set()
	}
	syscall.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&p.usage)), 0)
	p.read = nanotime()
}

func (p *passage) result() (int, Errno) { return int(p.r), Errno(p.errno) }

// slept tells from the kernel's counts whether the thread gave up the processor
// in the call.
func (p *passage) slept() trace.Sleep {
	if int64(p.usage.Nvcsw) != p.sleeps {
		return trace.Slept
	}
	return trace.Awake
}

// cpu returns the ns of processor time that usage has.
func (p *passage) cpu() int64 { return p.usage.Utime.Nano() + p.usage.Stime.Nano() }

// begin prepares the passage of the calling thread, which stays on it until end.
func (p *passage) begin() { p.mark = newMark() }

// end reads the thread's usage for the last time.
func (p *passage) end() {
	p.readUsage()
	if p.mark != nil {
		p.mark.release()
		p.mark = nil
	}
}

//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// nanotime reads CLOCK_MONOTONIC without entering the kernel (vdso(7)).
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64
