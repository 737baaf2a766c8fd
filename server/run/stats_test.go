package run

import (
	"testing"

	"sockscope/server/trace"
)

func TestStats(t *testing.T) {
	s := startTest(t, Config{Warm: 1, Runs: 1})
	v, w := dial(t, s), dial(t, s)
	slow := trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "20s"}}
	v.send(&slow)
	for v.next().Header == nil {
	}
	w.send(&slow)
	for w.next().Queued == nil {
	}
	if st := s.Stats(); st != (Stats{Viewers: 2, Running: 1, Queued: 1, Runs: 1}) {
		t.Errorf("with a run and one that waits: %+v", st)
	}
	v.send(&trace.Request{Op: trace.OpStop})
	v.run()
	w.send(&trace.Request{Op: trace.OpStop})
	w.run()
	if st := s.Stats(); st.Running != 0 || st.Queued != 0 || st.Ended == 0 {
		t.Errorf("with nothing to do: %+v", st)
	}
}

func TestNotes(t *testing.T) {
	if notes := startTest(t, Config{Warm: 1, Shared: true}).Notes(); len(notes) == 0 {
		t.Error("without namespaces there is nothing to say")
	}
}
