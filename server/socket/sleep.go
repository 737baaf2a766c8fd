package socket

import (
	"time"
	"unsafe"

	"sockscope/server/trace"
)

// Sleep puts the thread to sleep for d: nanosleep(2).
func Sleep(d time.Duration) {
	wait := new(waitTime)
	for deadline := time.Now().Add(d); d > 0; d = time.Until(deadline) {
		wait.set(d)
		c := call{name: trace.Nanosleep, fd: -1, timeout: int64(d)}
		if _, errno := c.sleep(uintptr(unsafe.Pointer(wait))); errno != EINTR {
			return
		}
	}
}
