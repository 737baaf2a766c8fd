package visit

import (
	"slices"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// chosen opens a recording and returns the index in Run.Calls of its first call
// that fits.
func chosen(t *testing.T, name string, fits func(in, out *trace.Event) bool) (*Run, int) {
	t.Helper()
	s := recorded(t, name)
	run := s.Player.Run
	for i := range run.Calls {
		if c := &run.Calls[i]; c.Return >= 0 && fits(run.Step(c.Enter), run.Step(c.Return)) {
			return s, i
		}
	}
	t.Fatal("no call fits")
	return nil, 0
}

// The chain of a call that was picked is told to its end, wherever the learner
// is, and stays while its links are visited.
func TestThePickedChainStays(t *testing.T) {
	s, call := chosen(t, "iterative", func(in, out *trace.Event) bool {
		return in.Proc == 0 && in.Call == trace.Recv && out.Sleep == trace.Slept
	})
	run := s.Player.Run
	c := run.Calls[call]
	s.Seek(c.Enter + 1) // inside of it
	s.Pick(call)
	s.Show(Why)
	w := s.Chain()
	ends := slices.IndexFunc(w.Links, func(l play.Link) bool { return l.Ends == c.Return })
	if ends < 0 || len(w.arrows) == 0 || w.arrows[0].Effect != c.Return {
		t.Fatalf("the chain does not tell what ended it: %+v", w.Links)
	}
	cause := w.Links[ends].Step
	s.Visit(cause)
	if s.Pos() != cause+1 || run.Lanes[s.Lane].Proc != run.Gist(cause).Proc {
		t.Errorf("the visit leads to %d, lane %d", s.Pos(), s.Lane)
	}
	if again := s.Chain(); again.of.call != call {
		t.Errorf("the chain is that of call %d now, not of %d", again.of.call, call)
	}
	s.PickLane(0)
	if s.picked != 0 {
		t.Error("another lane is selected, and the chain stays")
	}
}

// While a question is open, a chain tells nothing of what comes.
func TestAChainGivesNothingAway(t *testing.T) {
	s, call := chosen(t, "iterative", func(in, out *trace.Event) bool {
		return in.Proc == 0 && in.Call == trace.Recv && out.Sleep == trace.Slept
	})
	s.Quiz.Switch(true)
	for _, q := range s.Quiz.Questions() {
		s.Player.Seek(q.At)
		if s.Question() == nil {
			t.Fatalf("nothing is asked at %d", q.At)
		}
		s.picked = call + 1
		for _, l := range s.Chain().Links {
			if l.Step >= q.At {
				t.Errorf("at %d: %q is about step %d", q.At, l.Text, l.Step)
			}
		}
	}
}

// From a send to the recv that got its bytes, and back.
func TestAcrossAndBack(t *testing.T) {
	s, call := chosen(t, "iterative", func(in, out *trace.Event) bool {
		return in.Proc == 1 && in.Call == trace.Send
	})
	run := s.Player.Run
	s.GoTo(run.Calls[call].Return)
	if s.Pos() != run.Calls[call].Return+1 || s.picked != call+1 {
		t.Fatalf("at %d, call %d picked", s.Pos(), s.picked-1)
	}
	if !s.Cross() {
		t.Fatal("the send leads nowhere")
	}
	at := run.CallAt(s.Pos() - 1)
	if e := run.Step(s.Pos() - 1); e.Proc != 0 || e.Call != trace.Recv {
		t.Errorf("it leads to %v of process %d", e.Call, e.Proc)
	}
	m := s.Followed(s.flow)
	if m.Step != at.Return || m.Len != run.Step(at.Return).Result {
		t.Errorf("%d bytes of step %d are marked", m.Len, m.Step)
	}
	if !s.Cross() || s.picked != call+1 {
		t.Errorf("and back to call %d, not to %d", s.picked-1, call)
	}
}
