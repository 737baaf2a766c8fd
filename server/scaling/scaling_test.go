package scaling

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"sockscope/server/socket"
	"sockscope/server/trace"
)

// free returns an address of this machine that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// measure runs both sides in this process.
func measure(t *testing.T, plan Plan) (points []*trace.Point) {
	t.Helper()
	addr := free(t)
	crowd := make(chan error, 1)
	err := socket.Run(func() {
		err := Serve(addr, plan, func(p *trace.Point) {
			if len(points) == 0 { // it listens
				go func() {
					crowd <- Crowd(addr, plan.Payload)
				}()
			}
			points = append(points, p)
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-crowd; err != nil {
		t.Errorf("the clients: %v", err)
	}
	return points
}

// A system that doesn't allow so many fds is asked, and what it says is told.
func TestTooManyFilesAreSaidSo(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 300, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	measured, refused := 0, 0
	for _, p := range measure(t, Plan{Largest: 300, Repeats: 1, Messages: 10, Payload: 1024}) {
		switch {
		case p.Messages > 0:
			measured++
		case p.Why != "":
			refused++
			if p.Idle != 300 || !strings.Contains(p.Why, "316 fds") || !strings.Contains(p.Why, "allows 300 (RLIMIT_NOFILE)") {
				t.Errorf("%+v", p)
			}
		}
	}
	if measured != 9 || refused != 3 {
		t.Errorf("%d measured, %d refused", measured, refused)
	}
}

func TestWhatIsShownIsWhatRuns(t *testing.T) {
	for _, name := range Files {
		onDisk, err := os.ReadFile(name)
		if err != nil || Source(name) != string(onDisk) {
			t.Errorf("%s: %v", name, err)
		}
		for i, line := range strings.Split(Source(name), "\n") {
			if n := len(strings.ReplaceAll(line, "\t", "   ")); n > 100 {
				t.Errorf("%s:%d has %d columns", name, i+1, n)
			}
		}
	}
	if Source("doc.go") != "" {
		t.Error("a source that isn't shown")
	}
}

// A server without a crowd, and a crowd without a server, end with an error.
func TestTheOtherSideGone(t *testing.T) {
	var errno socket.Errno
	if err := Crowd(free(t), 1); !errors.As(err, &errno) || errno != socket.ECONNREFUSED {
		t.Errorf("nobody listens: %v", err)
	}
	addr := free(t)
	err := Serve(addr, Plan{Largest: 10, Repeats: 1, Messages: 1, Payload: 1}, func(*trace.Point) {
		go func() {
			for range 2 {
				if conn, err := net.Dial("tcp", addr); err == nil {
					conn.Close()
				}
			}
		}()
	})
	if err == nil {
		t.Error("clients that go away are no error")
	}
}
