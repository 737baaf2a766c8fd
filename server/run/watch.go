package run

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"sockscope/server/trace"
)

// checkLimits ends the run when it has reached a limit. Open files and the
// trace's size are looked after where they are met.
func (e *execution) checkLimits() {
	if e.end != nil {
		return
	}
	t := e.time()
	limit := func(format string, args ...any) { e.stop(trace.EndLimit, fmt.Sprintf(format, args...)) }
	switch agent := e.agent(); {
	case e.calls > e.limits.Calls:
		limit("the programs have made %d calls, and that is the limit", e.limits.Calls)
	case e.bytes > e.limits.Bytes:
		limit("the programs have sent and received %s, and that is the limit", bytesText(e.limits.Bytes))
	case agent == nil && t > int64(e.limits.Wall):
		limit("the run has taken %v, and that is the limit", e.limits.Wall)
	case agent != nil && t-e.asked > int64(e.limits.Idle):
		limit("nothing was asked of %s for %v, and that is the limit", agent.Name, e.limits.Idle)
	}
	if t-e.weighed < int64(50*time.Millisecond) {
		return
	}
	e.weighed = t
	for i := range e.members {
		m := e.members[i]
		pid := e.merge.areas[i].host
		if m.proc != nil {
			pid = m.proc.pid
		}
		if !m.exited && over(pid, e.limits.Memory) {
			limit("%s uses more than %s of memory, and that is the limit", m.Name, bytesText(e.limits.Memory))
		}
	}
}

// over reports whether a process has more than the limit of memory resident.
func over(pid int, limit int64) bool {
	resident, _ := memoryOf(pid)
	return resident > limit
}

// dataLimit returns what RLIMIT_DATA is to be for a process that is ready: what it
// has and what it may have, and a little, so that who exceeds its limit slowly is
// told by us which one it was. 0 is where the system doesn't tell what it has.
func (p *process) dataLimit(l Limits) int64 {
	const little = 64 << 20
	if _, data := memoryOf(p.pid); data > 0 {
		return data + l.Memory + little
	}
	return 0
}

// memoryOf returns how many bytes of memory a process has resident, and how many
// private ones it may write; zeros where the system doesn't tell (proc_pid_statm(5)).
func memoryOf(pid int) (resident, data int64) {
	if pid == 0 {
		return 0, 0
	}
	statm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 6 {
		return 0, 0
	}
	pages := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return pages(1), pages(5)
}
