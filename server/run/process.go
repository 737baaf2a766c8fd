package run

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// process is a program process, idle until it is assigned something.
type process struct {
	cmd    *exec.Cmd
	area   *trace.Area
	mem    []byte
	pid    int // in the namespace of /proc; 0 when unknown
	stdin  *os.File
	stdout *os.File // nil when the process has somebody else's
	stderr *os.File
	strace *os.File // where strace writes; nil where it takes no calls
}

// spawn starts an idle program process and waits until it is ready. Its command
// line shows args, or makes room for what it will be told. With output nil what
// it writes to standard output can be read from stdout. by, if not nil, confines the
// process, and attr, if not nil, sets it apart.
func spawn(by *launcher, args []string, output *os.File, attr *syscall.SysProcAttr) (*process, error) {
	return spawnBy(false, by, args, output, attr)
}

// spawnBy starts the same, and if it is to be has strace take its calls.
func spawnBy(strace bool, by *launcher, args []string, output *os.File, attr *syscall.SysProcAttr) (*process, error) {
	if args == nil {
		args = []string{strings.Repeat(" ", titleRoom)}
	}
	p := &process{cmd: child(childProgram, append([]string{"run"}, args...)...)}
	if attr == nil {
		attr = new(syscall.SysProcAttr)
	}
	attr.Setpgid = true // see signal
	p.cmd.SysProcAttr = attr
	var theirs []*os.File // closed here once the process has them
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	pipe := func(mine **os.File, write bool) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			return nil
		}
		if write {
			r, w = w, r
		}
		*mine = r
		theirs = append(theirs, w)
		return w
	}
	memory, err := newAreaFile()
	if err != nil {
		return nil, err
	}
	theirs = append(theirs, memory)
	if p.area, p.mem, err = mapArea(int(memory.Fd())); err != nil {
		return nil, err
	}
	var ready *os.File
	in, errs, greeting := pipe(&p.stdin, true), pipe(&p.stderr, false), pipe(&ready, false)
	if output == nil {
		output = pipe(&p.stdout, false)
	}
	if in == nil || errs == nil || greeting == nil || output == nil {
		p.release()
		return nil, errors.New("a program's pipes: too many open files")
	}
	defer ready.Close()
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, output, errs
	p.cmd.ExtraFiles = []*os.File{areaFD - 3: memory, readyFD - 3: greeting}
	if strace {
		self, err := os.Open("/proc/self/exe")
		if err != nil {
			p.release()
			return nil, err
		}
		theirs = append(theirs, self)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, pipe(&p.strace, false), self)
		if err := straced(p.cmd); err != nil || p.strace == nil {
			p.release()
			return nil, errors.Join(errors.New("strace could not be started"), err)
		}
	}
	if err := by.start(p.cmd); err != nil {
		p.release()
		return nil, err
	}
	for _, f := range theirs {
		f.Close()
	}
	theirs = nil
	var pid [4]byte
	if _, err := io.ReadFull(ready, pid[:]); err != nil {
		why, _ := io.ReadAll(io.LimitReader(p.stderr, 1000))
		p.kill()
		p.wait()
		p.release()
		return nil, errors.New("a program process did not get ready: " + strings.TrimSpace(string(why)))
	}
	p.pid = int(binary.BigEndian.Uint32(pid[:]))
	return p, nil
}

// assign tells the process what to do; it begins at once.
func (p *process) assign(job assignment) error { return trace.WriteFrame(p.stdin, job) }

func (p *process) kill() { p.signal(syscall.SIGKILL) }

// signal sends a signal to the process and those that it has made: its process
// group. One that is gone already takes no notice.
func (p *process) signal(s syscall.Signal) { syscall.Kill(-p.cmd.Process.Pid, s) }

// wait returns when the process has ended, with its exit status, or minus the
// number of the signal that ended it.
func (p *process) wait() int64 {
	p.cmd.Wait()
	switch s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case ok && s.Signaled():
		return -int64(s.Signal())
	case ok:
		return int64(s.ExitStatus())
	}
	return -1
}

// release gives back what the process held here. Its trace is gone then.
func (p *process) release() {
	for _, f := range []*os.File{p.stdin, p.stdout, p.stderr, p.strace} {
		if f != nil {
			f.Close()
		}
	}
	if p.mem != nil {
		unix.Munmap(p.mem)
		p.mem, p.area = nil, nil
	}
}
