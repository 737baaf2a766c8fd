package trace

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// reading returns a Straced of a program that begins now.
func reading(t testing.TB) *Straced {
	t.Helper()
	p := new(Straced)
	for i := range StraceMarks {
		if _, ok := p.Began(); ok {
			t.Fatal("it began early")
		}
		line := fmt.Sprintf("70 1000.%06d close(-1)          = -1 EBADF (Bad file descriptor) <0.000004>", 100*i)
		if err := p.Line(line); err != nil {
			t.Fatal(err)
		}
	}
	if cost, ok := p.Began(); !ok || cost != 100e3 {
		t.Fatalf("it began %v, at %d ns a call", ok, cost)
	}
	return p
}

// A runtime has one epoll for all that a process does, and may have made it before
// the program began. What was put on it that nobody follows stays out.
func TestAnEpollFromBefore(t *testing.T) {
	p := new(Straced)
	lines := []string{
		"70 999.000100 openat(AT_FDCWD, \"\\x2f\", O_RDONLY|O_CLOEXEC) = 5 <0.000010>",
		"70 999.000200 epoll_create1(EPOLL_CLOEXEC) = 6 <0.000007>",
		"70 999.000300 eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 7 <0.000005>",
		"70 999.000400 epoll_ctl(6, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data=0x11}) = 0 <0.000004>",
		"70 999.000500 epoll_ctl(6, EPOLL_CTL_ADD, 5, {events=EPOLLIN, data=0x12}) = -1 EPERM (Operation not permitted) <0.000004>",
	}
	for i := range StraceMarks {
		lines = append(lines, fmt.Sprintf("70 1000.%06d close(-1) = -1 EBADF (Bad file descriptor) <0.000004>", 100*i))
	}
	lines = append(lines, "71 1000.005000 epoll_pwait(6, [{events=EPOLLIN, data=0x11}], 128, -1, NULL, 8) = 1 <0.000100>")
	for _, line := range lines {
		if err := p.Line(line); err != nil {
			t.Fatal(err)
		}
	}
	want := `3100 thread 1 epoll_create1(EPOLL_CLOEXEC <unfinished ...>
3107 thread 1 <... epoll_create1 resumed>) = 6 <0.000007> awake
3107 thread 1 eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK <unfinished ...>
3112 thread 1 <... eventfd2 resumed>) = 7 <0.000005> awake
3112 thread 1 epoll_ctl(6, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data=0x7} <unfinished ...>
3116 thread 1 <... epoll_ctl resumed>) = 0 <0.000004> awake
5000 thread 2 epoll_wait(6,  <unfinished ...>
5100 thread 2 <... epoll_wait resumed>[{events=EPOLLIN, data=0x7}], 128, -1) = 1 <0.000100> unknown
`
	if got := toldText(p.Take(2000e9)); got != want {
		t.Errorf("it reads\n%s", got)
	}
	if p.Early() == 0 {
		t.Error("nothing is said to be from before")
	}
}

// told writes events a line each, as the log does.
func toldText(events []Event) string {
	var b strings.Builder
	open := map[int]*Event{}
	for i := range events {
		e := &events[i]
		at := strconv.FormatInt((e.Time-1000e9)/1e3, 10) + " " + ThreadName(e.Thread) + " "
		switch e.Kind {
		case Enter:
			open[e.Thread] = e
			fmt.Fprintln(&b, at+Strace(e, nil))
		case Return:
			fmt.Fprintln(&b, at+Resumed(open[e.Thread], e), [...]string{"unknown", "awake"}[e.Sleep])
		case Exit:
			fmt.Fprintln(&b, at+"exit", e.Result)
		}
	}
	return b.String()
}

// What strace 6.1 wrote about the program net, with one client, comes out as its
// calls. The files are its own words and ours.
func TestStracedReadsWhatStraceWrites(t *testing.T) {
	text, err := os.ReadFile("testdata/net.strace-f")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/net.told")
	if err != nil {
		t.Fatal(err)
	}
	p := reading(t)
	for line := range strings.Lines(string(text)) {
		if err := p.Line(strings.TrimSuffix(line, "\n")); err != nil {
			t.Error(err)
		}
	}
	if got := toldText(p.Take(2000e9)); got != string(want) {
		t.Errorf("testdata/net.told should be\n%s", got)
	}
}

func TestACallThatWaitsIsToldInParts(t *testing.T) {
	p := reading(t)
	read := func(line string) {
		t.Helper()
		if err := p.Line(line); err != nil {
			t.Fatal(err)
		}
	}
	read(`70 1000.009000 openat(AT_FDCWD, "\x2f\x70", O_RDONLY|O_CLOEXEC) = 4 <0.000010>`)
	if got, want := toldText(p.Take(0)), "9000 thread 1 openat(AT_FDCWD, \"/p\", O_RDONLY|O_CLOEXEC <unfinished ...>\n9010 thread 1 <... openat resumed>) = 4 <0.000010> awake\n"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	read(`70 1000.010000 epoll_create1(EPOLL_CLOEXEC) = 5 <0.000010>`)
	p.Take(0)
	for _, begun := range []string{"70 1000.020000 epoll_pw", "70 1000.020000 epoll_pwait(", "70 1000.020000 epoll_pwait(5", "70 1000.020000 epoll_pwait(5, "} {
		if err := p.Partial(begun); err != nil {
			t.Errorf("%q: %v", begun, err)
		}
	}
	if e := p.Take(1000.02e9); len(e) != 0 {
		t.Errorf("it is told too early: %+v", e)
	}
	enter := p.Take(1001e9)
	if len(enter) != 1 || enter[0].Kind != Enter || enter[0].Timeout != Untold || enter[0].FD != 5 {
		t.Fatalf("%+v", enter)
	}
	read(`70 1000.020000 epoll_pwait(5,  <unfinished ...>`)
	if e := p.Take(1001e9); len(e) != 0 {
		t.Errorf("it is told twice: %+v", e)
	}
	read(`70 1000.500000 <... epoll_pwait resumed>[], 128, -1, NULL, 0) = 0 <0.480000>`)
	back := p.Take(1001e9)
	if len(back) != 1 || back[0].Kind != Return || back[0].Timeout != Forever || back[0].Time != 1000.5e9 {
		t.Fatalf("%+v", back)
	}
	if got := Strace(&enter[0], &back[0]); got != "epoll_wait(5, [], 128, -1) = 0 <0.480000>" {
		t.Error(got)
	}
}

// strace reads of returns one after another, and the threads don't wait for that: a
// number that is being closed is given out again, and of an fd that is being put on a
// list another thread is told.
func TestThreadsOvertakeStrace(t *testing.T) {
	p := reading(t)
	for _, line := range []string{
		`70 1000.010000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>`,
		`70 1000.010100 epoll_create1(0) = 5 <0.000010>`,
		`70 1000.010200 accept4(3, NULL, NULL, SOCK_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>`,
		`70 1000.010300 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4 <0.000010>`,
		`70 1000.010400 close(4 <unfinished ...>`,
		`71 1000.010500 socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 4 <0.000010>`,
		`70 1000.010600 <... close resumed>) = 0 <0.000200>`,
		`71 1000.010700 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data=0x77} <unfinished ...>`,
		`70 1000.010800 epoll_pwait(5, [{events=EPOLLIN, data=0x77}], 128, 0, NULL, 0) = 1 <0.000010>`,
		`71 1000.010900 <... epoll_ctl resumed>) = 0 <0.000200>`,
		`71 1000.011000 read(4, 0x7, 16) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>`,
	} {
		if err := p.Line(line); err != nil {
			t.Error(err)
		}
	}
	got := toldText(p.Take(2000e9))
	for _, want := range []string{
		"thread 1 <... close resumed>) = 0 <0.000200> awake\n",
		"thread 1 <... epoll_wait resumed>[{events=EPOLLIN, data=0x4}], 128, 0) = 1",
		"thread 2 <... read resumed>..., 16) = -1 EAGAIN (Resource temporarily unavailable) <0.000010> awake\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told %q, but\n%s", want, got)
		}
	}
}

// What is not about an fd of the program's own is left out, and so is what came before
// it began.
func TestStracedLeavesOut(t *testing.T) {
	p := new(Straced)
	early := `70 1000.010000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>`
	if err := p.Line(early); err != nil || len(p.Take(2000e9)) != 0 {
		t.Errorf("before the program: %v", err)
	}
	p = reading(t)
	for _, line := range []string{
		`70 1000.010000 read(4, "\x34", 65536) = 1 <0.000010>`,
		`70 1000.010000 write(2, "\x34", 1) = 1 <0.000010>`,
		`70 1000.010000 epoll_create1(EPOLL_CLOEXEC) = 5 <0.000010>`,
		`70 1000.010100 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=9, u64=9}}) = 0 <0.000010>`,
		`70 1000.010200 futex(0x6274d8, FUTEX_WAKE_PRIVATE, 1) = 1 <0.000039>`,
		`71 1000.010200 <... futex resumed>) = 0 <0.707>`,
		`70 1000.010300 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---`,
		`70 1000.010400 epoll_pwait(5, [{events=EPOLLIN, data={u32=9, u64=9}}], 128, -1, NULL, 0) = 1 <0.000010>`,
		`70 1000.010500 epoll_pwait(5,  <unfinished ...>`,
		`70 1000.010600 <... epoll_pwait resumed> <unfinished ...>) = ?`,
		`72 1000.010700 +++ exited with 0 +++`,
		`70 1000.010800 +++ killed by SIGKILL +++`,
	} {
		if err := p.Line(line); err != nil {
			t.Error(err)
		}
	}
	want := "10000 thread 1 epoll_create1(EPOLL_CLOEXEC <unfinished ...>\n10010 thread 1 <... epoll_create1 resumed>) = 5 <0.000010> awake\n" +
		"10400 thread 1 epoll_wait(5,  <unfinished ...>\n10410 thread 1 <... epoll_wait resumed>[], 128, -1) = 1 <0.000010> unknown\n10800 thread 1 exit -9\n"
	if got := toldText(p.Take(2000e9)); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestStracedRefusesWhatStraceDoesNotWrite(t *testing.T) {
	for _, c := range []struct{ line, says string }{
		{"", "no thread and time"},
		{"strace: Process 7 attached", "no thread and time"},
		{"70 1000.1 close(3) = 0 <0.000001>", "no thread and time"},
		{"-7 1000.000000 close(3) = 0 <0.000001>", "no thread and time"},
		{"70 99999999999999.000000 close(3) = 0 <0.000001>", "no thread and time"},
		{"70 1000.000000 hello", "no call"},
		{"70 1000.000000 <... close", "isn't resumed"},
		{"70 1000.000000 close(3)", "no result"},
		{"70 1000.000000 close(3) = 0", "no result and duration"},
		{"70 1000.000000 close(3) = zero <0.000001>", "no result and duration"},
		{"70 1000.000000 close(3) = -1 ENOTHING (Nothing) <0.000001>", "isn't known"},
		{"70 1000.000000 close(three) = 0 <0.000001>", "a number of 32 bits"},
		{"70 1000.000000 socket(AF_MARS, SOCK_STREAM, IPPROTO_IP) = 3 <0.000001>", "argument 1"},
		{"70 1000.000000 socket(AF_INET, SOCK_PARADE, IPPROTO_IP) = 3 <0.000001>", "flags that are known"},
		{"70 1000.000000 bind(9, {sa_family=AF_UNIX, sun_path=\"\\x61\"}, 4) = 0 <0.000001>", "AF_INET"},
		{"70 1000.000000 read(9, \"plain\", 5) = 5 <0.000001>", "hexadecimal"},
		{"70 1000.000000 read(9, \"\\x6\", 5) = 5 <0.000001>", "hexadecimal"},
		{"70 1000.000000 read(9) = 5 <0.000001>", "argument 3 is nothing"},
		{"70 1000.000000 epoll_pwait(8, 7, 128, 0, NULL, 0) = 1 <0.000001>", "an array"},
		{"70 1000.000000 epoll_pwait(8, [{events=EPOLLFOO, data=0x1}], 128, 0, NULL, 0) = 1 <0.000001>", "flags that are known"},
		{"70 1000.000000 " + strings.Repeat("x", MaxStraceLine), "the longest"},
	} {
		p := reading(t)
		for _, line := range []string{
			"70 1000.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 9 <0.000001>",
			"70 1000.000000 epoll_create1(0) = 8 <0.000001>",
		} {
			if err := p.Line(line); err != nil {
				t.Fatal(err)
			}
		}
		err := p.Line(c.line)
		if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 400 {
			t.Errorf("%.80q: %v, want %q", c.line, err, c.says)
		}
	}
}

// Whatever strace writes, nothing breaks, and what comes out makes sense: calls that
// enter before they return, in threads that a trace can have.
func FuzzStraced(f *testing.F) {
	if text, err := os.ReadFile("testdata/net.strace-f"); err == nil {
		f.Add(string(text))
	}
	f.Add("70 1000.000001 socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK, 0x11) = 3 <0.000001>\n70 1000.000002 getsockname(3, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, \"\\x3a\\x3a\", &sin6_addr)}, [28]) = 0 <0.000001>\n70 1000.000003 write(3, \"\\x00\"..., 4096")
	f.Fuzz(func(t *testing.T, text string) {
		p := reading(t)
		for line := range strings.Lines(text) {
			p.Line(strings.TrimSuffix(line, "\n"))
			p.Partial(line)
		}
		open := map[int]*Event{}
		for _, e := range p.Take(1 << 62) {
			if e.Thread < KernelThread || e.Thread >= MaxThreads || len(e.Data) > DataCap {
				t.Errorf("%+v", e)
			}
			switch e.Kind {
			case Enter:
				open[e.Thread] = &e
				Strace(&e, nil)
			case Return:
				if open[e.Thread] == nil || open[e.Thread].Call != e.Call {
					t.Fatalf("%+v returns from %+v", e, open[e.Thread])
				}
				Strace(open[e.Thread], &e)
			}
		}
	})
}
