package socket

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// WNOHANG has Wait return 0 at once when no child has ended.
const WNOHANG = 1

// forkEnv tells a process in its environment that Fork made it, and what for.
const forkEnv = "SOCKSCOPE_FORK"

func init() {
	// The child's thread is the process's first, as in the process before it.
	if os.Getenv(forkEnv) != "" {
		runtime.LockOSThread()
	}
}

// forked is what a process that Fork made knows of itself; zeros in any other.
var forked struct {
	pid  int // in its own process namespace, as fork returned it
	host int // in that of /proc; 0 when unknown
}

// bequest is the fd of the trace's memory, which children inherit; -1 for none.
var bequest = -1

// Bequeath has the children that Fork will make traced into the memory behind
// fd, which is that given to Attach and stays open for them.
func Bequeath(fd int) { bequest = fd }

// Fork makes a child of this process with a copy of its table of fds, and returns
// the child's pid: fork(2). The child calls child with its own fds of the same
// two sockets, of which conn may be nil, and ends when that returns. A socket lives until all its fds are
// closed, the parent's and those of all children.
//
// What is simplified: a C program is copied with its memory, and goes on in both
// processes where fork returned. A Go program has threads that no fork copies. So
// the child starts this executable anew (execve(2), which leaves fds alone), and
// that finds its way to child by [Forked].
func Fork(child func(listener, conn *Socket), listener, conn *Socket) (pid int, err error) {
	second := -1
	if conn != nil {
		second = conn.fd
	}
	job := fmt.Sprintf("%s=%d %d %d %d %t %s", forkEnv, listener.fd, second, bequest, segment.id, traced.sample, nameOf(child))
	args := []string{os.Args[0], "child", "of", strconv.Itoa(os.Getpid())}
	next, err := newImage(args, append(os.Environ(), job))
	if err != nil {
		return -1, err
	}
	c := call{name: trace.Fork, fd: -1}
	pid, errno := c.fork(next)
	runtime.KeepAlive(next)
	return pid, errno.failed()
}

// Forked has to be called first in main, with every function that Fork is given.
// In a process that Fork made it runs the one it was made for and never returns;
// in any other it does nothing.
func Forked(children ...func(listener, conn *Socket)) {
	job := os.Getenv(forkEnv)
	if job == "" {
		return
	}
	os.Unsetenv(forkEnv)
	var listener, conn, memory int
	var sample bool
	var name string
	if _, err := fmt.Sscanf(job, "%d %d %d %d %t %s", &listener, &conn, &memory, &segment.id, &sample, &name); err != nil {
		die(fmt.Errorf("%s=%q: %w", forkEnv, job, err))
	}
	Settle()
	if memory >= 0 {
		if err := inherit(memory, sample); err != nil {
			die(err)
		}
	}
	for _, child := range children {
		if nameOf(child) == name {
			Main(func() { child(&Socket{fd: listener}, &Socket{fd: conn}) })
		}
	}
	die(fmt.Errorf("%s=%q: there is no such function", forkEnv, job))
}

// inherit has this process traced into the memory behind fd.
func inherit(fd int, sample bool) error {
	mem, err := unix.Mmap(fd, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	unix.Close(fd) // it has no children of its own
	area, err := ring.NewArea(mem)
	if err != nil {
		return err
	}
	self, _ := os.Readlink("/proc/self") // of the namespace that /proc was mounted in
	forked.pid = os.Getpid()
	forked.host, _ = strconv.Atoi(self)
	if Attach(area, sample) != nil {
		runtime.LockOSThread() // the rings are used up: it runs untraced
	}
	return nil
}

// Wait takes leave of a child that has ended, and returns its pid: waitpid(2)
// for any child. It blocks until one has; with WNOHANG it returns 0 instead. The
// error is ECHILD when there is no child left.
func Wait(options int) (pid int, err error) {
	status := new(int32)
	c := call{name: trace.Waitpid, fd: -1, nargs: 3, args: [3]int64{-1, int64(options)}, status: status}
	pid, errno := c.make(trapWait4, ^uintptr(0), uintptr(unsafe.Pointer(status)), uintptr(options), 0, 0, 0)
	return pid, errno.failed()
}

// nameOf returns the name of a function, the same in every process of this
// executable.
func nameOf(f func(listener, conn *Socket)) string {
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
}

// image is what execve(2) takes.
type image struct {
	path       *byte
	args, envs []*byte // each ends with a nil
}

func newImage(args, envs []string) (*image, error) {
	path, err := syscall.BytePtrFromString(executable())
	if err != nil {
		return nil, err
	}
	i := &image{path: path}
	if i.args, err = syscall.SlicePtrFromStrings(args); err != nil {
		return nil, err
	}
	i.envs, err = syscall.SlicePtrFromStrings(envs)
	return i, err
}

// fork makes the call, and the child's next one.
func (c *call) fork(next *image) (int, Errno) {
	t := current()
	if t == nil || !t.entering(c) {
		var p passage // it publishes nothing
		p.fork(next)
		return p.result()
	}
	t.passage.fork(next)
	return t.returned(c)
}
