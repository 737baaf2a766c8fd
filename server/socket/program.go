package socket

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// Main runs program as the process's first thread and ends the process when it
// returns, other threads or not, as returning from C's main does: with status 0,
// or 1 after a line on standard error when an [*Error] stopped it.
func Main(program func()) {
	traced.last = true
	if err := Run(program); err != nil {
		die(err)
	}
	if left := traced.threads.Load(); left != nil && len(*left) > 0 {
		// At once: a build with the race detector would take its time in os.Exit,
		// in which the threads that are left went on.
		enter(trapExit, 0, 0, 0, 0, 0, 0)
	}
	os.Exit(0)
}

// Run runs program as the process's first thread and returns the [*Error] that
// stopped it, or nil. The trace ends with it: the exit of the process, with
// status 0 or 1.
func Run(program func()) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() {
		status := 0
		if err = caught(recover()); err != nil {
			status = 1
		}
		exited(status, true)
	}()
	program()
	return nil
}

// caught returns the *Error that a program panicked with. Any other panic is a
// bug and goes on.
func caught(r any) error {
	if r == nil {
		return nil
	}
	if err, ok := r.(error); ok {
		var stopped *Error
		if errors.As(err, &stopped) {
			return stopped
		}
	}
	panic(r)
}

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
