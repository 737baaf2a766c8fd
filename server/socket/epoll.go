package socket

import (
	"errors"
	"slices"
	"time"

	"sockscope/server/trace"
)

// Epoll is the fd of an interest list that the kernel keeps: epoll(7). Sockets
// are put on it once, and Wait names those of them that are ready. It is
// Linux's; elsewhere NewEpoll stops the program.
type Epoll struct {
	fd       int
	interest []interest // as registered, in the order of their fds
	careful  []careful  // the listeners among them that are
	memory   epollMemory
	ready    []Ready // what Wait returned last
	lists    lists
}

// interest is one entry of the list.
type interest struct {
	socket *Socket
	fd     int
	events Events
}

// NewEpoll makes an empty list: epoll_create1(2). It stops the program on an
// error.
func NewEpoll() *Epoll {
	e := new(Epoll)
	c := call{name: trace.EpollCreate, fd: -1, nargs: 1}
	fd, errno := e.memory.create(&c)
	stop(trace.EpollCreate, "", errno.failed())
	e.fd = fd
	return e
}

// Fileno returns the file descriptor, -1 after Close.
func (e *Epoll) Fileno() int { return e.fd }

// Add puts a socket on the list, to be told about these events: epoll_ctl(2)
// with EPOLL_CTL_ADD. It stops the program on an error.
func (e *Epoll) Add(s *Socket, events Events) {
	e.control(epollAdd, s, events)
	i, _ := e.find(s.fd)
	e.interest = slices.Insert(e.interest, i, interest{s, s.fd, events})
	if s.careful {
		e.careful = append(e.careful, careful{socket: s, events: events})
	}
}

// Modify changes what a socket on the list is there for: EPOLL_CTL_MOD. With
// EPOLLET it also tells again what is there now. It stops the program on an
// error.
func (e *Epoll) Modify(s *Socket, events Events) {
	e.control(epollModify, s, events)
	if i, ok := e.find(s.fd); ok {
		e.interest[i].events = events
	}
}

// Delete takes a socket off the list: EPOLL_CTL_DEL. The kernel does it by
// itself when the socket is closed. It stops the program on an error.
func (e *Epoll) Delete(s *Socket) {
	e.control(epollDelete, s, 0)
	if i, ok := e.find(s.fd); ok {
		e.interest = slices.Delete(e.interest, i, i+1)
	}
}

// careful is a listener of NewListener on the list.
type careful struct {
	socket *Socket
	events Events
	held   bool // it is registered without them
}

// hold registers careful listeners anew that are to be held, or no longer.
func (e *Epoll) hold() {
	for i := range e.careful {
		c := &e.careful[i]
		k, ok := e.find(c.socket.fd)
		if !ok || c.held == c.socket.held() {
			continue
		}
		c.held = !c.held
		events := c.events
		if c.held {
			events = 0
		}
		e.control(epollModify, c.socket, events)
		e.interest[k].events = events
	}
}

// Of epoll_ctl(2).
const (
	epollAdd    = 1
	epollDelete = 2
	epollModify = 3
)

func (e *Epoll) control(op int, s *Socket, events Events) {
	if s.fd < 0 {
		stop(trace.EpollCtl, "", errors.New("the socket is closed"))
	}
	e.forget()
	c := call{name: trace.EpollCtl, fd: e.fd, nargs: 3, args: [3]int64{int64(op), int64(s.fd), int64(events)}}
	errno := e.memory.control(&c, e.fd, op, s.fd, events)
	stop(trace.EpollCtl, s.String(), errno.failed())
}

// epollRoom is how many ready sockets one Wait returns at most; the next one
// returns the others.
const epollRoom = 64

// Wait sleeps until at least one socket of the list is ready: epoll_wait(2). It
// returns at most 64, in the kernel's order, in a slice that is valid until the
// next Wait. With a timeout, which is rounded up to milliseconds, it returns none
// once that has passed; without one, or with 0 or less, it waits for ever.
func (e *Epoll) Wait(timeout ...time.Duration) []Ready {
	e.hold()
	patience := wait(timeout)
	for {
		ms := patience.milliseconds()
		c := call{name: trace.EpollWait, fd: e.fd, size: epollRoom, timeout: trace.Forever, sets: e}
		if ms >= 0 {
			c.timeout = int64(ms) * int64(time.Millisecond)
		}
		n, errno := e.memory.wait(&c, e.fd, ms)
		if errno == EINTR {
			patience.again()
			continue
		}
		stop(trace.EpollWait, "", errno.failed())
		e.ready = e.ready[:0]
		for i := range n {
			fd, events := e.memory.at(i)
			if k, ok := e.find(fd); ok {
				e.ready = append(e.ready, Ready{e.interest[k].socket, events})
			}
		}
		return e.ready
	}
}

// Close gives the fd back, and the list with it: close(2).
func (e *Epoll) Close() {
	c := call{name: trace.Close, fd: e.fd}
	c.once(trapClose, uintptr(e.fd), 0, 0, 0, 0, 0)
	e.fd = -1
}

func (e *Epoll) find(fd int) (int, bool) {
	return slices.BinarySearchFunc(e.interest, fd, func(i interest, fd int) int { return i.fd - fd })
}

// forget drops the sockets that were closed, as the kernel has done. It looks at
// all of them, so that it is for when the list changes or is shown.
func (e *Epoll) forget() {
	e.interest = slices.DeleteFunc(e.interest, func(i interest) bool { return i.socket.fd != i.fd })
}

// asked returns the list as it is registered.
func (e *Epoll) asked() lists {
	e.forget()
	e.lists.reset()
	for _, i := range e.interest {
		e.lists.add(i.fd, i.events)
	}
	return e.lists
}

// came returns what the kernel wrote: n ready ones.
func (e *Epoll) came(n int) lists {
	e.lists.reset()
	for i := range n {
		e.lists.add(e.memory.at(i))
	}
	return e.lists
}
