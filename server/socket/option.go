package socket

import (
	"fmt"
	"time"
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// SetBlocking chooses what a call does that would have to wait: sleep, or
// return EAGAIN. It is fcntl(2) with F_SETFL: the flags of a socket that can
// be set are its own to give. It stops the program on an error.
func (s *Socket) SetBlocking(blocking bool) {
	flags, native := int64(o_NONBLOCK), uintptr(nativeNonBlock)
	if blocking {
		flags, native = 0, 0
	}
	c := call{name: trace.Fcntl, fd: s.fd, nargs: 2, args: [3]int64{f_SETFL, flags}}
	_, errno := c.make(trapFcntl, uintptr(s.fd), f_SETFL, native, 0, 0, 0)
	stop(trace.Fcntl, s.String(), errno.failed())
}

// SetOption sets an option that is an int: setsockopt(2). It stops the program
// on an error.
func (s *Socket) SetOption(level, option, value int) {
	s.option[0] = int32(value)
	s.setOption(level, option, value, 4)
}

// SetLinger chooses what close does with a connection: with 0 it sends RST
// and drops what is queued, with more it waits up to that many seconds until
// all is acknowledged, below 0 it is the ordinary close. It is setsockopt(2)
// with SO_LINGER (socket(7)) and stops the program on an error.
func (s *Socket) SetLinger(seconds int) {
	s.option = [3]int32{1, int32(seconds)}
	if seconds < 0 {
		s.option = [3]int32{}
	}
	s.setOption(SOL_SOCKET, SO_LINGER, max(seconds, -1), 8)
}

// SetRecvTimeout limits how long a blocking Recv or Accept sleeps: after that it
// returns EAGAIN. 0 is no limit. It is setsockopt(2) with SO_RCVTIMEO (socket(7)),
// in steps of a microsecond, and stops the program on an error.
func (s *Socket) SetRecvTimeout(limit time.Duration) {
	limit = max(limit, 0)
	if limit > 0 {
		limit = max(limit, time.Microsecond) // less would be none
	}
	wait := unix.NsecToTimeval(int64(limit))
	c := call{name: trace.Setsockopt, fd: s.fd, nargs: 3, args: [3]int64{SOL_SOCKET, SO_RCVTIMEO, limit.Microseconds()}}
	l, o := nativeOption(SOL_SOCKET, SO_RCVTIMEO)
	_, errno := c.make(trapSetsockopt, uintptr(s.fd), l, o, uintptr(unsafe.Pointer(&wait)), unsafe.Sizeof(wait), 0)
	stop(trace.Setsockopt, s.String()+", SO_RCVTIMEO", errno.failed())
}

// GetOption returns the value of an option that is an int, or of SO_LINGER as SetLinger
// takes it: getsockopt(2). It stops the program on an error.
func (s *Socket) GetOption(level, option int) int {
	value := func() int64 { return int64(s.option[0]) }
	size := int32(4)
	if level == SOL_SOCKET && option == SO_LINGER {
		size = 8
		value = func() int64 {
			if s.option[0] == 0 {
				return -1
			}
			return int64(s.option[1])
		}
	}
	_, errno := s.getOption(level, option, size, value)
	stop(trace.Getsockopt, fmt.Sprintf("%v, level %d option %d", s, level, option), errno.failed())
	return int(value())
}

// optionOut reads the value of an option out of a socket's memory.
type optionOut func() int64

// getOption has the kernel write an option of that size to s.option.
func (s *Socket) getOption(level, option int, size int32, value optionOut) (int, Errno) {
	s.option = [3]int32{0, 0, size}
	c := call{name: trace.Getsockopt, fd: s.fd, nargs: 3, args: [3]int64{int64(level), int64(option)}, value: value}
	l, o := nativeOption(level, option)
	return c.make(trapGetsockopt, uintptr(s.fd), l, o, uintptr(unsafe.Pointer(&s.option[0])), uintptr(unsafe.Pointer(&s.option[2])), 0)
}

// PendingError returns the error that waits at the socket and clears it, nil when
// there is none: getsockopt(2) with SO_ERROR. After a connect that returned
// EINPROGRESS it tells, once the socket is writable, how the connect ended. It
// stops the program when it cannot be asked.
func (s *Socket) PendingError() error {
	_, errno := s.getOption(SOL_SOCKET, SO_ERROR, 4, func() int64 { return int64(pending(s.option[0])) })
	stop(trace.Getsockopt, s.String()+", SO_ERROR", errno.failed())
	return pending(s.option[0]).failed()
}

func (s *Socket) setOption(level, option, value int, size uintptr) {
	c := call{name: trace.Setsockopt, fd: s.fd, nargs: 3, args: [3]int64{int64(level), int64(option), int64(value)}}
	l, o := nativeOption(level, option)
	_, errno := c.make(trapSetsockopt, uintptr(s.fd), l, o, uintptr(unsafe.Pointer(&s.option)), size, 0)
	stop(trace.Setsockopt, fmt.Sprintf("%v, level %d option %d", s, level, option), errno.failed())
}
