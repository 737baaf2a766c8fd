package process

import (
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/ring"
)

// NewAreaFile makes the memory that one process is traced into. It is a file, so that
// the process can inherit it, and it outlives the process. Linux 6.3 and later keep
// everybody from running it.
func NewAreaFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("trace", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL {
		fd, err = unix.MemfdCreate("trace", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "trace")
	if err := f.Truncate(ring.AreaSize); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
