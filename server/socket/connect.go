package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Connect shakes hands with the listener at addr: connect(2). It blocks until
// the peer's kernel has answered, not until its program has accepted; a
// non-blocking socket returns EINPROGRESS. A socket for datagrams only notes the
// address, and asks nobody. An addr that is none stops the program.
func (s *Socket) Connect(addr string) error {
	stop(trace.Connect, "", s.addr.set(addr))
	c := call{name: trace.Connect, fd: s.fd, to: &s.addr}
	_, errno := c.make(trapConnect, uintptr(s.fd), uintptr(unsafe.Pointer(&s.addr.raw)), uintptr(s.addr.size), 0, 0, 0)
	s.named = s.named || errno == 0
	return errno.failed()
}

// Shutdown ends one direction of the connection, or both: shutdown(2) with
// SHUT_RD, SHUT_WR or SHUT_RDWR. The fd stays open.
func (s *Socket) Shutdown(how int) error {
	c := call{name: trace.Shutdown, fd: s.fd, nargs: 1, args: [3]int64{int64(how)}}
	_, errno := c.make(trapShutdown, uintptr(s.fd), uintptr(how), 0, 0, 0, 0)
	return errno.failed()
}
