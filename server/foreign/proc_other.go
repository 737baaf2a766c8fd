//go:build !linux

package foreign

import "sockscope/server/trace/strace"

// origin knows no more of a thread than its number.
func origin(tid int) strace.Origin { return strace.Origin{PID: tid} }
