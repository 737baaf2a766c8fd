package run

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/server/agent"
	"sockscope/server/trace"
)

// hand drives the agent of a run.
type hand struct {
	*viewer
	*result
}

// handed starts the echo lab with the test as its client.
func handed(t testing.TB, s *Server) *hand {
	t.Helper()
	h := &hand{dial(t, s), new(result)}
	h.viewer.send(&trace.Request{Op: trace.OpRun, Lab: "echo"})
	h.wait("the agent's start", func(e *trace.Event) bool { return e.Proc == 1 && e.Kind == trace.Start })
	return h
}

// wait reads until an event is there that it has not been waiting for before.
func (h *hand) wait(what string, is func(*trace.Event) bool) *trace.Event {
	h.t.Helper()
	next := 0
	var found *trace.Event
	h.until(h.result, func() bool {
		for ; next < len(h.events) && found == nil; next++ {
			if is(&h.events[next]) {
				found = &h.events[next]
			}
		}
		return found != nil
	})
	if found == nil {
		h.t.Fatalf("the run ended before %s: %+v", what, h.end)
	}
	return found
}

func (h *hand) act(a trace.Act) { h.viewer.send(&trace.Request{Op: trace.OpAct, Act: &a}) }

// returns makes the agent's call and waits for its nth return in the run.
func (h *hand) returns(a trace.Act, nth int) *trace.Event {
	h.t.Helper()
	h.act(a)
	seen := 0
	return h.wait(a.Call.String(), func(e *trace.Event) bool {
		if e.Proc == 1 && e.Kind == trace.Return && e.Call == a.Call {
			seen++
		}
		return seen == nth
	})
}

// refused waits for the next error message.
func (h *hand) refused() string {
	h.t.Helper()
	n := len(h.errors)
	h.until(h.result, func() bool { return len(h.errors) > n })
	if len(h.errors) == n {
		h.t.Fatalf("the run ended: %+v", h.end)
	}
	return h.errors[n]
}

func TestAgentMakesTheCalls(t *testing.T) {
	h := handed(t, startTest(t, Config{}))

	h.act(trace.Act{Call: trace.Send, Data: []byte("x")})
	if text := h.refused(); !strings.Contains(text, "needs a socket") {
		t.Errorf("a send without a socket: %q", text)
	}
	if e := h.returns(trace.Act{Call: trace.Socket}, 1); e.Result != 3 {
		t.Errorf("the first socket is fd %d", e.Result)
	}
	h.act(trace.Act{Call: trace.Socket})
	if text := h.refused(); !strings.Contains(text, "close it") {
		t.Errorf("a second socket: %q", text)
	}
	if e := h.returns(trace.Act{Call: trace.Recv, Size: 10}, 1); e.Errno != trace.ENOTCONN {
		t.Errorf("a recv before connect: %v", e.Errno)
	}
	if e := h.returns(trace.Act{Call: trace.Send, Data: []byte("x")}, 1); e.Errno != trace.EPIPE && e.Errno != trace.ENOTCONN {
		t.Errorf("a send before connect: %v", e.Errno)
	}
	if e := h.returns(trace.Act{Call: trace.Connect}, 1); e.Errno != 0 {
		t.Errorf("connect: %v", e.Errno)
	}
	h.returns(trace.Act{Call: trace.Send, Data: []byte("Hello, world")}, 2)
	if e := h.returns(trace.Act{Call: trace.Recv, Size: 1024}, 2); string(e.Data) != "Hello, world" {
		t.Errorf("the echo is %q", e.Data)
	}

	// A send in pieces is a call for each.
	if e := h.returns(trace.Act{Call: trace.Send, Data: []byte("Hello, world"), Size: 5}, 5); e.Result != 2 {
		t.Errorf("the last of three pieces has %d bytes", e.Result)
	}
	recvs := 2
	for received := int64(0); received < 12; {
		recvs++
		received += h.returns(trace.Act{Call: trace.Recv, Size: 1024}, recvs).Result
	}

	// A recv that nothing answers sleeps; what comes behind it waits, so many.
	h.act(trace.Act{Call: trace.Recv, Size: 1024})
	enters := 0
	h.wait("one more recv", func(e *trace.Event) bool {
		if e.Proc == 1 && e.Kind == trace.Enter && e.Call == trace.Recv {
			enters++
		}
		return enters == recvs+1
	})
	for range agent.MaxWaiting + 1 {
		h.act(trace.Act{Call: trace.Recv, Size: 1024})
	}
	if text := h.refused(); !strings.Contains(text, "wait already") {
		t.Errorf("one act too many: %q", text)
	}
	h.viewer.send(&trace.Request{Op: trace.OpStop})
	h.until(h.result, func() bool { return false })
	if h.end.Reason != trace.EndStopped {
		t.Errorf("%+v", h.end)
	}
	checkTrace(t, h.result)
}

func TestAgentHalfCloses(t *testing.T) {
	for _, share := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %v", share), func(t *testing.T) { agentHalfCloses(t, startTest(t, Config{Shared: share})) })
	}
}

func agentHalfCloses(t *testing.T, s *Server) {
	h := handed(t, s)
	h.returns(trace.Act{Call: trace.Socket}, 1)
	h.returns(trace.Act{Call: trace.Connect}, 1)
	h.returns(trace.Act{Call: trace.Send, Data: []byte("last")}, 1)
	h.returns(trace.Act{Call: trace.Shutdown, How: 1}, 1)
	if e := h.returns(trace.Act{Call: trace.Recv, Size: 1024}, 1); string(e.Data) != "last" {
		t.Errorf("the echo is %q", e.Data)
	}
	if e := h.returns(trace.Act{Call: trace.Recv, Size: 1024}, 2); e.Result != 0 || e.Errno != 0 {
		t.Errorf("after the echo: %d, %v", e.Result, e.Errno)
	}
	h.returns(trace.Act{Call: trace.Close}, 1)
	if e := h.returns(trace.Act{Call: trace.Socket}, 2); e.Result != 3 {
		t.Errorf("the next socket is fd %d", e.Result)
	}
}

func TestActsThatAreNone(t *testing.T) {
	h := handed(t, startTest(t, Config{}))
	for _, a := range []trace.Act{
		{Call: trace.Accept},
		{Call: trace.Recv},
		{Call: trace.Recv, Size: agent.MaxRecv + 1},
		{Call: trace.Shutdown, How: 3},
		{Call: trace.Send, Size: -1},
		{},
	} {
		h.act(a)
		if text := h.refused(); text == "" {
			t.Errorf("%+v: an error without a text", a)
		}
	}
	h.viewer.send(&trace.Request{Op: trace.OpAct})
	if text := h.refused(); !strings.Contains(text, "names no call") {
		t.Errorf("no act at all: %q", text)
	}
}
