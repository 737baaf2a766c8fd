package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Getsockname returns the socket's own address: getsockname(2). It is 0.0.0.0:0 before
// a bind, a connect or a first datagram has given it one, and "@" for a Unix socket
// without a name. It stops the program on an error.
func (s *Socket) Getsockname() string {
	var own sockaddr
	own.room()
	c := call{name: trace.Getsockname, fd: s.fd, from: &own}
	_, errno := c.make(trapGetsockname, uintptr(s.fd), uintptr(unsafe.Pointer(&own.raw)), uintptr(unsafe.Pointer(&own.size)), 0, 0, 0)
	stop(trace.Getsockname, s.String(), errno.failed())
	return string(own.appendTo(nil))
}

// Getpeername returns the address at the other end: getpeername(2). Without a
// connection the error is ENOTCONN.
func (s *Socket) Getpeername() (string, error) {
	s.addr.room()
	c := call{name: trace.Getpeername, fd: s.fd, from: &s.addr}
	_, errno := c.make(trapGetpeername, uintptr(s.fd), uintptr(unsafe.Pointer(&s.addr.raw)), uintptr(unsafe.Pointer(&s.addr.size)), 0, 0, 0)
	if errno != 0 {
		return "", errno
	}
	return s.Peer(), nil
}
