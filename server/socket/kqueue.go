package socket

import (
	"errors"
	"slices"
	"time"

	"sockscope/server/trace"
)

// Kqueue is the fd of a list of interests that the kernel keeps: kqueue(2). It is
// of the BSDs and macOS; elsewhere NewKqueue stops the program.
type Kqueue struct {
	fd       int
	interest []filtered // as registered, in the order of their fds
	held     []*Socket  // careful listeners that are off the list
	memory   kqueueMemory
	lists    lists
}

// Filter is what an interest is about.
type Filter int

// The filters for sockets, as kqueue(2) numbers them.
const (
	EVFILT_READ  Filter = -1 // a recv or an accept would not block
	EVFILT_WRITE Filter = -2 // a send would not block
)

// filtered is one entry of the list. A socket has one for each filter.
type filtered struct {
	socket *Socket
	fd     int
	filter Filter
}

// Kevent is one interest that Wait found true.
type Kevent struct {
	Socket *Socket
	Filter Filter
	EOF    bool // the peer has ended the stream; there may be bytes before that
	Bytes  int  // to be read, of a listener the clients that wait; or room to write
}

// NewKqueue makes an empty list: kqueue(2). It stops the program on an error.
func NewKqueue() *Kqueue {
	k := new(Kqueue)
	c := call{name: trace.Kqueue, fd: -1}
	fd, errno := k.memory.create(&c)
	stop(trace.Kqueue, "", errno.failed())
	k.fd = fd
	return k
}

// Fileno returns the file descriptor, -1 after Close.
func (k *Kqueue) Fileno() int { return k.fd }

// Of kevent(2).
const (
	evAdd    = 1
	evDelete = 2
)

// Add puts an interest in a socket on the list: kevent(2) with EV_ADD. It stops
// the program on an error.
func (k *Kqueue) Add(s *Socket, filter Filter) {
	k.change(s, filter, evAdd)
	if i, ok := k.find(s.fd, filter); !ok {
		k.interest = slices.Insert(k.interest, i, filtered{s, s.fd, filter})
	}
}

// Delete takes an interest off the list: EV_DELETE. The kernel does it by itself
// when the socket is closed. It stops the program on an error.
func (k *Kqueue) Delete(s *Socket, filter Filter) {
	k.change(s, filter, evDelete)
	if i, ok := k.find(s.fd, filter); ok {
		k.interest = slices.Delete(k.interest, i, i+1)
	}
}

func (k *Kqueue) change(s *Socket, filter Filter, act int) {
	if s.fd < 0 {
		stop(trace.KeventChange, "", errors.New("the socket is closed"))
	}
	k.forget()
	c := call{name: trace.KeventChange, fd: k.fd, nargs: 3, args: [3]int64{int64(s.fd), int64(filter), int64(act)}}
	errno := k.memory.change(&c, k.fd, s.fd, filter, act)
	stop(trace.KeventChange, s.String(), errno.failed())
}

// kqueueRoom is how many events one Wait returns at most; the next one returns
// the others.
const kqueueRoom = 64

// Wait sleeps until at least one interest of the list is true: kevent(2). It
// returns at most 64, in the kernel's order. With a timeout it returns none once
// that has passed; without one, or with 0 or less, it waits for ever.
func (k *Kqueue) Wait(timeout ...time.Duration) []Kevent {
	k.forget()
	k.hold()
	patience := wait(timeout)
	for {
		c := call{name: trace.KeventWait, fd: k.fd, size: kqueueRoom, timeout: patience.ns(), sets: k}
		n, errno := k.memory.wait(&c, k.fd)
		if errno == EINTR {
			patience.again()
			continue
		}
		stop(trace.KeventWait, "", errno.failed())
		list := make([]Kevent, 0, n)
		for i := range n {
			fd, e := k.memory.at(i)
			if at, ok := k.find(fd, e.Filter); ok {
				e.Socket = k.interest[at].socket
				list = append(list, e)
			}
		}
		return list
	}
}

// hold takes careful listeners off the list that are to be held, and puts them
// back later.
func (k *Kqueue) hold() {
	if !full.Load() {
		for _, s := range k.held {
			k.Add(s, EVFILT_READ)
		}
		k.held = nil
		return
	}
	for _, f := range slices.Clone(k.interest) {
		if f.socket.held() {
			k.Delete(f.socket, f.filter)
			k.held = append(k.held, f.socket)
		}
	}
}

// Close gives the fd back, and the list with it: close(2).
func (k *Kqueue) Close() {
	c := call{name: trace.Close, fd: k.fd}
	c.once(trapClose, uintptr(k.fd), 0, 0, 0, 0, 0)
	k.fd = -1
}

func (k *Kqueue) find(fd int, filter Filter) (int, bool) {
	return slices.BinarySearchFunc(k.interest, filtered{fd: fd, filter: filter}, func(a, b filtered) int {
		if a.fd != b.fd {
			return a.fd - b.fd
		}
		return int(b.filter - a.filter)
	})
}

// forget drops the sockets that were closed, as the kernel has done.
func (k *Kqueue) forget() {
	k.interest = slices.DeleteFunc(k.interest, func(f filtered) bool { return f.socket.fd != f.fd })
}

// asked returns the list as it is registered.
func (k *Kqueue) asked() lists {
	k.lists.reset()
	for _, f := range k.interest {
		k.lists.add(f.fd, f.filter.events(false))
	}
	return k.lists
}

// came returns what the kernel wrote: n that are true.
func (k *Kqueue) came(n int) lists {
	k.lists.reset()
	for i := range n {
		fd, e := k.memory.at(i)
		k.lists.add(fd, e.Filter.events(e.EOF))
	}
	return k.lists
}

// events returns the same in the words of poll(2), which lists are made of.
func (f Filter) events(eof bool) Events {
	events := POLLIN
	if f == EVFILT_WRITE {
		events = POLLOUT
	}
	if eof {
		events |= POLLHUP
	}
	return events
}
