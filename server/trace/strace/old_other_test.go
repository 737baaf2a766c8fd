//go:build !amd64

package strace

func selected(func(uintptr, ...uintptr) int, ...uintptr) {}
func polled(func(uintptr, ...uintptr) int, ...uintptr)   {}
func waited(func(uintptr, ...uintptr) int, ...uintptr)   {}
