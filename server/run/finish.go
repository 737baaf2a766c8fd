package run

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"sockscope/server/process"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// stop has the run end for a reason. The first one counts.
func (e *execution) stop(reason, message string) {
	if e.end == nil {
		e.end = &trace.End{Reason: reason, Message: message}
	}
}

// patience is how long a server sleeps in one call, after its clients are gone, until it
// is taken to wait for more of them.
const patience = 20 * time.Millisecond

// checkStall ends the programs when all of them have been in a call for as long as the
// lab says, and none of these calls ends by itself. It tells what was seen, and no more.
func (e *execution) checkStall() {
	if e.stalls == 0 || e.end != nil || e.lost > 0 {
		return
	}
	t := e.time()
	var where []string
	for _, m := range e.members {
		switch {
		case m.exited:
			continue
		case !m.begun || m.killed || m.acts != nil:
			return
		}
		call, ok := m.asleep(t-int64(e.stalls), false)
		if !ok || m.timed() {
			return
		}
		where = append(where, fmt.Sprintf("%s in %v", m.Name, call))
	}
	if where == nil {
		return
	}
	e.note(fmt.Sprintf("for %v no call has come or gone: %s. They were killed", e.stalls, strings.Join(where, ", ")))
	for _, m := range e.members {
		if !m.exited {
			m.proc.Signal(syscall.SIGSTOP) // else the end of one lets another go on
		}
	}
	for i, m := range e.members {
		if !m.exited {
			e.kill(i)
		}
	}
}

// timed reports whether a thread is in a call that ends by itself some day.
func (m *member) timed() bool {
	return slices.ContainsFunc(m.threads, func(t threadNow) bool { return t.inCall && !t.exited && t.timed })
}

// sending reports whether a thread is in a call that sends.
func (m *member) sending() bool {
	return slices.ContainsFunc(m.threads, func(t threadNow) bool { return t.inCall && !t.exited && t.call.Sends() })
}

// checkDone ends the run when its programs have ended. Many servers never end by
// themselves: such a one is killed when its clients are gone and it sleeps.
func (e *execution) checkDone() {
	if e.end != nil {
		return
	}
	running := false
	for i := range e.members {
		m := e.members[i]
		if m.Role != trace.RoleServer && !m.exited {
			return
		}
		if !m.exited && !m.killed && m.sending() && e.lost == 0 {
			return // its peer is gone, so it comes back: maybe it only waits for a processor
		}
		running = running || !m.exited
	}
	if !running {
		e.stop(trace.EndDone, "")
		return
	}
	since := e.quietSince()
	for i := range e.members {
		m := e.members[i]
		if m.exited || m.killed || m.Ends || m.proc == nil {
			continue
		}
		// One that pauses, or was woken and waits for a processor, has more to do.
		if call, ok := m.asleep(since, e.lost > 0); ok && call != trace.Nanosleep && !e.awake(i) {
			where := "in " + call.String()
			if call == trace.CallNone {
				where = "in a call that is not in this trace"
			}
			e.note(fmt.Sprintf("the clients are done; the %s, which waits for more %s, was killed", m.Name, where))
			e.kill(i)
		}
	}
}

// awake reports whether a member was woken and has more to do. A program of one thread has
// come back from its call, or is its process's first thread, which wants a processor.
func (e *execution) awake(i int) bool {
	m := e.members[i]
	return e.merge.returning(i) || process.Runnable(m.proc.PID, len(m.threads) > 1)
}

// silence is the patience with a server whose trace lacks calls. It may sleep in one of
// those: then only its silence tells.
const silence = 500 * time.Millisecond

// quietSince returns the time since which a waiting server has been in its call.
func (e *execution) quietSince() int64 {
	t := e.time()
	if lost := e.merge.dropped(); lost != e.lost {
		e.lost, e.lostAt = lost, t
	}
	if e.lost == 0 {
		return t - int64(patience)
	}
	if t-e.lostAt < int64(silence) {
		return -1 // it still makes calls
	}
	return t - int64(silence)
}

// asleep reports whether each thread has been in one call since before the time, and
// returns the call of the first. Where calls are lost it is enough that a thread tells
// nothing new, and the call is CallNone.
func (m *member) asleep(since int64, lost bool) (call trace.Call, ok bool) {
	for i, t := range m.threads {
		if t.exited || t == (threadNow{}) || m.Tracer != "" && i >= trace.KernelThread {
			continue // there is none; or strace tells nothing of it between its calls
		}
		if !t.inCall && !lost || t.since > since {
			return 0, false
		}
		if !ok && t.inCall {
			call = t.call
		}
		ok = true
	}
	return call, ok
}

// finish ends what still runs and closes the trace.
func (e *execution) finish() {
	for i := range e.members {
		if m := e.members[i]; m.proc != nil && !m.exited {
			e.kill(i)
		}
	}
	for i := range e.members {
		for m := e.members[i]; m.proc != nil && !m.exited; {
			(<-e.happened)()
		}
	}
	if _, _, err := e.merge.read(socket.Now()); err != nil {
		e.stop(trace.EndFailed, "the trace was damaged: "+err.Error())
	}
	e.capture()
	e.sample(true)
	e.emit(never)
	e.lastWords()
	e.end.Dropped = e.merge.dropped() + e.cut
	e.end.Time = max(e.time(), e.merge.last)
	e.box.add(&trace.Message{End: e.end})
}
