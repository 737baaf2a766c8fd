package run

import (
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// A message that its connection's buffers can't hold, nor the server in its hands,
// has the server wait for room, and the client for the server: until it gives up.
func TestKernelBuffers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("runs share this machine's loopback, and so its buffers")
	}
	v := dial(t, s)
	for size, finishes := range map[string]bool{"4096": true, "16384": false} {
		v.send(&trace.Request{Op: trace.OpRun, Lab: "epoll", Knobs: map[string]string{
			"bytes": size, lab.Buffers: "4096", "clients": "1", "messages": "1", "size": "1024"}})
		r := v.run()
		for _, text := range wrong(r) {
			t.Errorf("%s bytes: %s", size, text)
		}
		full, room, back := false, false, 0
		for _, e := range r.events {
			switch {
			case e.Kind == trace.Enter && e.Call == trace.EpollCtl && len(e.Args) > 2 && e.Args[0] == 3 && e.Args[2] == 4:
				room = true // EPOLL_CTL_MOD, EPOLLOUT
			case e.Kind == trace.Return && e.Call == trace.Send && e.Proc == 0:
				full = full || e.Errno == trace.EAGAIN
			case e.Kind == trace.Return && e.Call == trace.Recv && e.Proc == 1:
				back += max(int(e.Result), 0)
			}
		}
		if full == finishes || room == finishes || (back == 4096) != finishes || r.end.Reason != trace.EndDone || !strings.Contains(r.output(0), "Time out!") {
			t.Errorf("%s bytes: full %v, waits for room %v, %d bytes come back, %+v", size, full, room, back, r.end)
		}
	}

	// As the labs' texts say: with all else at its default, a server that reads
	// only when all is sent gets stuck with clients that do the same.
	for id, finishes := range map[string]bool{"select": true, "poll": false, "epoll": false, "edge": false} {
		v.send(&trace.Request{Op: trace.OpRun, Lab: id, Knobs: map[string]string{"bytes": "12288", lab.Buffers: "4096"}})
		r, sent, back, room := v.run(), 0, 0, false
		for _, e := range r.events {
			switch {
			case e.Kind == trace.Return && e.Call == trace.Send && e.Proc > 0:
				sent += max(int(e.Result), 0)
			case e.Kind == trace.Return && e.Call == trace.Recv && e.Proc > 0:
				back += max(int(e.Result), 0)
			case e.Kind == trace.Enter && e.Call == trace.EpollCtl && len(e.Args) > 2 && e.Args[0] == 3 && e.Args[2] == 4:
				room = true
			}
		}
		if finishes != (back > 0 && back == sent) || room != (id == "epoll") || r.end.Reason != trace.EndDone {
			t.Errorf("%s: %d bytes sent, %d came back, waits for room %v, %+v", id, sent, back, room, r.end)
		}
	}

	shared := dial(t, startTest(t, Config{Shared: true}))
	shared.send(&trace.Request{Op: trace.OpRun, Lab: "epoll", Knobs: map[string]string{lab.Buffers: "4096"}})
	if r := shared.run(); r.end.Reason != trace.EndFailed || !strings.Contains(r.end.Message, "a network namespace of the run's own") {
		t.Errorf("on a shared loopback: %+v", r.end)
	}
}
