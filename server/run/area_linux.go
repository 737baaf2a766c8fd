package run

import (
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// newAreaFile makes the memory of one traced process. It is a file, so that it
// can be inherited, and outlives the process. Nobody can run it, where the kernel
// is of version 6.3 or later.
func newAreaFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("trace", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL {
		fd, err = unix.MemfdCreate("trace", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "trace")
	if err := f.Truncate(trace.AreaSize); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
