//lint:file-ignore SA1019 One way into the kernel serves every call, and the calls are few and old.

package socket

import (
	"syscall"
	"time"
	_ "unsafe" // for go:linkname

	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// The numbers of the system calls. nanosleep has none: libSystem makes it of
// others, and here it is a select without sockets.
const (
	trapSocket     = unix.SYS_SOCKET
	trapBind       = unix.SYS_BIND
	trapListen     = unix.SYS_LISTEN
	trapAccept     = unix.SYS_ACCEPT
	trapConnect    = unix.SYS_CONNECT
	trapSend       = unix.SYS_SENDTO
	trapRecv       = unix.SYS_RECVFROM
	trapShutdown   = unix.SYS_SHUTDOWN
	trapClose      = unix.SYS_CLOSE
	trapSelect     = unix.SYS_SELECT
	trapFcntl      = unix.SYS_FCNTL
	trapSetsockopt = unix.SYS_SETSOCKOPT
	trapGetsockopt = unix.SYS_GETSOCKOPT

	trapGetsockname = unix.SYS_GETSOCKNAME
	trapGetpeername = unix.SYS_GETPEERNAME

	trapWrite  = unix.SYS_WRITE
	trapWritev = unix.SYS_WRITEV
)

const nativeNonBlock = unix.O_NONBLOCK

func nativeDomain(domain int) uintptr {
	if domain == AF_INET6 {
		return unix.AF_INET6
	}
	return uintptr(domain)
}

func nativeOption(level, option int) (uintptr, uintptr) {
	if level == IPPROTO_TCP { // what it doesn't have is 0, which the kernel refuses
		return IPPROTO_TCP, map[int]uintptr{
			TCP_NODELAY: unix.TCP_NODELAY, TCP_KEEPIDLE: unix.TCP_KEEPALIVE, TCP_KEEPINTVL: unix.TCP_KEEPINTVL, TCP_KEEPCNT: unix.TCP_KEEPCNT,
		}[option]
	}
	if level != SOL_SOCKET {
		return uintptr(level), uintptr(option)
	}
	native := map[int]uintptr{
		SO_REUSEADDR: unix.SO_REUSEADDR, SO_SNDBUF: unix.SO_SNDBUF, SO_RCVBUF: unix.SO_RCVBUF,
		SO_KEEPALIVE: unix.SO_KEEPALIVE, SO_LINGER: unix.SO_LINGER_SEC,
		SO_RCVTIMEO: unix.SO_RCVTIMEO, SO_ERROR: unix.SO_ERROR,
	}
	return unix.SOL_SOCKET, native[option]
}

// pending returns the value of SO_ERROR.
func pending(value int32) Errno {
	if value == 0 {
		return 0
	}
	return linuxErrno(syscall.Errno(value))
}

// Here a sockaddr begins with its length, then one byte of family.
func putFamily(raw *[112]byte, family uint16, size int) {
	raw[0], raw[1] = byte(size), byte(nativeDomain(int(family)))
}

func family(raw *[112]byte) uint16 {
	if raw[1] == unix.AF_INET6 {
		return AF_INET6
	}
	return uint16(raw[1])
}

// waitTime is the timeout of select: a struct timeval.
type waitTime unix.Timeval

func (w *waitTime) set(d time.Duration) {
	*w = waitTime(unix.NsecToTimeval(int64(d + time.Microsecond - 1)))
}

//go:uintptrescapes
func (c *call) sleep(wait uintptr) (int, Errno) {
	return c.once(trapSelect, 0, 0, 0, 0, wait, 0)
}

// poll takes milliseconds here; they are rounded up.
//
//go:uintptrescapes
func (c *call) poll(fds, n, wait uintptr) (int, Errno) {
	ms := -1
	if c.timeout != trace.Forever {
		ms = int((c.timeout + int64(time.Millisecond) - 1) / int64(time.Millisecond))
	}
	return c.once(unix.SYS_POLL, fds, n, uintptr(ms), 0, 0, 0)
}

// enter makes a system call that isn't traced.
//
//go:uintptrescapes
func enter(trap, a1, a2, a3, a4, a5, a6 uintptr) (int, Errno) {
	r, _, errno := syscall.Syscall6(trap, a1, a2, a3, a4, a5, a6)
	if errno != 0 {
		return -1, linuxErrno(errno)
	}
	return int(int32(r)), 0
}

func gettid() int {
	id, _, _ := syscall.RawSyscall(unix.SYS_THREAD_SELFID, 0, 0, 0)
	return int(id)
}

// linuxErrno translates to the numbers of a trace. One that has no name there
// keeps its own, above all of Linux's.
func linuxErrno(errno syscall.Errno) Errno {
	linux := map[syscall.Errno]trace.Errno{
		unix.EAGAIN: trace.EAGAIN, unix.ENOTSOCK: trace.ENOTSOCK, unix.EOPNOTSUPP: trace.EOPNOTSUPP,
		unix.ENOTSUP: trace.EOPNOTSUPP, unix.EAFNOSUPPORT: trace.EAFNOSUPPORT,
		unix.EADDRINUSE: trace.EADDRINUSE, unix.EADDRNOTAVAIL: trace.EADDRNOTAVAIL,
		unix.ENETUNREACH: trace.ENETUNREACH, unix.ECONNABORTED: trace.ECONNABORTED,
		unix.ECONNRESET: trace.ECONNRESET, unix.ENOBUFS: trace.ENOBUFS, unix.EISCONN: trace.EISCONN,
		unix.ENOTCONN: trace.ENOTCONN, unix.ETIMEDOUT: trace.ETIMEDOUT,
		unix.ECONNREFUSED: trace.ECONNREFUSED, unix.EHOSTUNREACH: trace.EHOSTUNREACH,
		unix.EALREADY: trace.EALREADY, unix.EINPROGRESS: trace.EINPROGRESS,
		unix.ENOSYS: trace.ENOSYS,
	}
	if n, ok := linux[errno]; ok {
		return Errno(n)
	}
	if errno <= 34 { // the oldest numbers are the same everywhere
		return Errno(errno)
	}
	return Errno(errno) + 1000
}

// passage is one traced trip into the kernel and back. There is no usage of
// a single thread here, so nobody knows whether it slept.
type passage struct {
	trap     uintptr
	args     [6]uintptr
	slot     ring.Slot // of the Enter
	pending  *int64    // see ring.Ring.Pending
	returned int64     // ns
	n        int
	errno    Errno
}

func (p *passage) through() {
	*p.slot.Time = nanotime()
	p.slot.Publish()
	a := &p.args
	p.n, p.errno = enter(p.trap, a[0], a[1], a[2], a[3], a[4], a[5])
	p.returned = nanotime()
	release(p.pending, p.returned)
}

func (p *passage) result() (int, Errno) { return p.n, p.errno }

func (p *passage) slept() trace.Sleep { return trace.SleepUnknown }

func (p *passage) cpu() int64 { return 0 }

func (p *passage) begin() {}

func (p *passage) end() {}

// sampler would read queues beside a call; here nothing is sampled.
type sampler struct{}

func (*sampler) before(*call, *lists) []ring.Queue { return nil }

func (*sampler) after(*call, int, bool, *lists) []ring.Queue { return nil }

// nanotime reads the monotonic clock.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64
