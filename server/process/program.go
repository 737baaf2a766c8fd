package process

import (
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/agent"
	"sockscope/server/demo"
	"sockscope/server/ring"
	"sockscope/server/socket"
	"sockscope/server/told"
	"sockscope/server/trace"
	"sockscope/server/witness"
)

// The fds that a process starts with, besides the three of every process. They are
// closed before its program begins, so that the first socket is fd 3.
const (
	areaFD  = 3 // the memory that it is traced into
	readyFD = 4 // tells that the process is ready for its job, and then that it stands

	// And where strace takes its calls:
	straceFD = 5 // where strace writes
	selfFD   = 6 // this executable

	bequestFD = 200 // the least that areaFD becomes in a program with children
)

// fdReader reads from an fd by read(2), and sleeps in the kernel. Package os would bring
// in the runtime's poller and its fds.
type fdReader int

func (fd fdReader) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(fd), p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// programMain is the life of a program's process. It gets ready, waits for its job on fd
// 0, gets ready for that, waits for the signal, and begins.
func programMain() error {
	area, _, err := MapArea(areaFD)
	if err != nil {
		return err
	}
	greet()

	var job Job
	if err := trace.ReadFrame(fdReader(0), trace.MaxRequest, &job); err != nil {
		if err == io.EOF {
			os.Exit(0) // it was kept ready, and not needed
		}
		return err
	}
	setTitle(job.Words())
	begin, err := job.prepare(area)
	if err != nil {
		return err
	}
	if err := stand(); err != nil {
		return err
	}
	if job.Leashed && job.Program != "" { // an agent reads fd 0 itself
		os.Setenv(leashEnv, "1")
		go leash()
	}
	return begin()
}

// prepare does what can be done before the job begins, and returns the job. The process
// is traced into area from when that begins.
func (a *Job) prepare(area *ring.Area) (begin func() error, err error) {
	program, err := demo.Find(a.Program)
	if err == nil && program.Forks {
		// Children are traced into the same memory. They inherit it by an fd
		// far from those of sockets.
		fd, err := unix.FcntlInt(areaFD, unix.F_DUPFD, bequestFD)
		if err != nil {
			return nil, os.NewSyscallError("fcntl F_DUPFD", err)
		}
		socket.Bequeath(fd)
	}
	if err != nil || program.Needs != demo.Strace { // whose runtime is what a lab shows
		socket.Settle()
	}
	unix.Close(areaFD)
	if err := a.bound(); err != nil {
		return nil, err
	}
	traced := func(program func()) func() error {
		return func() error {
			if err := socket.Attach(area, a.Sample); err != nil {
				return err
			}
			socket.Main(program)
			return nil
		}
	}
	switch {
	case a.Measures:
		return a.measure, nil
	case a.Program == "":
		return traced(func() { agent.Serve(fdReader(0), os.Stdout, a.Addr, a.Args["type"]) }), nil
	case err != nil:
		return nil, err
	}
	settings, err := program.Check(a.Args)
	if err != nil {
		return nil, err
	}
	run := func() { program.Run(a.Addr, settings) }
	if program.Needs == demo.Strace {
		return func() error {
			if err := told.Attach(area); err != nil {
				return err
			}
			witness.Begin(straceFD, selfFD)
			runtime.UnlockOSThread() // see init: its goroutines are for the scheduler to place
			run()
			return nil
		}, nil
	}
	return traced(run), nil
}

// bound sets the limits of what the program may take (getrlimit(2)).
func (a *Job) bound() error {
	if a.Files == 0 {
		return nil
	}
	// Nothing that a program does writes a file, not even its end.
	unix.Setrlimit(unix.RLIMIT_CORE, new(unix.Rlimit))
	unix.Setrlimit(unix.RLIMIT_FSIZE, new(unix.Rlimit))
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{unix.RLIMIT_NPROC, uint64(a.Tasks)},
		{unix.RLIMIT_DATA, uint64(a.Data)},
		{unix.RLIMIT_NOFILE, uint64(a.Files)},
	} {
		if l.most == 0 || l.resource == unix.RLIMIT_NOFILE && a.Measures { // see measure
			continue
		}
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	return nil
}

// greet says that the process is ready, and its number in the namespace that /proc was
// mounted in, 0 when that can't be seen.
func greet() {
	self, _ := os.Readlink("/proc/self")
	pid, _ := strconv.Atoi(self)
	unix.Write(readyFD, binary.BigEndian.AppendUint32(nil, uint32(pid)))
}

// stand says that there is nothing left to do but the job, and waits for the signal.
func stand() error {
	unix.Write(readyFD, []byte{1})
	unix.Close(readyFD)
	var at signal
	if err := trace.ReadFrame(fdReader(0), trace.MaxRequest, &at); err != nil {
		if err == io.EOF {
			os.Exit(0) // nobody is left to begin for
		}
		return err
	}
	socket.Sleep(time.Duration(at.At - socket.Now()))
	return nil
}

// leash ends the process when its starter closes the other end of fd 0.
func leash() {
	fdReader(0).Read(make([]byte, 1))
	unix.Kill(os.Getpid(), unix.SIGKILL)
}
