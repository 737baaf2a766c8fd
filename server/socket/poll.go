package socket

import (
	"errors"
	"slices"
	"sync"
	"time"
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// Interest is what to wait for, by socket.
type Interest map[*Socket]Events

// Poll sleeps until at least one of the sockets is ready for what is asked of
// it: poll(2). It returns those, in the order of their fds. With a timeout it
// returns none once that has passed; without one, or with 0 or less, it waits
// for ever.
//
// It takes fds of any number: there is no FD_SETSIZE. A socket in interest with
// no events is asked about all the same, for POLLERR and POLLHUP. A closed one
// stops the program.
func Poll(interest Interest, timeout ...time.Duration) []Ready {
	f := pollSets.Get().(*pollSet)
	defer pollSets.Put(f)
	f.fill(interest)
	patience := wait(timeout)
	for {
		c := call{name: trace.Poll, fd: -1, size: len(f.fds), timeout: patience.ns(), sets: f}
		var limit *waitTime
		if patience.limited {
			limit = &f.wait
			limit.set(patience.left)
		}
		n, errno := c.poll(uintptr(unsafe.Pointer(unsafe.SliceData(f.fds))), uintptr(len(f.fds)), uintptr(unsafe.Pointer(limit)))
		if errno == EINTR {
			patience.again()
			continue
		}
		stop(trace.Poll, "", errno.failed())
		return f.ready(n)
	}
}

// pollSet is the memory of one poll: a struct pollfd for each socket, into
// which the kernel writes what it is ready for, and the timeout.
type pollSet struct {
	sockets []*Socket
	fds     []unix.PollFd
	wait    waitTime
	lists   lists
}

var pollSets = sync.Pool{New: func() any { return new(pollSet) }}

func (f *pollSet) fill(interest Interest) {
	if f.again(interest) {
		return
	}
	f.sockets = f.sockets[:0]
	for s := range interest {
		if s.fd < 0 {
			stop(trace.Poll, "", errors.New("a socket in the list is closed"))
		}
		if !s.held() {
			f.sockets = append(f.sockets, s)
		}
	}
	slices.SortFunc(f.sockets, func(a, b *Socket) int { return a.fd - b.fd })
	f.fds = f.fds[:0]
	for _, s := range f.sockets {
		f.fds = append(f.fds, unix.PollFd{Fd: int32(s.fd), Events: int16(interest[s])})
	}
}

// again fills the list with the sockets of the last call, which are in their
// order already. It reports whether interest has these and no others.
func (f *pollSet) again(interest Interest) bool {
	f.fds = f.fds[:0]
	for _, s := range f.sockets {
		events, ok := interest[s]
		if !ok || s.fd < 0 || s.held() {
			return false
		}
		f.fds = append(f.fds, unix.PollFd{Fd: int32(s.fd), Events: int16(events)})
	}
	return len(f.sockets) == len(interest)
}

func (f *pollSet) ready(n int) []Ready {
	list := make([]Ready, 0, n)
	for i := range f.fds {
		if events := Events(f.fds[i].Revents); events != 0 {
			list = append(list, Ready{f.sockets[i], events})
		}
	}
	return list
}

func (f *pollSet) asked() lists {
	f.lists.reset()
	for i := range f.fds {
		f.lists.add(int(f.fds[i].Fd), Events(f.fds[i].Events))
	}
	return f.lists
}

func (f *pollSet) came(int) lists {
	f.lists.reset()
	for i := range f.fds {
		f.lists.add(int(f.fds[i].Fd), Events(f.fds[i].Revents))
	}
	return f.lists
}
