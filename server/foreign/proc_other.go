//go:build !linux

package foreign

import "sockscope/server/trace/strace"

// origin knows nothing of a thread: strace is only on Linux.
func origin(tid int) strace.Origin { return strace.Origin{PID: tid} }
