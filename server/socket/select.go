package socket

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"time"
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// Set is a set of sockets to wait for.
type Set map[*Socket]bool

// Select sleeps until at least one of inputs can be read, or one of outputs
// can be written, without blocking: select(2). It returns those, in the order
// of their fds. With a timeout it returns none once that has passed; without
// one, or with 0 or less, it waits for ever. Members that are false are left out.
//
// A listener is readable when a client waits; a connection is readable too at
// its end and when it was reset, and the Recv tells which. An fd of
// FD_SETSIZE or more has no bit in a set: it stops the program with an error,
// and so does a closed socket.
func Select(inputs, outputs Set, timeout ...time.Duration) (readable, writable []*Socket) {
	f := fdSets.Get().(*fdSet)
	defer fdSets.Put(f)

	patience := wait(timeout)
	for {
		f.n = 0
		f.fill(&f.read, inputs)
		f.fill(&f.write, outputs)
		c := call{name: trace.Select, fd: -1, size: f.n, timeout: patience.ns(), sets: f, null: 1 << 2}
		var limit *waitTime
		if patience.limited {
			limit = &f.wait
			limit.set(patience.left)
		}
		_, errno := c.once(trapSelect, uintptr(f.n), uintptr(unsafe.Pointer(&f.read)), uintptr(unsafe.Pointer(&f.write)), 0, uintptr(unsafe.Pointer(limit)), 0)
		if errno == EINTR {
			patience.again()
			continue
		}
		stop(trace.Select, "", errno.failed())
		return f.ready(&f.read, inputs), f.ready(&f.write, outputs)
	}
}

// fdSet is the memory of one select: the sets that the kernel overwrites with
// the ready ones, and the timeout.
type fdSet struct {
	read, write unix.FdSet
	n           int // one more than the highest fd
	wait        waitTime
	lists       lists // members, for the trace
}

var fdSets = sync.Pool{New: func() any { return new(fdSet) }}

// fill makes set hold the members' bits.
func (f *fdSet) fill(set *unix.FdSet, members Set) {
	set.Zero()
	for s, in := range members {
		if !in || s.held() {
			continue
		}
		if s.fd < 0 {
			stop(trace.Select, "", errors.New("a socket in the set is closed"))
		}
		if s.fd >= FD_SETSIZE {
			stop(trace.Select, s.String(), fmt.Errorf("a set has no bit for it; FD_SETSIZE is %d", FD_SETSIZE))
		}
		set.Set(s.fd)
		f.n = max(f.n, s.fd+1)
	}
}

// ready returns the members whose bit is set, in the order of their fds.
func (f *fdSet) ready(set *unix.FdSet, members Set) []*Socket {
	var list []*Socket
	for s, in := range members {
		if in && set.IsSet(s.fd) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Socket) int { return a.fd - b.fd })
	return list
}

// asked returns the fds of the sets, valid until the next time.
func (f *fdSet) asked() lists {
	f.lists[0] = appendFDs(f.lists[0][:0], &f.read)
	f.lists[1] = appendFDs(f.lists[1][:0], &f.write)
	return f.lists
}

// came returns the same: the kernel has written over the sets.
func (f *fdSet) came(int) lists { return f.asked() }

func appendFDs(fds []int32, set *unix.FdSet) []int32 {
	const width = int32(unsafe.Sizeof(set.Bits[0]) * 8)
	for i, w := range set.Bits {
		word := uint64(w)
		if width == 32 {
			word = uint64(uint32(w))
		}
		for ; word != 0; word &= word - 1 {
			fds = append(fds, int32(i)*width+int32(bits.TrailingZeros64(word)))
		}
	}
	return fds
}
