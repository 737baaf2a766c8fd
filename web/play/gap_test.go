package play

import (
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// A lane is in a gap from behind its last event to its next; who is in a call
// stays there until the gap.
func TestGapsOfALane(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	before := len(s.Events)
	s.Do(1, trace.Getsockopt, 3, 0)
	s.Gap(0, 7) // step before+2
	s.Do(1, trace.Getsockopt, 3, 0)
	s.Do(0, trace.Getsockopt, 3, 0)
	s.Enter(0, trace.Recv, 4, trace.Event{})
	open := len(s.Events)
	s.Do(1, trace.Getsockopt, 3, 0)
	s.Gap(0, 0)
	r := NewRun(s.Header)
	r.Add(s.Events)
	server := &r.Lanes[0]
	last := 0
	for i, e := range s.Events[:before] {
		if e.Proc == 0 {
			last = i
		}
	}
	for n := 0; n <= len(s.Events); n++ {
		var want int64 = -1
		switch {
		case n > last+1 && n <= before+5:
			want = 7
		case n > open+2:
			want = 0
		}
		got := int64(-1)
		if g := server.GapAt(n); g != nil {
			got = g.Calls
		}
		if got != want {
			t.Errorf("after %d of %d steps it is in a gap of %d, want %d", n, len(s.Events), got, want)
		}
	}
	if len(r.Lanes[1].Gaps) != 0 {
		t.Error("the client has a gap too")
	}
	for _, c := range []struct {
		calls int64
		want  string
	}{{0, "the end of this call was not recorded"}, {1, "1 call was not recorded here"}, {1234, "1,234 calls were not recorded here"}} {
		if got := (&Gap{Calls: c.calls}).Missing(); got != c.want {
			t.Errorf("%d: %q", c.calls, got)
		}
	}
}
