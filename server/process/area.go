package process

import (
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// MapArea maps the memory behind fd. The mapping stays when fd is closed.
func MapArea(fd int) (*trace.Area, []byte, error) {
	mem, err := unix.Mmap(fd, 0, trace.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	area, err := trace.NewArea(mem)
	return area, mem, err
}
