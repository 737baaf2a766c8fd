package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Recv takes at most size bytes out of the kernel's receive buffer: recv(2). It
// returns what is there, and blocks while nothing is; a non-blocking socket
// returns EAGAIN. An empty slice without an error is the end of the stream.
// The slice is valid until the next Recv on s.
func (s *Socket) Recv(size int) ([]byte, error) {
	if cap(s.buf) < size {
		s.buf = make([]byte, size)
	}
	buf := s.buf[:size]
	c := call{name: trace.Recv, fd: s.fd, nargs: 1, size: size, in: buf}
	n, errno := c.make(trapRecv, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(size), 0, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return buf[:n], nil
}
