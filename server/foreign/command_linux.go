package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace/strace"
)

// ErrNoStrace is returned where strace(1) is not installed.
var ErrNoStrace = errors.New("strace is not installed; Debian and Ubuntu: apt install strace, Fedora: dnf install strace")

// pipeSize is how much strace can write before anybody reads it, in bytes.
const pipeSize = 1 << 20

// Command is a program under strace, or strace beside a process that runs already.
type Command struct {
	cmd *exec.Cmd
	out *os.File // what strace writes

	writes *os.File // the other end
	PID    int      // of the process that strace is beside; 0 for a program that it starts
}

// Files are a program's standard input, output and error. Without an In there is no input.
type Files struct{ In, Out, Err *os.File }

// Ours are the standard files of this process.
func Ours() Files { return Files{os.Stdin, os.Stdout, os.Stderr} }

// Start has strace start the program with the words. With lines it tells of each call from
// where it was made, which takes it longer; see texts.
func Start(words []string, files Files, lines bool) (*Command, error) {
	return start(words, 0, files, lines)
}

// Attach has strace take the calls of a process that runs already. What strace has to say
// goes to the error file.
func Attach(pid int, files Files, lines bool) (*Command, error) {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil, fmt.Errorf("there is no process %d", pid)
	}
	return start([]string{"-p", strconv.Itoa(pid)}, pid, files, lines)
}

func start(words []string, pid int, files Files, lines bool) (*Command, error) {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return nil, ErrNoStrace
	}
	if lines {
		if about, _ := exec.Command(tool, "-V").Output(); !bytes.Contains(about, []byte("stack-trace=")) {
			return nil, errors.New("this strace can't tell from where calls are made: it was built without -k; go on without -lines")
		}
	}
	if pid == 0 {
		if _, err := exec.LookPath(words[0]); err != nil {
			return nil, err
		}
		words = append([]string{"--"}, words...)
	}
	out, writes, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	unix.FcntlInt(writes.Fd(), unix.F_SETPIPE_SZ, pipeSize) // what can't be had is smaller, and strace waits sooner
	// strace opens the pipe by its name here: an fd of its own the program would inherit.
	pipe := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), writes.Fd())
	// Beside a process strace tells that it attached; nobody asked for that.
	args := append([]string{"-q", "-o", pipe}, strace.LogOptions...)
	if lines {
		args = append(args, "-k")
	}
	cmd := exec.Command(tool, append(args, words...)...)
	if pid != 0 { // its filter in the kernel is for programs that strace starts
		cmd.Args = without(cmd.Args, "--seccomp-bpf")
	}
	if files.In != nil { // else it is /dev/null
		cmd.Stdin = files.In
	}
	cmd.Stdout, cmd.Stderr = files.Out, files.Err
	if err := cmd.Start(); err != nil {
		out.Close()
		writes.Close()
		return nil, err
	}
	return &Command{cmd: cmd, out: out, writes: writes, PID: pid}, nil
}

func without(list []string, word string) (left []string) {
	for _, w := range list {
		if w != word {
			left = append(left, w)
		}
	}
	return left
}

// Out is what strace writes. It ends when strace has ended.
func (c *Command) Out() *os.File { return c.out }

// Signal passes a signal on: to the program; beside a process to strace, which lets go of
// it.
func (c *Command) Signal(s os.Signal) {
	number, ok := s.(syscall.Signal)
	switch child := c.child(); {
	case !ok:
	case c.PID != 0 || child == 0:
		c.cmd.Process.Signal(syscall.SIGINT)
	default:
		syscall.Kill(child, number)
	}
}

// child returns the process that strace has started, 0 where there is none any more.
func (c *Command) child() int {
	pid := c.cmd.Process.Pid
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var child int
	fmt.Sscan(string(text), &child)
	return child
}

// Wait returns when strace has ended, with the status of the program: a status of exit, or
// minus the number of the signal that ended it.
func (c *Command) Wait() int {
	c.cmd.Wait()
	c.writes.Close() // so that out ends
	state, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		return c.cmd.ProcessState.ExitCode()
	case state.Signaled():
		return -int(state.Signal())
	}
	return state.ExitStatus()
}
