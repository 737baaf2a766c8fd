package run

import (
	"fmt"
	"time"

	"sockscope/server/process"
	"sockscope/server/trace"
)

// checkLimits ends the run when it has reached a limit. Open files and the trace's size
// are checked elsewhere, where they grow.
func (e *execution) checkLimits() {
	if e.end != nil {
		return
	}
	t := e.time()
	limit := func(format string, args ...any) { e.stop(trace.EndLimit, fmt.Sprintf(format, args...)) }
	switch agent := e.agent(0); {
	case e.calls > e.limits.Calls:
		limit("the programs have made %d calls, and that is the limit", e.limits.Calls)
	case e.bytes > e.limits.Bytes:
		limit("the programs have sent and received %s, and that is the limit", bytesText(e.limits.Bytes))
	case agent == nil && t > int64(e.limits.Wall):
		limit("the run has taken %v, and that is the limit", e.limits.Wall)
	case agent != nil && t-e.asked > int64(e.limits.Idle):
		who := agent.Name
		if e.agent(1) != nil {
			who = "any side"
		}
		limit("nothing was asked of %s for %v, and that is the limit", who, e.limits.Idle)
	}
	if t-e.weighed < int64(50*time.Millisecond) {
		return
	}
	e.weighed = t
	for i := range e.members {
		m := e.members[i]
		pid := e.merge.areas[i].host
		if m.proc != nil {
			pid = m.proc.PID
		}
		if !m.exited && over(pid, e.limits.Memory) {
			limit("%s uses more than %s of memory, and that is the limit", m.Name, bytesText(e.limits.Memory))
		}
	}
}

// over reports whether a process has more than the limit of memory resident.
func over(pid int, limit int64) bool {
	resident, _ := process.Memory(pid)
	return resident > limit
}
