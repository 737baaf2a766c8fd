package run

import (
	"os/exec"
	"runtime"
	"sync"
)

// launcher starts processes from a thread that has been confined. They inherit
// that for good: whatever their threads do, from their first instruction on. The
// process which has the launcher stays as it is.
type launcher struct {
	starts chan launch
	end    func()   // ends it; what it has started goes on
	notes  []string // what of the confinement could not be had, sentences
}

// launch is one process to be started, and where the outcome goes.
type launch struct {
	cmd  *exec.Cmd
	done chan error
}

// newLauncher makes a launcher. confine is called in its thread, and returns
// what it could not do.
func newLauncher(confine func() []string) *launcher {
	l := &launcher{starts: make(chan launch)}
	l.end = sync.OnceFunc(func() { close(l.starts) })
	ready := make(chan struct{})
	var work func()
	work = func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the launcher
		if mainThread() {
			// It stands for the process: who may signal that is asked of it.
			go work()
			<-ready
			runtime.UnlockOSThread()
			return
		}
		l.notes = confine()
		close(ready)
		for s := range l.starts {
			s.done <- s.cmd.Start()
		}
	}
	go work()
	<-ready
	return l
}

// start starts the command, by nil in the ordinary way.
func (l *launcher) start(cmd *exec.Cmd) error {
	if l == nil {
		return cmd.Start()
	}
	s := launch{cmd, make(chan error)}
	l.starts <- s
	return <-s.done
}
