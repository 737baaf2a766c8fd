package told

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"

	"sockscope/server/ring"
	"sockscope/server/trace"
)

// attached is the area that this process tells into: a process attaches once.
var attached = sync.OnceValues(func() (*ring.Area, error) {
	area, err := ring.NewArea(make([]byte, ring.AreaSize))
	if err == nil {
		err = Attach(area)
	}
	return area, err
})

// said takes what a ring holds, a line an event.
func said(t *testing.T, r *ring.Ring) (lines []string) {
	t.Helper()
	for rec := new(ring.Record); ; {
		ok, err := r.Next(rec)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return lines
		}
		switch e := rec.Event(0, 0, 0); e.Kind {
		case trace.Enter:
			lines = append(lines, fmt.Sprintf("%v(fd %d, %d)", e.Call, e.FD, e.Size))
		case trace.Return:
			lines = append(lines, fmt.Sprintf("%v = %d %v %q", e.Call, e.Result, e.Errno, e.Data))
		case trace.Start:
			lines = append(lines, "start")
		case trace.Exit:
			lines = append(lines, "exit")
		}
	}
}

// served returns a connection of l's, and its other end.
func served(t *testing.T, l net.Listener) (conn net.Conn, client *net.TCPConn) {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if conn, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return conn, c.(*net.TCPConn)
}

// Each call is two events with what it was given and what came of it, as its caller
// got it; a connection's are in a ring of its own, which ends with its close.
func TestWhatAProgramTells(t *testing.T) {
	area, err := attached()
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Listener(inner)
	said(t, area.Ring(0)) // its start, and a run before
	before := area.Threads()

	one, client := served(t, l)
	io.WriteString(client, "Hello")
	client.CloseWrite()
	buffer := make([]byte, 16)
	if n, err := one.Read(buffer[:5]); string(buffer[:n]) != "Hello" || err != nil {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	if n, err := one.Write([]byte("Hi")); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := one.Read(buffer); n != 0 || err != io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	if err := one.Close(); err != nil {
		t.Error(err)
	}
	if one.Close() == nil {
		t.Error("a second close is none")
	}
	reset, client := served(t, l)
	client.SetLinger(0)
	client.Close()
	if _, err := reset.Read(buffer); err == nil {
		t.Error("a read after a RST")
	}
	reset.Close()
	l.Close()
	if _, err := l.Accept(); err == nil {
		t.Error("an accept after the close")
	}

	fd := func(c net.Conn) string { return strconv.Itoa(c.(*conn).fd) }
	here, a, b := strconv.Itoa(l.(*listener).fd), fd(one), fd(reset)
	for ring, want := range map[int][]string{
		0: {
			"Accept(fd " + here + ", 0)", "Accept = " + a + ` errno 0 ""`,
			"Accept(fd " + here + ", 0)", "Accept = " + b + ` errno 0 ""`,
			"Accept(fd " + here + ", 0)", `Accept = -1 EBADF ""`,
		},
		before: {
			"start",
			"Read(fd " + a + ", 5)", `Read = 5 errno 0 "Hello"`,
			"Write(fd " + a + ", 2)", `Write = 2 errno 0 "Hi"`,
			"Read(fd " + a + ", 16)", `Read = 0 errno 0 ""`,
			"Close(fd " + a + ", 0)", `Close = 0 errno 0 ""`, "exit",
		},
		before + 1: {
			"start", "Read(fd " + b + ", 16)", `Read = -1 ECONNRESET ""`,
			"Close(fd " + b + ", 0)", `Close = 0 errno 0 ""`, "exit",
		},
	} {
		if got := said(t, area.Ring(ring)); !slices.Equal(got, want) {
			t.Errorf("ring %d tells\n%q, want\n%q", ring, got, want)
		}
	}
}
