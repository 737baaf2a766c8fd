package play

import (
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// echoes is a run in which clients get an echo each, in the order given.
func echoes(order ...int) *playtest.Script {
	s := busy(3)
	for _, c := range order {
		s.Echo(c, "This is the message")
	}
	return s
}

// overAt is a run that came to its end.
func overAt(s *playtest.Script) *Run {
	r := load(s)
	r.End = &trace.End{Time: r.Duration() + 1000, Reason: trace.EndDone}
	return r
}

func TestJoinedRunsKeepTheirOwn(t *testing.T) {
	runs := []*Run{overAt(echoes(1, 2, 3)), overAt(echoes(1, 3, 2)), overAt(echoes(1, 2, 3))}
	j := Join(runs)
	procs, last := len(runs[0].Header.Procs), int64(0)
	for i := range j.Run.Len() {
		if e := j.Run.Step(i); e.Time < last {
			t.Fatalf("step %d, at %d ns, comes after one at %d ns", i, e.Time, last)
		}
		last = j.Run.Gist(i).Time
	}
	wakes, conns := 0, 0
	for k, r := range runs {
		if j.Run.Bands[k] != k*procs {
			t.Errorf("run %d begins with process %d", k, j.Run.Bands[k])
		}
		wakes, conns = wakes+len(r.Wakes), conns+len(r.Conns)
		for i := range r.Len() {
			e, o := j.Run.Step(j.Place(k, i)), r.Step(i)
			if e.Proc != o.Proc+k*procs || e.Call != o.Call || e.Kind != o.Kind || e.Time != o.Time {
				t.Fatalf("run %d, step %d: %v became %v", k, i, o, e)
			}
			// What woke a call is the same as in its run alone.
			a, b := r.WakeOf(i), j.Run.WakeOf(j.Place(k, i))
			if (a == nil) != (b == nil) || a != nil && j.Place(k, a.Cause) != b.Cause {
				t.Errorf("run %d, step %d: woken by %v, joined by %v", k, i, a, b)
			}
		}
		// At any time the state is that of the run at that time.
		for n := range j.Run.Len() {
			if n%7 == 0 {
				state, own := j.Run.State(n), r.State(r.StepAt(timeOf(j.Run, n)))
				for p := range min(len(own.Procs), len(state.Procs)-k*procs) {
					if got := state.Procs[k*procs+p].Threads; len(got) > 0 && got[0].Calls > own.Procs[p].Threads[0].Calls {
						t.Fatalf("run %d, process %d has made %d calls of %d at step %d", k, p, got[0].Calls, own.Procs[p].Threads[0].Calls, n)
					}
				}
			}
		}
	}
	if len(j.Run.Wakes) != wakes || len(j.Run.Conns) != conns || j.Run.Len() != runs[0].Len()*3 {
		t.Errorf("%d wakes of %d, %d connections of %d", len(j.Run.Wakes), wakes, len(j.Run.Conns), conns)
	}
	if j.Run.End == nil || j.Run.End.Time < j.Run.Duration() || j.Busy() == 0 || j.Busy() > j.Run.Duration() {
		t.Errorf("end %+v, busy up to %d", j.Run.End, j.Busy())
	}
}

func timeOf(r *Run, n int) int64 {
	if n == 0 {
		return 0
	}
	return r.Gist(n - 1).Time
}

func TestWhereRunsPart(t *testing.T) {
	same := overAt(echoes(1, 2, 3))
	part := func(runs ...*Run) (*Parting, bool) {
		heard := make([][]*Heard, len(runs))
		for k, r := range runs {
			heard[k] = hear(r)
		}
		return Join(runs).Part(heard)
	}
	if p, alike := part(same, overAt(echoes(1, 2, 3))); p != nil || !alike {
		t.Errorf("two runs alike part: %+v", p)
	}
	later, sooner := overAt(echoes(1, 2, 3, 1)), overAt(echoes(2, 1, 3))
	p, alike := part(same, later, sooner)
	if p == nil || p.A != 0 || p.B != 2 || alike {
		t.Fatalf("%+v, want the run that parts first", p)
	}
	// Each of the two places is the step in its own run.
	j := Join([]*Run{same, later, sooner})
	for step, want := range map[int]struct {
		own  *Run
		proc int
	}{p.StepA: {same, 1}, p.StepB: {sooner, 10}} {
		e := j.Run.Step(step)
		if e.Proc != want.proc || e.Call != trace.Recv || e.Kind != trace.Return {
			t.Errorf("marked is %v of process %d, want the recv of %d", e, e.Proc, want.proc)
		}
	}
	// Further runs of a server, that aren't joined, take part.
	j = Join([]*Run{same, sooner})
	if p, alike := j.Part([][]*Heard{hear(same), hear(sooner, same)}); p != nil || alike {
		t.Errorf("the second differs in one run of two: %+v, alike %v", p, alike)
	}
	// A server of which nothing is known is left out, the first one too.
	live := load(echoes(2, 1))
	none := NewRun(live.Header)
	j = Join([]*Run{live, same, none, sooner})
	if p, _ := j.Part([][]*Heard{nil, hear(same), nil, hear(sooner)}); p == nil || p.A != 1 || p.B != 3 {
		t.Errorf("%+v", p)
	}
	if p, _ := j.Part(make([][]*Heard, 4)); p != nil || j.Run.End != nil || len(j.Run.Lanes) != 16 {
		t.Errorf("%+v, end %+v, %d lanes", p, j.Run.End, len(j.Run.Lanes))
	}
	for _, l := range j.Run.Lanes[8:12] {
		if l.Start >= 0 || l.Known != 0 || len(l.Calls) > 0 {
			t.Errorf("a lane of a run that has not begun: %+v", l)
		}
	}
}

// A program that several runs have is one source.
func TestJoinedSources(t *testing.T) {
	a, b := echoes(1), echoes(2)
	a.Header.Sources = []trace.Source{{Name: "echo.go"}, {Name: "client.go"}}
	b.Header.Sources = []trace.Source{{Name: "client.go"}, {Name: "select.go"}}
	a.Header.Procs[1].File, b.Header.Procs[0].File, b.Header.Procs[1].File = 2, 2, 1
	b.Events[0].File = 2
	b.Events[1].File = 99
	h := Join([]*Run{load(a), load(b)}).Run
	if len(h.Header.Sources) != 3 || h.Header.Procs[1].File != 2 || h.Header.Procs[4].File != 3 || h.Header.Procs[5].File != 2 {
		t.Errorf("%+v\n%+v", h.Header.Sources, h.Header.Procs)
	}
	files := map[int]bool{}
	for i := range h.Len() {
		files[h.Step(i).File] = true
	}
	if !files[3] || files[99] {
		t.Errorf("files of steps: %v", files)
	}
}
