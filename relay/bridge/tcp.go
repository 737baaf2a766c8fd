package bridge

import (
	"net"
	"time"
)

// drainTime is how long a RST waits for the bytes before it, at most.
const drainTime = 2 * time.Second

// drain waits until the peer's kernel has all that was written, or has reset the
// connection. A RST of ours would discard what is still in our send buffer. The kernel
// has no event for this, so drain polls, at growing intervals.
func drain(c *net.TCPConn) {
	deadline := time.Now().Add(drainTime)
	for pause := 50 * time.Microsecond; time.Now().Before(deadline); pause = min(2*pause, 20*time.Millisecond) {
		if n, err := unsent(c); err != nil || n == 0 || closedByPeer(c) {
			return
		}
		time.Sleep(pause)
	}
}

func withFD(c *net.TCPConn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
