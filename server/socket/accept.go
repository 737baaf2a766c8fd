package socket

import (
	"unsafe"

	"sockscope/server/trace"
)

// Accept takes the connection that has waited longest out of the backlog:
// accept(2). It blocks while there is none; a non-blocking listener returns
// EAGAIN. The new socket blocks, whatever the listener does.
//
// Most errors are of a client that gave up first. For those that are not, see
// NoRoom. With no room, and no connection open that could make some by its end,
// it stops the program.
func (s *Socket) Accept() (*Socket, error) {
	conn := &Socket{fd: -1}
	conn.addr.room()
	c := call{name: trace.Accept, fd: s.fd, from: &conn.addr}
	fd, errno := c.make(trapAccept, uintptr(s.fd), uintptr(unsafe.Pointer(&conn.addr.raw)), uintptr(unsafe.Pointer(&conn.addr.size)), 0, 0, 0)
	if errno != 0 {
		if NoRoom(errno) {
			crowded(errno)
		}
		return nil, errno
	}
	conn.fd, conn.accepted, conn.named = fd, true, true
	connections.Add(1)
	return conn, nil
}

// Peer returns the address at the other end of an accepted or connected
// socket, or the sender of the last datagram, as the call learned it.
func (s *Socket) Peer() string { return string(s.addr.appendTo(nil)) }
