package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// A program on package net: its goroutine tells of a Read that waits, beneath which a
// thread asks twice and epoll_wait waits in between.
func toldRead(again bool) *Run {
	const thread = trace.KernelThread
	s := playtest.New(1)
	s.Header.Procs[0].Tracer = trace.StraceTracer
	s.Listen()
	s.Connect(1, true) // the server's fd 4
	s.Enter(0, trace.NetRead, 4, trace.Event{Thread: 1, Size: 1024})
	if again {
		s.Enter(0, trace.Read, 4, trace.Event{Thread: thread})
		s.Return(0, trace.Event{Thread: thread, Errno: trace.EAGAIN})
	}
	s.Enter(0, trace.EpollWait, 5, trace.Event{Thread: thread, Timeout: trace.Untold, Sets: &trace.Sets{Read: []int{3, 4}}})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("hello")})
	s.Return(1, trace.Event{Result: 5})
	s.Return(0, trace.Event{Thread: thread, Result: 1, Timeout: trace.Forever, Sets: &trace.Sets{Read: []int{4}}})
	s.Events[len(s.Events)-1].Sleep = trace.SleepUnknown
	s.Enter(0, trace.Read, 4, trace.Event{Thread: thread})
	s.Return(0, trace.Event{Thread: thread, Result: 5, Data: []byte("hello")})
	s.Return(0, trace.Event{Thread: 1, Result: 5, Data: []byte("hello")})
	r := NewRun(s.Header)
	r.Add(s.Events)
	return r
}

func TestAReadIsAnsweredByTheKernel(t *testing.T) {
	r := toldRead(true)
	last := r.Len() - 1
	if w := r.WakeOf(last); w == nil || r.Gist(w.Cause).Call != trace.Read || r.Gist(w.Cause).Errno != 0 {
		t.Errorf("Read was answered by %+v", w)
	}
	if len(r.Conns) != 1 || len(r.Conns[0].Flows[0].Recvs) != 1 {
		t.Errorf("the bytes that the program tells of are counted again: %+v", r.Conns)
	}
	got := said(r.Why(last, last+1))
	for _, want := range []string{
		"goroutine 2 of the server called Read(4), which returned 5",
		"inferred: thread 1 of the server asked again: read(4), which had returned EAGAIN before, had it now",
		"thread 1 of the server called epoll_wait(5), which returned 1",
		"inferred: client 1's send(3) brought 5 bytes meanwhile",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told %q, but\n%s", want, got)
		}
	}
	if strings.Contains(got, "slept") {
		t.Errorf("nobody knows that anything slept:\n%s", got)
	}
}

func TestAReadThatHadItsBytesWaitedForNobody(t *testing.T) {
	r := toldRead(false)
	if w := r.WakeOf(r.Len() - 1); w != nil {
		t.Errorf("%+v", w)
	}
}
