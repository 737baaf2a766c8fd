//go:build amd64 || arm64

package socket

// frames stores what is around its caller. It follows the frame pointers:
// [runtime.Callers] takes as long as two short system calls, for it looks up what is
// inlined where.
//
//go:noescape
func frames(around *stack)

// release stores the value after all that was written before. Unlike atomic.StoreUint64
// it doesn't wait until others can see it: that takes longer than the rest of a record.
//
//go:noescape
func release(to *int64, value int64)

// goroutine returns what is different for each goroutine that runs. A later one may have
// the same.
func goroutine() uintptr
