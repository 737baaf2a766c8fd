package play

import (
	"strings"
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

func TestAMomentIsFoundByWhatHappensThere(t *testing.T) {
	recv := []trace.Call{trace.Recv}
	for _, c := range []struct {
		name string
		m    lab.Moment
		is   func(r *Run, f *Found) bool // nil where there is no such moment
	}{
		{"first", lab.Moment{Calls: recv, By: lab.AClient, Result: lab.Exactly(0)}, func(r *Run, f *Found) bool {
			return r.Gist(f.Step).Proc == 1 && r.Step(f.Step).Result == 0 && f.Line > 0 && f.FD == 3
		}},
		{"first", lab.Moment{Calls: recv, By: "client 2"}, nil},
		{"first", lab.Moment{Calls: recv, Errno: trace.EAGAIN}, nil},
		{"first", lab.Moment{Calls: []trace.Call{trace.Accept}, With: "client 1"}, func(r *Run, f *Found) bool {
			return r.Step(f.Step).Result == 4 && f.Wake != nil
		}},
		{"iterative", lab.Moment{Calls: []trace.Call{trace.Accept}, With: "client 3"}, func(r *Run, f *Found) bool {
			return r.Peer(0, int(r.Step(f.Step).Result), f.Step+1) == "client 3"
		}},
		{"iterative", lab.Moment{Calls: []trace.Call{trace.Connect}, Result: lab.Exactly(0), While: &lab.Moment{By: lab.AServer, Calls: recv}}, func(r *Run, f *Found) bool {
			return r.Lanes[f.Lane].Role == trace.RoleClient
		}},
		{"iterative", lab.Moment{Calls: recv, By: lab.AServer, Sleep: trace.Slept, WokenBy: &lab.Moment{Calls: []trace.Call{trace.Send}, By: "client 1"}}, func(r *Run, f *Found) bool {
			return f.Wake != nil && r.Gist(f.Wake.Cause).Proc == 1
		}},
		{"iterative", lab.Moment{Is: lab.Enters, Calls: recv, By: lab.AClient, Longest: true}, func(r *Run, f *Found) bool {
			for i := range r.Calls {
				c := &r.Calls[i]
				if e := r.Step(c.Enter); e.Call == trace.Recv && e.Proc > 0 && r.took(c.Enter) > r.took(f.Step) {
					return false
				}
			}
			return true
		}},
		{"select", lab.Moment{Calls: []trace.Call{trace.Select}, Ready: lab.NoneReady, Lasts: time.Millisecond}, func(r *Run, f *Found) bool {
			return r.Step(f.Step).Result == 0
		}},
		{"select", lab.Moment{Calls: []trace.Call{trace.Write}, Prints: "Time out!"}, func(r *Run, f *Found) bool { return f.FD == 1 }},
		{"select", lab.Moment{Calls: recv, By: lab.AServer, Result: lab.AtLeast(1), Nth: 2,
			After: &lab.Moment{Calls: []trace.Call{trace.Select}, Ready: lab.BytesReady}, Same: lab.SameLane}, func(r *Run, f *Found) bool { return f.Bytes.Len > 0 }},
		{"deadlock", lab.Moment{Is: lab.Enters, Stuck: true, By: lab.AServer}, func(r *Run, f *Found) bool {
			return r.Gist(f.Step).Call == trace.Send && r.Calls[f.Call].Return < 0
		}},
		{"deadlock", lab.Moment{Is: lab.Enters, Stuck: true, Calls: recv}, nil},
		{"udp", lab.Moment{Is: lab.Enters, Calls: []trace.Call{trace.Recvfrom}, Drops: true}, func(r *Run, f *Found) bool { return f.Proc == 0 }},
		{"families", lab.Moment{By: lab.AServer, Drops: true}, nil},
		{"select", lab.Moment{Is: lab.Ends, By: lab.AClient, Nth: -1}, func(r *Run, f *Found) bool {
			for i := f.Step + 1; i < r.Len(); i++ {
				if e := r.Step(i); e.Kind == trace.Exit && e.Proc > 0 {
					return false
				}
			}
			return f.Call < 0 && f.FD < 0
		}},
	} {
		r := recorded(t, c.name)
		f, ok := r.Find(&c.m)
		if ok != (c.is != nil) || ok && !c.is(r, &f) {
			t.Errorf("%s: %+v leads to %v, %+v", c.name, c.m, ok, f)
		}
	}
}

func TestEachStopOfAWalkIsInItsLabsRecording(t *testing.T) {
	for _, l := range lab.All {
		if l.Unrecorded || l.Compares || l.Measures {
			continue
		}
		r := recorded(t, l.ID)
		stops := r.Walk(l.Walk(r.Header.Knobs))
		if n := len(stops); n < 4 || n > 6 {
			t.Errorf("%s has %d stops, want 4 to 6", l.ID, n)
		}
		for i, stop := range stops {
			if f := stop.Found; f == nil {
				t.Errorf("%s: stop %d is not in the recording: %s", l.ID, i+1, stop.Say)
			} else if stop.Light&lab.OnBytes != 0 && f.Bytes.Len == 0 {
				t.Errorf("%s: stop %d lights bytes, and its step %d moves none", l.ID, i+1, f.Step)
			} else if stop.Light&lab.OnWake != 0 && f.Wake == nil {
				t.Errorf("%s: stop %d lights a wake, and its step %d has none", l.ID, i+1, f.Step)
			} else {
				t.Logf("%s %d: step %d %s: %s", l.ID, i+1, f.Step, r.Narrate(f.Step).Text, stop.Say)
			}
		}
	}
}

// The stops of a walk are in the order of the run. One without its moment there has
// another in its place, is left out, or says so behind the one before it.
func TestAWalkIsAsItWas(t *testing.T) {
	r := recorded(t, "first")
	recv := []trace.Call{trace.Recv}
	none := lab.Moment{Calls: recv, Errno: trace.EAGAIN}
	end := lab.Moment{Calls: recv, Result: lab.Exactly(0)}
	bytes := lab.Moment{Calls: recv, Result: lab.AtLeast(1)}
	var says []string
	for _, stop := range r.Walk([]lab.Stop{
		{Say: "end", At: end},
		{Say: "not told", At: none},
		{Say: "left out", At: none, Maybe: true},
		{Say: "never", At: none, Else: &lab.Stop{Say: "instead", At: bytes}, Maybe: true},
		{Say: "before", At: lab.Moment{Calls: recv, Result: lab.AtLeast(1), Nth: 2, Before: &end}},
		{Say: "too late", At: lab.Moment{Calls: recv, Result: lab.Exactly(0), Before: &bytes}, Maybe: true},
		{Say: "so long", At: lab.Moment{Calls: recv, Under: time.Nanosecond}, Maybe: true},
	}) {
		if stop.Found == nil {
			stop.Say += "?"
		}
		says = append(says, stop.Say)
	}
	if got := strings.Join(says, ", "); got != "instead, before, end, not told?" {
		t.Error(got)
	}
}
