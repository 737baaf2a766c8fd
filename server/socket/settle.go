package socket

import (
	"time"

	"golang.org/x/sys/unix"
)

// settled is the least fd that Settle leaves to Go's runtime, where the limit of
// fds allows that.
const settled = 200

// Settle has Go's runtime take the fds that it needs for its timers, an epoll and
// an eventfd, now and far from those of a program. Else it takes them when first it
// waits for something, minutes later: the fd that is the program's next, and where
// none is left it ends the process. With less than two fds left it does nothing.
func Settle() {
	var taken []int // the fds below
	defer func() {
		for _, fd := range taken {
			unix.Close(fd)
		}
	}()
	for {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0) // the lowest that is free
		if err == nil && fd < settled {
			taken = append(taken, fd)
			continue
		}
		free := len(taken)
		if err == nil {
			unix.Close(fd)
		} else if free -= 2; free < 0 { // the limit is lower
			return
		}
		for _, fd := range taken[free:] {
			unix.Close(fd)
		}
		taken = taken[:free]
		time.Sleep(time.Nanosecond) // a timer
		return
	}
}
