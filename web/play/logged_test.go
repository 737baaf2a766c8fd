package play

import (
	"testing"

	"sockscope/server/trace"
)

// A file from outside may have returns without their calls.
func TestALogWithoutItsCalls(t *testing.T) {
	r := NewRun(&trace.Header{Version: trace.Version, Lab: trace.LogLab, Procs: []trace.Proc{
		{Name: "server", Role: trace.RoleServer, Tracer: trace.StraceLog}, {Name: "client", Role: trace.RoleClient, Tracer: trace.StraceLog},
	}})
	const addr = "127.0.0.1:4000"
	named := []trace.Queue{{FD: 3, Local: addr, Only: trace.NoQ}}
	r.Add([]trace.Event{
		{Kind: trace.Enter, Proc: 1, Call: trace.Connect, FD: 3, Addr: "127.0.0.1:80"},
		{Kind: trace.Return, Proc: 0, Call: trace.Accept, FD: 3, Result: 4, Addr: addr},
		{Kind: trace.Return, Proc: 1, Call: trace.Connect, FD: 3, Addr: "127.0.0.1:80", Queues: named},
		{Kind: trace.Return, Proc: 0, Call: trace.Recv, FD: 4, Result: 2, Data: []byte("hi")},
	})
	if len(r.Conns) != 1 || len(r.Wakes) != 0 {
		t.Errorf("%d connections, wakes %v", len(r.Conns), r.Wakes)
	}
}
