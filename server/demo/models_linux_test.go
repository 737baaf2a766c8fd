package demo_test

import (
	"io"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// An edge-triggered server is told once. Right, it reads all of a message, in
// as many pieces as it takes; with the bug it leaves the rest to a kernel that
// says no more until more comes.
func TestEdgeIsToldOnce(t *testing.T) {
	for _, bug := range []string{"false", "true"} {
		t.Run("bug="+bug, func(t *testing.T) {
			t.Parallel()
			addr := freePort(t)
			p := start(t, job{Program: "edge", Addr: addr, Sample: true,
				Settings: map[string]string{"timeout": "0s", "size": "4", "bug": bug}}).listening()
			conn := dial(t, addr)
			waits := func() bool {
				last := &p.events[len(p.events)-1]
				return last.Kind == trace.Enter && last.Call == trace.EpollWait
			}
			p.await("the first EAGAIN: it was told of EPOLLOUT", func() bool {
				return waits() && p.events[len(p.events)-2].Errno == trace.EAGAIN
			})
			const message = "Hello, world"
			if _, err := io.WriteString(conn, message); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(message))
			if bug == "false" {
				if _, err := io.ReadFull(conn, got); err != nil || string(got) != message {
					t.Fatalf("%q, %v", got, err)
				}
				p.await("EAGAIN", func() bool { return waits() && p.events[len(p.events)-2].Errno == trace.EAGAIN })
				return
			}
			left := func(n int) func() bool {
				return func() bool {
					if q := p.events[len(p.events)-1].Queues; waits() && p.events[len(p.events)-3].Call == trace.Send {
						return len(q) == 2 && q[1].Recv == n
					}
					return false
				}
			}
			if _, err := io.ReadFull(conn, got[:4]); err != nil || string(got[:4]) != message[:4] {
				t.Fatalf("%q, %v", got[:4], err)
			}
			p.await("sleep beside 8 bytes", left(8))
			// One more byte is news: the server reads once more, and no further.
			if _, err := conn.Write([]byte("!")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, got[4:8]); err != nil || string(got[4:8]) != message[4:8] {
				t.Fatalf("%q, %v", got[4:8], err)
			}
			p.await("sleep beside 5 bytes", left(5))
		})
	}
}

// Each of the four ways to wait shows its own calls while the client is late,
// and gets the message when it comes.
func TestTimeoutsWaitInFourWays(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, "timeouts", 0, map[string]string{"timeout": "1ms"})
	conn := dial(t, addr)
	// since counts the calls that have come back from event n on, and are like it.
	since := func(n int, like func(e *trace.Event) bool) (count int) {
		for i := n; i < len(p.events); i++ {
			if e := &p.events[i]; e.Kind == trace.Return && like(e) {
				count++
			}
		}
		return count
	}
	again := func(sleep trace.Sleep) func(*trace.Event) bool {
		return func(e *trace.Event) bool {
			return e.Call == trace.Recv && e.Errno == trace.EAGAIN && e.Sleep == sleep
		}
	}
	from := 0
	for _, way := range []struct {
		what string
		seen func() bool
	}{
		{"blocked recv", func() bool {
			e := &p.events[len(p.events)-1]
			return e.Kind == trace.Enter && e.Call == trace.Recv
		}},
		{"three EAGAIN without sleep", func() bool { return since(from, again(trace.Awake)) >= 3 }},
		{"three EAGAIN after sleep", func() bool { return since(from, again(trace.Slept)) >= 3 }},
		{"three selects that ran out of time", func() bool {
			return since(from, func(e *trace.Event) bool { return e.Call == trace.Select && e.Result == 0 }) >= 3
		}},
	} {
		p.await(way.what, way.seen)
		from = len(p.events)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatalf("%s: %v", way.what, err)
		}
	}
	p.wait()
	if got := p.output.String(); !strings.Contains(got, "recv: not yet\n") || !strings.Contains(got, "select: not yet\n") {
		t.Errorf("it printed %q", got)
	}
}

// A connect that fails later is found out by SO_ERROR.
func TestManyIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t, job{Program: "many", Addr: freePort(t), Settings: map[string]string{"connections": "2"}})
	p.wait()
	if got, want := p.output.String(), strings.Repeat("ECONNREFUSED (Connection refused)\n", 2); got != want {
		t.Errorf("it printed %q, not %q", got, want)
	}
	told := 0
	for _, c := range p.calls() {
		switch {
		case c.enter.Call == trace.Connect && c.ret.Errno != trace.EINPROGRESS:
			t.Errorf("connect returned %v", c.ret.Errno)
		case c.enter.Call == trace.Getsockopt && trace.Errno(c.ret.Args[2]) == trace.ECONNREFUSED:
			told++
		}
	}
	if told != 2 {
		t.Errorf("SO_ERROR told of %d refusals, want 2", told)
	}
}
