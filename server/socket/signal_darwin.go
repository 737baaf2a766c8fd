package socket

// What Linux has and this system has not: the programs that use it end with ENOSYS.
const (
	trapTgkill  = ^uintptr(0)
	trapFutex   = ^uintptr(0)
	trapEventfd = ^uintptr(0)
	trapShmget  = ^uintptr(0)
	trapShmat   = ^uintptr(0)
	trapShmctl  = ^uintptr(0)

	trapExit = 1 // exit(2)
)

func (*call) signal(int, Action) Errno { return ENOSYS }
