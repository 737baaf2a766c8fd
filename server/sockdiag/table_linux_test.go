package sockdiag

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// open makes a socket that the test closes.
func open(t *testing.T, domain, kind int) int {
	t.Helper()
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The tables have UDP over IPv4 and IPv6 with what was dropped, and Unix sockets with
// their names, kinds and queues.
func TestAllHasEveryKindOfSocket(t *testing.T) {
	d, err := Open()
	if err != nil {
		t.Skip(err)
	}
	defer d.Close()

	four := open(t, unix.AF_INET, unix.SOCK_DGRAM)
	must(t, unix.SetsockoptInt(four, unix.SOL_SOCKET, unix.SO_RCVBUF, 1)) // the least there is
	must(t, unix.Bind(four, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := unix.Getsockname(four)
	must(t, err)
	to := name.(*unix.SockaddrInet4)
	sender := open(t, unix.AF_INET, unix.SOCK_DGRAM)
	must(t, unix.Connect(sender, to))
	const sent = 20
	for range sent {
		must(t, unix.Send(sender, []byte("a datagram"), 0))
	}
	six := open(t, unix.AF_INET6, unix.SOCK_DGRAM)
	var addr [16]byte
	addr[15] = 1
	must(t, unix.Bind(six, &unix.SockaddrInet6{Addr: addr}))
	name, err = unix.Getsockname(six)
	must(t, err)

	path := filepath.Join(t.TempDir(), "socket")
	abstract := fmt.Sprintf("@sockdiag-%d-%d", os.Getpid(), rand.Uint32())
	listener := open(t, unix.AF_UNIX, unix.SOCK_SEQPACKET)
	must(t, unix.Bind(listener, &unix.SockaddrUnix{Name: abstract}))
	must(t, unix.Listen(listener, 3))
	client := open(t, unix.AF_UNIX, unix.SOCK_SEQPACKET)
	must(t, unix.Connect(client, &unix.SockaddrUnix{Name: abstract}))
	letters := open(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	must(t, unix.Bind(letters, &unix.SockaddrUnix{Name: path}))
	must(t, unix.Sendto(open(t, unix.AF_UNIX, unix.SOCK_DGRAM), []byte("Hello"), 0, &unix.SockaddrUnix{Name: path}))

	all, err := d.All()
	must(t, err)
	find := func(kind trace.SockKind, local string, state trace.TCPState) *trace.Sock {
		t.Helper()
		for i := range all {
			if s := &all[i]; s.Kind == kind && s.Local == local && s.State == state {
				return s
			}
		}
		t.Fatalf("no %v at %s in state %v; all are %+v", kind, local, state, all)
		return nil
	}
	here := fmt.Sprintf("127.0.0.1:%d", to.Port)
	got := find(trace.UDP, here, trace.Closed)
	queued := 0
	for buf := make([]byte, 100); ; queued++ {
		if _, _, err := unix.Recvfrom(four, buf, unix.MSG_DONTWAIT); err != nil {
			break
		}
	}
	if got.Recv < queued*len("a datagram") || queued == 0 || got.Drops != sent-queued || got.Peer != "" {
		t.Errorf("%+v; %d of %d were there", got, queued, sent)
	}
	connected := slices.ContainsFunc(all, func(s trace.Sock) bool {
		return s.Kind == trace.UDP && s.Peer == here && s.State == trace.Established
	})
	if !connected {
		t.Error("the connected sender isn't there")
	}
	find(trace.UDP, fmt.Sprintf("[::1]:%d", name.(*unix.SockaddrInet6).Port), trace.Closed)
	if s := find(trace.UnixSeqpacket, abstract, trace.Listening); s.Recv != 1 || s.Send != 3 {
		t.Errorf("backlog %+v", s)
	}
	if s := find(trace.UnixDatagram, path, trace.Closed); s.Recv != len("Hello") {
		t.Errorf("%+v", s)
	}
	read, err := d.Read(nil)
	must(t, err)
	if slices.ContainsFunc(read, func(s trace.Sock) bool { return s.Kind != trace.TCP || strings.HasPrefix(s.Local, "@") }) {
		t.Error("Read returns more than TCP")
	}
}

// Whatever stands in a row, it is read within its bounds, and its texts are UTF-8.
func FuzzRows(f *testing.F) {
	f.Add(make([]byte, inetRowSize))
	f.Add(append(make([]byte, unixRowSize), 9, 0, 0, 0, 0, 'n', 'a', 'm', 'e'))
	f.Add(append(make([]byte, inetRowSize), 40, 0, 7, 0, 1))
	f.Fuzz(func(t *testing.T, row []byte) {
		if len(row) >= inetRowSize {
			inetRow(row, trace.UDP)
		}
		if len(row) >= unixRowSize {
			s, _ := unixRow(row)
			if strings.ToValidUTF8(s.Local, "") != s.Local {
				t.Errorf("%q", s.Local)
			}
		}
	})
}
