package run

import (
	"fmt"
	"syscall"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// born adds the process that another one has made, with the next number.
func (e *execution) born(parent, pid int) {
	p := e.members[parent]
	living, made := 1, 1
	for _, m := range e.members {
		if m.Parent > 0 {
			made++
		}
		if !m.exited {
			living++
		}
	}
	child := &member{Process: lab.Process{Proc: p.Proc, Ends: p.Ends}}
	child.Name, child.Tag = fmt.Sprintf("child %d", made), fmt.Sprintf("ch%d", made)
	child.Parent, child.PID = parent+1, pid
	e.members = append(e.members, child)
	e.say(&trace.Message{Child: &child.Proc})
	if living > e.limits.Processes {
		e.stop(trace.EndLimit, fmt.Sprintf("the programs are %d processes now; the limit is %d", living, e.limits.Processes))
	}
}

// reaped notes that a parent was told of its child's end.
func (e *execution) reaped(ev *trace.Event) {
	for i := len(e.members) - 1; i > ev.Proc; i-- { // a pid may be given out again
		if m := e.members[i]; m.PID == int(ev.Result) && m.Parent == ev.Proc+1 && len(ev.Args) > 2 {
			exit, signal := trace.WaitStatus(ev.Args[2])
			m.told, m.status = ev.Time, exit-signal
			return
		}
	}
}

// told returns the children whose end only their parents know so far.
func (e *execution) told() (list []int) {
	for i, m := range e.members {
		if m.told > 0 && !m.exited {
			list = append(list, i)
		}
	}
	return list
}

// buried adds the exits of children that could not record them. All that a child has
// recorded is read by now: it was there before the parent was told.
func (e *execution) buried(children []int) {
	for _, i := range children {
		if m := e.members[i]; !m.exited {
			e.childExit(i, max(m.told, e.merge.last), m.status)
		}
	}
}

// childExit adds the exit of a process that did not record it.
func (e *execution) childExit(i int, at, status int64) {
	e.merge.close(i, at)
	e.merge.add(trace.Event{Kind: trace.Exit, Time: at, Proc: i, FD: -1, Result: status})
	e.ended(e.members[i], status)
}

// orphans ends the children of a process that is gone and has not waited for them. They
// had its standard error, which nobody holds any more: so they are gone too.
func (e *execution) orphans(parent int) {
	e.buried(e.told())
	for i, m := range e.members {
		switch {
		case m.Parent != parent+1 || m.exited:
		case m.killed:
			e.childExit(i, e.time(), -int64(syscall.SIGKILL))
		default:
			e.note(fmt.Sprintf("how %s ended is not known: nobody waited for it", m.Name))
			e.childExit(i, e.time(), 0)
		}
	}
}

// kill kills a process and those that it made.
func (e *execution) kill(i int) {
	e.members[i].killed = true
	for _, m := range e.members {
		m.killed = m.killed || m.Parent == i+1
	}
	e.members[i].proc.Kill()
}
