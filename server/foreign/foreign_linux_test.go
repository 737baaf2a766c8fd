package foreign

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/audit"
)

// program is one that is traced, with what it writes.
type program struct {
	*Command
	out *bufio.Reader
	err *os.File
}

// traced starts a program in the session.
func (s *Session) traced(t *testing.T, words ...string) *program {
	t.Helper()
	return s.tracedWith(t, false, words...)
}

func (s *Session) tracedWith(t *testing.T, lines bool, words ...string) *program {
	t.Helper()
	out, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	complaints, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { complaints.Close() })
	c, err := Start(words, Files{Out: theirs, Err: complaints}, lines)
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.inputs++ // Read counts it, too, but a little later
	s.mu.Unlock()
	go func() {
		s.Read(c.Out())
		s.left()
	}()
	t.Cleanup(func() { c.cmd.Process.Kill() })
	return &program{c, bufio.NewReader(out), complaints}
}

// port is what a server prints first.
func (p *program) port(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		text, _ := os.ReadFile(p.err.Name())
		t.Fatalf("the server prints no port: %v, %s", err, text)
	}
	return strings.TrimSpace(line)
}

// run ends the session, and returns its run, of which nothing false is said.
func (s *Session) run(t *testing.T) *play.Run {
	t.Helper()
	s.Settle()
	s.End(trace.EndDone, "")
	var file bytes.Buffer
	s.WriteTo(&file)
	r, err := audit.Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	report := audit.Run(r)
	t.Log(report)
	for _, text := range report.False {
		t.Error(text)
	}
	for i := range r.Len() {
		if e := r.Step(i); e.Kind == trace.Note && strings.Contains(e.Note, "isn't understood") {
			t.Error(e.Note)
		}
	}
	return r
}

// python is the interpreter. One of a version manager's would be a shell's child.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("python3 is not installed")
	return ""
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
}

// as gives the processes of a run the names that a lab's have, so that its moments are
// looked for: a server, clients in their order.
func as(r *play.Run) {
	clients := 0
	for i := range r.Header.Procs {
		p := &r.Header.Procs[i]
		switch {
		case p.Role == trace.RoleClient:
			clients++
			p.Name = fmt.Sprintf("client %d", clients)
		case p.Parent == 0:
			p.Name = "server"
		}
	}
	for i := range r.Lanes {
		r.Lanes[i].Name = r.Header.Procs[r.Lanes[i].Proc].Name
	}
}

// The tutorials' programs show what the labs of the same names show.
func TestPythonPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	needStrace(t)
	py := python(t)
	for _, c := range []struct {
		server  []string
		clients [][]string // one after another has begun
		lab     string
		misses  int // stops of the lab that belong to its own set-up, or need clients that come together
		conns   int
	}{
		{[]string{"echo_server"}, [][]string{{"echo_client"}}, "echo", 0, 1},
		{[]string{"thread_server", "3"}, [][]string{{"talk_client"}, {"talk_client"}, {"talk_client"}}, "threads", 1, 3},
		{[]string{"fork_server", "2"}, [][]string{{"talk_client"}, {"talk_client"}}, "processes", 1, 2},
		{[]string{"select_server", "4"}, [][]string{{"select_client"}}, "select", 3, 4},
		{[]string{"selectors_server", "3"}, [][]string{{"selectors_client", "3"}}, "selectors", 1, 3},
		{[]string{"byteorder_server"}, [][]string{{"byteorder_client"}}, "", 0, 1},
		{[]string{"robot_server"}, [][]string{{"robot_client"}}, "", 0, 1},
		{[]string{"upload_server"}, [][]string{{"upload_client"}}, "", 0, 1},
		{[]string{"pieces_server"}, [][]string{{"pieces_client"}}, "", 0, 1},
	} {
		t.Run(c.server[0], func(t *testing.T) {
			t.Parallel()
			s := NewSession()
			script := func(words []string) []string {
				return append([]string{py, "testdata/python/" + words[0] + ".py"}, words[1:]...)
			}
			server := s.traced(t, script(c.server)...)
			port := server.port(t)
			all := []*program{server}
			for _, client := range c.clients {
				words := script(client)
				all = append(all, s.traced(t, append([]string{words[0], words[1], port}, words[2:]...)...))
			}
			for _, p := range all {
				if status := p.Wait(); status != 0 {
					text, _ := os.ReadFile(p.err.Name())
					t.Errorf("a program ended with %d: %s", status, text)
				}
			}
			r := s.run(t)
			whole(t, r, c.conns)
			if c.lab == "" {
				return
			}
			as(r)
			l, err := lab.Find(c.lab)
			if err != nil {
				t.Fatal(err)
			}
			var missing []string
			for _, stop := range r.Walk(l.Walk(nil)) {
				if stop.Found == nil {
					missing = append(missing, stop.Say)
				}
			}
			if len(missing) > c.misses {
				t.Errorf("lab %s: nothing shows that\n%s", c.lab, strings.Join(missing, "\n"))
			}
		})
	}
}

// whole checks that a run has so many connections, both ends of each, and that what one
// sent the other received, with an arrow where it waited.
func whole(t *testing.T, r *play.Run, conns int) {
	t.Helper()
	if len(r.Conns) != conns {
		t.Errorf("there are %d connections, not %d", len(r.Conns), conns)
	}
	for i := range r.Conns {
		c := &r.Conns[i]
		if c.Client.Proc < 0 || c.Server.Proc < 0 {
			t.Errorf("connection %d has one end: %+v", i, c)
			continue
		}
		accept, connect := r.CallAt(c.Server.Opened), r.CallAt(c.Client.Opened)
		if accept.Enter < connect.Enter && r.WakeOf(accept.Return) == nil {
			t.Errorf("connection %d: its accept was there before its connect, and nothing wakes it", i)
		}
		for way, flow := range c.Flows {
			sent, got := int64(0), int64(0)
			for _, m := range flow.Sends {
				sent += m.Len
			}
			for _, m := range flow.Recvs {
				got += m.Len
			}
			if sent == 0 || sent != got {
				t.Errorf("connection %d, way %d: %d bytes sent, %d received", i, way, sent, got)
			}
		}
	}
}

// The kernel's table shows the sockets of a traced program, and nobody else's.
func TestSocketsAreSampled(t *testing.T) {
	needStrace(t)
	s := NewSession()
	server := s.traced(t, python(t), "testdata/python/echo_server.py")
	port := server.port(t)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	seen := errors.New("seen")
	states := map[trace.TCPState]bool{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = s.Show(ctx, func(frame []byte) error {
		trace.Frames(frame, func(m *trace.Message) {
			for i := range m.Events {
				for _, k := range m.Events[i].Sockets {
					if k.Local == other.Addr().String() {
						t.Errorf("a socket of another program: %+v", k)
					}
					if k.Local == "127.0.0.1:"+port && (k.State == trace.Listening || k.Peer == conn.LocalAddr().String()) {
						states[k.State] = true
					}
				}
			}
		})
		if states[trace.Listening] && states[trace.Established] {
			return seen
		}
		return nil
	})
	if err != seen {
		t.Errorf("%v; it was seen in %v", err, states)
	}
	conn.Close()
	server.Wait()
	s.run(t)
}

// Of a program with debug information each call shows from which line it was made, also
// where a library makes it.
func TestLinesOfPrograms(t *testing.T) {
	needStrace(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example\n\ngo 1.22\n")
	write("main.go", `package main

import "net"

func main() {
	l, err := net.Listen("tcp4", "127.0.0.1:0") // socket bind listen
	if err != nil {
		panic(err)
	}
	l.Close() // close
}
`)
	write("main.c", `#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0); /* socket */
	listen(s, 5); /* listen */
	close(s); /* close */
	return 0;
}
`)
	named := []string{"socket", "bind", "listen", "close"}
	for source, build := range map[string][]string{
		"main.go": {"go", "build", "-o", "go-program", "main.go"},
		"main.c":  {"cc", "-g", "-O0", "-o", "c-program", "main.c"},
	} {
		t.Run(source, func(t *testing.T) {
			if _, err := exec.LookPath(build[0]); err != nil {
				t.Skip(build[0] + " is not installed")
			}
			c := exec.Command(build[0], build[1:]...)
			c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			s := NewSession()
			s.tracedWith(t, true, filepath.Join(dir, build[slices.Index(build, "-o")+1])).Wait()
			r := s.run(t)
			seen := map[string]bool{}
			for i := range r.Len() {
				e := r.Step(i)
				if e.Kind != trace.Enter || e.Line == 0 {
					continue
				}
				text := r.Header.Sources[e.File-1]
				line := strings.Split(text.Text, "\n")[e.Line-1]
				if _, told, ok := strings.Cut(line, "/"); text.Name != source || !ok || slices.Contains(named, e.Call.String()) && !strings.Contains(told, e.Call.String()) {
					t.Errorf("%v in line %d of %s: %s", e.Call, e.Line, text.Name, line)
				}
				seen[e.Call.String()] = true
			}
			if !seen["socket"] || !seen["listen"] || !seen["close"] || r.Header.Procs[0].File != 1 {
				t.Errorf("lines are known of %v; the program is text %d", seen, r.Header.Procs[0].File)
			}
		})
	}
}

// A program that goes on in the background is followed there, to its end; its status is
// that of the process that was started.
func TestDaemonIsFollowed(t *testing.T) {
	needStrace(t)
	s := NewSession()
	server := s.traced(t, python(t), "testdata/python/daemon_server.py")
	conn, err := net.Dial("tcp", "127.0.0.1:"+server.port(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "hello")
	conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || string(got) != "hello" {
		t.Errorf("it answers %q, %v", got, err)
	}
	if status := server.Wait(); status != 3 {
		t.Errorf("its status is %d", status)
	}
	r := s.run(t)
	if n := len(r.Header.Procs); n != 3 || r.Header.Procs[1].Parent != 1 || r.Header.Procs[2].Parent != 2 {
		t.Fatalf("%d processes: %+v", n, r.Header.Procs)
	}
	calls := map[trace.Call]int{}
	for i := range r.Len() {
		if e := r.Step(i); e.Kind == trace.Return && e.Errno == 0 && e.Proc == 2 {
			calls[e.Call]++
		}
	}
	if calls[trace.Accept] != 1 || calls[trace.Recv] != 2 || calls[trace.Send] != 1 {
		t.Errorf("the last one's calls: %v", calls)
	}
}
