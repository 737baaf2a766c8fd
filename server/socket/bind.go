package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Bind gives the socket a local address, "127.0.0.1:80": bind(2). Port 0 lets
// the kernel choose. It stops the program on an error, EADDRINUSE above all.
func (s *Socket) Bind(addr string) {
	stop(trace.Bind, "", s.addr.set(addr))
	c := call{name: trace.Bind, fd: s.fd, to: &s.addr}
	_, errno := c.make(trapBind, uintptr(s.fd), uintptr(unsafe.Pointer(&s.addr.raw)), uintptr(s.addr.size), 0, 0, 0)
	stop(trace.Bind, addr, errno.failed())
	s.named = true
}

// Listen turns the socket into a listener: listen(2). The kernel shakes hands
// with up to backlog+1 clients that wait to be accepted. It stops the program
// on an error.
func (s *Socket) Listen(backlog int) {
	c := call{name: trace.Listen, fd: s.fd, nargs: 1, args: [3]int64{int64(backlog)}}
	_, errno := c.make(trapListen, uintptr(s.fd), uintptr(backlog), 0, 0, 0, 0)
	stop(trace.Listen, "", errno.failed())
}
