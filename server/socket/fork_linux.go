package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const trapWait4 = unix.SYS_WAIT4

func executable() string { return "/proc/self/exe" }

// fork is through with two ways out: the parent's is as ever, the child's is
// execve(2) and no other. The memory of the child is a copy in which no other
// thread runs. So the child may do nothing that could wait for one: it makes raw
// system calls on the parent's stack, and no more. It has a copy of the parent's
// mark too, which execve takes from it.
//
// Untraced, fork publishes nothing. The race detector can't follow an atomic store to
// memory of Go's own here: the processor that it asks about may be another
// thread's by now.
//
//go:nosplit
//go:norace
func (p *passage) fork(next *image) {
	path, args, envs := uintptr(unsafe.Pointer(next.path)), uintptr(unsafe.Pointer(&next.args[0])), uintptr(unsafe.Pointer(&next.envs[0]))
	entersyscall()
	p.before()
	if p.pending != nil {
		p.publish()
	}
	r, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if r == 0 && errno == 0 {
		syscall.RawSyscall(unix.SYS_EXECVE, path, args, envs)
		for {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, 127, 0, 0) // as a shell says it
		}
	}
	p.returned = nanotime()
	if p.pending != nil {
		release(p.pending, p.returned)
	}
	p.after()
	p.r, p.errno = r, uintptr(errno)
	exitsyscall()
}
