// Package socket is the Berkeley sockets API over raw system calls: one method
// a call, under the kernel's names, with nothing in between. A call that blocks
// puts its operating system thread to sleep in the kernel, which is what
// the programs written over it are there to show. Package net is not used: its
// poller makes every socket non-blocking and hides the waiting.
//
// # Errors
//
// Calls that set a socket up (New, Bind, Listen, SetBlocking, SetOption) stop
// the program when they fail: they panic with a [*Error], which [Run] catches.
// So do Select, Poll and an [Epoll], which fail only when they are asked about
// what is no open socket.
// Calls that deal with a peer (Accept, Connect, Send, Recv, Shutdown) return
// errors, because a peer that resets is ordinary life. Those errors are
// of type [Errno] and compare with ==, or with errors.Is.
//
// End of file is an empty slice and a nil error, as recv(2) has it. That departs
// from io.Reader on purpose: the end of a stream is not an error. What Recv
// returns is valid until the next Recv on the same socket, so that an echo
// allocates nothing.
//
// A call interrupted by a signal (EINTR) is made again, with what is left of its
// timeout; a program never sees EINTR. The trace does: each attempt is a call of its
// own there.
//
// # Tracing
//
// After [Attach] every call is recorded into a ring.Area: when it entered the
// kernel, when it returned, what went in and came out, and whether its thread
// slept. Without Attach the same code runs and nothing is recorded. A thread
// whose calls are to be recorded is the one that called Attach or one started
// by [Go]; no other goroutine may use sockets then. The children that [Fork] makes
// are traced into the same memory, when [Bequeath] names it.
package socket
