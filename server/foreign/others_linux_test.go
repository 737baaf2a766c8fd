package foreign

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
	"sockscope/web/play/audit"
)

// logged is a program under strace whose log is a file.
type logged struct {
	*exec.Cmd
	log   string
	lines *bufio.Scanner // of its standard output and error
}

func runLogged(t *testing.T, words ...string) *logged {
	t.Helper()
	l := &logged{log: filepath.Join(t.TempDir(), "log")}
	l.Cmd = exec.Command("strace", append(append([]string{"-q", "-o", l.log}, strace.LogOptions...), words...)...)
	libs, _ := filepath.Glob("../../.build/redis/usr/lib/*-linux-*")
	modules, _ := filepath.Abs("../../.build/npm/node_modules")
	l.Env = append(os.Environ(), "PATH="+strings.Join(append(absolute(places), os.Getenv("PATH")), ":"), "LD_LIBRARY_PATH="+strings.Join(absolute(libs), ":"), "NODE_PATH="+modules)
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l.Stdout, l.Stderr = in, in
	l.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := l.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	l.lines = bufio.NewScanner(out)
	t.Cleanup(func() {
		syscall.Kill(-l.Process.Pid, syscall.SIGKILL)
		out.Close()
	})
	return l
}

func absolute(names []string) (all []string) {
	for _, name := range names {
		if abs, err := filepath.Abs(name); err == nil {
			all = append(all, abs)
		}
	}
	return all
}

// ready waits for a line, and returns what is in its first group.
func (l *logged) ready(t *testing.T, line string) string {
	t.Helper()
	re, said := regexp.MustCompile(line), ""
	for l.lines.Scan() {
		if m := re.FindStringSubmatch(l.lines.Text()); m != nil {
			go io.Copy(io.Discard, readerOf(l.lines))
			return m[len(m)-1]
		}
		said += l.lines.Text() + "\n"
	}
	t.Fatalf("it does not say %s: %s", line, said)
	return ""
}

// readerOf reads the lines that are left.
func readerOf(s *bufio.Scanner) io.Reader {
	r, w := io.Pipe()
	go func() {
		for s.Scan() {
		}
		w.Close()
	}()
	return r
}

// places are where commands may be that are not installed.
var places = []string{"../../.build/redis/usr/bin", "../../.build/nginx/usr/sbin", "/usr/sbin"}

// there reports whether a command is.
func there(name string) bool {
	for _, dir := range append(places, "") {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Programs of others, each to its end: of what strace counts about sockets nothing is
// missing in the trace, and nothing false is said.
func TestOthersPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	needStrace(t)
	py := python(t)
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	os.WriteFile(conf, []byte(fmt.Sprintf("daemon off; pid %[1]s/pid; error_log stderr notice; worker_processes 1; events {}\nhttp { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e; server { listen unix:%[1]s/web; location / { return 200 hello; } } }\n", dir)), 0o600)
	for _, c := range []struct {
		name   string
		server []string
		ready  string
		client []string // a % stands for what ready found
		ends   bool     // the server ends by itself
		conns  int
	}{
		{"curl", []string{py, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", dir}, `port (\d+)`, []string{"curl", "-s", "http://127.0.0.1:%/"}, false, 1},
		{"nc", []string{"nc", "-v", "-l", "127.0.0.1", "0"}, `Listening on \S+ (\d+)`, []string{"sh", "-c", "echo hello | exec nc -N 127.0.0.1 %"}, true, 1},
		{"socat", []string{"socat", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "EXEC:cat"}, `listening on .*:(\d+)`, []string{"sh", "-c", "echo hello | exec socat - TCP:127.0.0.1:%"}, true, 1},
		{"redis", []string{"redis-server", "--port", "0", "--unixsocket", dir + "/redis", "--save", "", "--dir", dir}, `(Ready to accept|ready to accept)`, []string{"redis-cli", "-s", dir + "/redis", "shutdown"}, true, 0},
		{"nginx", []string{"nginx", "-c", conf, "-p", dir}, `start worker process (\d+)`, []string{"curl", "-s", "--unix-socket", dir + "/web", "http://x/"}, false, 0},
		{"node", []string{"node", "testdata/ws.js"}, `port (\d+)`, []string{"node", "testdata/ws.js", "%"}, true, 1},
		{"threads", []string{py, "testdata/python/thread_server.py", "50"}, `(\d+)`, []string{py, "testdata/python/many_client.py", "%", "50"}, true, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, words := range [][]string{c.server, c.client} {
				if !there(words[0]) {
					t.Skip(words[0] + " is not installed")
				}
			}
			t.Parallel()
			server := runLogged(t, c.server...)
			at := server.ready(t, c.ready)
			for i := range c.client {
				c.client[i] = strings.ReplaceAll(c.client[i], "%", at)
			}
			client := runLogged(t, c.client...)
			client.Wait()
			if !c.ends {
				syscall.Kill((&Command{cmd: server.Cmd}).child(), syscall.SIGINT)
			}
			server.Wait()

			g := new(strace.Log)
			var r *play.Run
			counted := map[string]int{}
			var messages []*trace.Message
			for _, l := range []*logged{server, client} {
				text, err := os.ReadFile(l.log)
				if err != nil {
					t.Fatal(err)
				}
				count(string(text), counted)
				in := g.Input()
				in.Write(text)
				in.Close()
			}
			messages = g.End()
			r = play.NewRun(g.Header())
			for _, m := range messages {
				if m.Child != nil {
					r.AddProc(m.Child)
				}
				r.Add(m.Events)
			}
			r.End = &trace.End{Time: r.Duration(), Reason: trace.EndDone}
			report := audit.Run(r)
			t.Log(report)
			for _, text := range report.False {
				t.Error(text)
			}
			for name, n := range counted {
				if got := told(r, name); got < n { // there are others about what is no socket

					t.Errorf("strace counts %d %s, and %d are told", n, name, got)
				}
			}
			both := 0
			for i := range r.Conns {
				if r.Conns[i].Client.Proc >= 0 && r.Conns[i].Server.Proc >= 0 {
					both++
				}
			}
			if both != c.conns {
				t.Errorf("of %d connections both ends are known, not of %d", both, c.conns)
			}
			if n := len(counted); n < 4 {
				t.Errorf("only %d kinds of calls: %v", n, counted)
			}
		})
	}
}

var (
	oneLine = regexp.MustCompile(`^(\d+) +[\d.]+ (\w+)\((\d+)<(TCP|UDP|UNIX)[^ ]*.* = (-?\d+)`)
	begins  = regexp.MustCompile(`^(\d+) +[\d.]+ (\w+)\((\d+)<(TCP|UDP|UNIX).*<unfinished \.\.\.>$`)
	resumes = regexp.MustCompile(`^(\d+) +[\d.]+ <\.\.\. (\w+) resumed>.* = (-?\d+)`)
)

// count counts the calls of a log that came back and were about an internet or Unix
// socket, by another way than a Log has.
func count(log string, into map[string]int) {
	open := map[string]bool{}
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if m := oneLine.FindStringSubmatch(line); m != nil {
			into[m[2]]++
		} else if m := begins.FindStringSubmatch(line); m != nil {
			open[m[1]+m[2]] = true
		} else if m := resumes.FindStringSubmatch(line); m != nil && open[m[1]+m[2]] {
			delete(open, m[1]+m[2])
			into[m[2]]++
		}
	}
}

// told counts what a run tells of a system call about sockets, drawn or not.
func told(r *play.Run, name string) (n int) {
	for i := range r.Len() {
		e := r.Step(i)
		switch {
		case e.Kind == trace.Note && strings.HasPrefix(e.Note, "not drawn: "+name+"("):
			n++
		case e.Kind == trace.Return && e.FD >= 0 && is(e.Call, name):
			n++
		}
	}
	return n
}

// is reports whether a call of a trace is that system call.
func is(c trace.Call, name string) bool {
	row := c.Row()
	for _, k := range row.Kernel {
		if k.Name == name {
			return true
		}
	}
	return row.Name == name
}
