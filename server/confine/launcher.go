package confine

import (
	"os/exec"
	"runtime"
	"sync"
)

// Launcher starts processes from a thread that rules confine. They inherit the rules
// from their first instruction on, for good, and so do all of their threads. The
// process that has the Launcher stays as it is.
type Launcher struct {
	starts chan launch
	end    func()
	notes  []string
}

// launch is one process to be started, and where the outcome goes.
type launch struct {
	cmd  *exec.Cmd
	done chan error
}

// NewLauncher makes a Launcher with rules, one of [Workers], [Programs], [Straced] and
// [Standing].
func NewLauncher(rules func() []string) *Launcher {
	l := &Launcher{starts: make(chan launch)}
	l.end = sync.OnceFunc(func() { close(l.starts) })
	ready := make(chan struct{})
	var work func()
	work = func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the launcher
		if mainThread() {
			// Who may signal the process is asked of its first thread.
			go work()
			<-ready
			runtime.UnlockOSThread()
			return
		}
		l.notes = rules()
		close(ready)
		for s := range l.starts {
			s.done <- s.cmd.Start()
		}
	}
	go work()
	<-ready
	return l
}

// Notes says in sentences what of its rules this system can't keep.
func (l *Launcher) Notes() []string { return l.notes }

// End ends the Launcher. What it has started goes on.
func (l *Launcher) End() { l.end() }

// Start starts the command. A nil Launcher starts it without rules.
func (l *Launcher) Start(cmd *exec.Cmd) error {
	if l == nil {
		return cmd.Start()
	}
	s := launch{cmd, make(chan error)}
	l.starts <- s
	return <-s.done
}
