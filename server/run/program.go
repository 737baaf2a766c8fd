package run

import (
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"sockscope/server/demo"
	"sockscope/server/socket"
	"sockscope/server/told"
	"sockscope/server/trace"
)

// The fds that a program process starts with, besides the three of every
// process. Both are closed before it begins, and its first socket is fd 3.
const (
	areaFD  = 3 // the memory that it is traced into
	readyFD = 4 // takes a greeting when the process is ready for its assignment

	bequestFD = 200 // the least that areaFD becomes in a program with children
)

// fdReader reads from an fd by read(2), sleeping in the kernel: package os
// would bring in the runtime's poller and its fds.
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

// programMain is the life of a program process: it gets ready, waits for its
// assignment on fd 0, and carries that out.
func programMain() error {
	area, _, err := mapArea(areaFD)
	if err != nil {
		return err
	}
	greet()

	var job assignment
	if err := trace.ReadFrame(fdReader(0), trace.MaxRequest, &job); err != nil {
		if err == io.EOF {
			os.Exit(0) // it was kept ready, and not needed
		}
		return err
	}
	setTitle(job.words())
	program, err := demo.Find(job.Program)
	if err == nil && program.Forks {
		// Children are traced into the same memory, and inherit it by an fd
		// that is far from those of sockets.
		fd, err := unix.FcntlInt(areaFD, unix.F_DUPFD, bequestFD)
		if err != nil {
			return os.NewSyscallError("fcntl F_DUPFD", err)
		}
		socket.Bequeath(fd)
	}
	unix.Close(areaFD)
	if err := job.bound(); err != nil {
		return err
	}
	if job.Measures {
		if job.Leashed {
			go leash()
		}
		return measureMain(job)
	}
	if job.Program == "" {
		return agentMain(job, area)
	}
	if err != nil {
		return err
	}
	settings, err := program.Check(job.Args)
	if err != nil {
		return err
	}
	if job.Leashed {
		os.Setenv(leashEnv, "1")
		go leash()
	}
	if program.Needs == demo.Strace {
		if err := told.Attach(area); err != nil {
			return err
		}
		if os.Getenv(stracedEnv) != "" {
			beTraced()
		}
		runtime.UnlockOSThread() // see init: its goroutines are for the scheduler to place
		program.Run(job.Addr, settings)
		return nil
	}
	if err := socket.Attach(area, job.Sample); err != nil {
		return err
	}
	socket.Main(func() { program.Run(job.Addr, settings) })
	return nil
}

// bound sets what a program that is limited may take (getrlimit(2)).
func (a *assignment) bound() error {
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
		if l.most == 0 || l.resource == unix.RLIMIT_NOFILE && a.Measures { // see measureMain
			continue
		}
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	return nil
}

// greet tells the process's number outside of any process namespace, as far
// as it can be seen, and that the process is ready.
func greet() {
	self, _ := os.Readlink("/proc/self") // of the namespace that /proc was mounted in
	pid, _ := strconv.Atoi(self)
	unix.Write(readyFD, binary.BigEndian.AppendUint32(nil, uint32(pid)))
	unix.Close(readyFD)
}

// leash ends the process when the other end of fd 0 is closed.
func leash() {
	fdReader(0).Read(make([]byte, 1))
	unix.Kill(os.Getpid(), unix.SIGKILL)
}
