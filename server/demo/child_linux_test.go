package demo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockscope/server/demo"
	"sockscope/server/ring"
	"sockscope/server/socket"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"

	"golang.org/x/sys/unix"
)

// childEnv holds the job of a process that runs a program instead of tests.
const childEnv = "DEMO_JOB"

type job struct {
	Program  string
	Addr     string
	Settings map[string]string
	Sample   bool
	Files    int  // fds that the process may have, 0 for the usual
	Untraced bool // nothing is recorded
}

func init() {
	if os.Getenv(childEnv) != "" {
		runtime.LockOSThread() // the program's thread is the process's first
	}
}

func TestMain(m *testing.M) {
	demo.Forked()
	if text := os.Getenv(childEnv); text != "" {
		runJob(text)
	}
	os.Exit(m.Run())
}

// runJob runs a program, traced into the memory that is fd 3.
func runJob(text string) {
	var j job
	check(json.Unmarshal([]byte(text), &j))
	program, err := demo.Find(j.Program)
	check(err)
	settings, err := program.Check(j.Settings)
	check(err)
	mem, err := unix.Mmap(3, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	check(err)
	if program.Forks && !j.Untraced {
		fd, err := unix.FcntlInt(3, unix.F_DUPFD, 200)
		check(err)
		socket.Bequeath(fd)
	}
	if program.Needs != demo.Strace {
		socket.Settle()
	}
	check(unix.Close(3)) // the program's first socket is to have it
	if j.Files > 0 {
		check(syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(j.Files), Max: uint64(j.Files)}))
	}
	area, err := ring.NewArea(mem)
	check(err)
	if !j.Untraced {
		check(socket.Attach(area, j.Sample))
	}
	socket.Main(func() { program.Run(j.Addr, settings) })
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// process is a program in a process of its own, and its trace so far.
type process struct {
	t      *testing.T
	job    job
	cmd    *exec.Cmd
	area   *ring.Area
	ring   *ring.Ring    // of its first thread, unless a test looks at another
	events []trace.Event // of that thread
	thread *process      // the same of its second thread; see second
	output strings.Builder
	exited chan struct{}
}

// start runs a job, behind the words of wrap when there are any.
func start(t *testing.T, j job, wrap ...string) *process {
	t.Helper()
	fd, err := unix.MemfdCreate("trace", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "trace")
	defer file.Close()
	if err := file.Truncate(ring.AreaSize); err != nil {
		t.Fatal(err)
	}
	mem, err := unix.Mmap(fd, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	area, err := ring.NewArea(mem)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	words := append(wrap, os.Args[0])
	p := &process{t: t, job: j, area: area, ring: area.Ring(0), cmd: exec.Command(words[0], words[1:]...), exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(text), "GODEBUG=containermaxprocs=0",
		"GORACE=atexit_sleep_ms=0",            // else the race detector ends with a nanosleep
		"GLIBC_TUNABLES=glibc.pthread.rseq=0") // the C library leaves rseq(2) to us; a relay that is built for others has none
	p.cmd.ExtraFiles = []*os.File{file}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.stop()
		unix.Munmap(mem)
	})
	return p
}

// stop kills the process, blocked or not, and waits for its end. With strace
// around it there are two.
func (p *process) stop() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}

// collect takes over what the trace has more, within reason: a program that
// never sleeps may write as fast as this reads.
func (p *process) collect() {
	var rec ring.Record
	for range 10_000 {
		ok, err := p.ring.Next(&rec)
		if err != nil {
			p.t.Fatal(err)
		}
		if !ok {
			return
		}
		e := rec.Event(0, 0, 0)
		e.Note, e.Line = p.area.Place(rec.Site)
		p.events = append(p.events, e)
	}
}

// await collects until cond holds.
func (p *process) await(what string, cond func() bool) {
	p.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(60 * time.Second)
	for {
		p.collect()
		if cond() {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			p.t.Fatalf("waited a minute for %s; output %q, last of its trace:\n%s", what, p.output.String(), tail(p.text()))
		}
	}
}

// wait waits for the end of the process, which is to be status 0. It keeps
// room in the traces of the others meanwhile.
func (p *process) wait(others ...*process) {
	p.t.Helper()
	p.await("the process to end", func() bool {
		for _, other := range others {
			other.collect()
		}
		select {
		case <-p.exited:
			p.collect()
			return true
		default:
			return false
		}
	})
	if !p.cmd.ProcessState.Success() {
		p.t.Fatalf("%v; output %q", p.cmd.ProcessState, p.output.String())
	}
	if n := p.ring.Dropped(); n != 0 {
		p.t.Errorf("%d calls are missing in the trace", n)
	}
}

// child returns the trace of the first process that p has made, which is to have
// ended; nil where there is none.
func (p *process) child() *process {
	if p.area.Threads() < 2 || !p.returned(trace.Fork) {
		return nil
	}
	c := &process{t: p.t, area: p.area, ring: p.area.Ring(1)}
	c.collect()
	return c
}

// second returns the second thread of p.
func (p *process) second() *process {
	if p.thread == nil {
		p.thread = &process{t: p.t, area: p.area, ring: p.area.Ring(1)}
	}
	return p.thread
}

// returned tells whether a call of that name has come back.
func (p *process) returned(call trace.Call) bool {
	for i := range p.events {
		if e := &p.events[i]; e.Kind == trace.Return && e.Call == call {
			return true
		}
	}
	return false
}

// idle tells whether a server has closed n connections and waits for the next
// client.
func (p *process) idle(n int) bool {
	if last := &p.events[len(p.events)-1]; last.Call == trace.Recvfrom {
		return last.Kind == trace.Enter // it has no connections
	}
	for i := range p.events {
		if e := &p.events[i]; e.Kind == trace.Return && e.Call == trace.Close {
			n--
		}
	}
	last := &p.events[len(p.events)-1]
	if last.Kind == trace.Enter && last.Call == trace.Waitpid && last.Args[1] == 0 {
		return true // its children serve
	}
	if n > 0 {
		return false
	}
	return last.Kind == trace.Enter && (last.Call == trace.Accept ||
		last.Call == trace.Select && len(last.Sets.Read) == 1 && len(last.Sets.Write) == 0)
}

// listening waits until the server can be connected to.
func (p *process) listening() *process {
	p.t.Helper()
	if p.job.Untraced {
		p.await("listen", func() bool { return listens(p.t, p.job.Addr) })
		return p
	}
	listens := trace.Listen
	if p.job.Program == "udp" || p.job.Settings["type"] == "SOCK_DGRAM" {
		listens = trace.Bind // it gets datagrams from then on
	}
	p.await("listen", func() bool { return p.returned(listens) || p.returned(trace.Write) })
	return p
}

// freePort6 returns an address of IPv6 on loopback whose port nobody has, for TCP and
// for UDP.
func freePort6(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("[::1]:%d", 22000+rand.IntN(10000))
		l, err := net.Listen("tcp", addr)
		if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
			t.Skip("no IPv6 here")
		}
		if err != nil {
			continue
		}
		l.Close()
		if p, err := net.ListenPacket("udp", addr); err == nil {
			p.Close()
			return addr
		}
	}
	t.Fatal("no port of IPv6 is free")
	return ""
}

// freeName returns an abstract address of a Unix socket.
func freeName(*testing.T) string { return fmt.Sprintf("@sockscope-%016x", rand.Uint64()) }

// listens tells from the kernel's table whether somebody listens at an address.
func listens(t *testing.T, addr string) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(addr, ":")
	n, _ := strconv.Atoi(port)
	return strings.Contains(string(table), fmt.Sprintf(":%04X 00000000:0000 0A ", n))
}

// sockets returns how many sockets the process has open.
func (p *process) sockets() (n int) {
	p.t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd/", p.cmd.Process.Pid)
	list, err := os.ReadDir(dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, fd := range list {
		if what, _ := os.Readlink(dir + fd.Name()); strings.HasPrefix(what, "socket:") {
			n++
		}
	}
	return n
}

// call is one call of a trace.
type call struct {
	enter *trace.Event
	ret   *trace.Event // nil while it is blocked
}

// calls returns the calls so far. An attempt that a signal interrupted was made
// by nobody: it is joined with the one that followed.
func (p *process) calls() []call {
	var list []call
	var first *trace.Event // of the interrupted attempts
	for i := range p.events {
		e := &p.events[i]
		switch e.Kind {
		case trace.Enter:
			list = append(list, call{enter: e})
			if first != nil {
				list[len(list)-1].enter, first = first, nil
			}
		case trace.Return:
			c := &list[len(list)-1]
			if c.ret = e; e.Errno == trace.EINTR {
				first = c.enter
				list = list[:len(list)-1]
			}
		}
	}
	return list
}

// text returns the trace as strace text, a call a line behind its source line.
func (p *process) text() string {
	var b strings.Builder
	for _, c := range p.calls() {
		fmt.Fprintf(&b, "%s:%d\t%s\n", c.enter.Note, c.enter.Line, strace.API.Line(c.enter, c.ret))
	}
	return b.String()
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// freeUDPPort returns an address on loopback whose UDP port nobody has, of those that the
// kernel gives to nobody by itself.
func freeUDPPort(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 22000+rand.IntN(10000))
		if p, err := net.ListenPacket("udp", addr); err == nil {
			p.Close()
			return addr
		}
	}
	t.Fatal("no UDP port is free")
	return ""
}

// freePort returns an address on loopback that nobody else will be given. A
// server that sets SO_REUSEADDR can still bind it, for nobody listens.
func freePort(t *testing.T) string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}
