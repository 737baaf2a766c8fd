package trace

import "strconv"

// Call names a function of the sockets API. The names are those a C program
// uses; what enters the kernel may carry another (recv enters as recvfrom,
// accept as accept4, fork as clone), as it does beneath a C library.
type Call uint8

const (
	CallNone Call = iota
	Socket
	Bind
	Listen
	Accept
	Connect
	Send
	Recv
	Sendto
	Recvfrom
	Shutdown
	Close
	Select
	Poll
	EpollCreate
	EpollCtl
	EpollWait
	Fcntl
	Setsockopt
	Getsockopt
	Getsockname
	Getpeername
	Read
	Write
	Nanosleep
	Fork
	Waitpid
	Kqueue
	KeventChange // kevent(2) with changes to the list, and no room for events
	KeventWait   // kevent(2) with room for events, and no changes
	Eventfd
	Openat

	// What a Go program calls of package net, which enters the kernel with calls of
	// its own choice, or not at all: the program's own word, see Told.
	NetAccept
	NetRead
	NetWrite
	NetClose
	numCalls
)

var callNames = [numCalls]string{
	Socket: "socket", Bind: "bind", Listen: "listen", Accept: "accept",
	Connect: "connect", Send: "send", Recv: "recv", Sendto: "sendto",
	Recvfrom: "recvfrom", Shutdown: "shutdown", Close: "close",
	Select: "select", Poll: "poll", EpollCreate: "epoll_create1",
	EpollCtl: "epoll_ctl", EpollWait: "epoll_wait", Fcntl: "fcntl",
	Setsockopt: "setsockopt", Getsockopt: "getsockopt",
	Getsockname: "getsockname", Getpeername: "getpeername",
	Read: "read", Write: "write", Nanosleep: "nanosleep",
	Fork: "fork", Waitpid: "waitpid",
	Kqueue: "kqueue", KeventChange: "kevent", KeventWait: "kevent", Eventfd: "eventfd2", Openat: "openat",
	NetAccept: "Accept", NetRead: "Read", NetWrite: "Write", NetClose: "Close",
}

// String returns the call's name, in lower case as C has it; one that the program
// told begins with a capital, as Go has it.
func (c Call) String() string {
	if c < numCalls && callNames[c] != "" {
		return callNames[c]
	}
	return "call" + strconv.Itoa(int(c))
}

// Told reports whether c is no system call: the program itself tells that it called
// a method of package net, and when that returned. Its fd is the connection's.
func (c Call) Told() bool { return c >= NetAccept && c <= NetClose }

// Sends reports whether c moves bytes from the program into a socket; a write does
// where its fd is one.
func (c Call) Sends() bool { return c == Send || c == Sendto || c == Write }

// Receives reports whether c moves bytes from a socket to the program.
func (c Call) Receives() bool { return c == Recv || c == Recvfrom || c == Read }

// Multiplexes reports whether c waits for several fds at once.
func (c Call) Multiplexes() bool {
	return c == Select || c == Poll || c == EpollWait || c == KeventWait
}

// Errno is an error number of Linux (errno(3)), on every system: where a
// program ran elsewhere, the tracer translates.
type Errno uint16

// The error numbers that a sockets program meets, with Linux's values for
// the generic architectures (include/uapi/asm-generic/errno.h).
const (
	ENOENT        Errno = 2
	EINTR         Errno = 4
	EBADF         Errno = 9
	ECHILD        Errno = 10
	EAGAIN        Errno = 11
	ENOMEM        Errno = 12
	EACCES        Errno = 13
	EINVAL        Errno = 22
	EMFILE        Errno = 24
	EPIPE         Errno = 32
	ENOSYS        Errno = 38
	ENOTSOCK      Errno = 88
	EOPNOTSUPP    Errno = 95
	EAFNOSUPPORT  Errno = 97
	EADDRINUSE    Errno = 98
	EADDRNOTAVAIL Errno = 99
	ENETUNREACH   Errno = 101
	ECONNABORTED  Errno = 103
	ECONNRESET    Errno = 104
	ENOBUFS       Errno = 105
	EISCONN       Errno = 106
	ENOTCONN      Errno = 107
	ETIMEDOUT     Errno = 110
	ECONNREFUSED  Errno = 111
	EHOSTUNREACH  Errno = 113
	EALREADY      Errno = 114
	EINPROGRESS   Errno = 115
)

var errnoText = [...][2]string{
	1: {"EPERM", "Operation not permitted"}, ENOENT: {"ENOENT", "No such file or directory"},
	EINTR: {"EINTR", "Interrupted system call"}, EBADF: {"EBADF", "Bad file descriptor"},
	ECHILD: {"ECHILD", "No child processes"},
	EAGAIN: {"EAGAIN", "Resource temporarily unavailable"}, ENOMEM: {"ENOMEM", "Cannot allocate memory"},
	EACCES: {"EACCES", "Permission denied"}, EINVAL: {"EINVAL", "Invalid argument"},
	EMFILE: {"EMFILE", "Too many open files"}, EPIPE: {"EPIPE", "Broken pipe"},
	ENOSYS:   {"ENOSYS", "Function not implemented"},
	ENOTSOCK: {"ENOTSOCK", "Socket operation on non-socket"}, EOPNOTSUPP: {"EOPNOTSUPP", "Operation not supported"},
	EAFNOSUPPORT: {"EAFNOSUPPORT", "Address family not supported by protocol"},
	EADDRINUSE:   {"EADDRINUSE", "Address already in use"}, EADDRNOTAVAIL: {"EADDRNOTAVAIL", "Cannot assign requested address"},
	ENETUNREACH: {"ENETUNREACH", "Network is unreachable"}, ECONNABORTED: {"ECONNABORTED", "Software caused connection abort"},
	ECONNRESET: {"ECONNRESET", "Connection reset by peer"}, ENOBUFS: {"ENOBUFS", "No buffer space available"},
	EISCONN: {"EISCONN", "Transport endpoint is already connected"}, ENOTCONN: {"ENOTCONN", "Transport endpoint is not connected"},
	ETIMEDOUT: {"ETIMEDOUT", "Connection timed out"}, ECONNREFUSED: {"ECONNREFUSED", "Connection refused"},
	EHOSTUNREACH: {"EHOSTUNREACH", "No route to host"}, EALREADY: {"EALREADY", "Operation already in progress"},
	EINPROGRESS: {"EINPROGRESS", "Operation now in progress"},
}

// String returns the symbol, "EAGAIN", or "errno 7" for one without a name here.
func (e Errno) String() string {
	if int(e) < len(errnoText) && errnoText[e][0] != "" {
		return errnoText[e][0]
	}
	return "errno " + strconv.Itoa(int(e))
}

// Text returns the sentence of strerror(3), or "" for an unknown number.
func (e Errno) Text() string {
	if int(e) < len(errnoText) {
		return errnoText[e][1]
	}
	return ""
}

// NotYet reports whether e says "not yet" rather than that something failed:
// EAGAIN of a non-blocking call, EINPROGRESS of a non-blocking connect.
func (e Errno) NotYet() bool { return e == EAGAIN || e == EINPROGRESS || e == EALREADY }

// TCPState is the state of a TCP socket, numbered as Linux numbers it
// (include/net/tcp_states.h). Zero is "not known".
type TCPState uint8

const (
	Established TCPState = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Closed
	CloseWait
	LastAck
	Listening
	Closing
)

// String returns the name RFC 9293 section 3.3.2 gives the state, in capitals,
// or "" when it isn't known.
func (s TCPState) String() string {
	names := [...]string{"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1",
		"FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"}
	if int(s) < len(names) {
		return names[s]
	}
	return "state " + strconv.Itoa(int(s))
}
