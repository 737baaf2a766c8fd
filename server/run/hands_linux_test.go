package run

import (
	"testing"

	"sockscope/server/trace"
)

// By hand a learner sends datagrams, gets the answers, and hears by ICMP that nobody has
// the port any more.
func TestHandsDriveUDP(t *testing.T) {
	s := startTest(t, Config{})
	h := &hand{dial(t, s), new(result)}
	h.viewer.send(&trace.Request{Op: trace.OpRun, Lab: "udp", Knobs: map[string]string{"client": "you"}})
	h.wait("the agent's start", func(e *trace.Event) bool { return e.Proc == 1 && e.Kind == trace.Start })
	h.returns(trace.Act{Call: trace.Socket}, 1)
	if e := h.returns(trace.Act{Call: trace.Sendto, Data: []byte("Hello, world")}, 1); e.Result != 12 {
		t.Errorf("sendto returned %+v", e)
	}
	if e := h.returns(trace.Act{Call: trace.Recvfrom, Size: 5}, 1); string(e.Data) != "Hello" || e.Result != 12 || e.Addr == "" {
		t.Errorf("recvfrom returned %+v", e)
	}
	h.returns(trace.Act{Call: trace.Connect}, 1)
	h.returns(trace.Act{Call: trace.Sendto, Data: []byte("exit")}, 2)
	h.wait("the server's close", func(e *trace.Event) bool { return e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Close })
	h.returns(trace.Act{Call: trace.Send, Data: []byte("anybody?")}, 1)
	if e := h.returns(trace.Act{Call: trace.Recv, Size: 1024}, 1); e.Errno != trace.ECONNREFUSED {
		t.Errorf("recv returned %+v", e)
	}
	h.viewer.send(&trace.Request{Op: trace.OpStop})
	h.until(h.result, func() bool { return h.end != nil })
	for _, text := range wrong(h.result) {
		t.Error(text)
	}
}
