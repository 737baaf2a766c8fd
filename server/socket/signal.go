package socket

import "sockscope/server/trace"

// Signals, with Linux's numbers (signal(7)).
const (
	SIGUSR1 = 10 // for the program's own use
	SIGPIPE = 13 // a send found that the connection takes no more bytes
)

// Action is what a process does when a signal comes: signal(2).
type Action int

const (
	SIG_DFL Action = 0 // the signal's default: SIGPIPE ends the process
	SIG_IGN Action = 1 // nothing: it is as if the signal had never come

	handler Action = 2 // a function is called, which is Go's own
)

// Signal sets what the process does when the signal comes: signal(2), which is
// rt_sigaction(2) beneath. It stops the program on an error.
//
// A C program begins with SIG_DFL. Go's runtime has put a handler of its own in
// its place, which ends a process by SIGPIPE only for fds 1 and 2.
func Signal(signal int, action Action) {
	c := call{name: trace.Signal, fd: -1, nargs: 2, args: [3]int64{int64(signal), int64(action)}}
	errno := c.signal(signal, action)
	stop(trace.Signal, trace.SignalName(int64(signal)), errno.failed())
}

// Interrupting has the signal interrupt a call that sleeps, which then returns EINTR: a
// handler is called, and SA_RESTART is not set (sigaction(2)). The handler, which
// is Go's, does nothing. It stops the program on an error.
func Interrupting(signal int) {
	c := call{name: trace.Signal, fd: -1, nargs: 2, args: [3]int64{int64(signal), int64(handler)}}
	errno := c.signal(signal, handler)
	stop(trace.Signal, trace.SignalName(int64(signal)), errno.failed())
}
