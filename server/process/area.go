package process

import (
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/ring"
)

// MapArea maps the memory behind fd. The mapping stays when fd is closed.
func MapArea(fd int) (*ring.Area, []byte, error) {
	mem, err := unix.Mmap(fd, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	area, err := ring.NewArea(mem)
	return area, mem, err
}
