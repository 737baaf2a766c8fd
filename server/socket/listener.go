package socket

import (
	"sync/atomic"

	"sockscope/server/trace"
)

// NewListener makes the calls that a server begins with: socket(2) for TCP over
// IPv4, setsockopt(2) with SO_REUSEADDR, so that connections in TIME-WAIT don't
// keep the port, bind(2) and listen(2). It stops the program on an error.
//
// The listener is careful, for servers that wait for many sockets in one thread.
// When its Accept finds no fd left, Select, Poll, Epoll and Kqueue leave it out
// until a socket of the process is closed: the next client stays in the backlog.
// With the listener in, they would return at once, again and again.
func NewListener(addr string, backlog int) *Socket {
	s := New(AF_INET, SOCK_STREAM)
	s.careful = true
	s.option[0] = 1
	s.setOption(SOL_SOCKET, SO_REUSEADDR, 1, 4)
	s.Bind(addr)
	s.Listen(backlog)
	return s
}

// NoRoom reports whether err says that an Accept found no room for one more
// connection: no fd of the process (EMFILE) or of the system (ENFILE), or no
// memory (ENOBUFS, ENOMEM). The client is still in the backlog.
func NoRoom(err error) bool {
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM
}

// full says that an Accept found no room, and that no socket has been closed
// since.
var full atomic.Bool

// connections counts the accepted sockets of the process that are open.
var connections atomic.Int64

// crowded notes that an Accept found no room. Where no connection is open, no
// close will make room: it stops the program.
func crowded(err Errno) {
	if connections.Load() == 0 {
		stop(trace.Accept, "", err)
	}
	full.Store(true)
}

// held reports whether s is not to be waited for now; see NewListener.
func (s *Socket) held() bool { return s.careful && full.Load() }
