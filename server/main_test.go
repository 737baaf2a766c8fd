package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockscope/server/demo"
	"sockscope/server/lab"
	"sockscope/server/run"
	"sockscope/server/trace"
)

// asMain has the test binary be the command.
const asMain = "SOCKSCOPE_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		os.Unsetenv(asMain)
		main()
	}
	run.Child()
	os.Exit(m.Run())
}

// server returns the command `server args...`.
func server(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // to record all labs on a busy machine
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	return cmd
}

// finish runs the command to its end.
func finish(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs strings.Builder
	cmd := server(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestWrongCommandLines(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"-port 1", 2, "the flags are -control, -echo"},
		{"-watch=perhaps", 2, "invalid"},
		{"start", 2, "there are run, list and record"},
		{"list all", 2, "list takes nothing more"},
		{"run", 2, "server run PROGRAM ADDR"},
		{"run echo", 2, "server run PROGRAM ADDR"},
		{"run nothing 127.0.0.1:0", 2, "`server list` names them"},
		{"run echo 127.0.0.1:0 backlog", 2, "written name=value"},
		{"run echo 127.0.0.1:0 depth=3", 2, "there is backlog"},
		{"run echo 127.0.0.1:0 backlog=-1", 2, "a whole number from 0"},
		{"run kqueue 127.0.0.1:0", 1, "the server's machine runs Linux, which has no kqueue"},
		{"-control " + taken.Addr().String(), 1, "already in use"},
	} {
		stdout, stderr, status := finish(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("server %s: status %d, stdout %q, stderr %q; want %d and one line with %q", c.args, status, stdout, stderr, c.status, c.says)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, arg := range []string{"help", "-h", "--help"} {
		if stdout, stderr, status := finish(t, arg); status != 0 || stderr != "" || stdout != usage {
			t.Errorf("%s: status %d, stderr %q, stdout %q", arg, status, stderr, stdout)
		}
	}
	for _, addr := range []string{trace.DefaultControl, trace.DefaultEcho, trace.DefaultMux, trace.DefaultByteorder} {
		if !strings.Contains(usage, "("+addr+")") {
			t.Errorf("the help does not name %s", addr)
		}
	}
}

func TestListNamesAllPrograms(t *testing.T) {
	stdout, stderr, status := finish(t, "list")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, p := range demo.Programs {
		if !strings.Contains(stdout, p.Name) || !strings.Contains(stdout, p.Doc) {
			t.Errorf("%s is missing in\n%s", p.Name, stdout)
		}
	}
}

// read reads lines until one matches, and returns its first group.
func read(t *testing.T, r *bufio.Reader, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var all strings.Builder
	for {
		line, err := r.ReadString('\n')
		all.WriteString(line)
		if m := re.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			return m[len(m)-1]
		}
		if err != nil {
			t.Fatalf("no line matches %q:\n%s", pattern, all.String())
		}
	}
}

func TestRunShowsACallWhileItBlocks(t *testing.T) {
	echo := server(t, "run", "echo", "127.0.0.1:0", "backlog=3")
	pipe, err := echo.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := echo.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(pipe)
	addr := read(t, r, `^server: bound to (127\.0\.0\.1:[1-9]\d*)$`)
	read(t, r, `^listen\(3, 3\) = 0 <\d\.\d{6,9}>$`)
	begin := make([]byte, len("accept(3, "))
	if _, err := io.ReadFull(r, begin); err != nil || string(begin) != "accept(3, " {
		t.Fatalf("while it blocks: %q, %v", begin, err)
	}

	stdout, trace, status := finish(t, "run", "client", addr, "message=hello")
	if status != 0 || stdout != "" {
		t.Errorf("client: status %d, stdout %q", status, stdout)
	}
	for _, line := range []string{
		`(?m)^socket\(AF_INET, SOCK_STREAM, IPPROTO_IP\) = 3 <`,
		`(?m)^send\(3, "hello", 5\) = 5 <`,
		`(?m)^recv\(3, "hello", 1024\) = 5 <`,
		`(?m)^close\(3\) = 0 <`,
		`(?m)^\+\+\+ exited with 0 \+\+\+$`,
	} {
		if !regexp.MustCompile(line).MatchString(trace) {
			t.Errorf("no %q in\n%s", line, trace)
		}
	}
	read(t, r, `^recv\(4, "", 1024\) = 0 <`)

	echo.Process.Signal(syscall.SIGINT)
	read(t, r, `^\+\+\+ killed by SIGINT \+\+\+$`)
	io.Copy(io.Discard, r)
	echo.Wait()
	if status := echo.ProcessState.ExitCode(); status != 128+int(syscall.SIGINT) {
		t.Errorf("after Ctrl-C the status is %d", status)
	}
}

// The upload server and its client, as they are started in a terminal; and the directory
// may be none.
func TestRunTakesADirectory(t *testing.T) {
	dir := t.TempDir()
	up := server(t, "run", "upload", "127.0.0.1:0", "-dir", dir)
	pipe, err := up.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	addr := read(t, bufio.NewReader(pipe), `^server: bound to (127\.0\.0\.1:[1-9]\d*)$`)
	for _, want := range []string{"kept a.txt: 70 of 70 bytes, sha256 ", "error: a.txt exists already"} {
		if stdout, _, status := finish(t, "run", "put", addr, "-name=a.txt", "bytes=70"); status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("put prints %q, status %d", stdout, status)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "a.txt")); err != nil || len(data) != 70 {
		t.Errorf("%d bytes are kept, %v", len(data), err)
	}
	up.Process.Signal(syscall.SIGINT)
	up.Wait()
	for _, args := range [][]string{{"-dir", filepath.Join(dir, "none")}, {"-dir=" + dir + "/none"}, {"dir=" + dir + "/a.txt"}} {
		_, stderr, status := finish(t, append([]string{"run", "upload", "127.0.0.1:0"}, args...)...)
		if status != 1 || !strings.Contains(stderr, dir) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%q: status %d\n%s", args, status, stderr)
		}
	}
	if _, stderr, status := finish(t, "run", "upload", "127.0.0.1:0", "-dir"); status != exitUsage || !strings.Contains(stderr, "name=value") {
		t.Errorf("-dir alone: status %d\n%s", status, stderr)
	}
}

// Threads have the numbers that the page gives them: the first is 1.
func TestRunNumbersThreadsFromOne(t *testing.T) {
	threads := server(t, "run", "threads", "127.0.0.1:0")
	pipe, err := threads.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := threads.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(pipe)
	addr := read(t, r, `^server: bound to (.*)$`)
	if _, _, status := finish(t, "run", "client", addr, "message=hello"); status != 0 {
		t.Errorf("client: status %d", status)
	}
	read(t, r, `^\[thread 2\] close\(4\) = 0 <`)
	threads.Process.Signal(syscall.SIGTERM)
	rest, err := io.ReadAll(r)
	if err != nil || strings.Contains(string(rest), "[thread 0]") || !strings.Contains(string(rest), "killed by SIGTERM") {
		t.Errorf("%v\n%s", err, rest)
	}
	threads.Wait()
	if status := threads.ProcessState.ExitCode(); status != 128+int(syscall.SIGTERM) {
		t.Errorf("status %d", status)
	}
}

// A program's children stand in its trace, each line with the pid of its process.
func TestRunShowsChildren(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	parent := server(t, "run", "processes", addr, "clients=1")
	pipe, err := parent.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(pipe)
	read(t, r, `^listen\(3, 5\) = 0 <\d\.\d{6,9}>$`)
	if _, _, status := finish(t, "run", "client", addr, "message=hello"); status != 0 {
		t.Errorf("the client's status is %d", status)
	}
	pid := read(t, r, `^fork\(\) = (\d+) <`)
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`(?m)^\[pid ` + pid + `\] close\(3\) = 0 <`,
		`(?m)^\[pid ` + pid + `\] (recv\(4, |<\.\.\. recv resumed>)"hello", 1024\) = 5 <`,
		`(?m)^\[pid ` + pid + `\] \+\+\+ exited with 0 \+\+\+$`,
		`(?m)^\[pid \d+\] (waitpid\(-1, |<\.\.\. waitpid resumed>)\[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 0\}\], (0|WNOHANG)\) = ` + pid + ` <`,
		`(?m)^\[pid \d+\] \+\+\+ exited with 0 \+\+\+\n$`,
	} {
		if !regexp.MustCompile(line).Match(rest) {
			t.Errorf("no %q in\n%s", line, rest)
		}
	}
	parent.Wait()
	if status := parent.ProcessState.ExitCode(); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestRunEndsAsItsProgramDoes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, stderr, status := finish(t, "run", "echo", taken.Addr().String())
	want := regexp.MustCompile(`(?s)bind\(3, .*\) = -1 EADDRINUSE \(Address already in use\) <.*\nbind.*EADDRINUSE.*\n\+\+\+ exited with 1 \+\+\+\n$`)
	if status != 1 || !want.MatchString(stderr) {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if _, stderr, status := finish(t, "run", "edge", taken.Addr().String(), "-bug"); status != 1 || !want.MatchString(stderr) {
		t.Errorf("-bug: status %d\n%s", status, stderr)
	}
	if _, stderr, status := finish(t, "run", "echo", taken.Addr().String(), "-bug"); status != exitUsage || !strings.Contains(stderr, "backlog") {
		t.Errorf("-bug of a program without one: status %d\n%s", status, stderr)
	}
	stdout, _, status := finish(t, "run", "client", "127.0.0.1:1")
	if status != 0 || !strings.Contains(stdout, "ECONNREFUSED") {
		t.Errorf("the program's own output is %q, status %d", stdout, status)
	}
}

// Whatever signal ends a program, its trace has the calls that it made until then. The
// program gets the signal; on SIGQUIT and SIGABRT a Go program says where it is and ends
// with status 2.
func TestRunTellsAllUntilTheSignal(t *testing.T) {
	for _, program := range []string{"echo", "net"} {
		for _, s := range run.Ending {
			s := s.(syscall.Signal)
			t.Run(program+" "+trace.SignalName(int64(s)), func(t *testing.T) {
				addr := freeAddr(t)
				if program == "net" {
					if _, err := exec.LookPath("strace"); err != nil {
						t.Skip("strace(1) is not installed")
					}
				}
				cmd := server(t, "run", program, addr)
				pipe, err := cmd.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				r := bufio.NewReader(pipe)
				read(t, r, `listen(\(3, .*| resumed>)\) = 0 <`)
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprint(conn, "the last words")
				if _, err := io.ReadFull(conn, make([]byte, len("the last words"))); err != nil {
					t.Fatal(err)
				}
				cmd.Process.Signal(s)
				rest, _ := io.ReadAll(r)
				cmd.Wait()
				ends, status := "+++ killed by "+trace.SignalName(int64(s))+" +++\n", 128+int(s)
				if s == syscall.SIGQUIT || s == syscall.SIGABRT {
					ends, status = "+++ exited with 2 +++\n", 2
				}
				// The signal may come before the call has returned.
				sent := regexp.MustCompile(`(send|write)\(\d+, "the last words", 14(\) = 14 <| <unfinished)`)
				if !sent.Match(rest) || !strings.HasSuffix(string(rest), ends) || cmd.ProcessState.ExitCode() != status {
					t.Errorf("status %d\n%.3000s", cmd.ProcessState.ExitCode(), rest)
				}
			})
		}
	}
}

// strace takes the calls of net while many clients come, on whatever address, and the
// program ends when it should: strace's output never stands still.
func TestNetUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace(1) is not installed")
	}
	for _, host := range []string{"0.0.0.0", "[::]", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			_, port, _ := net.SplitHostPort(freeAddr(t))
			cmd := server(t, "run", "net", host+":"+port)
			pipe, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(pipe)
			first := ""
			for !strings.Contains(first, "listen(3") {
				line, err := r.ReadString('\n')
				if first += line; err != nil {
					if strings.Contains(first, "EAFNOSUPPORT") || strings.Contains(first, "cannot assign") {
						t.Skip("this machine has no IPv6")
					}
					t.Fatalf("%v\n%s", err, first)
				}
			}
			trace := make(chan []byte)
			go func() {
				rest, _ := io.ReadAll(r)
				trace <- rest
			}()
			if host == "0.0.0.0" {
				host = "127.0.0.1"
			}
			const clients, echoes = 4, 150
			var wait sync.WaitGroup
			for range clients {
				wait.Go(func() {
					conn, err := net.Dial("tcp", strings.Replace(host, "[::]", "[::1]", 1)+":"+port)
					if err != nil {
						t.Error(err)
						return
					}
					defer conn.Close()
					conn.SetDeadline(time.Now().Add(time.Minute))
					for range echoes {
						fmt.Fprint(conn, "hello")
						if _, err := io.ReadFull(conn, make([]byte, 5)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
			cmd.Process.Signal(syscall.SIGTERM)
			rest := first + string(<-trace)
			cmd.Wait()
			told := strings.Count(rest, `Write(`)
			if status := cmd.ProcessState.ExitCode(); status != 128+int(syscall.SIGTERM) || told < clients*echoes {
				t.Errorf("status %d, %d echoes told\n%.3000s", status, told, rest)
			}
			if _, strange, ok := strings.Cut(rest, "strace wrote "); ok {
				t.Errorf("%.400s", strange)
			}
		})
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	return free.Addr().String()
}

// Each program says which family of addresses it takes, before it begins.
func TestRunSaysWhichAddressesAProgramTakes(t *testing.T) {
	for _, p := range demo.Programs {
		if p.Needs != "" {
			continue
		}
		wrong, takes := []string{"[::1]:7777", "[::ffff:127.0.0.1]:7777", "localhost:7777", "127.0.0.1", ""}, "takes one of IPv4"
		if p.AnyFamily {
			wrong, takes = wrong[2:], "takes one with a port"
		}
		for _, addr := range wrong {
			var stderr strings.Builder
			status := command(t.Context(), []string{"run", p.Name, addr}, os.Stdout, &stderr)
			if says := stderr.String(); status != exitUsage || !strings.Contains(says, takes) || strings.Count(says, "\n") != 1 {
				t.Errorf("%s %s: status %d\n%s", p.Name, addr, status, says)
			}
		}
	}
}

func TestServeUntilInterrupted(t *testing.T) {
	cmd := server(t, "-control", "127.0.0.1:0", "-echo", "127.0.0.1:0", "-mux", "127.0.0.1:0", "-byteorder", "127.0.0.1:0")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr := read(t, bufio.NewReader(pipe), `, echo ([0-9.:]+),`)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "ping")
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "ping" {
		t.Errorf("%q, %v", got, err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 0 {
		t.Errorf("status %d", status)
	}
}

// One recording of each kind is made here; every lab is run elsewhere.
func TestRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, stderr, status := finish(t, "record", dir, "home", "first", "compare-epoll", "kqueue"); status != 0 || runtime.GOOS == "linux" && !strings.Contains(stderr, "kqueue") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for name, id := range map[string]string{"home": "iterative", "first": "first", "compare-epoll": "epoll"} {
		f, err := os.Open(filepath.Join(dir, name+".trace"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var m trace.Message
		if err := trace.ReadFrame(f, trace.MaxFrame, &m); err != nil || m.Header == nil || m.Header.Lab != id {
			t.Errorf("%s begins with %+v, %v", name, m, err)
		}
		for m.End == nil {
			m = trace.Message{}
			if err := trace.ReadFrame(f, trace.MaxFrame, &m); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"record"}, exitUsage, "server record DIR"},
		{[]string{"record", dir, "none"}, exitUsage, `no recording "none"`},
		{[]string{"record", filepath.Join(dir, "none"), "first"}, exitFailed, "no such file"},
	} {
		if _, stderr, status := finish(t, c.args...); status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: status %d, %q", c.args, status, stderr)
		}
	}
}

// There is a recording of every lab that has runs, and of every one that can be compared.
func TestRecordings(t *testing.T) {
	names := map[string]bool{}
	for _, r := range recordings() {
		names[r.name] = true
	}
	for _, l := range lab.All {
		if names[l.ID] == l.Compares || names["compare-"+l.ID] != l.Talks {
			t.Errorf("%s: the recordings are %v", l.ID, names)
		}
	}
}
