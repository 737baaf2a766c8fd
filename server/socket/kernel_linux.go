package socket

import (
	"encoding/binary"
	"sync/atomic"
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
	trapWrite      = unix.SYS_WRITE
	trapNanosleep  = unix.SYS_NANOSLEEP
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

// passage is one traced trip into the kernel and back.
type passage struct {
	trap          uintptr
	args          [6]uintptr
	slot          ring.Slot // of the Enter; published on the way in
	pending       *int64    // see ring.Ring.Pending
	before, after unix.Rusage
	returned      int64 // ns of CLOCK_MONOTONIC
	r, errno      uintptr
}

// through makes the call, with the clock and the thread's usage read on either
// side of it and its Enter published right before.
//
// All of it lies between entersyscall and exitsyscall, which package runtime
// keeps reachable for this purpose (go.dev/issue/67401). Leaving a system
// call, the scheduler may put the thread to sleep until a processor is free for
// it; read outside, the usage would count that sleep as the call's, and the
// clock its duration. Inside, nothing may grow the stack, allocate, or be
// interrupted: hence raw system calls and nosplit.
//
//go:nosplit
//go:norace
func (p *passage) through() {
	entersyscall()
	syscall.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&p.before)), 0)
	*p.slot.Time = nanotime()
	atomic.StoreUint64(p.slot.Head, p.slot.Next)
	r, _, errno := syscall.RawSyscall6(p.trap, p.args[0], p.args[1], p.args[2], p.args[3], p.args[4], p.args[5])
	p.returned = nanotime()
	atomic.StoreInt64(p.pending, p.returned)
	syscall.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&p.after)), 0)
	p.r, p.errno = r, uintptr(errno)
	exitsyscall()
}

func (p *passage) result() (int, Errno) { return int(p.r), Errno(p.errno) }

// slept tells from the kernel's counts whether the thread gave up the processor
// in the call, and how many ns of processor time it has used so far.
func (p *passage) slept() (trace.Sleep, int64) {
	cpu := p.after.Utime.Nano() + p.after.Stime.Nano()
	if p.after.Nvcsw != p.before.Nvcsw {
		return trace.Slept, cpu
	}
	return trace.Awake, cpu
}

//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// nanotime reads CLOCK_MONOTONIC without entering the kernel (vdso(7)).
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64
