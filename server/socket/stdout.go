package socket

import (
	"io"
	"unsafe"

	"sockscope/server/trace"
)

// Stdout is the program's standard output, fd 1. Each Write is a write(2) of its
// own, without a buffer in between, and so is part of the trace.
var Stdout io.Writer = stdout{}

type stdout struct{}

// Write writes all of data, in several calls when the kernel takes only part.
func (stdout) Write(data []byte) (int, error) {
	done := 0
	for done < len(data) {
		rest := data[done:]
		c := call{name: trace.Write, fd: 1, size: len(rest), out: rest}
		n, errno := c.make(trapWrite, 1, uintptr(unsafe.Pointer(unsafe.SliceData(rest))), uintptr(len(rest)), 0, 0, 0)
		if errno != 0 {
			return done, errno
		}
		done += n
	}
	return done, nil
}
