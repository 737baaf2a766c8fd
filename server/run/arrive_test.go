package run

import (
	"testing"
	"time"

	"sockscope/server/trace"
)

// Each client begins at its own time after the listen, or tells how late it was, and
// connects after the one before.
func TestClientsArriveByTheSetUp(t *testing.T) {
	s := startTest(t, Config{})
	v := dial(t, s)
	for _, c := range []struct {
		lab, every string
		ready      trace.Call // of the server
	}{
		{"iterative", "20ms", trace.Listen},
		{"two-ports", "5ms", trace.Fcntl}, // which follows both listens
		{"select", "0s", trace.Listen},
		{"first", "", trace.Listen},
	} {
		req := &trace.Request{Op: trace.OpRun, Lab: c.lab}
		every := 10 * time.Millisecond
		if c.every != "" {
			req.Knobs = map[string]string{"arrive": c.every}
			every, _ = time.ParseDuration(c.every)
		}
		v.send(req)
		r := v.run()
		checkTrace(t, r)
		began, connects := map[int]bool{}, 0
		ready := int64(-1)
		for i := range r.events {
			e := &r.events[i]
			switch {
			case e.Proc == 0:
				if ready < 0 && returns(0, c.ready, e.FD)(e) {
					ready = e.Time
				}
			case e.Kind == trace.Start && e.Thread == 0:
				p := &r.header.Procs[e.Proc]
				if want := int64(e.Proc) * int64(every); p.Arrive != want {
					t.Errorf("%s: %s arrives after %d, want %d", c.lab, p.Name, p.Arrive, want)
				}
				if due := ready + p.Arrive; ready < 0 || e.Time < due || p.Arrive > 0 && e.Result != e.Time-due || p.Arrive == 0 && e.Result != 0 {
					t.Errorf("%s: %s begins at %d, due at %d, late by %d; the server was ready at %d", c.lab, p.Name, e.Time, due, e.Result, ready)
				}
				began[e.Proc] = true
			case e.Kind == trace.Enter && e.Call == trace.Connect:
				if connects++; every > 0 && e.Proc != connects {
					t.Errorf("%s: %s is number %d to connect", c.lab, r.header.Procs[e.Proc].Name, connects)
				}
			}
		}
		if len(began) != len(r.header.Procs)-1 || connects != len(began) {
			t.Errorf("%s: %d began and %d connected, of %d", c.lab, len(began), connects, len(r.header.Procs)-1)
		}
	}
}

// A client whose time has not come has no events, and a run that is stopped ends it.
func TestAClientThatNeverArrives(t *testing.T) {
	v := dial(t, startTest(t, Config{Warm: 1}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "iterative", Knobs: map[string]string{"arrive": "1s", "clients": "8"}})
	r := new(result)
	v.until(r, func() bool { return len(r.events) > 0 })
	v.send(&trace.Request{Op: trace.OpStop})
	v.until(r, func() bool { return false })
	if r.end.Reason != trace.EndStopped {
		t.Errorf("%+v", r.end)
	}
	for i := range r.events {
		if e := &r.events[i]; e.Proc > 0 {
			t.Errorf("%+v", e)
		}
	}
}
