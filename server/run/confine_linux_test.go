package run

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockscope/server/demo"
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// misbehave is a message with which the program slow, in a test, does not talk
// but tries what a program in a run should not be able to. What follows it is a
// directory that anyone may write to, with a file.
const misbehave = "misbehave in "

func init() {
	client, _ := demo.Find("slow") // the client of lab echo
	behave := client.Run
	client.Run = func(addr string, s knob.Values) {
		dir, yes := strings.CutPrefix(s["message"], misbehave)
		if !yes {
			behave(addr, s)
			return
		}
		for _, what := range []string{try(dir), tryMemory(), tryProcesses()} {
			fmt.Fprint(os.Stderr, what)
		}
	}
}

// try tries to leave the sandbox, and returns what it could do, a line each.
func try(dir string) string {
	var could strings.Builder
	could.WriteString("it could:\n")
	attempt := func(what string, f func() error) {
		if err := f(); err == nil || errors.Is(err, unix.ENOENT) {
			fmt.Fprintf(&could, "%s: %v\n", what, err)
		}
	}
	open := func(path string, flags int) {
		attempt("open "+path, func() error {
			fd, err := unix.Open(path, flags, 0o666)
			unix.Close(fd)
			return err
		})
	}
	for _, path := range []string{"/etc/passwd", "/", "/proc/self/status", "/proc/1/cmdline", "/proc/self/exe/..", "/sys", "/dev/zero", dir + "/file"} {
		open(path, unix.O_RDONLY)
	}
	open(dir+"/file", unix.O_WRONLY|unix.O_TRUNC)
	open(dir+"/new", unix.O_CREAT|unix.O_RDWR)
	open("/dev/shm/new", unix.O_CREAT|unix.O_RDWR)
	attempt("make a directory", func() error { return unix.Mkdir(dir+"/dir", 0o777) })
	attempt("remove a file", func() error { return unix.Unlink(dir + "/file") })
	attempt("rename a file", func() error { return unix.Rename(dir+"/file", dir+"/other") })
	attempt("link a file", func() error { return unix.Link(dir+"/file", dir+"/other") })
	attempt("make a file in memory that it can run", func() error {
		fd, err := unix.MemfdCreate("program", 0)
		if err != nil {
			return err
		}
		return unix.Ftruncate(fd, 4096)
	})
	for _, path := range []string{"/bin/true", "/bin/sh"} {
		attempt("run "+path, func() error { return exec.Command(path, "-c", "true").Run() })
	}
	attempt("make a user namespace", func() error { return unix.Unshare(unix.CLONE_NEWUSER) })
	attempt("make a network namespace", func() error { return unix.Unshare(unix.CLONE_NEWNET) })
	attempt("mount", func() error { return unix.Mount("none", "/tmp", "tmpfs", 0, "") })
	attempt("change a mount", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") })
	attempt("name the host", func() error { return unix.Sethostname([]byte("mine")) })
	attempt("signal its worker", func() error { return unix.Kill(unix.Getppid(), 0) })
	attempt("trace its worker", func() error { return unix.PtraceAttach(unix.Getppid()) })
	attempt("see packets", func() error {
		_, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		return err
	})
	attempt("have more capabilities than one", func() error {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var sets [2]unix.CapUserData
		if err := unix.Capget(&header, &sets[0]); err != nil {
			return err
		}
		if sets[0].Permitted&^(1<<unix.CAP_NET_BIND_SERVICE) != 0 || sets[1].Permitted != 0 {
			return nil
		}
		return unix.EPERM
	})
	attempt("gain privileges by execve", func() error {
		if n, _ := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); n == 1 {
			return unix.EPERM
		}
		return nil
	})
	attempt("raise its limits", func() error {
		return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 10, Max: 1 << 10})
	})
	return could.String()
}

// tryMemory takes more memory than it may, at once.
func tryMemory() string {
	if _, err := unix.Mmap(-1, 0, 1<<30, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		return ""
	}
	return "have 1 GiB of memory\n"
}

// tryProcesses makes processes until it may make no more.
func tryProcesses() string {
	for n := range 10_000 {
		pid, errno := multiply()
		if errno == 0 {
			defer unix.Kill(pid, unix.SIGKILL)
		} else {
			return fmt.Sprintf("had %d processes: %v\n", n, errno)
		}
	}
	return "have 10,000 processes\n"
}

// multiply makes a process that waits for its end. It can't do more than raw
// system calls: it is a copy of one thread.
//
//go:nosplit
//go:norace
func multiply() (int, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	for pid == 0 && errno == 0 {
		syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
	return int(pid), errno
}

// A program of a run can do nothing to this machine but what its lab is about.
func TestProgramsAreConfined(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	if s.Isolation() != trace.Namespace || len(s.Notes()) > 0 {
		t.Skip(s.Isolation(), s.Notes())
	}
	dir, err := os.MkdirTemp("/tmp", "") // short: it is part of a message
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o666)
	os.Chmod(dir, 0o777)
	os.Chmod(filepath.Join(dir, "file"), 0o666)
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "echo", Knobs: map[string]string{"client": "program", "message": misbehave + dir}})
	r := v.run()
	var could []string
	for _, e := range r.events {
		if _, line, ok := strings.Cut(e.Note, " wrote to its standard error: "); ok {
			could = append(could, line)
		}
	}
	if len(could) != 2 || could[0] != "it could:" {
		t.Fatalf("%+v %q", r.end, could)
	}
	var n int
	if _, err := fmt.Sscanf(could[1], "had %d processes: resource temporarily unavailable", &n); err != nil || n > threadsEach*(1+spares+20) {
		t.Errorf("%q: %v", could[1], err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "file")); string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("the next run: %+v", r.end)
	}
}

// The server itself stays as it was, and so does what it starts otherwise.
func TestServerIsNotConfined(t *testing.T) {
	startTest(t, Config{Warm: 1})
	for range 100 {
		done := make(chan error)
		go func() {
			n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
			if err == nil && n != 0 {
				err = errors.New("a thread of the server's is confined")
			}
			if err == nil {
				_, err = os.ReadFile("/etc/passwd")
			}
			done <- err
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}
