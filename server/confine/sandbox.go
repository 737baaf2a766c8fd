package confine

import (
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// Sandbox is a way to set a process and its children apart from the rest of the
// system.
type Sandbox struct {
	Isolation string                      // trace.Namespace or trace.Shared
	Users     bool                        // it has a user namespace of its own
	Attr      func() *syscall.SysProcAttr // to start the process with; nil for nothing
}

// Shared is no sandbox: its processes use the host's loopback.
var Shared = Sandbox{trace.Shared, false, func() *syscall.SysProcAttr { return nil }}

// Kernel names the running system: "Linux 6.18.44".
func Kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
