package run

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

// longest is how far a knob for a duration is turned: longer is no other
// schedule, and only takes longer.
const longest = 30 * time.Millisecond

// ends returns the values at the two ends of a knob, and all of a choice.
func ends(k *knob.Knob) []string {
	switch k.Type {
	case knob.Choice:
		return k.Offers
	case knob.Int:
		return []string{fmt.Sprint(k.Min), fmt.Sprint(k.Max)}
	case knob.Duration:
		return []string{time.Duration(k.Min).String(), time.Duration(min(k.Max, max(int64(longest), 2*k.Min))).String()}
	case knob.Text:
		return []string{strings.Repeat("x", int(k.Min)), strings.Repeat("x", int(k.Max))}
	}
	return nil
}

// missing returns what a stop says that the run of the lab hasn't got; "" when it has all.
func missing(l *lab.Lab, r *result) string {
	run := loaded(r)
	for _, stop := range run.Walk(l.Walk(run.Header.Knobs)) {
		if stop.Found == nil {
			return stop.Say
		}
	}
	return ""
}

// Each knob of each lab is turned to its ends, the others left alone, and two at
// a time where that is another schedule: nothing is in the traces that can't be. By
// default, with each value of a choice and in each set-up that the lab offers, the run
// has every moment that the walk through it speaks of.
func TestEveryKnobAtItsEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every lab")
	}
	if raced {
		withoutDetector(t)
		return
	}
	type turned struct {
		lab   *lab.Lab
		knobs map[string]string
		walk  bool // it has all stops
	}
	var all []turned
	for _, l := range lab.All {
		if defaults, _ := l.Set(nil); len(l.Processes(defaults)) == 0 || l.Measures || l.Instead != "" && runtime.GOOS == "linux" {
			continue // nothing is traced, or this system does not have it
		}
		add := func(pairs ...string) {
			knobs := l.Unattended.Map()
			if k := l.Knob("timeout"); k != nil && l.ID != "timeouts" {
				knobs["timeout"] = (4 * longest).String() // outlasts every pause
			}
			for i := 0; i < len(pairs); i += 2 {
				if l.Knob(pairs[i]) == nil || l.Unattended.Map()[pairs[i]] != "" {
					return
				}
				knobs[pairs[i]] = pairs[i+1]
			}
			if n, _ := strconv.Atoi(knobs["size"] + knobs["bytes"]); n > 1024 && l.Knob("size") != nil {
				knobs["messages"] = "1" // each is many recvs
			}
			if d, _ := time.ParseDuration(knobs["pause"] + knobs["pauses"]); d >= longest {
				knobs["messages"] = "1"
			}
			if l.Knob("messages") == nil {
				delete(knobs, "messages")
			}
			all = append(all, turned{l, knobs, len(pairs) == 2 && l.Knob(pairs[0]).Type == knob.Choice && knobs["messages"] == ""})
		}
		for i := range l.Knobs {
			for _, value := range ends(&l.Knobs[i]) {
				add(l.Knobs[i].Name, value)
			}
		}
		for _, try := range append(l.Tries, lab.Try{}) { // and the defaults
			knobs := l.Unattended.Map()
			maps.Copy(knobs, try.Knobs.Map())
			if v, err := l.Set(knobs); err != nil || slices.ContainsFunc(l.Processes(v), func(p lab.Process) bool { return p.Role == trace.RoleAgent }) {
				continue // it is the learner's to act in
			}
			all = append(all, turned{l, knobs, true})
		}
		most := "8"
		if l.ID == "spin" {
			most = "3" // its calls are as many as the time lets it make
		}
		add("clients", most, "messages", most, "seed", "1")
		add("clients", most, "messages", most, "pauses", "0s")
		add("clients", "8", "last", "resets")
	}

	servers := []string{plain(t), plain(t)} // each has a few runs at a time
	next := make(chan turned)
	var workers sync.WaitGroup
	for i := range 8 {
		viewer := dialTo(t, servers[i%len(servers)])
		workers.Go(func() {
			for c := range next {
				name := fmt.Sprintf("%s %v", c.lab.ID, c.knobs)
				viewer.send(&trace.Request{Op: trace.OpRun, Lab: c.lab.ID, Knobs: c.knobs})
				r := viewer.run()
				for again := 0; c.walk && again < 3 && missing(c.lab, r) != ""; again++ { // a busy machine may be late for one
					viewer.send(&trace.Request{Op: trace.OpRun, Lab: c.lab.ID, Knobs: c.knobs})
					r = viewer.run()
				}
				if c.walk {
					if say := missing(c.lab, r); say != "" {
						t.Errorf("%s: nothing in the run shows that %s", name, say)
					}
				}
				if r.end.Reason != trace.EndDone {
					t.Errorf("%s ends: %+v; notes %q", name, r.end, r.notes())
					continue
				}
				for _, text := range wrong(r) {
					t.Errorf("%s: %s", name, text)
				}
			}
		})
	}
	for _, c := range all {
		next <- c
	}
	close(next)
	workers.Wait()
	if len(all) < 100 {
		t.Errorf("only %d runs", len(all))
	}
}
