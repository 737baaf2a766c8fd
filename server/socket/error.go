package socket

import (
	"fmt"

	"sockscope/server/trace"
)

// Errno is the reason why a call failed, an error number of Linux (errno(3)).
type Errno trace.Errno

// The errors that a program may want to tell apart.
const (
	EADDRINUSE   = Errno(trace.EADDRINUSE)
	EAGAIN       = Errno(trace.EAGAIN) // also EWOULDBLOCK: a non-blocking call would have to sleep
	EBADF        = Errno(trace.EBADF)
	ECHILD       = Errno(trace.ECHILD) // there is no child to wait for
	ECONNABORTED = Errno(trace.ECONNABORTED)
	ECONNREFUSED = Errno(trace.ECONNREFUSED) // nobody has that address
	ECONNRESET   = Errno(trace.ECONNRESET)   // the peer sent RST
	EINPROGRESS  = Errno(trace.EINPROGRESS)
	EINTR        = Errno(trace.EINTR)
	EINVAL       = Errno(trace.EINVAL)
	EMFILE       = Errno(trace.EMFILE) // the process has no fd left
	ENFILE       = Errno(trace.ENFILE) // the system has none
	ENOBUFS      = Errno(trace.ENOBUFS)
	ENOMEM       = Errno(trace.ENOMEM)
	ENOTCONN     = Errno(trace.ENOTCONN)
	ENOSYS       = Errno(trace.ENOSYS) // this system does not have it
	EPERM        = Errno(trace.EPERM)  // it takes a capability that the program doesn't have
	EPIPE        = Errno(trace.EPIPE)  // the connection takes no more bytes
)

// Error returns the symbol and the sentence of strerror(3):
// "ECONNRESET (Connection reset by peer)".
func (e Errno) Error() string {
	n := trace.Errno(e)
	if n.Text() == "" {
		return n.String()
	}
	return n.String() + " (" + n.Text() + ")"
}

// failed returns e as an error, nil for 0.
func (e Errno) failed() error {
	if e == 0 {
		return nil
	}
	return e
}

// Error is why a program was stopped: a call that sets a socket up failed.
type Error struct {
	Call trace.Call
	On   string // what it was called with, for people
	Err  error  // an Errno, or what is wrong with the argument
}

func (e *Error) Error() string {
	if e.On == "" {
		return fmt.Sprintf("%v: %v", e.Call, e.Err)
	}
	return fmt.Sprintf("%v %s: %v", e.Call, e.On, e.Err)
}

// Unwrap returns the reason, for errors.Is(err, EADDRINUSE).
func (e *Error) Unwrap() error { return e.Err }

// stop ends the program when the call failed.
func stop(call trace.Call, on string, err error) {
	if err != nil {
		panic(&Error{call, on, err})
	}
}
