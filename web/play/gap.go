package play

import "slices"

import "sockscope/web/words"

// Gap is where calls of a lane are missing from the trace: they were made faster
// than they could be recorded, or the trace was full.
type Gap struct {
	From  int   // index in Steps of the lane's event before it; Step where a call was under way
	Step  int   // index in Steps of the Gap
	To    int   // index in Steps of the lane's event after it, or -1
	Calls int64 // how many; 0 says that only the end of a call is missing
}

// gap notes a Gap at step i.
func (r *Run) gap(lane *Lane, i int) {
	g := Gap{From: lane.last, Step: i, To: -1, Calls: r.Step(i).Result}
	if n := len(lane.Calls); n > 0 && r.Calls[lane.Calls[n-1]].Return < 0 {
		g.From = i
	}
	lane.Gaps = append(lane.Gaps, g)
	if g.Calls == 0 {
		return
	}
	r.Wakes = slices.DeleteFunc(r.Wakes, func(w Wake) bool { // a missing call may have been the cause
		return w.Effect > lane.last && (r.Gist(w.Effect).Proc == lane.Proc || r.Gist(w.Cause).Proc == lane.Proc)
	})
	for ci := range r.Conns {
		c := &r.Conns[ci]
		for _, end := range []*End{&c.Client, &c.Server} {
			for k := 0; end.fd(k) != nil && c.Torn < 0; k++ {
				if f := end.fd(k); f.Proc == lane.Proc && f.open(lane.last) {
					c.Torn = i
				}
			}
		}
	}
}

// ungap notes that a lane goes on at step i.
func (lane *Lane) ungap(i int) {
	if n := len(lane.Gaps); n > 0 && lane.Gaps[n-1].To < 0 {
		lane.Gaps[n-1].To = i
	}
	lane.last = i
}

// GapAt returns the gap that a lane is in after n steps, nil for none.
func (lane *Lane) GapAt(n int) *Gap {
	for k := len(lane.Gaps) - 1; k >= 0; k-- {
		if g := &lane.Gaps[k]; g.From+1 < n || g.Step < n {
			if g.To < 0 || n <= g.To {
				return g
			}
			return nil
		}
	}
	return nil
}

// Missing says what a gap leaves out.
func (g *Gap) Missing() string {
	switch g.Calls {
	case 0:
		return "the end of this call was not recorded"
	case 1:
		return "1 call was not recorded here"
	}
	return words.Count(g.Calls, "call") + " were not recorded here"
}
