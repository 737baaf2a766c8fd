package strace

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// began is when the programs of these tests begin, ns since 1970.
const began = 1700001000 * 1e9

// reading returns a Straced of a program that begins now.
func reading(t testing.TB) *Reader {
	t.Helper()
	p := &Reader{Marks: Marks}
	for i := range Marks {
		if _, ok := p.Began(); ok {
			t.Fatal("it began early")
		}
		line := fmt.Sprintf("70 1700001000.%06d close(-1)          = -1 EBADF (Bad file descriptor) <0.000004>", 100*i)
		p.Line(line)
	}
	if cost, ok := p.Began(); !ok || cost != 100e3 {
		t.Fatalf("it began %v, at %d ns a call", ok, cost)
	}
	return p
}

// A runtime has one epoll for all that a process does, and may have made it before
// the program began. What was put on it that nobody follows stays out.
func TestAnEpollFromBefore(t *testing.T) {
	p := &Reader{Marks: Marks}
	lines := []string{
		"70 1700000999.000100 openat(AT_FDCWD, \"\\x2f\", O_RDONLY|O_CLOEXEC) = 5 <0.000010>",
		"70 1700000999.000200 epoll_create1(EPOLL_CLOEXEC) = 6 <0.000007>",
		"70 1700000999.000300 eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 7 <0.000005>",
		"70 1700000999.000400 epoll_ctl(6, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data=0x11}) = 0 <0.000004>",
		"70 1700000999.000500 epoll_ctl(6, EPOLL_CTL_ADD, 5, {events=EPOLLIN, data=0x12}) = -1 EPERM (Operation not permitted) <0.000004>",
	}
	for i := range Marks {
		lines = append(lines, fmt.Sprintf("70 1700001000.%06d close(-1) = -1 EBADF (Bad file descriptor) <0.000004>", 100*i))
	}
	lines = append(lines, "71 1700001000.005000 epoll_pwait(6, [{events=EPOLLIN, data=0x11}], 128, -1, NULL, 8) = 1 <0.000100>")
	for _, line := range lines {
		p.Line(line)
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
	if got := toldText(p.Take(began + 1000e9)); got != want {
		t.Errorf("it reads\n%s", got)
	}
	if p.Early() == 0 {
		t.Error("nothing is said to be from before")
	}
}

// told writes events a line each, as the log does.
func toldText(events []trace.Event) string {
	var b strings.Builder
	open := map[int]*trace.Event{}
	for i := range events {
		e := &events[i]
		at := strconv.FormatInt((e.Time-began)/1e3, 10) + " " + trace.ThreadName(e.Thread) + " "
		switch e.Kind {
		case trace.Enter:
			open[e.Thread] = e
			fmt.Fprintln(&b, at+API.Line(e, nil))
		case trace.Return:
			fmt.Fprintln(&b, at+API.Resumed(open[e.Thread], e), [...]string{"unknown", "awake"}[e.Sleep])
		case trace.Exit:
			fmt.Fprintln(&b, at+"exit", e.Result)
		}
	}
	return b.String()
}

// What strace 6.1 wrote about the program net, with one client, comes out as its
// calls. The files are its own words and ours.
func TestReaderReadsWhatStraceWrites(t *testing.T) {
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
		p.Line(strings.TrimSuffix(line, "\n"))
	}
	if got := toldText(p.Take(began + 1000e9)); got != string(want) {
		t.Errorf("testdata/net.told should be\n%s", got)
	}
}

func TestACallThatWaitsIsToldInParts(t *testing.T) {
	p := reading(t)
	read := func(line string) {
		t.Helper()
		p.Line(line)
	}
	read(`70 1700001000.009000 openat(AT_FDCWD, "\x2f\x70", O_RDONLY|O_CLOEXEC) = 4 <0.000010>`)
	if got, want := toldText(p.Take(0)), "9000 thread 1 openat(AT_FDCWD, \"/p\", O_RDONLY|O_CLOEXEC <unfinished ...>\n9010 thread 1 <... openat resumed>) = 4 <0.000010> awake\n"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	read(`70 1700001000.010000 epoll_create1(EPOLL_CLOEXEC) = 5 <0.000010>`)
	p.Take(0)
	for _, piece := range []string{"70 1700001000.020000 epoll_pw", "ait(", "5", ", "} {
		io.WriteString(p, piece)
		p.Quiet()
	}
	if e := p.Take(1700001000_020_000_000); len(e) != 0 {
		t.Errorf("it is told too early: %+v", e)
	}
	enter := p.Take(began + 1e9)
	if len(enter) != 1 || enter[0].Kind != trace.Enter || enter[0].Timeout != trace.Untold || enter[0].FD != 5 {
		t.Fatalf("%+v", enter)
	}
	io.WriteString(p, " <unfinished ...>\n")
	if e := p.Take(began + 1e9); len(e) != 0 {
		t.Errorf("it is told twice: %+v", e)
	}
	read(`70 1700001000.500000 <... epoll_pwait resumed>[], 128, -1, NULL, 0) = 0 <0.480000>`)
	back := p.Take(began + 1e9)
	if len(back) != 1 || back[0].Kind != trace.Return || back[0].Timeout != trace.Forever || back[0].Time != 1700001000_500_000_000 {
		t.Fatalf("%+v", back)
	}
	if got := API.Line(&enter[0], &back[0]); got != "epoll_wait(5, [], 128, -1) = 0 <0.480000>" {
		t.Error(got)
	}
}

// strace reads of returns one after another, and the threads don't wait for that: a
// number that is being closed is given out again, and of an fd that is being put on a
// list another thread is told.
func TestThreadsOvertakeStrace(t *testing.T) {
	p := reading(t)
	for _, line := range []string{
		`70 1700001000.010000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>`,
		`70 1700001000.010100 epoll_create1(0) = 5 <0.000010>`,
		`70 1700001000.010200 accept4(3, NULL, NULL, SOCK_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>`,
		`70 1700001000.010300 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4 <0.000010>`,
		`70 1700001000.010400 close(4 <unfinished ...>`,
		`71 1700001000.010500 socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 4 <0.000010>`,
		`70 1700001000.010600 <... close resumed>) = 0 <0.000200>`,
		`71 1700001000.010700 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data=0x77} <unfinished ...>`,
		`70 1700001000.010800 epoll_pwait(5, [{events=EPOLLIN, data=0x77}], 128, 0, NULL, 0) = 1 <0.000010>`,
		`71 1700001000.010900 <... epoll_ctl resumed>) = 0 <0.000200>`,
		`71 1700001000.011000 read(4, 0x7, 16) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>`,
	} {
		p.Line(line)
	}
	got := toldText(p.Take(began + 1000e9))
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
func TestReaderLeavesOut(t *testing.T) {
	p := &Reader{Marks: Marks}
	early := `70 1700001000.010000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>`
	p.Line(early)
	if e := p.Take(began + 1000e9); len(e) != 0 {
		t.Errorf("before the program: %+v", e)
	}
	p = reading(t)
	for _, line := range []string{
		`70 1700001000.010000 read(4, "\x34", 65536) = 1 <0.000010>`,
		`70 1700001000.010000 write(2, "\x34", 1) = 1 <0.000010>`,
		`70 1700001000.010000 epoll_create1(EPOLL_CLOEXEC) = 5 <0.000010>`,
		`70 1700001000.010100 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=9, u64=9}}) = 0 <0.000010>`,
		`70 1700001000.010200 futex(0x6274d8, FUTEX_WAKE_PRIVATE, 1) = 1 <0.000039>`,
		`71 1700001000.010200 <... futex resumed>) = 0 <0.707>`,
		`70 1700001000.010300 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---`,
		`70 1700001000.010400 epoll_pwait(5, [{events=EPOLLIN, data={u32=9, u64=9}}], 128, -1, NULL, 0) = 1 <0.000010>`,
		`70 1700001000.010500 epoll_pwait(5,  <unfinished ...>`,
		`70 1700001000.010600 <... epoll_pwait resumed> <unfinished ...>) = ?`,
		`72 1700001000.010700 +++ exited with 0 +++`,
		`70 1700001000.010800 +++ killed by SIGKILL +++`,
	} {
		p.Line(line)
	}
	want := "10000 thread 1 epoll_create1(EPOLL_CLOEXEC <unfinished ...>\n10010 thread 1 <... epoll_create1 resumed>) = 5 <0.000010> awake\n" +
		"10400 thread 1 epoll_wait(5,  <unfinished ...>\n10410 thread 1 <... epoll_wait resumed>[], 128, -1) = 1 <0.000010> unknown\n10800 thread 1 exit -9\n"
	if got := toldText(p.Take(began + 1000e9)); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// What the reader doesn't know never ends it: the call is an event with its text, or
// the line is counted, and what follows is read.
func TestReaderKeepsWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct{ line, unread, event string }{
		{"", "", ""},
		{"strace: Process 7 attached", "", ""},
		{"70 1700001000.000000 ???( <unfinished ...>", "", ""},
		{"70 1700001000.000000 read(0,  <detached ...>", "", ""},
		{"70 1700001000.000000 <... ??? resumed>) = ?", "", ""},
		{" > /usr/lib/libc.so.6(__read+0x12) [0x1234]", "", ""},
		{"70 1700001000.000000 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---", "", ""},
		{"70 1700001000.000000 hello", "a line of no known form", ""},
		{"70 1700001000.000000 <... close", "a line of no known form", ""},
		{"70 1700001000.000000 close(9)", "a line of no known form", ""},
		{"70 1700001000.000000 close(9) = zero <0.000001>", "a result", ""},
		{"70 1700001000.000000 read(9) = 5 <0.000001>", "an argument that is missing in read", "read(9) = 5 <0.000001>"},
		{"70 1700001000.000000 +++ killed by SIGMARS +++", "the signal SIGMARS", ""},
		{"70 1700001000.000000 +++ went away +++", "an end of no known form", ""},
		{"70 1700001000.000000 listen(9, 5) = -1 ENOTHING (Nothing) <0.000001>", "the error number ENOTHING", "listen(9, 5) = -1 EINVAL (Invalid argument) <0.000001>"},
		{"70 1700001000.000000 listen(9, 5) = -1 (errno 600) <0.000001>", "", "listen(9, 5) = -1 errno 600 <0.000001>"},
		{"70 1700001000.000000 listen(9, five) = 0 <0.000001>", "a number in listen", "listen(9, five) = 0 <0.000001>"},
		{"70 1700001000.000000 socket(AF_MARS, SOCK_STREAM, IPPROTO_IP) = 3 <0.000001>", "the constant AF_MARS in socket", "socket(AF_MARS, SOCK_STREAM, IPPROTO_IP) = 3 <0.000001>"},
		{"70 1700001000.000000 socket(0x63 /* AF_??? */, 0x9 /* SOCK_??? */, 0) = -1 EAFNOSUPPORT (Address family not supported by protocol) <0.000001>", "",
			"socket(0x63 /* AF_??? */, 0x9 /* SOCK_??? */, 0) = -1 EAFNOSUPPORT (Address family not supported by protocol) <0.000001>"},
		{"70 1700001000.000000 socket(AF_INET, SOCK_STREAM|SOCK_PARADE, IPPROTO_MPTCP) = 3 <0.000001>", "the constant SOCK_PARADE in socket", "socket(AF_INET, SOCK_STREAM|SOCK_PARADE, IPPROTO_MPTCP) = 3 <0.000001>"},
		{"70 1700001000.000000 socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_MPTCP) = 3 <0.000001>", "", "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_MPTCP) = 3 <0.000001>"},
		{"70 1700001000.000000 setsockopt(9, SOL_IPV6, IPV6_V6ONLY, [0], 4) = 0 <0.000001>", "", "setsockopt(9, SOL_IPV6, IPV6_V6ONLY, [0], 4) = 0 <0.000001>"},
		{"70 1700001000.000000 setsockopt(9, SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr(\"224.0.0.1\"), imr_interface=inet_addr(\"0.0.0.0\")}, 8) = 0 <0.000001>",
			"the value of an option in setsockopt", "setsockopt(9, SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr(\"224.0.0.1\"), imr_interface=inet_addr(\"0.0.0.0\")}, 8) = 0 <0.000001>"},
		{"70 1700001000.000000 setsockopt(9, SOL_MARS, MARS_DUST, \"\\x61\\x22\", 2) = 0 <0.000001>", "the constant SOL_MARS in setsockopt", "setsockopt(9, SOL_MARS, MARS_DUST, \"a\\\"\", 2) = 0 <0.000001>"},
		{"70 1700001000.000000 bind(9, {sa_family=AF_UNIX, sun_path=\"\\x61\"}, 4) = 0 <0.000001>", "", "bind(9, {sa_family=AF_UNIX, sun_path=\"a\"}, 4) = 0 <0.000001>"},
		{"70 1700001000.000000 bind(9, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0 <0.000001>", "an address in bind", "bind(9, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0 <0.000001>"},
		{"70 1700001000.000000 read(9, \"plain\", 5) = 5 <0.000001>", "", "read(9, \"plain\", 5) = 5 <0.000001>"},
		{"70 1700001000.000000 read(9, \"\\x6\", 5) = 5 <0.000001>", "", "read(9, \"\\6\"..., 5) = 5 <0.000001>"},
		{"70 1700001000.000000 read(9, \"a) = 7 <0.5>\\\"\", 50) = 13 <0.000001>", "", "read(9, \"a) = 7 <0.5>\\\"\", 50) = 13 <0.000001>"},
		{"70 1700001000.000000 epoll_pwait(8, 7, 128, 0, NULL, 0) = 1 <0.000001>", "an array in epoll_pwait", "epoll_pwait(8, 7, 128, 0, NULL, 0) = 1 <0.000001>"},
		{"70 1700001000.000000 epoll_pwait(8, [{events=EPOLLFOO, data=0x1}], 128, 0, NULL, 0) = 1 <0.000001>", "the constant EPOLLFOO in epoll_pwait", "epoll_pwait(8, [{events=EPOLLFOO, data=0x1}], 128, 0, NULL, 0) = 1 <0.000001>"},
		{"70 1700001000.000000 epoll_ctl(8, EPOLL_CTL_ADD, 9, {events=EPOLLIN|EPOLLEXCLUSIVE, data={u32=9, u64=9}}) = 0 <0.000001>", "", "epoll_ctl(8, EPOLL_CTL_ADD, 9, {events=EPOLLIN|EPOLLEXCLUSIVE, data=0x9}) = 0 <0.000001>"},
		{"70 1700001000.000000 epoll_ctl(8, EPOLL_CTL_ADD, 9, {EPOLLIN, {u32=9, u64=9}}) = 0 <0.000001>", "", "epoll_ctl(8, EPOLL_CTL_ADD, 9, {events=EPOLLIN, data=0x9}) = 0 <0.000001>"},
		{"70 1700001000.000000 " + strings.Repeat("x", maxLine), "a line of more than 65536 bytes", ""},
	} {
		p := reading(t)
		for _, line := range []string{
			"70 1700001000.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 9 <0.000001>",
			"70 1700001000.000000 epoll_create1(0) = 8 <0.000001>",
		} {
			io.WriteString(p, line+"\n")
		}
		p.Take(began + 1000e9)
		io.WriteString(p, c.line+"\n")
		unread := ""
		for _, u := range p.Unread() {
			unread += u.What
			if u.Count != 1 || len(u.First) > 250 {
				t.Errorf("%.80q: %+v", c.line, u)
			}
		}
		if unread != c.unread {
			t.Errorf("%.80q: not understood is %q, want %q", c.line, unread, c.unread)
		}
		event := ""
		if events := p.Take(began + 1000e9); len(events) == 2 {
			event = API.Line(&events[0], &events[1])
		} else if len(events) > 0 && c.unread != "the signal SIGMARS" {
			t.Errorf("%.80q: %+v", c.line, events)
		}
		if event != c.event {
			t.Errorf("%.80q:\n got %s\nwant %s", c.line, event, c.event)
		}
		io.WriteString(p, "71 1700001000.000000 close(8) = 0 <0.000001>\n")
		if len(p.Take(began+1000e9)) != 2 {
			t.Errorf("%.80q ends the reading", c.line)
		}
	}
}

// A log of any options is read: each line here is the same call.
func TestReaderReadsTheLinesOfAllOptions(t *testing.T) {
	const want = `read(4, "hi", 16) = 2`
	for _, line := range []string{
		`read(4, "hi", 16) = 2`,
		`read(4, "hi", 16)                      = 2`,
		`70 read(4, "hi", 16) = 2`,
		`70    read(4, "hi", 16) = 2 <0.000010>`,
		`[pid    70] read(4, "hi", 16) = 2`,
		`[pid 70<server>] read(4<TCP:[127.0.0.1:80->127.0.0.1:41000]>, "\x68\x69", 16) = 2`,
		`12:01:02 read(4</tmp/a b>, "hi", 16) = 2`,
		`70 12:01:02.123456 read(4<socket:[77]>, "hi", 16) = 2`,
		`70 1795526443.402828 read(4, "h\151", 16) = 2 <0.000010123>`,
		`     0.000123 read(4, "hi", 16) = 2`,
		`12:01:02.123456 (+     0.000123) read(4, "hi", 16) = 2`,
		`1795526443.402828 [   0] [00007f12345678] read(4, "hi", 16) = 2`,
		`read(4 /* a remark, with "quotes" */, "hi", 16) = 2`,
	} {
		r := new(Reader)
		r.Line(line)
		if u := r.Unread(); len(u) > 0 {
			t.Errorf("%s: not understood: %+v", line, u)
		}
		events := r.Take(1 << 62)
		if len(events) != 2 {
			t.Errorf("%s: %d events", line, len(events))
			continue
		}
		got := API.Line(&events[0], &events[1])
		if got, _, _ = strings.Cut(got, " <"); got != want {
			t.Errorf("%s:\n got %s", line, got)
		}
	}
}

// The times of the day grow over midnight; those since the line before add up.
func TestReaderOfOtherClocks(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  []int64
	}{
		{[]string{"23:59:59.5 close(3) = 0", "00:00:00.5 close(3) = 0"}, []int64{0, 1e9}},
		{[]string{"     0.000000 close(3) = 0", "     0.000123 close(3) = 0", "     0.000002 close(3) = 0"}, []int64{0, 123e3, 125e3}},
		{[]string{"close(3) = 0", "close(3) = 0"}, []int64{0, 0}},
	} {
		r := new(Reader)
		for _, line := range c.lines {
			r.Line(line)
		}
		events := r.Take(1 << 62)
		for i, want := range c.want {
			if got := events[2*i].Time - events[0].Time; got != want {
				t.Errorf("%s: %d ns after the first, want %d", c.lines[i], got, want)
			}
		}
	}
}

// A call that a signal interrupted goes on where the kernel makes it again, and has
// failed with EINTR where it doesn't.
func TestReaderOfCallsThatAreMadeAgain(t *testing.T) {
	r := new(Reader)
	for _, line := range []string{
		`70 1700001000.000000 accept4(3,  <unfinished ...>`,
		`70 1700001000.100000 <... accept4 resumed>0xc000, [112], 0) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`,
		`70 1700001000.100100 --- SIGURG {si_signo=SIGURG} ---`,
		`70 1700001000.100200 accept4(3, NULL, NULL, 0) = 4 <0.100000>`,
		`70 1700001000.300000 ppoll([{fd=4, events=POLLIN}], 1, NULL, NULL, 8) = ? ERESTARTNOHAND (To be restarted if no handler) <0.1>`,
		`70 1700001000.500000 recvfrom(4, "x", 16, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("1.2.3.4")}, [16]) = 1 <0.000001>`,
	} {
		r.Line(line)
	}
	want := `0 thread 1 accept(3,  <unfinished ...>
200200 thread 1 <... accept resumed>NULL, NULL) = 4 <0.200200> unknown
300000 thread 1 poll([{fd=4, events=POLLIN}], 1, -1 <unfinished ...>
500000 thread 1 <... poll resumed>) = -1 EINTR (Interrupted system call) <0.200000> unknown
500000 thread 1 recvfrom(4,  <unfinished ...>
500001 thread 1 <... recvfrom resumed>"x", 16, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("1.2.3.4")}, [16]) = 1 <0.000001> unknown
`
	if got := toldText(r.Take(began + 1000e9)); got != want || len(r.Unread()) > 0 {
		t.Errorf("it reads\n%s%+v", got, r.Unread())
	}
}

// Calls that move bytes of several places, or of a file, as strace 6.1 wrote them.
func TestCallsOfPieces(t *testing.T) {
	r := new(Reader)
	for _, line := range []string{
		`7 1700001000.000000 sendmsg(4<TCP:[1]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="\x61\x62", iov_len=2}, {iov_base="cde", iov_len=3}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 5 <0.000001>`,
		`7 1700001000.000010 recvmsg(5, {msg_name=0x7ffe54d56510, msg_namelen=16 => 0, msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=10}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_PEEK) = 3 <0.000001>`,
		`7 1700001000.000020 recvmsg(5,  <unfinished ...>`,
		`7 1700001000.000030 <... recvmsg resumed>{msg_namelen=16}, 0) = -1 EAGAIN (Resource temporarily unavailable) <0.000010>`,
		`7 1700001000.000040 recvmsg(6, {msg_name={sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("1.2.3.4")}, msg_namelen=128 => 16, msg_iov=[{iov_base="toy", iov_len=3}], msg_iovlen=1, msg_controllen=0, msg_flags=MSG_TRUNC}, 0) = 3 <0.000001>`,
		`7 1700001000.000050 readv(5, [{iov_base="ab", iov_len=2}, {iov_base="", iov_len=10}], 2) = 2 <0.000001>`,
		`7 1700001000.000060 readv(5, [{iov_base=0x7f0fd974c790, iov_len=4}], 1) = -1 EAGAIN (Resource temporarily unavailable) <0.000001>`,
		`7 1700001000.000070 sendfile(4<TCP:[1]>, 6</tmp/#9>(deleted), [0] => [5], 50) = 5 <0.000001>`,
		`7 1700001000.000080 sendfile(4, 6, NULL, 50) = 0 <0.000001>`,
		`7 1700001000.000090 sendmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="f", iov_len=1}], msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[6]}], msg_controllen=24, msg_flags=0}, 0) = 1 <0.000001>`,
	} {
		r.Line(line)
	}
	const want = `0 thread 1 sendmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="cde", iov_len=3}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL <unfinished ...>
1 thread 1 <... sendmsg resumed>) = 5 <0.000001> unknown
10 thread 1 recvmsg(5,  <unfinished ...>
11 thread 1 <... recvmsg resumed>{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=10}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_PEEK) = 3 <0.000001> unknown
20 thread 1 recvmsg(5,  <unfinished ...>
30 thread 1 <... recvmsg resumed>..., 0) = -1 EAGAIN (Resource temporarily unavailable) <0.000010> unknown
40 thread 1 recvmsg(6,  <unfinished ...>
41 thread 1 <... recvmsg resumed>{msg_name={sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("1.2.3.4")}, msg_namelen=16, msg_iov=[{iov_base="toy", iov_len=3}], msg_iovlen=1, msg_controllen=0, msg_flags=MSG_TRUNC}, 0) = 3 <0.000001> unknown
50 thread 1 readv(5,  <unfinished ...>
51 thread 1 <... readv resumed>[{iov_base="ab", iov_len=2}, {iov_base="", iov_len=10}], 2) = 2 <0.000001> unknown
60 thread 1 readv(5,  <unfinished ...>
61 thread 1 <... readv resumed>...) = -1 EAGAIN (Resource temporarily unavailable) <0.000001> unknown
70 thread 1 sendfile(4, 6, [0], 50 <unfinished ...>
71 thread 1 <... sendfile resumed>) = 5 <0.000001> unknown
`
	if got := toldText(r.Take(began + 1000e9)); !strings.HasPrefix(got, want) || !strings.Contains(got, "SCM_RIGHTS") {
		t.Errorf("it reads\n%s%+v", got, r.Unread())
	}
	if u := r.Unread(); len(u) != 1 || u[0].What != "more than bytes in sendmsg" {
		t.Errorf("not understood: %+v", u)
	}
}

// Whatever strace writes, nothing breaks, and what comes out makes sense: calls that
// enter before they return, in threads that a trace can have, each one line of text.
func FuzzReader(f *testing.F) {
	if text, err := os.ReadFile("testdata/net.strace-f"); err == nil {
		f.Add(string(text), true)
	}
	f.Add("70 1700001000.000001 socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK, 0x11) = 3 <0.000001>\n70 1700001000.000002 getsockname(3, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, \"\\x3a\\x3a\", &sin6_addr)}, [28]) = 0 <0.000001>\n70 1700001000.000003 write(3, \"\\x00\"..., 4096", true)
	f.Add("[pid 7] 12:00:00 select(4, [3], NULL, [], {tv_sec=1, tv_usec=5}) = 1 (in [3], left {tv_sec=0, tv_usec=1})\nwait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) = 7\npoll([{fd=3, events=POLLIN}], 1, 5) = 1 ([{fd=3, revents=POLLHUP}])\n", false)
	f.Add("7 1.1 sendmsg(3, {msg_name={sa_family=AF_UNIX}, msg_namelen=2, msg_iov=[{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\"..., iov_len=30}], msg_iovlen=2, msg_control=[], msg_controllen=9, msg_flags=MSG_TRUNC}, 0) = 32\n7 1.2 recvmsg(3, ~{msg_namelen=0}, MSG_PEEK) = -1 EAGAIN (x)\n7 1.3 readv(3, [{iov_base=\"a\", iov_len=1}], 1) = 1\n7 1.4 sendfile(3, 4, [9] => [5], 5) = -1 EAGAIN (x)\n", false)
	f.Fuzz(func(t *testing.T, text string, ours bool) {
		p := new(Reader)
		if ours {
			p = reading(t)
		}
		for piece := range strings.SplitSeq(text, "~") { // in pieces, as a pipe brings it
			io.WriteString(p, piece)
			p.Quiet()
		}
		if len(p.Unread()) > maxUnread+1 || len(p.tail) > maxLine {
			t.Errorf("%d kinds not understood, %d bytes kept", len(p.Unread()), len(p.tail))
		}
		open := map[int]*trace.Event{}
		for _, e := range p.Take(1 << 62) {
			if e.Thread < trace.KernelThread || e.Thread >= trace.MaxThreads || len(e.Data) > trace.DataCap || len(e.Text) > maxText+10 {
				t.Errorf("%+v", e)
			}
			line := ""
			switch e.Kind {
			case trace.Enter:
				open[e.Thread] = &e
				line = API.Line(&e, nil)
			case trace.Return:
				if open[e.Thread] == nil || open[e.Thread].Call != e.Call {
					t.Fatalf("%+v returns from %+v", e, open[e.Thread])
				}
				line = API.Line(open[e.Thread], &e) + Kernel.Resumed(open[e.Thread], &e)
			}
			if strings.ContainsAny(line, "\n\r\x00\x1b") {
				t.Fatalf("%q is more than a line", line)
			}
		}
	})
}
