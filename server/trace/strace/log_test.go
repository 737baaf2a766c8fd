package strace

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// read returns the messages of a log, and the log.
func readLog(t testing.TB, texts ...string) (*Log, []*trace.Message) {
	t.Helper()
	g := new(Log)
	for _, text := range texts {
		in := g.Input()
		in.Write([]byte(text))
		in.Close()
	}
	return g, g.End()
}

// told writes the events of messages, a line each.
func told(messages []*trace.Message) string {
	var b strings.Builder
	for _, m := range messages {
		if m.Child != nil {
			fmt.Fprintf(&b, "%s %s pid %d parent %d: %s\n", m.Child.Role, m.Child.Name, m.Child.PID, m.Child.Parent, m.Child.Program)
		}
		for _, e := range m.Events {
			fmt.Fprintf(&b, "%d %d.%d ", e.Time/1000, e.Proc, e.Thread)
			switch e.Kind {
			case trace.Start:
				fmt.Fprintf(&b, "starts %v", e.Args)
			case trace.Exit:
				fmt.Fprintf(&b, "exits %d", e.Result)
			case trace.Gap:
				fmt.Fprintf(&b, "gap %d", e.Result)
			case trace.Note:
				b.WriteString(e.Note)
			case trace.Enter:
				b.WriteString(strings.TrimRight(strings.TrimSuffix(API.Line(&e, nil), "<unfinished ...>"), " "))
			case trace.Return:
				fmt.Fprintf(&b, "%v(%d) returns %d", e.Call, e.FD, e.Result)
				if e.Errno != 0 {
					fmt.Fprintf(&b, " %v", e.Errno)
				}
				if e.Addr != "" {
					b.WriteString(" " + e.Addr)
				}
			}
			for _, q := range e.Queues {
				fmt.Fprintf(&b, " {%d %s %s}", q.FD, q.Local, q.Peer)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// A server forks for its client, which another strace watches; both are on one clock, and
// shells and files beside them are left out.
func TestLogOfSeveralPrograms(t *testing.T) {
	server := `100 1700000000.000000 execve("/usr/bin/python3", ["python3", "-u", "/srv/fork server.py", "80"], 0x7ff /* 9 vars */) = 0 <0.000400>
100 1700000000.001000 read(3</etc/passwd>, "\x72", 4096) = 1 <0.000005>
100 1700000000.002000 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[77]> <0.000010>
100 1700000000.003000 bind(3<TCP:[77]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000010>
100 1700000000.004000 listen(3<TCP:[127.0.0.1:80]>, 5) = 0 <0.000010>
100 1700000000.005000 accept4(3<TCP:[127.0.0.1:80]>, {sa_family=AF_INET, sin_port=htons(4000), sin_addr=inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC) = 4<TCP:[127.0.0.1:80->127.0.0.1:4000]> <0.006000>
100 1700000000.012000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
101 1700000000.012100 close(3<TCP:[127.0.0.1:80]>) = 0 <0.000004>
100 1700000000.012200 <... clone resumed>, child_tidptr=0x7f) = 101 <0.000200>
101 1700000000.012300 recvfrom(4<TCP:[127.0.0.1:80->127.0.0.1:4000]>, "\x68\x69", 1024, 0, NULL, NULL) = 2 <0.000004>
100 1700000000.012400 close(4<TCP:[127.0.0.1:80->127.0.0.1:4000]>) = 0 <0.000004>
101 1700000000.013000 ioctl(4<TCP:[127.0.0.1:80->127.0.0.1:4000]>, FIONBIO, [1]) = 0 <0.000004>
101 1700000000.013100 +++ exited with 3 +++
100 1700000000.013200 --- SIGCHLD {si_signo=SIGCHLD} ---
100 1700000000.014000 accept4(3<TCP:[127.0.0.1:80]>,  <unfinished ...>
`
	client := `200 1700000000.009000 execve("/usr/bin/nc", ["nc", "127.0.0.1", "80"], 0x7ff /* 9 vars */) = 0 <0.000400>
200 1700000000.010000 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3<TCP:[78]> <0.000010>
200 1700000000.010900 connect(3<TCP:[78]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000050>
200 1700000000.011500 write(3<TCP:[127.0.0.1:4000->127.0.0.1:80]>, "\x68\x69", 2) = 2 <0.000020>
200 1700000000.020000 +++ killed by SIGTERM +++
`
	const want = `server fork server.py pid 100 parent 0: python3 -u /srv/fork server.py 80
2000 0.0 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP
2010 0.0 socket(-1) returns 3
3000 0.0 bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16
3010 0.0 bind(3) returns 0 127.0.0.1:80
4000 0.0 listen(3, 5 {3 127.0.0.1:80 }
4010 0.0 listen(3) returns 0
5000 0.0 accept(3, {3 127.0.0.1:80 }
client nc pid 200 parent 0: nc 127.0.0.1 80
10000 1.0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP
10010 1.0 socket(-1) returns 3
10900 1.0 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16
10950 1.0 connect(3) returns 0 127.0.0.1:80
11000 0.0 accept(3) returns 4 127.0.0.1:4000 {4 127.0.0.1:80 127.0.0.1:4000}
11500 1.0 write(3, "hi", 2 {3 127.0.0.1:4000 127.0.0.1:80}
11520 1.0 write(3) returns 2
12000 0.0 fork(
`
	_, messages := readLog(t, server, client)
	got := told(messages)
	if !strings.HasPrefix(got, want) {
		t.Errorf("it tells\n%s", got)
	}
	for _, says := range []string{
		"server fork server.py 2 pid 101 parent 1", "2.0 starts [0 101]", "2.0 close(3) returns 0", "2.0 recv(4) returns 2", "0.0 close(4) returns 0",
		`2.0 not drawn: ioctl(4, FIONBIO, [1]) = 0`, "2.0 exits 3", "1.0 exits -15", "0.0 fork(-1) returns 101", "Whether a call slept, and what woke it, is inferred",
	} {
		if !strings.Contains(got, says) {
			t.Errorf("it does not tell %q:\n%s", says, got)
		}
	}
	if strings.Contains(got, "passwd") || strings.Contains(got, "read(") {
		t.Errorf("it tells of files:\n%s", got)
	}
}

// Threads are of the process that made them, the first one first.
func TestLogOfThreads(t *testing.T) {
	_, messages := readLog(t, `7 1.5 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3
7 1.6 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, stack=0x7f}, 88 <unfinished ...>
8 1.7 recvfrom(3,  <unfinished ...>
7 1.8 <... clone3 resumed> => {parent_tid=[8]}) = 8
7 1.9 shutdown(3, SHUT_RD) = 0
8 1.95 <... recvfrom resumed>"", 10, 0, NULL, NULL) = 0
8 1.96 +++ exited with 0 +++
7 1.97 +++ exited with 0 +++
`)
	got := told(messages)
	for _, says := range []string{"0.0 socket(-1) returns 3", "0.1 recv(3) returns 0", "0.0 shutdown(3) returns 0", "0.1 exits 0", "0.0 exits 0"} {
		if !strings.Contains(got, says) {
			t.Errorf("it does not tell %q:\n%s", says, got)
		}
	}
	if strings.Count(got, " pid ") != 1 || strings.Contains(got, "fork") {
		t.Errorf("there is one process:\n%s", got)
	}
}

// What a log does not have is said once.
func TestWhatALogLacks(t *testing.T) {
	g, messages := readLog(t, `socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3
recvfrom(3, "abcd"..., 1024, 0, NULL, NULL) = 10
recvfrom(3, "efgh"..., 1024, 0, NULL, NULL) = 10
sendmmsg(3, [{msg_hdr={}}], 1, 0) = 1
close(3) = 0
this is no line of strace's
accept(3, {sa_fam`)
	got := told(messages)
	for _, says := range []string{"has no times", "the first 4 bytes", "not drawn: sendmmsg(3", "gap 1", "recv(3) returns 10", "a line of no known form"} {
		if strings.Count(got, says) < 1 || says != "recv(3) returns 10" && strings.Count(got, says) != 1 {
			t.Errorf("it tells %q %d times:\n%s", says, strings.Count(got, says), got)
		}
	}
	if h := g.Header(); h.Clock != trace.NoClock || h.Began != 0 || g.Timed() {
		t.Errorf("%+v", h)
	}
}

// A log begins with its first call where lines of strace's own, which have no time, are
// before it.
func TestLogBeginsWithItsFirstTime(t *testing.T) {
	g, messages := readLog(t, `strace: Process 9 attached
9 1700000000.500000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>
9 1700000001.500000 close(3) = 0 <0.000010>
`)
	if h := g.Header(); h.Began != 1700000000_500 || h.Clock != "" {
		t.Errorf("%+v", h)
	}
	last := int64(0)
	for _, m := range messages {
		for i := range m.Events {
			last = max(last, m.Events[i].Time)
		}
	}
	if last != 1_000_010_000 {
		t.Errorf("it ends %d ns after it began", last)
	}
}

// Copies of an fd are fds, and execve keeps those that are not to be closed.
func TestLogOfCopies(t *testing.T) {
	_, messages := readLog(t, `9 1.1 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3
9 1.2 dup2(3</dev/x<char 1:3>>, 0) = 0
9 1.3 dup3(3, 1, O_CLOEXEC) = 1
9 1.4 fcntl(3, F_DUPFD_CLOEXEC, 5) = 5
9 1.5 execve("/bin/cat", ["cat"], 0x7 /* 1 var */) = 0
9 1.6 read(0, "hello", 100) = 5
9 1.7 write(1, "hello", 5) = 5
9 1.8 read(5, "x", 1) = -1 EBADF (Bad file descriptor)
9 1.9 read(7, "a file", 9) = 6
`)
	got := told(messages)
	for _, says := range []string{"dup2(3) returns 0", "fcntl(3) returns 5", `execve("/bin/cat"`, "read(0) returns 5", "write(1) returns 5"} {
		if !strings.Contains(got, says) {
			t.Errorf("it does not tell %q:\n%s", says, got)
		}
	}
	if strings.Contains(got, "read(5") || strings.Contains(got, "read(7") {
		t.Errorf("it tells of what is no socket:\n%s", got)
	}
}

func TestNames(t *testing.T) {
	for name, words := range map[string][]string{
		"server.py": {"/usr/bin/python3.11", "-u", "a/server.py", "1"},
		"python3":   {"python3", "-c", "import socket"},
		"redis-cli": {"redis-cli", "ping"},
		"app.js":    {"node", "app.js"},
		"bash":      {"-bash"},
		"process":   nil,
		"ab":        {"a\x1bb"},
	} {
		if got := Name(words); got != name {
			t.Errorf("%q is called %q, not %q", words, got, name)
		}
	}
}

func TestIsLog(t *testing.T) {
	for text, is := range map[string]bool{
		"7 1700000000.000001 close(3) = 0 <0.000001>\n":              true,
		"[pid 7] close(3) = 0\nstrace: Process 8 attached\nread(1, ": true,
		"# a document\nwith words\n":                                 false,
		"{\"traceEvents\": []}\n":                                    false,
		"":                                                           false,
		"main() {\n  return f(1) + g(2);\n}\n":                       false,
	} {
		if IsLog([]byte(text)) != is {
			t.Errorf("%q: %v", text, !is)
		}
	}
}

// Whatever a log has, nothing breaks: the events are in order, each thread's calls enter
// before they return, and a process is told before its events.
func FuzzLog(f *testing.F) {
	f.Add("7 1.1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n7 1.2 fork() = 8\n8 1.3 dup2(3, 0) = 0\n8 1.4 execve(\"/bin/cat\", [\"cat\"], 0x7) = 0\n8 1.5 read(0, \"x\", 5) = 1\n")
	f.Add("7 1.1 clone(flags=SIGCHLD <unfinished ...>\n8 1.2 socket(AF_INET6, SOCK_DGRAM, 0) = 3<UDP:[[::1]:5->[::1]:6]>\n7 1.3 <... clone resumed>) = 8\n8 1.4 select(4, [3], NULL, NULL, NULL <unfinished ...>\n+++ exited with 1 +++\n")
	f.Fuzz(func(t *testing.T, text string) {
		g := new(Log)
		one, two := g.Input(), g.Input()
		var messages []*trace.Message
		for i, piece := range strings.Split(text, "~") {
			in := one
			if i%2 > 0 {
				in = two
			}
			in.Write([]byte(piece))
			in.Quiet()
			messages = append(messages, g.Take(g.Now())...)
		}
		one.Close()
		two.Close()
		messages = append(messages, g.End()...)
		procs := 0
		open := map[[2]int]*trace.Event{}
		state := new(trace.State)
		for _, m := range messages {
			if m.Child != nil {
				procs++
				if m.Child.Parent > procs || strings.ContainsAny(m.Child.Name, "\n\x1b") {
					t.Fatalf("process %d is %+v", procs, m.Child)
				}
			}
			for i := range m.Events {
				e := &m.Events[i]
				at := [2]int{e.Proc, e.Thread}
				if e.Kind != trace.Note && (e.Proc < 0 || e.Proc >= procs) || e.Thread < 0 || e.Thread >= trace.MostThreads || e.Time < 0 {
					t.Fatalf("of %d processes: %+v", procs, e)
				}
				switch e.Kind {
				case trace.Enter:
					open[at] = e
				case trace.Return:
					if open[at] == nil || open[at].Call != e.Call {
						t.Fatalf("%+v returns from %+v", e, open[at])
					}
				}
				state.Apply(e)
			}
		}
	})
}

// A process that is killed in a call was in it to its end.
func TestLogOfAKill(t *testing.T) {
	_, messages := readLog(t, `7 1700000000.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>
7 1700000000.000020 accept4(3,  <unfinished ...>
8 1700000000.000030 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>
8 1700000000.000050 recvfrom(3,  <unfinished ...>
7 1700000000.000100 <... accept4 resumed>) = ?
7 1700000000.000110 +++ killed by SIGKILL +++
8 1700000000.000120 +++ killed by SIGKILL +++
`)
	got := told(messages)
	for _, want := range []string{"20 0.0 accept(3,\n", "50 1.0 recv(3,\n", "110 0.0 exits -9\n", "120 1.0 exits -9\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Of processes that have ended without a socket nothing is kept: a log of a day may have
// any number of them.
func TestLogForgets(t *testing.T) {
	g := new(Log)
	in := g.Input()
	for pid := 1000; pid < 21_000; pid++ {
		fmt.Fprintf(in, "7 1700000000.000001 clone(child_stack=NULL, flags=SIGCHLD) = %d\n%d 1700000000.000002 execve(\"/bin/true\", [\"true\"], 0x1) = 0\n%d 1700000000.000003 +++ exited with 0 +++\n", pid, pid, pid)
		if pid%1000 == 0 {
			g.Take(g.Now())
		}
	}
	if len(g.procs) > 1001 || len(g.threads) > 1001 {
		t.Errorf("%d processes, %d threads are kept", len(g.procs), len(g.threads))
	}
}
