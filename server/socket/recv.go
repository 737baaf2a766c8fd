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
	buf := s.room(size)
	c := call{name: trace.Recv, fd: s.fd, nargs: 1, size: size, in: buf}
	n, errno := c.make(trapRecv, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(size), 0, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return buf[:n], nil
}

// Recvfrom takes the datagram that has waited longest out of the kernel's buffer, and
// tells who sent it: recvfrom(2). It blocks while there is none. What of the datagram
// has no room in size bytes is gone; with the flag MSG_TRUNC n is its size all the
// same. The slice is valid until the next Recvfrom on s.
func (s *Socket) Recvfrom(size, flags int) (data []byte, n int, from string, err error) {
	buf := s.room(size)
	s.addr.room()
	c := call{name: trace.Recvfrom, fd: s.fd, nargs: 1, args: [3]int64{int64(flags)}, size: size, in: buf, from: &s.addr}
	n, errno := c.make(trapRecv, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(size), uintptr(flags),
		uintptr(unsafe.Pointer(&s.addr.raw)), uintptr(unsafe.Pointer(&s.addr.size)))
	if errno != 0 {
		return nil, 0, "", errno
	}
	return buf[:min(n, size)], n, s.Peer(), nil
}

// room returns memory for size bytes.
func (s *Socket) room(size int) []byte {
	if cap(s.buf) < size {
		s.buf = make([]byte, size)
	}
	return s.buf[:size]
}
