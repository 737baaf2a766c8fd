package socket

import (
	"encoding/binary"
	"unsafe"

	"sockscope/server/trace"
)

// NewEventfd makes an fd that one thread waits for and another one writes to:
// eventfd(2), a counter that is readable while it isn't 0. It stops the program on an
// error.
func NewEventfd() *Socket {
	c := call{name: trace.Eventfd, fd: -1, nargs: 2}
	fd, errno := c.make(trapEventfd, 0, 0, 0, 0, 0, 0)
	stop(trace.Eventfd, "", errno.failed())
	return &Socket{fd: fd}
}

// Notify adds one to the counter of an eventfd: write(2) of eight bytes.
func (s *Socket) Notify() {
	one := binary.NativeEndian.AppendUint64(nil, 1)
	c := call{name: trace.Write, fd: s.fd, size: len(one), out: one}
	_, errno := c.make(trapWrite, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(one))), uintptr(len(one)), 0, 0, 0)
	stop(trace.Write, s.String(), errno.failed())
}
