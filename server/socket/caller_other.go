//go:build !amd64 && !arm64

package socket

import "runtime"

func frames(around *stack) { runtime.Callers(2, around[:]) }

// goroutine returns the thread that the goroutine is locked to, if it is.
func goroutine() uintptr { return uintptr(gettid()) }
