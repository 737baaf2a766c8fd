package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"

	"sockscope/server/trace"
	"sockscope/web/browser"
	"sockscope/web/play"
	"sockscope/web/play/audit"
)

// tracer is a `relay trace` with what it says.
type tracer struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// tracing returns a `relay trace` that meets no other one.
func traceCommand(t *testing.T, env string, args ...string) *tracer {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	file, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	c := &tracer{Cmd: exec.Command(file, append([]string{"trace"}, args...)...)}
	c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir(), env)
	c.Stdout, c.Stderr = &c.out, &c.err
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	t.Cleanup(func() {
		if c.Process != nil {
			syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		}
	})
	return c
}

func (c *tracer) status() int {
	c.Run()
	return c.ProcessState.ExitCode()
}

// Its exit status and its output are the program's own.
func TestTraceEndsAsTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	for script, status := range map[string]int{"echo out; echo err >&2; exit 7": 7, "kill -KILL $$": 137, "true": 0} {
		c := traceCommand(t, "", "-quit", "-http", "127.0.0.1:0", "--", "sh", "-c", script)
		if got := c.status(); got != status {
			t.Errorf("%s: status %d, not %d: %s", script, got, status, c.err.String())
		}
		if status == 7 && (c.out.String() != "out\n" || !strings.Contains(c.err.String(), "err\n")) {
			t.Errorf("it writes %q and %q", c.out.String(), c.err.String())
		}
	}
}

func TestTraceRefuses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	for _, c := range []struct {
		env    string
		args   string
		status int
		says   string
	}{
		{"", "", 2, "which program?"},
		{"", "-p 0", 2, "the number of a process"},
		{"", "-p 1 -- true", 2, "one program is traced"},
		{"", "-join -o x -- true", 2, "-join has no page"},
		{"", "-http 0.0.0.0:0 -- true", 2, "-beyond-loopback"},
		{"", "-http nowhere -- true", 2, "HOST:PORT"},
		{"", "-colour -- true", 2, "not defined: -colour"},
		{"", "-quit -- no-such-program", 1, "executable file not found"},
		{"", "-quit -p 4194304", 1, "there is no process 4194304"},
		{"", "-join -- true", 1, "there is no relay trace to join"},
		{"PATH=/nowhere", "-quit -- true", 1, "apt install strace"},
	} {
		cmd := traceCommand(t, c.env, strings.Fields(c.args)...)
		if got := cmd.status(); got != c.status || !strings.Contains(cmd.err.String(), c.says) {
			t.Errorf("%s %s: status %d, %s", c.env, c.args, got, cmd.err.String())
		}
	}
}

// running is a `relay trace` under way, and the address of its page.
func (c *tracer) running(t *testing.T) (address string, lines *bufio.Scanner) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	c.Stderr = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines = bufio.NewScanner(r)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "relay trace: http://"); ok {
			address, _, _ = strings.Cut(url, "/")
			return address, lines
		}
	}
	t.Fatal("it names no page")
	return "", nil
}

// A program that sleeps in a call since long is shown with its sockets; it goes on when
// strace has let go of it, and a page from elsewhere sees nothing of it.
func TestTraceOfARunningProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	py := "/usr/bin/python3"
	if _, err := os.Stat(py); err != nil {
		t.Skip(py + " is not installed")
	}
	server := exec.Command(py, "../server/foreign/testdata/python/echo_server.py")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "run.trace")
	c := traceCommand(t, "", "-quit", "-http", "127.0.0.1:0", "-o", file, "-p", fmt.Sprint(server.Process.Pid))
	address, _ := c.running(t)

	header := http.Header{"Origin": {"http://elsewhere.example"}}
	if ws, resp, err := websocket.DefaultDialer.Dial("ws://"+address+"/relay/lab", header); err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page from elsewhere: %v, %v, %v", ws, resp, err)
	}
	ws := dial(t, address, "lab")
	frame, _ := trace.AppendFrame(nil, &trace.Request{Op: trace.OpWatch, Lab: trace.LogLab})
	if err := ws.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for seen := false; !seen; { // the accept that it sleeps in
		_, piece, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, piece...)
		trace.Frames(got, func(m *trace.Message) {
			for i := range m.Events {
				seen = seen || m.Events[i].Call == trace.Accept
			}
		})
	}
	client := exec.Command(py, "../server/foreign/testdata/python/echo_client.py", strings.TrimSpace(port))
	if text, err := client.CombinedOutput(); err != nil {
		t.Errorf("the client: %v %s", err, text)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("it ends: %v", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if report := audit.Run(r); len(report.False) > 0 {
		t.Errorf("%v\n%s", report, strings.Join(report.False, "\n"))
	}
	wants(t, r, trace.Accept, trace.Recv, trace.Send, trace.Close)
	if f := trace.Fold(r.Steps()[:2]).Procs[0].FDs; len(f) != 1 || f[0].Kind != trace.FDListener || !strings.HasSuffix(f[0].Local, ":"+strings.TrimSpace(port)) {
		t.Errorf("it had %+v", f)
	}
}

// wants checks that calls came back in a run.
func wants(t *testing.T, r *play.Run, calls ...trace.Call) {
	t.Helper()
	for _, call := range calls {
		found := false
		for i := range r.Len() {
			found = found || r.Gist(i).Kind == trace.Return && r.Gist(i).Call == call && r.Gist(i).Errno == 0
		}
		if !found {
			t.Errorf("no %v came back", call)
		}
	}
}

// A signal is passed on to the program. A client of another terminal comes onto the same
// clock, and the page shows both.
func TestTraceOfTwoTerminals(t *testing.T) {
	py := "/usr/bin/python3"
	if _, err := os.Stat(py); err != nil {
		t.Skip(py + " is not installed")
	}
	c := traceCommand(t, "", "-http", "127.0.0.1:0", "--", py, "../server/foreign/testdata/python/thread_server.py", "9")
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.Stdout = w
	address, lines := c.running(t)
	w.Close()
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	other := traceCommand(t, "", "-join", "--", py, "../server/foreign/testdata/python/talk_client.py", strings.TrimSpace(port))
	other.Env = c.Env
	if status := other.status(); status != 0 {
		t.Fatalf("the client ends with %d: %s", status, other.err.String())
	}
	b, _ := desk(t)
	tab := b.Open(t, "http://"+address+"/trace", browser.Desk)
	tab.Expect("ERR_CONNECTION_REFUSED") // once its relay has ended
	tab.Wait(`document.querySelectorAll('.lanes li').length === 3`)
	tab.Wait(`document.querySelector('.calls').textContent.includes("accept(")`)
	c.Process.Signal(syscall.SIGTERM)
	for lines.Scan() && !strings.Contains(lines.Text(), "was ended by signal 15") {
	}
	tab.Wait(`document.querySelector('.state').textContent.startsWith('recorded')`)
	c.Process.Signal(syscall.SIGINT)
	if c.Wait(); c.ProcessState.ExitCode() != 128+15 {
		t.Errorf("status %d", c.ProcessState.ExitCode())
	}
}
