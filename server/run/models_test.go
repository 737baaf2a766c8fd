package run

import (
	"strings"
	"testing"

	"sockscope/server/trace"
)

// With the bug of edge-triggered programs, bytes lie in Recv-Q while the server
// sleeps in epoll_wait with that very socket on its list, until its timeout.
func TestEdgeBugStalls(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "edge", Knobs: map[string]string{"reads": "once", "clients": "1", "timeout": "1s"}})
	r := v.run()
	checkTrace(t, r)
	if r.end.Reason != trace.EndDone {
		t.Fatalf("%+v", r.end)
	}
	stalled := false
	for i := range r.events {
		e := &r.events[i]
		if e.Kind != trace.Return || e.Call != trace.EpollWait || e.Result != 0 {
			continue
		}
		for _, q := range e.Queues {
			stalled = stalled || q.Recv == len("This is the message")-16
		}
	}
	if !stalled {
		t.Error("no epoll_wait ran out of time beside the bytes that were left")
	}
	if got := r.output(1); !strings.HasPrefix(got, "ECONNRESET") {
		t.Errorf("the client printed %q", got)
	}
}

// The interest list of an epoll_wait is what was registered, and no more.
func TestEpollWaitShowsTheInterest(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "epoll", Knobs: map[string]string{"timeout": "1s"}})
	r := v.run()
	checkTrace(t, r)
	listed := map[int]bool{}
	waits := 0
	for i := range r.events {
		e := &r.events[i]
		switch {
		case e.Kind == trace.Return && e.Call == trace.EpollCtl && e.Errno == 0:
			if op, fd := e.Args[0], int(e.Args[1]); op == 1 {
				listed[fd] = true
			}
		case e.Kind == trace.Return && e.Call == trace.Close && e.Proc == 0:
			delete(listed, e.FD)
		case e.Kind == trace.Enter && e.Call == trace.EpollWait:
			waits++
			if len(e.Sets.Read) != len(listed) || len(e.Sets.Write) != 0 {
				t.Fatalf("the list is %v, of fds %v", e.Sets, listed)
			}
			for _, fd := range e.Sets.Read {
				if !listed[fd] {
					t.Fatalf("fd %d is on no list", fd)
				}
			}
		}
	}
	if waits < 10 || len(listed) != 1 {
		t.Errorf("%d waits, and at the end %v is listed", waits, listed)
	}
}

// Each client has a thread that sleeps for it alone.
func TestEachClientHasItsThread(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "threads"})
	r := v.run()
	checkTrace(t, r)
	fds, exited := map[int]int{}, 0
	for i := range r.events {
		e := &r.events[i]
		if e.Proc != 0 {
			continue
		}
		if e.Kind == trace.Return && e.Call == trace.Recv {
			if fd, ok := fds[e.Thread]; ok && fd != e.FD || e.Thread == 0 {
				t.Errorf("thread %d receives from fd %d", e.Thread, e.FD)
			}
			fds[e.Thread] = e.FD
		}
		if e.Kind == trace.Exit && e.Thread != 0 {
			exited++
		}
	}
	if len(fds) != 4 || exited != 4 {
		t.Errorf("%d threads received, %d ended, for 4 clients", len(fds), exited)
	}
}

// Clients of both ports are served, each by a connection of the port it asked for.
func TestTwoPortsServeBoth(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "two-ports", Knobs: map[string]string{"timeout": "1s"}})
	r := v.run()
	checkTrace(t, r)
	listeners, accepted := map[int]string{}, map[string]int{}
	for i := range r.events {
		e := &r.events[i]
		if e.Proc != 0 || e.Kind != trace.Return || e.Errno != 0 {
			continue
		}
		switch e.Call {
		case trace.Bind:
			listeners[e.FD] = e.Addr
		case trace.Accept:
			accepted[listeners[e.FD]]++
		}
	}
	if len(listeners) != 2 || len(accepted) != 2 {
		t.Fatalf("listeners %v, accepted %v", listeners, accepted)
	}
	for addr, n := range accepted {
		if n != 2 {
			t.Errorf("%d clients at %s, want 2", n, addr)
		}
	}
}

// Each connection begins with a connect that doesn't wait, is asked how that
// ended, and gets back what it sends.
func TestManyConnectionsInOneThread(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "selectors", Knobs: map[string]string{"timeout": "1s"}})
	r := v.run()
	checkTrace(t, r)
	type conn struct {
		asked     bool
		out, back string
	}
	conns := map[int]*conn{}
	var open string // data of the send under way
	for i := range r.events {
		e := &r.events[i]
		if e.Proc != 1 || e.Call == trace.CallNone {
			continue
		}
		c := conns[e.FD]
		switch {
		case e.Kind == trace.Enter && e.Call == trace.Send:
			open = string(e.Data)
		case e.Kind != trace.Return:
		case e.Call == trace.Connect:
			conns[e.FD] = new(conn)
			if e.Errno != trace.EINPROGRESS || len(e.Queues) != 1 || e.Queues[0].Local == "" {
				t.Errorf("connect returned %v, sampled %+v", e.Errno, e.Queues)
			}
		case e.Call == trace.Getsockopt:
			c.asked = e.Args[2] == 0
		case e.Call == trace.Send:
			if !c.asked {
				t.Error("a send before anybody asked how the connect ended")
			}
			c.out += open[:e.Result]
		case e.Call == trace.Recv:
			c.back += string(e.Data)
		case e.Sleep == trace.Slept && e.Call != trace.Poll:
			t.Errorf("it slept in %v", e.Call)
		}
	}
	if len(conns) != 4 {
		t.Errorf("%d connections, want 4", len(conns))
	}
	for fd, c := range conns {
		if want := "This is the messageIt will be sent"; c.out != want || c.back != want {
			t.Errorf("fd %d sent %q and received %q", fd, c.out, c.back)
		}
	}
}
