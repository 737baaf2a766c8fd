package socket

import (
	"sync/atomic"

	"sockscope/server/trace"
)

// sort is what a sampler has to know of a socket to read its queues.
type sort uint32

const (
	sortStream   sort = iota // TCP
	sortDatagram             // UDP, and raw sockets
	sortUnix                 // any Unix socket
)

// sorts are those of the process's sockets by their fds. A socket with a higher fd is
// taken for TCP.
var sorts [FD_SETSIZE]atomic.Uint32

func sortOf(fd int) sort {
	if fd < 0 || fd >= len(sorts) {
		return sortStream
	}
	return sort(sorts[fd].Load())
}

func (s sort) of(fd int) {
	if fd >= 0 && fd < len(sorts) {
		sorts[fd].Store(uint32(s))
	}
}

// sorted takes note of a call that makes a socket, or ends one.
func sorted(c *call, result int, ok bool) {
	switch {
	case c.name == trace.Close:
		sortStream.of(c.fd)
	case !ok:
	case c.name == trace.Accept:
		sortOf(c.fd).of(result)
	case c.name == trace.Socket && c.args[0] == AF_UNIX:
		sortUnix.of(result)
	case c.name == trace.Socket && c.args[1]&0xf != SOCK_STREAM:
		sortDatagram.of(result)
	}
}
