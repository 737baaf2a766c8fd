package visit

import (
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// What a page has left behind ends on the server before anything else shows: until
// then nothing of it reaches the page that comes.
func TestWhatWasLeftDoesNotShow(t *testing.T) {
	modes := map[string]func(*Relay) Mode{
		"select":       func(r *Relay) Mode { return &Run{Desk: Desk{Relay: r}} },
		"compare":      func(r *Relay) Mode { return &Comparison{Desk: Desk{Relay: r}} },
		"scaling":      func(r *Relay) Mode { return &Measurement{Run: Run{Desk: Desk{Relay: r}}} },
		"standing:mux": func(r *Relay) Mode { return &Watch{Desk: Desk{Relay: r}} },
	}
	for id, mode := range modes {
		left, asked := sitting(t)
		Hear(left, hello())
		left.Start()
		script := echoed()
		Hear(left, say(trace.Message{Header: script.Header}))
		Leave(left)
		if last := (*asked)[len(*asked)-1]; last.Op != trace.OpStop {
			t.Fatalf("the run was left, and the server is asked to %s", last.Op)
		}
		l, err := lab.Page(id)
		if err != nil {
			t.Fatal(err)
		}
		m := mode(left.Relay)
		v, _ := ReadLink(l, "")
		m.Open(l, v)
		Hear(m, say(trace.Message{Header: script.Header}))
		Hear(m, say(trace.Message{Events: script.Events}))
		if m.At().Player != nil || m.Base().Busy() {
			t.Errorf("%s shows what was left", id)
		}
		Hear(m, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		if m.At().Player != nil || m.Trouble() != "" {
			t.Errorf("%s shows the end of what was left: %q", id, m.Trouble())
		}
		m.Start()
		if !m.Base().Busy() {
			t.Errorf("%s can't start after that", id)
		}
	}
}

// The call that was picked in one comparison is no call of the next.
func TestWhatWasPickedIsForgotten(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=1")
	s.Start()
	answers(s, "iterative", []int{1, 2}, done)
	answers(s, "select", []int{2, 1}, done)
	s.Pick(len(s.Player.Run.Calls) - 1)
	s.Show(Why)
	if s.Chain() == nil {
		t.Fatal("there is nothing to tell")
	}
	s.Start()
	answers(s, "iterative", []int{1}, nil)
	if s.Chain(); s.Picked() != "" {
		t.Errorf("%s is picked", s.Picked())
	}
}
