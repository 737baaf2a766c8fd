package run

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sockscope/server/trace"
)

// viewer is a client of the control port.
type viewer struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader

	hello *trace.Hello
	ahead []*trace.Message // read already, for next
	ended func(*result)    // is told of each run that is over; may be nil
}

// dial connects to the control port and reads the Hello.
func dial(t testing.TB, s *Server) *viewer {
	t.Helper()
	return dialTo(t, s.Addrs()["lab"])
}

func dialTo(t testing.TB, control string) *viewer {
	t.Helper()
	conn, err := net.Dial("tcp", control)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	v := &viewer{t: t, conn: conn, r: bufio.NewReader(conn)}
	m := v.next()
	if m.Hello == nil || m.Hello.Version != trace.Version || m.Hello.Kernel == "" {
		t.Fatalf("the first message is %+v", m)
	}
	v.hello = m.Hello
	return v
}

// plain starts the server as people run it, and returns its control port's address. Without
// the race detector in them, the processes of a run start several times as fast.
func plain(t testing.TB) (control string) {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	const free = "127.0.0.1:0"
	cmd := exec.Command(file, "-control", free, "-echo", free, "-mux", free, "-byteorder", free)
	cmd.Stderr = testWriter{t}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	if _, err := fmt.Sscanf(line, "control %s", &control); err != nil {
		t.Fatalf("the server says %q", line)
	}
	return strings.TrimSuffix(control, ",")
}

// built and withoutRace are the server, and the tests of this package, without the race
// detector.
var (
	built       = builder("server", "build", "-trimpath", "sockscope/server")
	withoutRace = builder("run.test", "test", "-c", ".")
)

// builder returns a function that builds a file once, by the go command.
func builder(name, verb string, args ...string) func() (file string, err error) {
	return sync.OnceValues(func() (file string, err error) {
		file = filepath.Join("..", "..", ".build", "test", name)
		build := exec.Command("go", append([]string{verb, "-o", file}, args...)...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds it
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		return file, nil
	})
}

// withoutDetector has the same test run in a binary without the race detector. To hold
// millions of claims against their traces is one goroutine's work, and takes ten times as
// long with it. What the server does is raced by the tests of its own.
func withoutDetector(t *testing.T) {
	t.Helper()
	file, err := withoutRace()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(file, "-test.v", "-test.run", "^"+t.Name()+"$").CombinedOutput()
	if t.Logf("%s", out); err != nil {
		t.Error(err)
	}
}

func (v *viewer) send(req *trace.Request) {
	v.t.Helper()
	if err := trace.WriteFrame(v.conn, req); err != nil {
		v.t.Fatal(err)
	}
}

// next returns the next message. A server that says nothing for five minutes fails the
// test: that it is slow is the machine's business.
func (v *viewer) next() *trace.Message {
	v.t.Helper()
	if len(v.ahead) > 0 {
		m := v.ahead[0]
		v.ahead = v.ahead[1:]
		return m
	}
	v.conn.SetReadDeadline(time.Now().Add(5 * time.Minute))
	m := new(trace.Message)
	if err := trace.ReadFrame(v.r, trace.MaxFrame, m); err != nil {
		v.t.Fatal(err)
	}
	return m
}

// begun waits until a run has begun. What it reads meanwhile is for next.
func (v *viewer) begun() {
	v.t.Helper()
	for read := []*trace.Message(nil); ; {
		m := v.next()
		read = append(read, m)
		switch {
		case m.Header != nil:
			v.ahead = read
			return
		case m.Error != nil || m.End != nil:
			v.t.Fatalf("the run did not begin: %+v", m)
		}
	}
}

// result is a run as a viewer saw it.
type result struct {
	header *trace.Header
	events []trace.Event
	points []trace.Point
	errors []string
	end    *trace.End
	before *result // the run before this one, where two are compared
}

// run reads messages up to the End.
func (v *viewer) run() *result {
	v.t.Helper()
	r := new(result)
	v.until(r, func() bool { return false })
	if v.ended != nil {
		v.ended(r)
	}
	return r
}

// until adds messages to r until there is an End, or enough says so.
func (v *viewer) until(r *result, enough func() bool) {
	v.t.Helper()
	for r.end == nil && !enough() {
		switch m := v.next(); {
		case m.Header != nil:
			r.header = m.Header
		case m.Child != nil:
			r.header.Procs = append(r.header.Procs, *m.Child)
		case m.Error != nil:
			r.errors = append(r.errors, m.Error.Text)
			if r.header == nil { // nothing was started, and nothing will end
				r.end = &trace.End{Reason: trace.EndFailed, Message: m.Error.Text}
			}
		case m.Point != nil:
			r.points = append(r.points, *m.Point)
		case m.End != nil:
			r.end = m.End
		default:
			r.events = append(r.events, m.Events...)
		}
	}
}

func returns(proc int, call trace.Call, fd int) func(*trace.Event) bool {
	return func(e *trace.Event) bool {
		return e.Kind == trace.Return && e.Proc == proc && e.Call == call && e.FD == fd
	}
}
