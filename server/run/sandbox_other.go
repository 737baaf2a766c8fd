//go:build !linux

package run

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// sandbox is a way to set a worker apart from the rest of the system.
type sandbox struct {
	isolation string // trace.Shared
	users     bool   // never
	attr      func() *syscall.SysProcAttr
}

// sandboxes lists the ways to be tried: network namespaces are Linux's.
func sandboxes() []sandbox { return []sandbox{shared} }

// shared is no sandbox: the programs use the host's loopback.
var shared = sandbox{trace.Shared, false, func() *syscall.SysProcAttr { return nil }}

// standingWays lists the ways to start a standing program.
func standingWays() []func() *syscall.SysProcAttr {
	return []func() *syscall.SysProcAttr{shared.attr}
}

func furnish() error { return errors.ErrUnsupported }

func setBuffers(int) error { return errors.ErrUnsupported }

func forbidNamespaces() {}

// kernel names the running system: "Darwin 25.1.0".
func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
