package socket

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const trapWait4 = unix.SYS_WAIT4

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// fork leaves it to package syscall to fork and exec: here a program may do
// that only through libSystem. What the child is to inherit has no FD_CLOEXEC.
func (p *passage) fork(next *image) {
	text := func(list []*byte) (s []string) {
		for _, b := range list[:len(list)-1] {
			s = append(s, unix.BytePtrToString(b))
		}
		return s
	}
	if p.pending != nil {
		*p.slot.Time = nanotime()
		p.slot.Publish()
	}
	pid, err := syscall.ForkExec(unix.BytePtrToString(next.path), text(next.args),
		&syscall.ProcAttr{Env: text(next.envs), Files: []uintptr{0, 1, 2}})
	p.returned = nanotime()
	if p.pending != nil {
		release(p.pending, p.returned)
	}
	p.n, p.errno = pid, 0
	var errno syscall.Errno
	if errors.As(err, &errno) {
		p.n, p.errno = -1, linuxErrno(errno)
	}
}
