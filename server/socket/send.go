package socket

import (
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// Send copies bytes into the kernel's send buffer: send(2). It returns how many
// it took, which may be fewer than there are, and blocks while the buffer is
// full; a non-blocking socket returns EAGAIN. EPIPE and ECONNRESET tell that
// the peer is gone; there is no SIGPIPE, which Go keeps to fds 1 and 2, unless
// [Signal] gives it its default back. The flags are those of send(2), as MSG_NOSIGNAL.
func (s *Socket) Send(data []byte, flags ...int) (int, error) {
	all := 0
	for _, flag := range flags {
		all |= flag
	}
	c := call{name: trace.Send, fd: s.fd, nargs: 1, args: [3]int64{int64(all)}, size: len(data), out: data}
	n, errno := c.make(trapSend, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)), uintptr(all), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}

// maxPieces is how many pieces Writev takes.
const maxPieces = 3

// Writev is Send for bytes that lie in several places, at most three: writev(2). The
// kernel takes them as one piece.
func (s *Socket) Writev(pieces ...[]byte) (int, error) {
	c := call{name: trace.Writev, fd: s.fd, nargs: len(pieces)}
	if len(pieces) > maxPieces {
		stop(trace.Writev, s.String(), EINVAL)
	}
	var vectors [maxPieces]unix.Iovec
	for i, p := range pieces {
		vectors[i].Base = unsafe.SliceData(p)
		vectors[i].SetLen(len(p))
		c.args[i] = int64(len(p))
		c.size += len(p)
		c.out = append(c.out, p...)
	}
	n, errno := c.make(trapWritev, uintptr(s.fd), uintptr(unsafe.Pointer(&vectors)), uintptr(len(pieces)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}

// Sendto sends data as one datagram to addr: sendto(2). The kernel takes it whole or
// not at all. That it took it says nothing of whether anybody gets it. An addr that is
// none stops the program; with "" the kernel sends to whom the socket is connected.
func (s *Socket) Sendto(data []byte, addr string) (int, error) {
	s.to = sockaddr{}
	if addr != "" {
		stop(trace.Sendto, "", s.to.set(addr))
	}
	c := call{name: trace.Sendto, fd: s.fd, nargs: 1, size: len(data), out: data, to: &s.to, names: !s.named}
	to := uintptr(0)
	if s.to.size > 0 {
		to = uintptr(unsafe.Pointer(&s.to.raw))
	}
	n, errno := c.make(trapSend, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)), 0, to, uintptr(s.to.size))
	if errno != 0 {
		return 0, errno
	}
	s.named = true // the kernel has given it a port, if nobody had
	return n, nil
}
