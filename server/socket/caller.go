//go:build amd64 || arm64

package socket

// frames stores what is around its caller. It follows the frame pointers:
// [runtime.Callers] takes as long as two short system calls, for it looks up what is
// inlined where.
//
//go:noescape
func frames(around *stack)

// goroutine returns what is different for each goroutine that runs. A later one may have
// the same.
func goroutine() uintptr
