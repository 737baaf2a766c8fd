package run

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockscope/server/confine"
	"sockscope/server/trace"
)

// descendant is a process below this one.
type descendant struct {
	pid, parent int
	line        string // its command line
}

// descendants lists the processes below this one.
func descendants() []descendant {
	all := map[int]descendant{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parent, _ := strconv.Atoi(fields[1])
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
		line := strings.TrimRight(strings.ReplaceAll(string(cmdline), "\x00", " "), " ")
		all[pid] = descendant{pid, parent, line}
	}
	var below []descendant
	for _, p := range all {
		for up := p.parent; up > 1; up = all[up].parent {
			if up == os.Getpid() {
				below = append(below, p)
				break
			}
		}
	}
	return below
}

// running returns the process with the command line, or false.
func running(line string) (descendant, bool) {
	for _, p := range descendants() {
		if p.line == line {
			return p, true
		}
	}
	return descendant{}, false
}

// eventually waits until is holds.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); !is(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("in 20 s it did not come true: %s; processes: %+v", what, descendants())
		}
	}
}

const muxLine = "server run select 127.0.0.1:10001 timeout=20s"

// sleeping starts a run that sleeps for long, and waits until it is under way.
func sleeping(t testing.TB, s *Server) (*viewer, descendant) {
	t.Helper()
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "20s"}})
	v.begun()
	var p descendant
	eventually(t, "a list of processes shows the program", func() (ok bool) {
		p, ok = running(muxLine)
		return ok
	})
	return v, p
}

func gone(line string) func() bool {
	return func() bool {
		_, ok := running(line)
		return !ok
	}
}

func TestViewerThatVanishesEndsItsRun(t *testing.T) {
	v, _ := sleeping(t, startTest(t, Config{Warm: 1}))
	v.conn.Close()
	eventually(t, "the run's programs are gone", gone(muxLine))
}

func TestWorkerThatDiesFailsItsRunOnly(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	v, p := sleeping(t, s)
	syscall.Kill(p.parent, syscall.SIGKILL)
	r := v.run()
	if r.end.Reason != trace.EndFailed || !strings.Contains(r.end.Message, "killed") {
		t.Errorf("%+v", r.end)
	}
	checkTrace(t, r)
	eventually(t, "the worker's programs are gone", gone(muxLine))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("the next run: %+v", r.end)
	}
}

func TestIdleWorkerThatDiesIsReplaced(t *testing.T) {
	s := startTest(t, Config{Warm: 2})
	eventually(t, "two workers wait", func() bool { return len(workers()) == 2 })
	for _, p := range workers() {
		syscall.Kill(p.pid, syscall.SIGKILL)
	}
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("%+v", r.end)
	}
}

// A run goes on without the nursery that started its worker, and the next has another.
func TestNurseryThatDiesIsReplaced(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	v, _ := sleeping(t, s)
	nursery, _ := running("server nursery")
	syscall.Kill(nursery.pid, syscall.SIGKILL)
	eventually(t, "it is gone", func() bool { return syscall.Kill(nursery.pid, 0) != nil })
	v.send(&trace.Request{Op: trace.OpStop})
	if r := v.run(); r.end.Reason != trace.EndStopped {
		t.Errorf("%+v", r.end)
	}
	eventually(t, "its programs are gone", gone(muxLine))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("the next run: %+v", r.end)
	}
}

func workers() (list []descendant) {
	for _, p := range descendants() {
		if p.line == "server worker" {
			list = append(list, p)
		}
	}
	return list
}

// A program that somebody kills is a run that failed, and says which.
func TestProgramThatIsKilledFailsItsRun(t *testing.T) {
	v, p := sleeping(t, startTest(t, Config{Warm: 1}))
	syscall.Kill(p.pid, syscall.SIGKILL)
	r := v.run()
	if r.end.Reason != trace.EndFailed || !strings.Contains(r.end.Message, "server") {
		t.Errorf("%+v", r.end)
	}
	status := int64(0)
	for _, e := range r.events {
		if e.Kind == trace.Exit && e.Proc == 0 {
			status = e.Result
		}
	}
	if status != -int64(syscall.SIGKILL) {
		t.Errorf("its exit is %d", status)
	}
	checkTrace(t, r)
}

func openFiles() int {
	fds, _ := filepath.Glob("/proc/self/fd/*")
	return len(fds)
}

func TestCloseLeavesNothing(t *testing.T) {
	for _, share := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %v", share), func(t *testing.T) {
			// What the first use opens for good is open before the count.
			startTest(t, Config{Shared: share}).Close()
			before := openFiles()
			s := startTest(t, Config{Shared: share})
			v := dial(t, s)
			v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
			v.run()
			v.send(&trace.Request{Op: trace.OpRun, Lab: "echo"})
			v.next()
			s.Close()
			v.conn.Close()
			eventually(t, "no process is left", func() bool { return len(descendants()) == 0 })
			eventually(t, "no file is left open", func() bool { return openFiles() <= before })
		})
	}
}

func TestStandingProgramIsStartedAgain(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	const first = "server run echo 127.0.0.1:0 backlog=4096"
	p, ok := running(first)
	if !ok {
		t.Fatalf("%q is not among %+v", first, descendants())
	}
	syscall.Kill(p.pid, syscall.SIGKILL)
	eventually(t, "another one runs at the same address", func() bool {
		_, ok := running("server run echo " + s.Addrs()["echo"] + " backlog=4096")
		return ok
	})
	eventually(t, "it answers", func() bool {
		conn, err := net.Dial("tcp", s.Addrs()["echo"])
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.Write([]byte("again"))
		conn.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(conn)
		return string(all) == "again"
	})
}

// unprivilegedEnv has a test binary serve one run as an ordinary user.
const unprivilegedEnv = "SOCKSCOPE_TEST_UNPRIVILEGED"

func TestOrdinaryUserHasNamespaces(t *testing.T) {
	if os.Getenv(unprivilegedEnv) != "" {
		if os.Getuid() == 0 {
			t.Fatal("this is root")
		}
		s := startTest(t, Config{Warm: 1})
		v := dial(t, s)
		v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
		r := v.run()
		checkTrace(t, r)
		fmt.Printf("%s %s %s\n", r.header.Isolation, r.header.Procs[0].Addr, r.end.Reason)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("it takes root to become somebody else; the other tests run as an ordinary user now")
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestOrdinaryUserHasNamespaces$")
	cmd.Env = append(os.Environ(), unprivilegedEnv+"=1")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: confine.Nobody, Gid: confine.Nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), trace.Shared) {
		t.Skip("this system gives ordinary users no namespaces")
	}
	if !strings.Contains(string(out), "namespace 127.0.0.1:80 done") {
		t.Fatalf("%s", out)
	}
}
