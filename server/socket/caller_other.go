//go:build !amd64 && !arm64

package socket

import (
	"runtime"
	"sync/atomic"
)

func frames(around *stack) { runtime.Callers(2, around[:]) }

//go:nosplit
func release(to *int64, value int64) { atomic.StoreInt64(to, value) }

// goroutine returns the thread that the goroutine is locked to, if it is.
func goroutine() uintptr { return uintptr(gettid()) }
