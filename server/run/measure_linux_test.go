package run

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// measured starts a run of the lab scaling.
func measured(v *viewer, largest, repeats, messages string) {
	v.t.Helper()
	v.send(&trace.Request{Op: trace.OpRun, Lab: "scaling", Knobs: map[string]string{
		"largest": largest, "repeats": repeats, "messages": messages,
	}})
}

func TestEveryMeasurementIsMade(t *testing.T) {
	for _, shared := range []bool{false, true} {
		s := startTest(t, Config{Shared: shared})
		v := dial(t, s)
		measured(v, "40", "2", "20")
		r := v.run()
		if r.end.Reason != trace.EndDone {
			t.Fatalf("%s: %+v, notes %q", s.Isolation(), r.end, r.notes())
		}
		if h := r.header; h.CPUs < 1 || h.TraceCost != 0 || len(h.Procs) != 2 || h.Isolation != s.Isolation() {
			t.Errorf("header %+v", h)
		}
		for i, want := range map[int]string{0: "func echo(", 1: "func Crowd("} {
			if text := r.header.Sources[r.header.Procs[i].File-1].Text; !strings.Contains(text, want) {
				t.Errorf("the source of process %d has no %s", i, want)
			}
		}
		made := map[string]int{}
		done := 0
		for _, p := range r.points {
			if p.Of != 3*3*2 || p.Done < done {
				t.Errorf("%+v after %d", p, done)
			}
			done = p.Done
			if p.Mechanism == "" {
				continue
			}
			made[fmt.Sprint(p.Mechanism, p.Idle, p.Repeat)]++
			if p.Messages != 20 || p.RoundTrip <= 0 || p.CPU <= 0 || p.Asks != 20 || p.Ask <= 0 || p.Why != "" {
				t.Errorf("%+v", p)
			}
		}
		if done != 18 || len(made) != 18 {
			t.Errorf("%d done, made %v", done, made)
		}
	}
}

// A real set is asked to take an fd for which it has no bit.
func TestSelectStopsAndTheOthersGoOn(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	measured(v, "1030", "2", "10")
	r := v.run()
	if r.end.Reason != trace.EndDone {
		t.Fatalf("%+v", r.end)
	}
	var why []string
	largest := map[string]int{}
	for _, p := range r.points {
		if p.Why != "" {
			why = append(why, fmt.Sprintf("%s at %d: %s", p.Mechanism, p.Idle, p.Why))
		} else if p.Messages > 0 {
			largest[p.Mechanism] = max(largest[p.Mechanism], p.Idle)
		}
	}
	if len(why) != 1 || why[0] != "select at 1030: select fd 1024: a set has no bit for it; FD_SETSIZE is 1024" {
		t.Errorf("not measured: %q", why)
	}
	if largest["select"] != 1000 || largest["poll"] != 1030 || largest["epoll"] != 1030 {
		t.Errorf("measured up to %v", largest)
	}
}

func TestMeasuringCanBeStopped(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	v := dial(t, s)
	before := openFiles()
	measured(v, "10000", "20", "2000")
	r := new(result)
	v.until(r, func() bool { return len(r.points) > 0 && r.points[len(r.points)-1].Done > 0 })
	v.send(&trace.Request{Op: trace.OpStop})
	v.until(r, func() bool { return false })
	if r.end.Reason != trace.EndStopped || r.points[len(r.points)-1].Mechanism == "" {
		t.Errorf("%+v after %+v", r.end, r.points[len(r.points)-1])
	}
	eventually(t, "its programs are gone", func() bool {
		for _, p := range descendants() {
			if strings.HasPrefix(p.line, "server run scaling") || strings.HasPrefix(p.line, "server run crowd") {
				return false
			}
		}
		return true
	})
	eventually(t, "its files are closed", func() bool { return openFiles() <= before })
	measured(v, "10", "1", "10")
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("the next run: %+v", r.end)
	}
}

func TestTheHostSaysHowLarge(t *testing.T) {
	for _, c := range []struct {
		said, told int
		refusals   map[string]string // by the knob largest
	}{
		{0, MostHere, map[string]string{"10001": "from 10 to 10000"}},
		{100, 100, map[string]string{"101": "it can be up to 100", "10001": "from 10 to 10000"}},
		{-1, -1, map[string]string{"10": "switched measurements off"}},
	} {
		s := startTest(t, Config{Most: c.said})
		v := dial(t, s)
		if why := v.hello.Cannot["scaling"]; (why != "") != (c.said < 0) {
			t.Errorf("-scaling-max %d: the page is told %q", c.said, why)
		}
		if v.hello.Most != c.told {
			t.Errorf("-scaling-max %d: Hello says %d, want %d", c.said, v.hello.Most, c.told)
		}
		for largest, says := range c.refusals {
			measured(v, largest, "1", "10")
			if text := v.refusal(); !strings.Contains(text, says) {
				t.Errorf("%s: %q does not say %q", largest, text, says)
			}
		}
	}
}

// One measurement at a time, in a queue of its own: who looks at calls does not
// wait for it.
func TestMeasurementsWaitForOneAnotherOnly(t *testing.T) {
	s := startTest(t, Config{Runs: 1})
	first, second, other := dial(t, s), dial(t, s), dial(t, s)
	measured(first, "10000", "20", "2000")
	r := new(result)
	first.until(r, func() bool { return len(r.points) > 0 })
	measured(second, "10", "1", "10")
	if m := second.next(); m.Queued == nil || m.Queued.Place != 1 {
		t.Fatalf("the second is told %+v", m)
	}
	other.send(&trace.Request{Op: trace.OpRun, Lab: "echo", Knobs: map[string]string{"client": "program"}})
	if r := other.run(); r.end.Reason != trace.EndDone {
		t.Errorf("beside it: %+v", r.end)
	}
	first.send(&trace.Request{Op: trace.OpStop})
	first.until(r, func() bool { return false })
	if r.end.Reason != trace.EndStopped {
		t.Errorf("the first: %+v", r.end)
	}
	if r := second.run(); r.end.Reason != trace.EndDone {
		t.Errorf("then the second: %+v", r.end)
	}
}
