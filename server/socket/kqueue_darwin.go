package socket

import (
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// kqueueMemory is what the kernel reads and writes: the one change of a kevent,
// or the events that came, and the timeout.
type kqueueMemory struct {
	change1 unix.Kevent_t
	events  [kqueueRoom]unix.Kevent_t
	limit   unix.Timespec
}

func (m *kqueueMemory) create(c *call) (int, Errno) {
	return c.make(unix.SYS_KQUEUE, 0, 0, 0, 0, 0, 0)
}

func (m *kqueueMemory) change(c *call, kq, fd int, filter Filter, act int) Errno {
	m.change1 = unix.Kevent_t{Ident: uint64(fd), Filter: int16(filter), Flags: uint16(act)}
	_, errno := c.once(unix.SYS_KEVENT, uintptr(kq), uintptr(unsafe.Pointer(&m.change1)), 1, 0, 0, 0)
	return errno
}

func (m *kqueueMemory) wait(c *call, kq int) (int, Errno) {
	var limit *unix.Timespec
	if c.timeout != trace.Forever {
		limit = &m.limit
		*limit = unix.NsecToTimespec(c.timeout)
	}
	return c.once(unix.SYS_KEVENT, uintptr(kq), 0, 0, uintptr(unsafe.Pointer(&m.events)), kqueueRoom, uintptr(unsafe.Pointer(limit)))
}

func (m *kqueueMemory) at(i int) (fd int, e Kevent) {
	k := &m.events[i]
	return int(k.Ident), Kevent{Filter: Filter(k.Filter), EOF: k.Flags&unix.EV_EOF != 0, Bytes: int(k.Data)}
}
