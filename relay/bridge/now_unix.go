//go:build unix

package bridge

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// now writes to a connection what its kernel takes without waiting. It isn't
// for two goroutines at once.
type now struct {
	raw   syscall.RawConn
	p     []byte
	taken int
	try   func(fd uintptr) bool
}

func newNow(c *net.TCPConn) *now {
	w := new(now)
	w.raw, _ = c.SyscallConn()
	w.try = func(fd uintptr) bool {
		// Package net has made the socket a non-blocking one.
		n, err := unix.Write(int(fd), w.p)
		w.taken = n
		if err != nil {
			w.taken = 0
		}
		return true // whatever came of it
	}
	return w
}

// write returns how many bytes of p were taken. What keeps it from taking more
// the next write tells, that waits.
func (w *now) write(p []byte) int {
	w.p, w.taken = p, 0
	w.raw.Write(w.try)
	w.p = nil
	return w.taken
}
