package strace

import "golang.org/x/sys/unix"

// Calls that newer architectures don't have any more.

func selected(call func(uintptr, ...uintptr) int, args ...uintptr) { call(unix.SYS_SELECT, args...) }
func polled(call func(uintptr, ...uintptr) int, args ...uintptr)   { call(unix.SYS_POLL, args...) }
func waited(call func(uintptr, ...uintptr) int, args ...uintptr)   { call(unix.SYS_EPOLL_WAIT, args...) }
