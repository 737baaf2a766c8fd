package strace

import (
	"strings"
	"testing"

	"sockscope/server/trace"
)

func TestLine(t *testing.T) {
	const took = 123000 // ns
	addr4, addr6 := "127.0.0.1:80", "[::1]:8080"
	for _, c := range []struct {
		enter trace.Event
		ret   *trace.Event
		want  string
	}{
		{trace.Event{Call: trace.Socket, FD: -1, Args: []int64{2, 1, 0}}, &trace.Event{Result: 3}, `socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000123>`},
		{trace.Event{Call: trace.Socket, FD: -1, Args: []int64{10, 2 | 0x800 | 0x80000, 17}}, &trace.Event{Result: 3}, `socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_UDP) = 3 <0.000123>`},
		{trace.Event{Call: trace.Socket, FD: -1, Args: []int64{99, 9, 0}}, &trace.Event{Result: -1, Errno: trace.EAFNOSUPPORT}, `socket(0x63 /* AF_??? */, 0x9 /* SOCK_??? */, 0) = -1 EAFNOSUPPORT (Address family not supported by protocol) <0.000123>`},
		{trace.Event{Call: trace.Bind, FD: 3, Addr: addr4}, &trace.Event{Result: -1, Errno: trace.EADDRINUSE}, `bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EADDRINUSE (Address already in use) <0.000123>`},
		{trace.Event{Call: trace.Connect, FD: 3, Addr: addr6}, &trace.Event{}, `connect(3, {sa_family=AF_INET6, sin6_port=htons(8080), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0 <0.000123>`},
		{trace.Event{Call: trace.Listen, FD: 3, Args: []int64{5}}, &trace.Event{}, `listen(3, 5) = 0 <0.000123>`},
		{trace.Event{Call: trace.Accept, FD: 3}, &trace.Event{Result: 4, Addr: addr4}, `accept(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16]) = 4 <0.000123>`},
		{trace.Event{Call: trace.Accept, FD: 3}, &trace.Event{Result: -1, Errno: trace.EAGAIN}, `accept(3, ...) = -1 EAGAIN (Resource temporarily unavailable) <0.000123>`},
		{trace.Event{Call: trace.Accept, FD: 3}, nil, `accept(3,  <unfinished ...>`},
		{trace.Event{Call: trace.Recv, FD: 5, Size: 1024, Args: []int64{0}}, &trace.Event{Result: 5, Data: []byte("Hello")}, `recv(5, "Hello", 1024) = 5 <0.000123>`},
		{trace.Event{Call: trace.Recv, FD: 4, Size: 1024}, &trace.Event{}, `recv(4, "", 1024) = 0 <0.000123>`},
		{trace.Event{Call: trace.Recv, FD: 4, Size: 1024}, &trace.Event{Result: -1, Errno: trace.ECONNRESET}, `recv(4, ..., 1024) = -1 ECONNRESET (Connection reset by peer) <0.000123>`},
		{trace.Event{Call: trace.Recv, FD: 4, Size: 1024}, &trace.Event{Result: -1, Errno: 600}, `recv(4, ..., 1024) = -1 errno 600 <0.000123>`},
		{trace.Event{Call: trace.Recv, FD: 4, Size: 1024}, nil, `recv(4,  <unfinished ...>`},
		{trace.Event{Call: trace.Send, FD: 4, Size: 2, Data: []byte("Hi"), Args: []int64{0x4040}}, nil, `send(4, "Hi", 2, MSG_DONTWAIT|MSG_NOSIGNAL <unfinished ...>`},
		{trace.Event{Call: trace.Send, FD: 4, Size: 9000, Data: []byte(strings.Repeat("x", trace.DataCap))}, &trace.Event{Result: 2304}, `send(4, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 9000) = 2304 <0.000123>`},
		{trace.Event{Call: trace.Write, FD: 1, Size: 4, Data: []byte("256\n")}, &trace.Event{Result: 4}, `write(1, "256\n", 4) = 4 <0.000123>`},
		{trace.Event{Call: trace.Shutdown, FD: 4, Args: []int64{1}}, &trace.Event{Result: -1, Errno: trace.ENOTCONN}, `shutdown(4, SHUT_WR) = -1 ENOTCONN (Transport endpoint is not connected) <0.000123>`},
		{trace.Event{Call: trace.Close, FD: 4}, &trace.Event{}, `close(4) = 0 <0.000123>`},
		{trace.Event{Call: trace.Fcntl, FD: 3, Args: []int64{4, 0x800}}, &trace.Event{}, `fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0 <0.000123>`},
		{trace.Event{Call: trace.Fcntl, FD: 3, Args: []int64{4, 0}}, &trace.Event{}, `fcntl(3, F_SETFL, O_RDONLY) = 0 <0.000123>`},
		{trace.Event{Call: trace.Fcntl, FD: 3, Args: []int64{3}}, &trace.Event{Result: 0x802}, `fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK) <0.000123>`},
		{trace.Event{Call: trace.Setsockopt, FD: 3, Args: []int64{1, 13, 0}}, &trace.Event{}, `setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}, 8) = 0 <0.000123>`},
		{trace.Event{Call: trace.Setsockopt, FD: 3, Args: []int64{1, 13, -1}}, &trace.Event{}, `setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=0, l_linger=0}, 8) = 0 <0.000123>`},
		{trace.Event{Call: trace.Setsockopt, FD: 3, Args: []int64{6, 1, 1}}, &trace.Event{}, `setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0 <0.000123>`},
		{trace.Event{Call: trace.Setsockopt, FD: 3, Args: []int64{77, 66, 1}}, &trace.Event{}, `setsockopt(3, 0x4d /* SOL_?? */, 66, [1], 4) = 0 <0.000123>`},
		{trace.Event{Call: trace.Select, FD: -1, Size: 6, Timeout: 20e9, Sets: &trace.Sets{Read: []int{3, 4, 5}, Write: []int{5}}},
			&trace.Event{Result: 3, Sets: &trace.Sets{Read: []int{3, 4}, Write: []int{5}}},
			`select(6, [3 4 5], [5], [], {tv_sec=20, tv_usec=0}) = 3 (in [3 4], out [5]) <0.000123>`},
		{trace.Event{Call: trace.Select, FD: -1, Size: 4, Timeout: 1500e3, Sets: &trace.Sets{Read: []int{3}}}, &trace.Event{Sets: &trace.Sets{}}, `select(4, [3], [], [], {tv_sec=0, tv_usec=1500}) = 0 (Timeout) <0.000123>`},
		{trace.Event{Call: trace.Select, FD: -1, Size: 4, Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{3}}}, nil, `select(4, [3], [], [], NULL <unfinished ...>`},
		{trace.Event{Call: trace.Select, FD: -1, Size: 4, Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{3}}}, &trace.Event{Result: -1, Errno: trace.EINTR}, `select(4, [3], [], [], NULL) = -1 EINTR (Interrupted system call) <0.000123>`},
		{trace.Event{Call: trace.Nanosleep, FD: -1, Timeout: 20e6}, &trace.Event{}, `nanosleep({tv_sec=0, tv_nsec=20000000}, NULL) = 0 <0.000123>`},
		{trace.Event{Call: trace.Fork, FD: -1}, &trace.Event{Result: 77}, `fork() = 77 <0.000123>`},
		{trace.Event{Call: trace.Fork, FD: -1}, nil, `fork( <unfinished ...>`},
		{trace.Event{Call: trace.Waitpid, FD: -1, Args: []int64{-1, 0, 0}}, nil, `waitpid(-1,  <unfinished ...>`},
		{trace.Event{Call: trace.Waitpid, FD: -1, Args: []int64{-1, 0, 0}}, &trace.Event{Result: 77, Args: []int64{-1, 0, 3 << 8}}, `waitpid(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0) = 77 <0.000123>`},
		{trace.Event{Call: trace.Waitpid, FD: -1, Args: []int64{-1, 0, 0}}, &trace.Event{Result: 77, Args: []int64{-1, 0, 9}}, `waitpid(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0) = 77 <0.000123>`},
		{trace.Event{Call: trace.Waitpid, FD: -1, Args: []int64{-1, 1, 0}}, &trace.Event{Args: []int64{-1, 1, 0}}, `waitpid(-1, ..., WNOHANG) = 0 <0.000123>`},
		{trace.Event{Call: trace.Waitpid, FD: -1, Args: []int64{-1, 0, 0}}, &trace.Event{Result: -1, Errno: trace.ECHILD}, `waitpid(-1, ..., 0) = -1 ECHILD (No child processes) <0.000123>`},
		{trace.Event{Call: trace.EpollCreate, FD: -1, Args: []int64{0}}, &trace.Event{Result: 4}, `epoll_create1(0) = 4 <0.000123>`},
		{trace.Event{Call: trace.EpollCtl, FD: 4, Args: []int64{1, 3, 1}}, &trace.Event{}, `epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN, data=0x3}) = 0 <0.000123>`},
		{trace.Event{Call: trace.EpollCtl, FD: 4, Args: []int64{3, 5, 1<<31 | 5}}, &trace.Event{}, `epoll_ctl(4, EPOLL_CTL_MOD, 5, {events=EPOLLIN|EPOLLOUT|EPOLLET, data=0x5}) = 0 <0.000123>`},
		{trace.Event{Call: trace.EpollCtl, FD: 4, Args: []int64{2, 5, 0}}, &trace.Event{Result: -1, Errno: trace.ENOENT}, `epoll_ctl(4, EPOLL_CTL_DEL, 5, NULL) = -1 ENOENT (No such file or directory) <0.000123>`},
		{trace.Event{Call: trace.EpollWait, FD: 4, Size: 64, Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{3}}}, nil, `epoll_wait(4,  <unfinished ...>`},
		{trace.Event{Call: trace.EpollWait, FD: 4, Size: 64, Timeout: 20e9}, &trace.Event{Result: 2, Sets: &trace.Sets{Read: []int{5, 3}, Error: []int{5}, HangUp: []int{5}}},
			`epoll_wait(4, [{events=EPOLLIN, data=0x3}, {events=EPOLLIN|EPOLLERR|EPOLLHUP, data=0x5}], 64, 20000) = 2 <0.000123>`},
		{trace.Event{Call: trace.EpollWait, FD: 4, Size: 64, Timeout: 1}, &trace.Event{Sets: &trace.Sets{}}, `epoll_wait(4, [], 64, 1) = 0 <0.000123>`},
		{trace.Event{Call: trace.EpollCreate, FD: -1, Args: []int64{0x80000}}, &trace.Event{Result: 5}, `epoll_create1(EPOLL_CLOEXEC) = 5 <0.000123>`},
		{trace.Event{Call: trace.Openat, FD: -1, Addr: "/proc/sys/net/core/somaxconn", Args: []int64{0x80000}}, &trace.Event{Result: 4}, `openat(AT_FDCWD, "/proc/sys/net/core/somaxconn", O_RDONLY|O_CLOEXEC) = 4 <0.000123>`},
		{trace.Event{Call: trace.Eventfd, FD: -1, Args: []int64{0, 0x80800}}, &trace.Event{Result: 6}, `eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 6 <0.000123>`},
		{trace.Event{Call: trace.Shmget, FD: -1, Args: []int64{0, 4096, 0o1600}}, &trace.Event{Result: 7}, `shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 7 <0.000123>`},
		{trace.Event{Call: trace.Shmat, FD: -1, Args: []int64{7}}, &trace.Event{Result: 0x7f5a2f1dd000}, `shmat(7, NULL, 0) = 0x7f5a2f1dd000 <0.000123>`},
		{trace.Event{Call: trace.Shmctl, FD: -1, Args: []int64{7, 0}}, &trace.Event{}, `shmctl(7, IPC_RMID, NULL) = 0 <0.000123>`},
		{trace.Event{Call: trace.EpollWait, FD: 5, Timeout: trace.Untold}, &trace.Event{Result: 1, Size: 128, Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{4}, RdHup: []int{4}}},
			`epoll_wait(5, [{events=EPOLLIN|EPOLLRDHUP, data=0x4}], 128, -1) = 1 <0.000123>`},
		{trace.Event{Call: trace.Accept, FD: 3, Args: []int64{0x80800}}, &trace.Event{Result: 4, Addr: "127.0.0.1:7"},
			`accept(3, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC|SOCK_NONBLOCK) = 4 <0.000123>`},
		{trace.Event{Call: trace.Read, FD: 4}, &trace.Event{Result: 5, Size: 1024, Data: []byte("hello")}, `read(4, "hello", 1024) = 5 <0.000123>`},
		{trace.Event{Call: trace.NetRead, FD: 4, Size: 1024}, &trace.Event{Result: 5, Size: 1024, Data: []byte("hello")}, `Read(4, "hello", 1024) = 5 <0.000123>`},
		{trace.Event{Call: trace.NetWrite, FD: 4, Size: 5, Data: []byte("hello")}, &trace.Event{Result: -1, Errno: trace.ECONNRESET}, `Write(4, "hello", 5) = -1 ECONNRESET (Connection reset by peer) <0.000123>`},
		{trace.Event{Call: trace.NetAccept, FD: 3}, nil, `Accept(3,  <unfinished ...>`},
		{trace.Event{Call: trace.NetClose, FD: 4}, &trace.Event{}, `Close(4) = 0 <0.000123>`},
		{trace.Event{Call: trace.Kqueue, FD: -1}, &trace.Event{Result: 4}, `kqueue() = 4 <0.000123>`},
		{trace.Event{Call: trace.KeventChange, FD: 4, Args: []int64{3, -1, 1}}, &trace.Event{}, `kevent(4, [{ident=3, filter=EVFILT_READ, flags=EV_ADD}], 1, NULL, 0, NULL) = 0 <0.000123>`},
		{trace.Event{Call: trace.KeventChange, FD: 4, Args: []int64{5, -2, 2}}, &trace.Event{Result: -1, Errno: trace.ENOENT}, `kevent(4, [{ident=5, filter=EVFILT_WRITE, flags=EV_DELETE}], 1, NULL, 0, NULL) = -1 ENOENT (No such file or directory) <0.000123>`},
		{trace.Event{Call: trace.KeventWait, FD: 4, Size: 64, Timeout: trace.Forever}, nil, `kevent(4, NULL, 0,  <unfinished ...>`},
		{trace.Event{Call: trace.KeventWait, FD: 4, Size: 64, Timeout: 5e8}, &trace.Event{Result: 2, Sets: &trace.Sets{Read: []int{3}, Write: []int{5}, HangUp: []int{3}}},
			`kevent(4, NULL, 0, [{ident=3, filter=EVFILT_READ, flags=EV_EOF}, {ident=5, filter=EVFILT_WRITE}], 64, {tv_sec=0, tv_nsec=500000000}) = 2 <0.000123>`},
		{trace.Event{Call: trace.Poll, FD: -1, Size: 2, Timeout: 500e6, Sets: &trace.Sets{Read: []int{3}, Write: []int{5}}}, &trace.Event{Result: 1, Sets: &trace.Sets{Write: []int{5}, HangUp: []int{5}}},
			`poll([{fd=3, events=POLLIN}, {fd=5, events=POLLOUT}], 2, 500) = 1 ([{fd=5, revents=POLLOUT|POLLHUP}]) <0.000123>`},
		{trace.Event{Call: trace.Poll, FD: -1, Size: 1, Timeout: 500e6, Sets: &trace.Sets{Read: []int{3}}}, &trace.Event{Sets: &trace.Sets{}}, `poll([{fd=3, events=POLLIN}], 1, 500) = 0 (Timeout) <0.000123>`},
		{trace.Event{Call: trace.Setsockopt, FD: 4, Args: []int64{1, 20, 20000}}, &trace.Event{}, `setsockopt(4, SOL_SOCKET, SO_RCVTIMEO_OLD, {tv_sec=0, tv_usec=20000}, 16) = 0 <0.000123>`},
		{trace.Event{Call: trace.Getsockopt, FD: 4, Args: []int64{1, 4, 0}}, &trace.Event{Args: []int64{1, 4, 111}}, `getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0 <0.000123>`},
		{trace.Event{Call: trace.Getsockopt, FD: 4, Args: []int64{1, 4, 0}}, &trace.Event{Args: []int64{1, 4, 0}}, `getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0 <0.000123>`},
		{trace.Event{}, &trace.Event{}, `call0(0) = 0 <0.000123>`},
	} {
		c.enter.Time = 1000
		if c.ret != nil {
			c.ret.Time = c.enter.Time + took
		}
		if got := API.Line(&c.enter, c.ret); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestResumed(t *testing.T) {
	for _, c := range []struct {
		enter, ret trace.Event
		want       string
	}{
		{trace.Event{Call: trace.Recv, FD: 5, Size: 1024}, trace.Event{Time: 2e9, Result: 5, Data: []byte("Hello")}, `<... recv resumed>"Hello", 1024) = 5 <2.000000>`},
		{trace.Event{Call: trace.Accept, FD: 3}, trace.Event{Result: 4, Addr: "127.0.0.1:80"}, `<... accept resumed>{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16]) = 4 <0.000000>`},
		{trace.Event{Call: trace.Select, FD: -1, Size: 4, Timeout: trace.Forever}, trace.Event{Result: 1, Sets: &trace.Sets{Read: []int{3}}}, `<... select resumed>) = 1 (in [3]) <0.000000>`},
		{trace.Event{Call: trace.Send, FD: 3, Size: 1, Data: []byte("x")}, trace.Event{Result: 1}, `<... send resumed>) = 1 <0.000000>`},
	} {
		if got := API.Resumed(&c.enter, &c.ret); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// The escapes are those of strace 6.1, which was asked about each.
func TestContentIsEscapedAsStraceDoes(t *testing.T) {
	for in, want := range map[string]string{
		"":                        `""`,
		"say \"hi\"\\":            `"say \"hi\"\\"`,
		"\t\n\v\f\r":              `"\t\n\v\f\r"`,
		"a\x00\x001\x01z\xff\x7f": `"a\0\0001\1z\377\177"`,
		"\x07\x08\x1b8":           `"\7\10\338"`,
		"é":                       `"\303\251"`,
		strings.Repeat("a", 32):   `"` + strings.Repeat("a", 32) + `"`,
		strings.Repeat("a", 33):   `"` + strings.Repeat("a", 32) + `"...`,
	} {
		if got := content([]byte(in), len(in), Content); got != want {
			t.Errorf("%q is written %s, not %s", in, got, want)
		}
	}
}

// A duration below a microsecond is not written as none at all.
func TestShortDurations(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "<0.000000>", -5: "<0.000000>", 1: "<0.000000001>", 423: "<0.000000423>", 999: "<0.000000999>",
		1000: "<0.000001>", 1999: "<0.000001>", 2_000_123_456: "<2.000123>",
	} {
		if got := API.Line(&trace.Event{Call: trace.Close, FD: 3}, &trace.Event{Call: trace.Close, FD: 3, Time: ns}); !strings.HasSuffix(got, " "+want) {
			t.Errorf("%d ns are written %s, want %s", ns, got, want)
		}
	}
}

// A trace may come from outside and hold anything; its text stays one line.
func FuzzWrite(f *testing.F) {
	f.Add(uint8(trace.Select), 3, int64(1), int64(13), "127.0.0.1:80", []byte("Hello\n"), int64(-1), uint16(11))
	f.Add(uint8(trace.Accept), -1, int64(4), int64(0x800), "/tmp/\nx", []byte{0xff}, int64(5), uint16(0))
	f.Fuzz(func(t *testing.T, call uint8, fd int, a, b int64, addr string, data []byte, result int64, errno uint16) {
		for _, args := range [][]int64{nil, {a}, {a, b}, {a, b, result}} {
			enter := &trace.Event{Kind: trace.Enter, Call: trace.Call(call), FD: fd, Args: args, Addr: addr, Data: data, Size: int(b), Timeout: a}
			ret := &trace.Event{Kind: trace.Return, Call: trace.Call(call), FD: fd, Addr: addr, Data: data, Result: result, Errno: trace.Errno(errno), Time: b}
			for _, line := range []string{API.Line(enter, ret), API.Line(enter, nil), API.Resumed(enter, ret)} {
				if strings.ContainsAny(line, "\n\r\x00\x1b") {
					t.Fatalf("%q is more than a line", line)
				}
			}
		}
	})
}
