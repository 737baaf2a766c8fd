package strace

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// callsEnv says in the environment of this test's program that it makes calls for
// strace to see, by the seed that it has, in the directory behind that.
const callsEnv = "STRACE_TEST_CALLS"

func TestMain(m *testing.M) {
	if seed, dir, ok := strings.Cut(os.Getenv(callsEnv), " "); ok {
		n, _ := strconv.ParseUint(seed, 10, 64)
		runtime.LockOSThread()
		makeCalls(n, dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What strace writes about random calls is read and written again as it was: each
// byte, address, option and set, of every call that a trace has.
func TestRealStraceWritesTheSame(t *testing.T) {
	tool, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace(1) is not installed")
	}
	seed := rand.Uint64()
	dir := t.TempDir()
	out := filepath.Join(dir, "log")
	cmd := exec.Command(tool, "-f", "-ttt", "-T", "-o", out, os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", callsEnv, seed, dir))
	if text, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(text), "PTRACE") {
			t.Skipf("strace may not do that here: %s", text)
		}
		t.Fatalf("seed %d: %v\n%s", seed, err, text)
	}
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	agreed, texts, sent := map[trace.Call]int{}, 0, 0
	payloads := newSource(seed)
	r, marks := new(Reader), 0
	for scan := bufio.NewScanner(file); scan.Scan(); {
		line := scan.Text()
		l := parse(line)
		if l.name == "close" && strings.TrimSpace(l.args) == "-1" {
			marks++
		}
		r.Line(line)
		events := r.Take(0)
		if marks != 1 || len(events) != 2 || syscalls()[l.name] == nil {
			continue
		}
		enter, ret := &events[0], &events[1]
		if enter.Call == trace.Write && enter.Size > 0 {
			want := payloads.bytes()
			for len(want) == 0 {
				want = payloads.bytes()
			}
			if shown := want[:min(len(want), Content)]; string(enter.Data) != string(shown) || ret.Result != int64(len(want)) {
				t.Errorf("seed %d: write %d has %q, and wrote %q", seed, sent, enter.Data, shown)
			}
			sent++
		}
		if l.kind != lineCall {
			continue // it stands in two lines
		}
		row := enter.Call.Row()
		names := API
		if len(row.Kernel) > 0 && row.Kernel[0].Name == l.name {
			names = Kernel
		} else if row.Name != l.name {
			t.Errorf("seed %d: %s is read as a %v", seed, line, enter.Call)
			continue
		}
		got, want := asWritten(names.Line(enter, ret)), asWritten(line)
		if enter.Call == trace.Execve { // of its arguments only the path is kept
			continue
		}
		if strings.Count(want, "?? */") > strings.Count(got, "?? */") {
			continue // a constant is younger than this strace
		}
		if got != want {
			t.Errorf("seed %d:\nstrace: %s\n   got: %s\n  want: %s", seed, line, got, want)
		}
		agreed[enter.Call]++
		if enter.Text != "" {
			texts++
			if enter.Call != trace.Setsockopt && enter.Call != trace.Getsockopt {
				t.Errorf("seed %d: kept as a text: %s", seed, line)
			}
		}
	}
	for _, u := range r.Unread() {
		if strings.Contains(u.What, "line") || strings.Contains(u.What, "result") {
			t.Errorf("seed %d: not understood: %+v", seed, u)
		}
	}
	elsewhere := []trace.Call{trace.Kqueue, trace.KeventChange, trace.KeventWait, trace.Fork, trace.Dup2, trace.Execve} // in the tests of a Log
	for _, c := range trace.Calls() {
		if agreed[c] == 0 && !c.Told() && !slices.Contains(elsewhere, c) {
			t.Errorf("no %v was compared", c)
		}
	}
	t.Logf("%v; %d kept as texts", agreed, texts)
}

var (
	unwritten = regexp.MustCompile(`0x[0-9a-f]{7,}(, \[\d+\])?`) // an address that nothing is shown of
	rooms     = regexp.MustCompile(`\[\d+ => (\d+)\]`)
	unnamed   = regexp.MustCompile(`msg_name=(NULL|0x[0-9a-f]+), msg_namelen=\d+( => 0)?`)
	named     = regexp.MustCompile(`msg_namelen=\d+ => (\d+)`)
	notCome   = regexp.MustCompile(`\{msg_namelen=\d+\}`)
	nobody    = regexp.MustCompile(`0x[0-9a-f]+, \[0\]`)
	cutVector = regexp.MustCompile(`\[\{iov_base=0x.*\}\], \d+`)
	left      = regexp.MustCompile(`(, )?left \{[^}]*\}`)
	datas     = regexp.MustCompile(`data=\{u32=\d+, u64=(\d+)\}`)
)

// asWritten returns a line of strace's without what a trace doesn't have.
func asWritten(line string) string {
	l := parse(line)
	result := l.result
	args := rooms.ReplaceAllString(l.args, "[$1]")
	args = datas.ReplaceAllStringFunc(args, func(s string) string {
		n, _ := strconv.ParseUint(datas.FindStringSubmatch(s)[1], 10, 64)
		return fmt.Sprintf("data=%#x", n)
	})
	if begin, rest, ok := strings.Cut(args, "[{"); ok && strings.HasPrefix(l.name, "epoll_") {
		list, end, _ := strings.Cut(rest, "}]")
		events := strings.Split(list, "}, {")
		fd := func(event string) uint64 {
			_, data, _ := strings.Cut(event, "data=")
			n, _ := strconv.ParseUint(data, 0, 64)
			return n
		}
		slices.SortFunc(events, func(a, b string) int { return cmp.Compare(fd(a), fd(b)) })
		args = begin + "[{" + strings.Join(events, "}, {") + "}]" + end
	}
	args = named.ReplaceAllString(unnamed.ReplaceAllString(args, "msg_name=NULL, msg_namelen=0"), "msg_namelen=$1")
	args = nobody.ReplaceAllString(args, "NULL, [0]")
	args = cutVector.ReplaceAllString(notCome.ReplaceAllString(args, "..."), "...")
	if !strings.Contains(args, `"`) {
		args = unwritten.ReplaceAllString(args, "...")
		if l.name == "getsockopt" {
			args = strings.TrimSuffix(args, "...") + map[bool]string{true: "..., [4]"}[strings.HasSuffix(args, "...")]
		}
	}
	result = strings.Replace(left.ReplaceAllString(result, ""), " ()", "", 1)
	return l.name + "(" + args + ") = " + result
}

// A source gives the same random bytes to who makes the calls and who checks them.
type source struct{ rnd *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 1))} }

func (s source) bytes() []byte {
	b := make([]byte, s.rnd.IntN(45))
	alphabet := [...]string{"", "0123456789\x00\x01\x1b\xff", "\t\n\v\f\r\\\"a7", "plain text"}[s.rnd.IntN(4)]
	for i := range b {
		if b[i] = byte(s.rnd.IntN(256)); alphabet != "" {
			b[i] = alphabet[int(b[i])%len(alphabet)]
		}
	}
	return b
}

// makeCalls makes each call of a trace in many ways. What fails is as good as what
// doesn't.
func makeCalls(seed uint64, dir string) {
	payloads := newSource(seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	call := func(trap uintptr, args ...uintptr) int {
		var a [6]uintptr
		copy(a[:], args)
		n, _, errno := syscall.RawSyscall6(trap, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			return -1
		}
		return int(n)
	}
	memory := make([]byte, 4096)
	at := func(i int) uintptr { return uintptr(unsafe.Pointer(&memory[i])) }
	put := func(i int, b []byte) uintptr {
		copy(memory[i:], b)
		return at(i)
	}
	number := func(i int, n int32) uintptr {
		*(*int32)(unsafe.Pointer(&memory[i])) = n
		return at(i)
	}
	pick := func(t table) uintptr { return uintptr(t.names[rnd.IntN(len(t.names))].value) }
	minus := ^uintptr(0)

	call(unix.SYS_CLOSE, minus) // the mark
	for range 60 {
		protocol := pick(protocols)
		if rnd.IntN(4) == 0 {
			protocol = uintptr(rnd.IntN(300))
		}
		fd := call(unix.SYS_SOCKET, []uintptr{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_X25, 47, 99}[rnd.IntN(6)], uintptr(rnd.IntN(12))|uintptr(rnd.IntN(2)*0x800|rnd.IntN(2)*0x80000), protocol)
		if fd >= 0 {
			call(unix.SYS_CLOSE, uintptr(fd))
		}
	}
	pieces := func() {
		vectors := (*[3]unix.Iovec)(unsafe.Pointer(&memory[3400]))
		for i := range vectors {
			piece := []byte("}, {"[:rnd.IntN(5)] + "\"\\"[:rnd.IntN(3)] + strings.Repeat("x", rnd.IntN(26)))
			copy(memory[3500+50*i:], piece)
			vectors[i].Base = &memory[3500+50*i]
			vectors[i].SetLen(len(piece))
		}
	}
	// A struct msghdr with pieces, at 3304; and with room for an address, or one of that size.
	message := func(addr int, size uintptr, new bool) {
		if new {
			pieces()
		}
		m := (*unix.Msghdr)(unsafe.Pointer(&memory[3304]))
		*m = unix.Msghdr{Iov: (*unix.Iovec)(unsafe.Pointer(&memory[3400]))}
		m.SetIovlen(1 + rnd.IntN(3))
		if size > 0 {
			m.Name, m.Namelen = &memory[addr], uint32(size)
		}
	}
	path, _ := syscall.BytePtrFromString("/proc/self/exe")
	file := uintptr(call(unix.SYS_OPENAT, ^uintptr(99), uintptr(unsafe.Pointer(path)), 0, 0))
	for _, family := range []int{unix.AF_INET, unix.AF_INET6, unix.AF_UNIX} {
		// An address of the family, at 0: its size.
		address := func(i int) uintptr {
			switch family {
			case unix.AF_INET:
				sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&memory[i]))
				*sa = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{127, 0, 0, byte(1 + rnd.IntN(200))}}
				return unsafe.Sizeof(*sa)
			case unix.AF_INET6:
				sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&memory[i]))
				*sa = unix.RawSockaddrInet6{Family: unix.AF_INET6}
				sa.Addr[15] = 1
				return unsafe.Sizeof(*sa)
			}
			sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&memory[i]))
			*sa = unix.RawSockaddrUnix{Family: unix.AF_UNIX}
			name := fmt.Sprintf("%s/%d", dir, rnd.IntN(1e9))
			name = name[:min(len(name), 90)]
			for range rnd.IntN(10) {
				name += string(rune(1 + rnd.IntN(46))) // anything below '/'
			}
			if rnd.IntN(2) == 0 {
				name = "\x00" + fmt.Sprint(rnd.IntN(1e9)) + string(rune(1+rnd.IntN(126)))
			}
			for k, c := range []byte(name) {
				sa.Path[k] = int8(c)
			}
			if name[0] == 0 {
				return uintptr(2 + len(name))
			}
			return uintptr(3 + len(name))
		}
		for range 15 {
			const sa, size, back = 0, 200, 300
			server := uintptr(call(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM, 0))
			n := address(sa)
			call(unix.SYS_BIND, server, at(sa), n)
			call(unix.SYS_LISTEN, server, uintptr(rnd.IntN(200)))
			number(size, 112)
			call(unix.SYS_GETSOCKNAME, server, at(sa), at(size))
			n = uintptr(*(*int32)(unsafe.Pointer(&memory[size])))
			call(unix.SYS_FCNTL, server, unix.F_SETFL, unix.O_NONBLOCK)
			number(size, 112)
			call(unix.SYS_ACCEPT4, server, at(back), at(size), 0)
			client := uintptr(call(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
			number(size, 112)
			call(unix.SYS_GETPEERNAME, client, at(back), at(size))
			call(unix.SYS_CONNECT, client, at(sa), n)
			number(size, 112)
			conn := uintptr(call(unix.SYS_ACCEPT4, server, at(back), at(size), uintptr(rnd.IntN(2)*unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)))
			if int(conn) < 0 {
				continue
			}
			if family != unix.AF_UNIX {
				number(size, 112)
				call(unix.SYS_GETPEERNAME, client, at(back), at(size))
			}
			data := payloads.bytes()
			call(unix.SYS_WRITE, client, put(1000, data), uintptr(len(data)))
			pieces()
			call(unix.SYS_WRITEV, client, at(3400), uintptr(rnd.IntN(4)))
			message(0, 0, true)
			call(unix.SYS_SENDMSG, client, at(3304), uintptr(rnd.IntN(2)*unix.MSG_NOSIGNAL))
			pieces()
			call(unix.SYS_READV, conn, at(3400), uintptr(1+rnd.IntN(3)))
			message(400, uintptr(rnd.IntN(2)*112), false)
			call(unix.SYS_RECVMSG, conn, at(3304), uintptr(unix.MSG_DONTWAIT|rnd.IntN(2)*unix.MSG_PEEK))
			*(*int64)(unsafe.Pointer(&memory[3904])) = int64(rnd.IntN(9))
			call(unix.SYS_SENDFILE, client, file, uintptr(rnd.IntN(2))*at(3904), uintptr(rnd.IntN(50)))
			call(unix.SYS_RECVFROM, conn, at(1000), uintptr(rnd.IntN(100)), uintptr(unix.MSG_DONTWAIT|rnd.IntN(2)*unix.MSG_PEEK), 0, 0)
			call(unix.SYS_SENDTO, client, put(1000, []byte("to be read")), uintptr(rnd.IntN(11)), uintptr(unix.MSG_NOSIGNAL|rnd.IntN(2)*unix.MSG_MORE), 0, 0)
			call(unix.SYS_READ, conn, at(1000), uintptr(rnd.IntN(100)))
			call(unix.SYS_READ, conn, at(1000), uintptr(rnd.IntN(100)))

			clear(memory[2000:2600])
			set := func(i int) uintptr {
				if rnd.IntN(3) == 0 {
					return 0
				}
				for _, fd := range []uintptr{server, client, conn} {
					if rnd.IntN(2) == 0 {
						memory[i+int(fd/8)] |= 1 << (fd % 8)
					}
				}
				return at(i)
			}
			*(*unix.Timespec)(unsafe.Pointer(&memory[2800])) = unix.NsecToTimespec(int64(rnd.IntN(1e6)))
			call(unix.SYS_PSELECT6, conn+1, set(2000), set(2200), set(2400), at(2800), 0)
			clear(memory[2000:2600])
			*(*unix.Timeval)(unsafe.Pointer(&memory[2800])) = unix.NsecToTimeval(1000 * int64(rnd.IntN(1000)))
			selected(call, conn+1, set(2000), set(2200), set(2400), at(2800))
			fds := (*[3]unix.PollFd)(unsafe.Pointer(&memory[3000]))
			for i, fd := range []uintptr{server, client, conn} {
				fds[i] = unix.PollFd{Fd: int32(fd), Events: int16(1 + rnd.IntN(7))}
			}
			*(*unix.Timespec)(unsafe.Pointer(&memory[2800])) = unix.NsecToTimespec(int64(rnd.IntN(1e6)))
			call(unix.SYS_PPOLL, at(3000), uintptr(1+rnd.IntN(3)), at(2800), 0, 0)
			polled(call, at(3000), uintptr(1+rnd.IntN(3)), uintptr(rnd.IntN(3)))

			epoll := uintptr(call(unix.SYS_EPOLL_CREATE1, uintptr(rnd.IntN(2)*unix.EPOLL_CLOEXEC)))
			for _, fd := range []uintptr{server, client, conn} {
				var events uint32
				for _, bit := range epollBits.names {
					if rnd.IntN(4) == 0 {
						events |= uint32(bit.value)
					}
				}
				*(*unix.EpollEvent)(unsafe.Pointer(&memory[3100])) = unix.EpollEvent{Events: events, Fd: int32(fd)}
				call(unix.SYS_EPOLL_CTL, epoll, unix.EPOLL_CTL_ADD, fd, at(3100))
				*(*unix.EpollEvent)(unsafe.Pointer(&memory[3100])) = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT, Fd: int32(fd)}
				call(unix.SYS_EPOLL_CTL, epoll, unix.EPOLL_CTL_MOD, fd, at(3100))
			}
			call(unix.SYS_EPOLL_PWAIT, epoll, at(3200), uintptr(1+rnd.IntN(10)), uintptr(rnd.IntN(3)), 0, 0)
			waited(call, epoll, at(3200), uintptr(1+rnd.IntN(10)), 0)
			call(unix.SYS_EPOLL_CTL, epoll, unix.EPOLL_CTL_DEL, conn, 0)
			call(unix.SYS_EPOLL_PWAIT, conn, at(3200), 1, 0, 0, 0)
			call(unix.SYS_CLOSE, epoll)

			for level, names := range options {
				for range 5 {
					option := pick(names)
					number(size, 4)
					call(unix.SYS_SETSOCKOPT, client, uintptr(level), option, number(1000, int32(rnd.IntN(100)-3)), 4)
					call(unix.SYS_GETSOCKOPT, client, uintptr(level), option, at(1000), at(size))
				}
			}
			call(unix.SYS_SETSOCKOPT, client, uintptr(rnd.IntN(300)), uintptr(rnd.IntN(100)), number(1000, 7), 4)
			*(*unix.Linger)(unsafe.Pointer(&memory[1000])) = unix.Linger{Onoff: 1, Linger: int32(rnd.IntN(5))}
			call(unix.SYS_SETSOCKOPT, client, unix.SOL_SOCKET, unix.SO_LINGER, at(1000), 8)
			*(*unix.Timeval)(unsafe.Pointer(&memory[1000])) = unix.NsecToTimeval(int64(rnd.IntN(1e6)) * 1000)
			call(unix.SYS_SETSOCKOPT, client, unix.SOL_SOCKET, unix.SO_RCVTIMEO, at(1000), 16)
			call(unix.SYS_FCNTL, client, unix.F_GETFL)
			call(unix.SYS_CLOSE, uintptr(call(unix.SYS_DUP, client)))
			call(unix.SYS_SHUTDOWN, conn, uintptr(rnd.IntN(4)))
			for _, fd := range []uintptr{server, client, conn, minus - 7} {
				call(unix.SYS_CLOSE, fd)
			}
		}
		const sa, size, own = 0, 200, 3800
		here, there := uintptr(call(unix.SYS_SOCKET, uintptr(family), unix.SOCK_DGRAM, 0)), uintptr(call(unix.SYS_SOCKET, uintptr(family), unix.SOCK_DGRAM, 0))
		call(unix.SYS_BIND, here, at(sa), address(sa))
		for i := range 20 {
			if i == 10 { // from now on it has an address
				call(unix.SYS_BIND, there, at(own), address(own))
			}
			number(size, 112)
			call(unix.SYS_GETSOCKNAME, here, at(sa), at(size))
			n := uintptr(*(*int32)(unsafe.Pointer(&memory[size])))
			message(sa, n, rnd.IntN(2) == 0)
			call(unix.SYS_SENDMSG, there, at(3304), unix.MSG_DONTWAIT)
			message(400, uintptr(rnd.IntN(2)*112), true)
			call(unix.SYS_RECVMSG, here, at(3304), uintptr(unix.MSG_DONTWAIT|rnd.IntN(2)*unix.MSG_TRUNC|rnd.IntN(2)*unix.MSG_PEEK))
			data := []byte("a datagram")[:rnd.IntN(11)]
			call(unix.SYS_SENDTO, there, put(1000, data), uintptr(len(data)), unix.MSG_DONTWAIT, at(sa), n)
			number(size, 112)
			call(unix.SYS_RECVFROM, here, at(1000), 100, uintptr(unix.MSG_DONTWAIT|rnd.IntN(2)*unix.MSG_TRUNC), at(sa), at(size))
		}
	}
	for _, path := range []string{"/proc/self/status", dir + "/\x01\"\\", dir + "/none"} {
		b, _ := syscall.BytePtrFromString(path)
		for range 5 {
			flags := rnd.IntN(3) | rnd.IntN(2)*unix.O_CREAT | rnd.IntN(2)*unix.O_CLOEXEC | rnd.IntN(2)*unix.O_TRUNC | rnd.IntN(2)*unix.O_NONBLOCK
			if fd := call(unix.SYS_OPENAT, ^uintptr(99), uintptr(unsafe.Pointer(b)), uintptr(flags), 0o640); fd >= 0 {
				call(unix.SYS_CLOSE, uintptr(fd))
			}
		}
	}
	for range 5 {
		fd := uintptr(call(unix.SYS_EVENTFD2, uintptr(rnd.IntN(10)), uintptr(rnd.IntN(2)|rnd.IntN(2)*unix.EFD_NONBLOCK|rnd.IntN(2)*unix.EFD_CLOEXEC)))
		call(unix.SYS_CLOSE, fd)
		*(*unix.Timespec)(unsafe.Pointer(&memory[2800])) = unix.NsecToTimespec(int64(rnd.IntN(1e5)))
		call(unix.SYS_NANOSLEEP, at(2800), 0)
		clear(memory[2900:2940])
		memory[2900] = byte(rnd.IntN(2))                                          // SIG_DFL or SIG_IGN
		call(unix.SYS_RT_SIGACTION, uintptr(unix.SIGUSR2), at(2900), 0, 8)        // of no mask and no flags
		call(unix.SYS_TGKILL, uintptr(os.Getpid()), 1<<30, uintptr(unix.SIGPIPE)) // to nobody
		call(unix.SYS_FUTEX, at(2940), 1, uintptr(rnd.IntN(3)))                   // FUTEX_WAKE
		call(unix.SYS_FUTEX, at(2940), 0, 7, 0)                                   // FUTEX_WAIT, and another value is there
	}
	for range 5 {
		id := uintptr(call(unix.SYS_SHMGET, uintptr(rnd.IntN(2)*0x7a11e9), 4096, uintptr(0o1000|rnd.IntN(2)*0o2000|rnd.IntN(0o1000))))
		call(unix.SYS_SHMAT, id, 0, 0)
		call(unix.SYS_SHMCTL, id, 0, 0) // IPC_RMID
	}
	for _, script := range []string{"exit 3", "kill -9 $$", "kill -SEGV $$"} {
		pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", script}, &syscall.ProcAttr{})
		if err != nil {
			continue
		}
		call(unix.SYS_WAIT4, uintptr(pid), at(3300), unix.WNOHANG|uintptr(rnd.IntN(2)*unix.WUNTRACED), 0)
		call(unix.SYS_WAIT4, minus, at(3300), 0, 0)
		call(unix.SYS_WAIT4, minus, at(3300), 0, 0)
	}
	call(unix.SYS_CLOSE, minus) // the other mark
}
