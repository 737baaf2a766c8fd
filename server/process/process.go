package process

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/confine"
	"sockscope/server/ring"
	"sockscope/server/trace"
	"sockscope/server/witness"
)

// Process is a process that runs one program.
type Process struct {
	Area   *ring.Area // what it is traced into
	PID    int        // in the namespace of /proc; 0 when unknown
	Stdin  *os.File   // takes the job, then what an agent is told
	Stdout *os.File   // nil when the process has somebody else's
	Stderr *os.File
	Strace *os.File // where strace writes; nil where it takes no calls

	cmd   *exec.Cmd
	mem   []byte
	ready *os.File // tells that it is ready for its job, and then that it stands
}

// Start says how a process is started. The zero value is an ordinary one.
type Start struct {
	By     *confine.Launcher    // confines it; nil doesn't
	Attr   *syscall.SysProcAttr // sets it apart; nil doesn't
	Args   []string             // its command line after `server run`; nil makes room for its job
	Output *os.File             // its standard output; nil makes a pipe, to be read from Stdout
	Strace bool                 // strace takes its calls
}

// Spawn starts a process and waits until it is ready for its [Job].
func Spawn(how Start) (*Process, error) {
	args, output := how.Args, how.Output
	if args == nil {
		args = []string{strings.Repeat(" ", titleRoom)}
	}
	p := &Process{cmd: Command(programRole, append([]string{"run"}, args...)...)}
	p.cmd.SysProcAttr = how.Attr
	if how.Attr == nil {
		p.cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	p.cmd.SysProcAttr.Setpgid = true // see Signal
	var theirs []*os.File            // closed here once the process has them
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
	memory, err := NewAreaFile()
	if err != nil {
		return nil, err
	}
	theirs = append(theirs, memory)
	if p.Area, p.mem, err = MapArea(int(memory.Fd())); err != nil {
		return nil, err
	}
	in, errs, greeting := pipe(&p.Stdin, true), pipe(&p.Stderr, false), pipe(&p.ready, false)
	if output == nil {
		output = pipe(&p.Stdout, false)
	}
	if in == nil || errs == nil || greeting == nil || output == nil {
		p.Release()
		return nil, errors.New("a program's pipes: too many open files")
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, output, errs
	p.cmd.ExtraFiles = []*os.File{areaFD - 3: memory, readyFD - 3: greeting}
	if how.Strace {
		self, err := os.Open("/proc/self/exe")
		if err != nil {
			p.Release()
			return nil, err
		}
		theirs = append(theirs, self)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, pipe(&p.Strace, false), self)
		if err := witness.Trace(p.cmd, straceFD, selfFD); err != nil || p.Strace == nil {
			p.Release()
			return nil, errors.Join(errors.New("strace could not be started"), err)
		}
	}
	if err := how.By.Start(p.cmd); err != nil {
		p.Release()
		return nil, err
	}
	for _, f := range theirs {
		f.Close()
	}
	theirs = nil
	var pid [4]byte
	if _, err := io.ReadFull(p.ready, pid[:]); err != nil {
		err = p.unready("a program's process did not get ready")
		p.Kill()
		p.Wait()
		p.Release()
		return nil, err
	}
	p.PID = int(binary.BigEndian.Uint32(pid[:]))
	return p, nil
}

// unready returns an error with what the process, which has died, has written about it.
func (p *Process) unready(what string) error {
	why, _ := io.ReadAll(io.LimitReader(p.Stderr, 1000))
	return errors.New(what + ": " + strings.TrimSpace(string(why)))
}

// Assign tells the process what to do. It gets ready for that, and waits for [Process.Go].
func (p *Process) Assign(job Job) error { return trace.WriteFrame(p.Stdin, job) }

// Stands waits until the process is ready to make the first call of its job. It returns
// an error when the process has died instead.
func (p *Process) Stands() error {
	if n, _ := p.ready.Read(make([]byte, 1)); n == 0 {
		return p.unready("a program could not begin")
	}
	return nil
}

// Go has the process begin its job at a time of [socket.Now], or at once when that is
// past.
func (p *Process) Go(at int64) error { return trace.WriteFrame(p.Stdin, signal{at}) }

// Kill kills the process and those that it has made.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// Signal sends a signal to the process and those that it has made: its process group.
// Where strace takes the calls only SIGKILL reaches strace, which ends by itself when the
// program has. One that is gone takes no notice.
func (p *Process) Signal(s syscall.Signal) {
	if p.Strace != nil && s != syscall.SIGKILL {
		syscall.Kill(p.PID, s)
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, s)
}

// Number returns the process's number in the namespace of its starter.
func (p *Process) Number() int { return p.cmd.Process.Pid }

// Wait returns when the process has ended, with its exit status, or minus the number of
// the signal that ended it.
func (p *Process) Wait() int64 {
	p.cmd.Wait()
	switch s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case ok && s.Signaled():
		return -int64(s.Signal())
	case ok:
		return int64(s.ExitStatus())
	}
	return -1
}

// Release gives back what the process holds here, and its trace with it.
func (p *Process) Release() {
	for _, f := range []*os.File{p.Stdin, p.Stdout, p.Stderr, p.Strace, p.ready} {
		if f != nil {
			f.Close()
		}
	}
	if p.mem != nil {
		unix.Munmap(p.mem)
		p.mem, p.Area = nil, nil
	}
}
