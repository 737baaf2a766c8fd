package demo_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// witnessed is one system call as strace saw it.
type witnessed struct {
	name   string
	fd     int // -1 for none
	result int64
	errno  string
	data   string // what went in or out, at most trace.DataCap bytes
}

// aliases are the names beneath those of the sockets API.
var aliases = map[string]string{
	"sendto": "send", "recvfrom": "recv", "accept4": "accept",
	"pselect6": "select", "ppoll": "poll", "epoll_pwait": "epoll_wait", "clock_nanosleep": "nanosleep",
	"clone": "fork", "wait4": "waitpid", "rt_sigaction": "signal",
}

// more are scenarios whose calls differ from one time to the next, by when bytes
// come: strace is asked about the same run.
var more = []scenario{
	{name: "options", server: "options", client: "options-client", set: map[string]string{"linger": "-1"}, clientSet: map[string]string{"pause": "30ms"}, ends: true, anything: true},
	{name: "select-halfclose", server: "select", client: "halfclose", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "select-slow", server: "select", client: "slow", set: map[string]string{"timeout": "2s"}, clientSet: map[string]string{"pause": "30ms"}, ends: true},
	{name: "epoll-pieces", server: "epoll", client: "client", set: map[string]string{"timeout": "2s", "size": "16"}, ends: true},
	{name: "edge", server: "edge", client: "client", set: map[string]string{"timeout": "2s", "size": "16"}, ends: true},
	{name: "edge-bug", server: "edge", client: "client", set: map[string]string{"timeout": "2s", "size": "16", "bug": "true"}, clientSet: map[string]string{"bytes": "640"}, ends: true,
		output: "ECONNRESET (Connection reset by peer)\n"},
	{name: "emfile", server: "emfile", client: "client", set: map[string]string{"files": "5", "timeout": "2s"}, ends: true},
	{name: "emfile-hoard", server: "emfile", client: "hoard", set: map[string]string{"files": "256", "timeout": "2s"}, ends: true},
	{name: "wake-close", server: "wake", client: "late", clientSet: map[string]string{"pause": "1s"}, set: map[string]string{"pause": "5ms"}, ends: true},
	{name: "wake-shutdown", server: "wake", client: "late", clientSet: map[string]string{"pause": "1s"}, set: map[string]string{"pause": "5ms", "how": "shutdown"}, ends: true},
	{name: "wake-eventfd", server: "wake", client: "late", clientSet: map[string]string{"pause": "1s"}, set: map[string]string{"pause": "5ms", "how": "eventfd"}, ends: true},
	{name: "wake-signal", server: "wake", client: "late", clientSet: map[string]string{"pause": "1s"}, set: map[string]string{"pause": "5ms", "how": "signal"}, ends: true},
	{name: "race", server: "race", client: "halfclose", clientSet: map[string]string{"messages": "0"}, set: map[string]string{"pause": "5ms"}, ends: true},
	{name: "apart", server: "apart", client: "halfclose", clientSet: map[string]string{"messages": "0"}, ends: true},
	{name: "shared", server: "shared", client: "halfclose", clientSet: map[string]string{"messages": "0"}, ends: true},
	{name: "pool", server: "pool", client: "halfclose", clientSet: map[string]string{"messages": "0"}, set: map[string]string{"pause": "5ms"}, ends: true},
	{name: "late-ack", server: "echo", client: "late-ack"},
	{name: "prefork", server: "prefork", client: "client", set: map[string]string{"workers": "1"}},
	{name: "herd", server: "herd", client: "client", set: map[string]string{"workers": "1"}},
	{name: "exclusive", server: "exclusive", client: "client", set: map[string]string{"workers": "1"}},
	{name: "reuseport", server: "reuseport", client: "client", set: map[string]string{"workers": "1"}},
	{name: "timeouts", server: "timeouts", client: "slow", set: map[string]string{"timeout": "5ms"},
		clientSet: map[string]string{"messages": "4", "pause": "18ms"}, ends: true},
	{name: "epoll-many", server: "epoll", client: "many", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "count-hasty", server: "count", client: "hasty"},
	{name: "messages-pause", server: "messages", client: "framed", set: map[string]string{"size": "40", "pause": "20ms"},
		clientSet: map[string]string{"piece": "7", "pause": "1ms"}, ends: true},
	{name: "messages-end", server: "messages", client: "framed", set: map[string]string{"framing": "end"}, clientSet: map[string]string{"framing": "end"}, ends: true},
	{name: "drain-bulk", server: "drain", client: "bulk", set: map[string]string{"pause": "20ms", "size": "65536"}, ends: true},
	{name: "flood-duplex", server: "flood", client: "duplex", ends: true},
	{name: "flood-pair", server: "flood", client: "pair", ends: true},
	{name: "echo-many", server: "echo", client: "client", clientSet: map[string]string{"messages": "60"}},
}

// threaded are the servers that have a thread for each client.
var threaded = []string{"threads", "watchful"}

// strace and the trace agree on every call of every program: name, fd, result,
// errno and bytes, in the same order.
func TestStraceAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every program under strace")
	}
	tool, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace(1) is not installed, so nobody can bear witness")
	}
	if out, err := exec.Command(tool, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace(1) may not trace here: %s", bytes.TrimSpace(out))
	}
	for _, s := range slices.Concat(more, scenarios) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server, client := s.run(t, func(role string) []string {
				return straced(tool, filepath.Join(dir, role))
			})
			server.stop()
			agree(t, server, filepath.Join(dir, "server"), "socket")
			if s.threaded {
				agree(t, server.second(), filepath.Join(dir, "server"), "recvfrom")
			}
			if client != nil {
				agree(t, client, filepath.Join(dir, "client"), "socket")
			}
			if s.client == "pair" {
				second := client.second() // its process ended by the first one
				second.await("the second thread's calls", func() bool { return len(second.events) > 0 })
				agree(t, second, filepath.Join(dir, "client"), "recvfrom")
			}
			if child := server.child(); child != nil {
				agree(t, child, filepath.Join(dir, "server"), "recvfrom")
			}
		})
	}
	for _, program := range threaded {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			prefix := filepath.Join(t.TempDir(), "server")
			addr := freePort(t)
			server := start(t, job{Program: program, Addr: addr}, straced(tool, prefix)...).listening()
			start(t, job{Program: "client", Addr: addr}).wait()
			second := server.ended()
			server.stop()
			agree(t, second, prefix, "recvfrom")
		})
	}
}

// ended returns the second thread of p, once it has ended.
func (p *process) ended() *process {
	second := p.second()
	second.await("the second thread to end", func() bool {
		n := len(second.events)
		return n > 0 && second.events[n-1].Kind == trace.Exit
	})
	return second
}

// straced returns the words that have strace write a file for each thread.
func straced(tool, prefix string) []string {
	return []string{tool, "-ff", "-o", prefix, "-xx", "-s", strconv.Itoa(trace.DataCap),
		"-e", "trace=socket,bind,listen,accept,accept4,connect,sendto,recvfrom,shutdown,close," +
			"select,pselect6,poll,ppoll,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait,fcntl,setsockopt,getsockopt,getsockname,getpeername,write,writev,nanosleep,clock_nanosleep,clone,wait4,eventfd2,rt_sigaction,tgkill,shmget,shmat,shmctl"}
}

// agree compares a trace with the file that strace wrote about its thread, which
// begins with the call first. A call that is still blocked is compared as far as
// it got.
func agree(t *testing.T, p *process, prefix, first string) {
	t.Helper()
	var want []witnessed
	files, _ := filepath.Glob(prefix + ".*")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The runtime's own threads make no such call.
		if strings.Contains(string(text), first+"(") {
			want = parse(t, string(text), first)
		}
	}
	var got []witnessed
	var open *trace.Event
	for i := range p.events {
		e := &p.events[i]
		switch e.Kind {
		case trace.Enter:
			open = e
		case trace.Return:
			if e.Call == trace.Futex {
				continue // Go's runtime makes many of its own, and strace is not asked about them
			}
			w := witnessed{name: cmp.Or(aliases[open.Call.String()], open.Call.String()), fd: open.FD, result: e.Result, data: string(open.Data)}
			if e.Errno != 0 {
				w.errno = e.Errno.String()
			}
			if e.Call.Receives() {
				w.data = string(e.Data)
			}
			got = append(got, w)
			open = nil
		}
	}
	for first = cmp.Or(aliases[first], first); len(got) > 0 && got[0].name != first; {
		got = got[1:]
	}
	// One that is killed may not have come to write down what its last call returned.
	if n := len(got); open != nil && len(want) == n+1 && want[n].name == cmp.Or(aliases[open.Call.String()], open.Call.String()) && want[n].fd == open.FD {
		want = want[:n]
	}
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = fmt.Sprintf("%+v", got[i])
		}
		if i < len(want) {
			w = fmt.Sprintf("%+v", want[i])
		}
		if g != w {
			t.Fatalf("call %d of %s\n the trace has %s\nstrace has    %s", i, filepath.Base(prefix), g, w)
		}
	}
	if len(got) < 3 {
		t.Fatalf("only %d calls: nothing was compared", len(got))
	}
}

// straceLine is: name(arguments) = result ERRNO (text)
var (
	straceLine = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (0x[0-9a-f]+|-?\d+|\?)(?: ([A-Z]\w+))?`)
	straceFD   = regexp.MustCompile(`^\d+`)
	straceData = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// parse reads strace's file from the first call of that name on.
func parse(t *testing.T, text, first string) []witnessed {
	var list []witnessed
	for line := range strings.Lines(text) {
		m := straceLine.FindStringSubmatch(line)
		if m == nil || len(list) == 0 && m[1] != first {
			continue // a signal, the exit, a call that never returned; or before the program
		}
		w := witnessed{name: m[1], fd: -1, errno: m[4]}
		if alias := aliases[w.name]; alias != "" {
			w.name = alias
		}
		if number := straceFD.FindString(m[2]); number != "" && !slices.Contains([]string{"socket", "select", "epoll_create1", "nanosleep", "waitpid", "eventfd2", "tgkill", "shmget", "shmat", "shmctl"}, w.name) {
			w.fd, _ = strconv.Atoi(number)
		}
		switch w.errno {
		case "ERESTARTSYS":
			continue // the kernel makes it again by itself; the program does not see it
		case "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK":
			w.errno, m[3] = "EINTR", "-1" // that is what the program sees
		}
		if m[3] == "?" {
			continue // it never returned
		}
		if w.name == "tgkill" && strings.Contains(m[2], "SIGURG") {
			continue // Go's runtime preempts a thread
		}
		if w.name == "signal" && strings.Contains(m[2], ", NULL, {") {
			continue // Interrupting asks for the handler that is there
		}
		if w.name == "fork" && !strings.Contains(m[2], "flags=SIGCHLD") {
			continue // a thread of Go's runtime
		}
		w.result, _ = strconv.ParseInt(m[3], 0, 64)
		if w.name == "write" && w.fd >= 200 { // see socket.Settle
			continue // Go's runtime talking to itself
		}
		if d := straceData.FindStringSubmatch(m[2]); d != nil && (w.name == "send" || w.name == "recv" || w.name == "write") {
			s, err := strconv.Unquote(`"` + d[1] + `"`)
			if err != nil {
				t.Fatal(err)
			}
			w.data = s
		}
		if w.name == "writev" {
			for _, d := range straceData.FindAllStringSubmatch(m[2], -1) {
				s, _ := strconv.Unquote(`"` + d[1] + `"`)
				w.data += s
			}
		}
		list = append(list, w)
	}
	return list
}
