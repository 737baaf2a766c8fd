package socket

import "sockscope/server/ring"

// Events is a set of things that a socket can be ready for, as poll(2) and
// epoll_ctl(2) number them.
type Events uint32

// What to ask poll for. POLLERR and POLLHUP need not be asked for: they are
// told anyway, and a recv or send then says what happened.
const (
	POLLIN  Events = 0x1  // a recv or an accept would not block
	POLLPRI Events = 0x2  // urgent data (tcp(7)), which hardly anybody sends
	POLLOUT Events = 0x4  // a send would not block
	POLLERR Events = 0x8  // an error waits, ECONNRESET for one
	POLLHUP Events = 0x10 // both directions have ended
)

// The same for epoll, which has one more.
const (
	EPOLLIN  = POLLIN
	EPOLLOUT = POLLOUT
	EPOLLERR = POLLERR
	EPOLLHUP = POLLHUP

	// EPOLLET makes it edge-triggered: told once when something new arrives,
	// not again while it is still there (epoll(7)).
	EPOLLET Events = 1 << 31
	// EPOLLEXCLUSIVE has one of those woken that wait for the same file so, at least
	// one, and not all of them.
	EPOLLEXCLUSIVE Events = 1 << 28
)

// Ready is one socket that Poll or an Epoll's Wait found ready, and for what.
type Ready struct {
	Socket *Socket
	Events Events
}

// lists are fds by what they wait for, or are ready for.
type lists [ring.NumSets][]int32

func (l *lists) reset() {
	for i := range l {
		l[i] = l[i][:0]
	}
}

// add puts fd into the list of each of its events.
func (l *lists) add(fd int, events Events) {
	for i, event := range [...]Events{POLLIN, POLLOUT, POLLPRI, POLLERR, POLLHUP} {
		if events&event != 0 {
			l[i] = append(l[i], int32(fd))
		}
	}
}
