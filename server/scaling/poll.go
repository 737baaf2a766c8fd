package scaling

import (
	"sockscope/server/socket"

	"golang.org/x/sys/unix"
)

// Poll waits with poll(2). Its list has an entry for each socket, of
// any number. It goes to the kernel whole, which looks at each entry,
// and then the program does.
type Poll struct {
	list    []unix.PollFd
	sockets []*socket.Socket
	found   []*socket.Socket
}

// Add appends an entry.
func (w *Poll) Add(s *socket.Socket) error {
	entry := unix.PollFd{Fd: int32(s.Fileno()), Events: unix.POLLIN}
	w.list = append(w.list, entry)
	w.sockets = append(w.sockets, s)
	return nil
}

// Wait sleeps until a socket is readable, and returns those that are.
func (w *Poll) Wait() ([]*socket.Socket, error) {
	_, err := unix.Poll(w.list, -1)
	for err == unix.EINTR {
		_, err = unix.Poll(w.list, -1)
	}
	w.found = w.found[:0]
	for i := range w.list {
		if w.list[i].Revents != 0 {
			w.found = append(w.found, w.sockets[i])
		}
	}
	return w.found, err
}

// Close has nothing to give back.
func (w *Poll) Close() {}
