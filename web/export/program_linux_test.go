package export

import (
	"bytes"
	"fmt"
	"go/format"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sockscope/server/byhand"
	"sockscope/server/confine"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// apart names the program that this one becomes, in a network of its own: a program uses
// the ports that the run had, where every port is free.
const apart = "SOCKSCOPE_TEST_APART"

func init() {
	program := os.Getenv(apart)
	if program == "" {
		return
	}
	err := confine.Furnish()
	if err == nil {
		os.Unsetenv(apart)
		args := strings.Split(program, "\n")
		err = syscall.Exec(args[0], args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// runApart runs a program in a network of its own, and returns what it says.
func runApart(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), apart+"="+strings.Join(args, "\n"))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	if err := cmd.Start(); err != nil {
		t.Skip("no network namespace can be had: ", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s%s", err, said.Bytes(), complaint.Bytes())
	}
	return said.String()
}

// byHand reads the trace of a session by hand.
func byHand(t testing.TB, path string) *play.Run {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := trace.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	r := play.NewRun(f.Header)
	for _, m := range f.Messages {
		r.Add(m.Events)
		if m.End != nil {
			r.End = m.End
		}
	}
	return r
}

// results lists by side what the run's calls returned, as the programs say it: "recv = 5",
// "connect = -1 connection refused". A new fd is "fd": threads share their numbers.
func results(r *play.Run) (sides [4][]string) {
	for i := range r.Calls {
		c := &r.Calls[i]
		if c.Return < 0 {
			continue
		}
		e := r.Step(c.Return)
		text := e.Call.String() + " = " + strconv.FormatInt(e.Result, 10)
		switch {
		case e.Errno != 0:
			text = e.Call.String() + " = -1 " + strings.ToLower(e.Errno.Text())
		case e.Call.MakesFD():
			text = e.Call.String() + " = fd"
		case e.Call == trace.Getsockopt:
			text = e.Call.String() + " = " + strconv.FormatInt(e.Args[2], 10)
		}
		sides[e.Proc] = append(sides[e.Proc], text)
	}
	return sides
}

// told lists the same of what a program said.
func told(t *testing.T, said string) (sides [4][]string) {
	t.Helper()
	for line := range strings.Lines(said) {
		side, rest, ok := strings.Cut(strings.TrimSpace(line), ": ")
		call, result, is := strings.Cut(rest, " = ")
		if !ok || !is || len(side) != 1 {
			t.Fatalf("the program says %q", line)
		}
		if after, failed := strings.CutPrefix(result, "-1 "); failed {
			result = "-1 " + strings.ToLower(after)
		} else {
			result, _, _ = strings.Cut(result, " ")
			switch call {
			case "socket", "accept", "epoll_create1", "eventfd2":
				result = "fd"
			}
		}
		sides[side[0]-'A'] = append(sides[side[0]-'A'], call+" = "+result)
	}
	return sides
}

// languages are those in which a session can be saved, and how such a program is run.
var languages = []struct {
	ending string
	write  func(io.Writer, *play.Run) error
	tool   string
	run    func(t *testing.T, path string) string
}{
	{".go", Go, "go", func(t *testing.T, path string) string {
		compile(t, exec.Command("go", "build", "-o", path+".out", path))
		return runApart(t, path+".out")
	}},
	{".py", Python, "python3", func(t *testing.T, path string) string {
		python, _ := exec.LookPath("python3")
		return runApart(t, python, path)
	}},
	{".c", C, "cc", func(t *testing.T, path string) string {
		compile(t, exec.Command("cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", path, "-o", path+".out"))
		return runApart(t, path+".out")
	}},
}

func compile(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off")
	cmd.Dir = filepath.Dir(cmd.Args[len(cmd.Args)-1])
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

// What was done by hand, saved as a program, does the same: each side makes the same
// calls, and they return the same.
func TestProgramsDoTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("builds many programs")
	}
	sessions, _ := filepath.Glob("testdata/hand-*.trace")
	if len(sessions) < 6 {
		t.Fatalf("there are only %d sessions", len(sessions))
	}
	for _, l := range languages {
		if _, err := exec.LookPath(l.tool); err != nil {
			t.Run(l.ending, func(t *testing.T) { t.Skip(err) })
			continue
		}
		for _, path := range sessions {
			r := byHand(t, path)
			t.Run(strings.TrimSuffix(filepath.Base(path), ".trace")+l.ending, func(t *testing.T) {
				t.Parallel()
				var source bytes.Buffer
				if err := l.write(&source, r); err != nil {
					t.Fatal(err)
				}
				if nice, err := format.Source(source.Bytes()); l.ending == ".go" && (err != nil || !bytes.Equal(nice, source.Bytes())) {
					t.Errorf("gofmt would write it in another way: %v", err)
				}
				program := filepath.Join(t.TempDir(), "hand"+l.ending)
				if err := os.WriteFile(program, source.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
				got, want := told(t, l.run(t, program)), results(r)
				for side := range want {
					if got, want := strings.Join(got[side], "\n"), strings.Join(want[side], "\n"); got != want {
						t.Errorf("side %c says\n%s\nand the run\n%s", 'A'+side, got, want)
					}
				}
				if t.Failed() {
					t.Logf("%s", source.Bytes())
				}
			})
		}
	}
}

// everything is a run in which each call was made with each of its choices. That the
// kernel returned 0 to all of them is made up.
func everything(t testing.TB) *play.Run {
	t.Helper()
	r := play.NewRun(&trace.Header{Version: trace.Version, Lab: "hand", Procs: []trace.Proc{{Name: "side A", Tag: "A", Role: trace.RoleAgent}}})
	at := int64(0)
	call := func(a *trace.Act, result int64) {
		at += 2
		e := trace.Event{Kind: trace.Enter, Time: at, Call: a.Call, FD: a.FD, Args: a.Args, Size: max(a.Size, len(a.Data)), Timeout: a.Timeout, Addr: a.Addr, Data: a.Data, Sets: a.Sets}
		back := e
		back.Kind, back.Time, back.Result = trace.Return, at+1, result
		r.Add([]trace.Event{e, back})
	}
	act := func(c trace.Call, result int64, texts ...string) {
		t.Helper()
		form, err := byhand.Find(c)
		if err != nil {
			t.Fatal(err)
		}
		a, err := form.Act(0, texts)
		if err != nil {
			t.Fatal(err)
		}
		call(a, result)
	}
	act(trace.Socket, 3, "AF_INET", "SOCK_STREAM")
	act(trace.EpollCreate, 4)
	act(trace.Eventfd, 5)
	for i := range byhand.Forms {
		form := &byhand.Forms[i]
		if form.Call == trace.Close {
			continue
		}
		for k := range form.Fields {
			for _, c := range append(form.Fields[k].Choices, byhand.Choice{}) {
				var texts []string
				for j := range form.Fields {
					f := &form.Fields[j]
					text := f.Default
					switch f.Kind {
					case byhand.Fixed:
						continue
					case byhand.FD, byhand.MemberFD, byhand.AnyFD:
						text = "3"
					case byhand.ListFD:
						text = "4"
					case byhand.ReadFDs, byhand.WriteFDs:
						text = "3,5"
					case byhand.One, byhand.Option:
						if text == "" {
							text = f.Choices[0].Name
						}
					case byhand.Data:
						text = `a"\\?\x00\xff\n'%d`
					case byhand.Addr:
						text = []string{"127.0.0.1:80", "[::1]:80", "@hand", "@"}[r.Len()/2%4]
					case byhand.Timeout, byhand.Pause:
						text = "1500ms"
					}
					if j == k && c.Name != "" {
						text = c.Name
					}
					texts = append(texts, text)
				}
				act(form.Call, map[bool]int64{true: 6}[form.Call.MakesFD()], texts...)
			}
		}
	}
	act(trace.Setsockopt, 0, "3", "SO_LINGER", "-1")
	act(trace.Select, 0, "", "", "none")
	act(trace.Poll, 0, "", "", "none")
	act(trace.Close, 0, "5")
	act(trace.Close, 0, "4")
	act(trace.Close, 0, "3")
	return r
}

// Every call with every choice is written as what the language's own tools take.
func TestEveryCallIsWritten(t *testing.T) {
	r := everything(t)
	for _, l := range languages {
		if _, err := exec.LookPath(l.tool); err != nil {
			continue
		}
		t.Run(l.ending, func(t *testing.T) {
			t.Parallel()
			var source bytes.Buffer
			if err := l.write(&source, r); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "hand"+l.ending)
			if err := os.WriteFile(path, source.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			switch l.ending {
			case ".go":
				if nice, err := format.Source(source.Bytes()); err != nil || !bytes.Equal(nice, source.Bytes()) {
					t.Errorf("gofmt would write it in another way: %v", err)
				}
				compile(t, exec.Command("go", "vet", path))
			case ".py":
				compile(t, exec.Command("python3", "-m", "py_compile", path))
			case ".c":
				compile(t, exec.Command("cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-c", "-o", path+".o", path))
			}
		})
	}
}

// A trace from outside that no hand could make is not written.
func TestOnlyWhatHandsDoIsWritten(t *testing.T) {
	open := trace.Event{Call: trace.Socket, FD: -1, Args: []int64{2, 1, 0}}
	for _, c := range []struct {
		name string
		lab  string
		call trace.Event
	}{
		{"of a lab", "select", open},
		{"an fd that nobody made", "hand", trace.Event{Call: trace.Close, FD: 9}},
		{"an address that is code", "hand", trace.Event{Call: trace.Connect, FD: 3, Addr: `127.0.0.1:80"); system("`}},
		{"a call that hands can't make", "hand", trace.Event{Call: trace.Execve, FD: -1, Addr: "/bin/sh"}},
		{"numbers that aren't there", "hand", trace.Event{Call: trace.Setsockopt, FD: 3}},
		{"pieces that don't fit", "hand", trace.Event{Call: trace.Writev, FD: 3, Data: []byte("x"), Size: 1, Args: []int64{1 << 60}}},
		{"bytes that were cut", "hand", trace.Event{Call: trace.Send, FD: 3, Data: []byte("x"), Size: 9999, Args: []int64{0}}},
		{"nothing", "hand", trace.Event{}},
	} {
		r := play.NewRun(&trace.Header{Version: trace.Version, Lab: c.lab, Procs: []trace.Proc{{Name: "side A"}}})
		add := func(e trace.Event, result int64) {
			back := e
			e.Kind, back.Kind, back.Result = trace.Enter, trace.Return, result
			r.Add([]trace.Event{e, back})
		}
		if c.call.Call != 0 {
			add(open, 3)
			add(c.call, 0)
		}
		for _, l := range languages {
			if err := l.write(io.Discard, r); err == nil {
				t.Errorf("%s is written%s", c.name, l.ending)
			}
		}
	}
}
