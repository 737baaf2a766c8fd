package socket

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// pair returns the two ends of a TCP connection.
func pair(t testing.TB) (a, b *Socket) {
	listener := New(AF_INET, SOCK_STREAM)
	defer listener.Close()
	listener.Bind("127.0.0.1:0")
	listener.Listen(1)
	a = New(AF_INET, SOCK_STREAM)
	if err := a.Connect(local(t, listener)); err != nil {
		t.Fatal(err)
	}
	b, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a.SetOption(IPPROTO_TCP, TCP_NODELAY, 1)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// local returns the address that the kernel chose.
func local(t testing.TB, s *Socket) string {
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		t.Fatal(err)
	}
	var addr sockaddr
	addr.set("127.0.0.1:0")
	port := sa.(*unix.SockaddrInet4).Port
	addr.raw[2], addr.raw[3] = byte(port>>8), byte(port)
	return string(addr.appendTo(nil))
}

func TestSetUpErrorsStopTheProgram(t *testing.T) {
	first := New(AF_INET, SOCK_STREAM)
	defer first.Close()
	first.Bind("127.0.0.1:0")
	first.Listen(1)
	taken := local(t, first)

	second := New(AF_INET, SOCK_STREAM)
	defer second.Close()
	err := Run(func() {
		second.Bind(taken)
		t.Error("two sockets have the same address")
	})
	var stopped *Error
	if !errors.As(err, &stopped) || stopped.Call != trace.Bind || !errors.Is(err, EADDRINUSE) {
		t.Fatalf("bind to an address in use: %v", err)
	}
	if want := "bind " + taken + ": EADDRINUSE (Address already in use)"; err.Error() != want {
		t.Errorf("%q, not %q", err, want)
	}
	for _, bad := range []string{"", "localhost", "127.0.0.1", "127.0.0.1:http", "[::1]", "1.2.3.4:99999"} {
		if err := Run(func() { second.Bind(bad) }); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("bind to %q: %v", bad, err)
		}
	}
	if err := Run(func() {}); err != nil {
		t.Errorf("a program that ended well: %v", err)
	}
}

func TestErrorsOfPeersAreReturned(t *testing.T) {
	nobody := New(AF_INET, SOCK_STREAM)
	defer nobody.Close()
	nobody.Bind("127.0.0.1:0")
	s := New(AF_INET, SOCK_STREAM)
	defer s.Close()
	if err := s.Connect(local(t, nobody)); err != ECONNREFUSED {
		t.Errorf("connect where nobody listens: %v", err)
	}

	a, b := pair(t)
	b.SetBlocking(false)
	if data, err := b.Recv(10); err != EAGAIN || data != nil {
		t.Errorf("non-blocking recv without data: %q, %v", data, err)
	}
	b.SetBlocking(true)
	if err := a.Shutdown(SHUT_WR); err != nil {
		t.Fatal(err)
	}
	if data, err := b.Recv(10); err != nil || len(data) != 0 {
		t.Errorf("recv at the end: %q, %v", data, err)
	}
	if _, err := a.Send([]byte("x")); !errors.Is(err, EPIPE) {
		t.Errorf("send after shutdown: %v", err)
	}
	b.SetLinger(0)
	b.Close()
	if _, err := a.Recv(10); err != ECONNRESET {
		t.Errorf("recv after RST: %v", err)
	}
	if _, err := b.Recv(10); err != EBADF {
		t.Errorf("recv on a closed socket: %v", err)
	}
}

func TestAcceptTellsThePeer(t *testing.T) {
	for _, at := range []struct {
		domain int
		addr   string
	}{{AF_INET, "127.0.0.1:0"}, {AF_INET6, "[::1]:0"}} {
		listener := New(at.domain, SOCK_STREAM)
		defer listener.Close()
		if err := Run(func() { listener.Bind(at.addr) }); err != nil {
			t.Logf("not tried: %v", err) // a machine without IPv6
			continue
		}
		listener.Listen(1)
		name, err := unix.Getsockname(listener.fd)
		if err != nil {
			t.Fatal(err)
		}
		port := 0
		switch name := name.(type) {
		case *unix.SockaddrInet4:
			port = name.Port
		case *unix.SockaddrInet6:
			port = name.Port
		}
		client := New(at.domain, SOCK_STREAM)
		defer client.Close()
		if err := client.Connect(strings.TrimSuffix(at.addr, "0") + strconv.Itoa(port)); err != nil {
			t.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if host := strings.TrimSuffix(at.addr, "0"); !strings.HasPrefix(conn.Peer(), host) || conn.Peer() == at.addr {
			t.Errorf("the peer is %q", conn.Peer())
		}
	}
}

func TestSelectReturnsWhatIsReadyInOrder(t *testing.T) {
	var set []*Socket
	inputs, outputs := Set{}, Set{}
	for range 20 {
		a, b := pair(t)
		a.Send([]byte("x"))
		set = append(set, b)
		inputs[b], outputs[b] = true, true
	}
	inputs[set[3]] = false // as good as absent
	full := set[5]
	full.SetBlocking(false)
	for err := error(nil); err == nil; _, err = full.Send(make([]byte, 64<<10)) {
	}
	readable, writable := Select(inputs, outputs, time.Minute)
	if len(readable) != 19 || len(writable) != 19 {
		t.Fatalf("%d readable, %d writable of 19 and 19", len(readable), len(writable))
	}
	for _, list := range [][]*Socket{readable, writable} {
		for i := 1; i < len(list); i++ {
			if list[i].fd <= list[i-1].fd {
				t.Errorf("fd %d stands before fd %d", list[i-1].fd, list[i].fd)
			}
		}
	}
	began := time.Now()
	if r, w := Select(Set{}, Set{full: true}, 20*time.Millisecond); len(r)+len(w) != 0 || time.Since(began) < 20*time.Millisecond {
		t.Errorf("select with a timeout: %v, %v after %v", r, w, time.Since(began))
	}
}

func TestSelectRefusesWhatHasNoBit(t *testing.T) {
	a, b := pair(t)
	high, err := unix.FcntlInt(uintptr(a.fd), unix.F_DUPFD_CLOEXEC, FD_SETSIZE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EMFILE) {
		t.Skip("no fd as high as that is allowed here")
	}
	if err != nil {
		t.Fatal(err)
	}
	far := &Socket{fd: high}
	defer far.Close()
	for _, sets := range [][2]Set{{{far: true}, nil}, {nil, {far: true, b: true}}} {
		err := Run(func() { Select(sets[0], sets[1]) })
		if err == nil || !strings.Contains(err.Error(), "1024") {
			t.Errorf("select with fd %d: %v", high, err)
		}
	}
	gone := New(AF_INET, SOCK_STREAM)
	gone.Close()
	if err := Run(func() { Select(Set{gone: true}, nil) }); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("select with a closed socket: %v", err)
	}
}

func TestKqueueIsNotEverywhere(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("it is here")
	}
	err := Run(func() { NewKqueue() })
	if !errors.Is(err, ENOSYS) || !strings.Contains(err.Error(), "kqueue") {
		t.Errorf("%v", err)
	}
}
