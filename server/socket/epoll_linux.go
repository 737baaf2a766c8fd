package socket

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollMemory is what the kernel reads and writes: the event of an epoll_ctl,
// and those of an epoll_wait. Each carries the fd it is about as its data.
type epollMemory struct {
	event  unix.EpollEvent
	events [epollRoom]unix.EpollEvent
}

func (m *epollMemory) create(c *call) (int, Errno) {
	return c.make(unix.SYS_EPOLL_CREATE1, 0, 0, 0, 0, 0, 0)
}

func (m *epollMemory) control(c *call, epfd, op, fd int, events Events) Errno {
	event := &m.event
	*event = unix.EpollEvent{Events: uint32(events), Fd: int32(fd)}
	if op == epollDelete {
		event = nil
	}
	_, errno := c.once(unix.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(event)), 0, 0)
	return errno
}

// wait enters as epoll_pwait without a signal mask, which every architecture has.
func (m *epollMemory) wait(c *call, epfd, ms int) (int, Errno) {
	return c.once(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(&m.events)), epollRoom, uintptr(ms), 0, 0)
}

func (m *epollMemory) at(i int) (fd int, events Events) {
	return int(m.events[i].Fd), Events(m.events[i].Events)
}
