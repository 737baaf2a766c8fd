package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Of shmget(2) and shmctl(2).
const (
	ipcPrivate = 0
	ipcCreate  = 0o1000
	ipcRemove  = 0
)

// segment is the memory that Shared gives this process, or that its parent's gave it.
var segment = struct {
	id    int // -1 for none
	first *int
}{id: -1}

// Shared returns a number in memory that this process shares with the children that it
// makes from then on, where it is theirs too: shmget(2) and shmat(2), and in a child
// shmat alone. The memory goes with the last of them. It stops the program on an error.
//
// What is simplified: a C program maps such memory before it forks (mmap(2), MAP_SHARED and
// MAP_ANONYMOUS), and a child has it at once. The child that [Fork] makes begins anew.
func Shared() *int {
	if segment.first != nil {
		return segment.first
	}
	made := segment.id < 0
	if made {
		c := call{name: trace.Shmget, fd: -1, nargs: 3, args: [3]int64{ipcPrivate, 4096, ipcCreate | 0o600}}
		id, errno := c.make(trapShmget, ipcPrivate, 4096, ipcCreate|0o600, 0, 0, 0)
		stop(trace.Shmget, "", errno.failed())
		segment.id = id
	}
	c := call{name: trace.Shmat, fd: -1, nargs: 1, args: [3]int64{int64(segment.id)}}
	at, errno := c.make(trapShmat, uintptr(segment.id), 0, 0, 0, 0, 0)
	stop(trace.Shmat, "", errno.failed())
	if made { // else it would outlive them all
		c := call{name: trace.Shmctl, fd: -1, nargs: 2, args: [3]int64{int64(segment.id), ipcRemove}}
		_, errno := c.make(trapShmctl, uintptr(segment.id), ipcRemove, 0, 0, 0, 0)
		stop(trace.Shmctl, "", errno.failed())
	}
	address := uintptr(at)
	segment.first = *(**int)(unsafe.Pointer(&address)) // memory that isn't Go's
	return segment.first
}
