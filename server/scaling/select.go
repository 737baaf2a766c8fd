package scaling

import (
	"sockscope/server/socket"

	"golang.org/x/sys/unix"
)

// Select waits with select(2). Its set has a bit for each fd up to
// 1023. It goes to the kernel whole, and comes back with the bits of
// those that are ready: the kernel looks at every bit, and then the
// program does.
type Select struct {
	asked   unix.FdSet
	sockets [socket.FD_SETSIZE]*socket.Socket
	top     int // one more than the highest fd
	found   []*socket.Socket
}

// Add sets the bit of a socket. Without one for it, our Select is
// asked to wait for it all the same, and says why it can't.
func (w *Select) Add(s *socket.Socket) error {
	fd := s.Fileno()
	if fd >= socket.FD_SETSIZE {
		return socket.Run(func() {
			socket.Select(socket.Set{s: true}, nil)
		})
	}
	w.asked.Set(fd)
	w.sockets[fd] = s
	w.top = max(w.top, fd+1)
	return nil
}

// Wait sleeps until a socket is readable, and returns those that are.
func (w *Select) Wait() ([]*socket.Socket, error) {
	set := w.asked // select writes over its set
	_, err := unix.Select(w.top, &set, nil, nil, nil)
	for err == unix.EINTR {
		set = w.asked
		_, err = unix.Select(w.top, &set, nil, nil, nil)
	}
	w.found = w.found[:0]
	for fd := 0; err == nil && fd < w.top; fd++ {
		if set.IsSet(fd) {
			w.found = append(w.found, w.sockets[fd])
		}
	}
	return w.found, err
}

// Close has nothing to give back.
func (w *Select) Close() {}
