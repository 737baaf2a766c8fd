package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	trapTgkill  = unix.SYS_TGKILL
	trapFutex   = unix.SYS_FUTEX
	trapEventfd = unix.SYS_EVENTFD2
	trapExit    = unix.SYS_EXIT_GROUP
	trapShmget  = unix.SYS_SHMGET
	trapShmat   = unix.SYS_SHMAT
	trapShmctl  = unix.SYS_SHMCTL
)

// sigaction is what rt_sigaction(2) reads and writes.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

func (c *call) signal(signal int, action Action) Errno {
	const restart = 0x10000000 // SA_RESTART
	act := &sigaction{handler: uintptr(action)}
	if action == handler { // the one that is there
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), 0, uintptr(unsafe.Pointer(act)), unsafe.Sizeof(act.mask), 0, 0)
		act.flags &^= restart
	}
	_, errno := c.make(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(act)), 0, unsafe.Sizeof(act.mask), 0, 0)
	return errno
}
