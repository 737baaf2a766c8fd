package scaling

import (
	"sockscope/server/socket"

	"golang.org/x/sys/unix"
)

// Epoll waits with epoll(7). The list is the kernel's to keep; when
// bytes arrive it notes which of its sockets they are for. A wait
// returns what was noted, and looks at nobody else.
type Epoll struct {
	fd      int
	sockets map[int32]*socket.Socket
	events  [64]unix.EpollEvent
	found   []*socket.Socket
}

// newEpoll makes an empty list.
func newEpoll() (waiter, error) {
	fd, err := unix.EpollCreate1(0)
	return &Epoll{fd: fd, sockets: map[int32]*socket.Socket{}}, err
}

// Add puts a socket on the kernel's list, once.
func (w *Epoll) Add(s *socket.Socket) error {
	fd := s.Fileno()
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	w.sockets[event.Fd] = s
	return unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, fd, &event)
}

// Wait sleeps until a socket is readable, and returns those that are.
func (w *Epoll) Wait() ([]*socket.Socket, error) {
	n, err := unix.EpollWait(w.fd, w.events[:], -1)
	for err == unix.EINTR {
		n, err = unix.EpollWait(w.fd, w.events[:], -1)
	}
	w.found = w.found[:0]
	for i := range max(n, 0) {
		w.found = append(w.found, w.sockets[w.events[i].Fd])
	}
	return w.found, err
}

// Close gives the list back.
func (w *Epoll) Close() { unix.Close(w.fd) }
