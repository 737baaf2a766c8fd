package socket

import (
	"fmt"

	"sockscope/server/trace"
)

// Socket is a file descriptor of a socket, and the memory that its calls use.
// One thread uses it at a time.
type Socket struct {
	fd       int
	addr     sockaddr // of the peer, or of Bind
	to       sockaddr // of Sendto
	named    bool     // it has an address of its own, as far as a call gave it one
	option   [3]int32 // of an option: an int or a struct linger, and its size
	buf      []byte   // what Recv returned last
	careful  bool     // see NewListener
	accepted bool     // Accept has made it
}

// New makes a socket: socket(2). It stops the program on an error.
func New(domain, kind int) *Socket {
	c := call{name: trace.Socket, fd: -1, nargs: 3, args: [3]int64{int64(domain), int64(kind), 0}}
	fd, errno := c.make(trapSocket, nativeDomain(domain), uintptr(kind), 0, 0, 0, 0)
	stop(trace.Socket, "", errno.failed())
	return &Socket{fd: fd}
}

// Try is New for a family and type that the system may not have. The error says why it
// makes no such socket. One of SOCK_RAW is for ICMP.
func Try(domain, kind int) (*Socket, error) {
	protocol := 0
	if kind == SOCK_RAW {
		protocol = 1 // IPPROTO_ICMP
	}
	c := call{name: trace.Socket, fd: -1, nargs: 3, args: [3]int64{int64(domain), int64(kind), int64(protocol)}}
	fd, errno := c.make(trapSocket, nativeDomain(domain), uintptr(kind), uintptr(protocol), 0, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return &Socket{fd: fd}, nil
}

// Fileno returns the file descriptor, -1 after Close.
func (s *Socket) Fileno() int { return s.fd }

// Close gives the fd back: close(2). What was sent is still delivered, unless
// SetLinger says otherwise. Nothing is left to do on an error, so there is none.
func (s *Socket) Close() {
	c := call{name: trace.Close, fd: s.fd}
	// Linux releases the fd whatever close returns, and after EINTR it may
	// already belong to somebody else: this call is never made again.
	c.once(trapClose, uintptr(s.fd), 0, 0, 0, 0, 0)
	s.fd = -1
	if s.accepted {
		connections.Add(-1)
		s.accepted = false
	}
	full.Store(false)
}

func (s *Socket) String() string { return fmt.Sprintf("fd %d", s.fd) }
