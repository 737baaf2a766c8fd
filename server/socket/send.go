package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Send copies bytes into the kernel's send buffer: send(2). It returns how many
// it took, which may be fewer than there are, and blocks while the buffer is
// full; a non-blocking socket returns EAGAIN. EPIPE and ECONNRESET tell that
// the peer is gone; there is no SIGPIPE, which Go keeps to fds 1 and 2.
func (s *Socket) Send(data []byte) (int, error) {
	c := call{name: trace.Send, fd: s.fd, nargs: 1, size: len(data), out: data}
	n, errno := c.make(trapSend, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}
