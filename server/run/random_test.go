package run

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

var (
	randomRuns = flag.Int("runs", 24, "how many random runs TestRandomRuns makes")
	randomFrom = flag.Uint64("from", 1, "the number of the first of them")
)

// drawn returns a set-up of some lab, all of whose knobs are drawn from a number.
func drawn(n uint64) (*lab.Lab, map[string]string) {
	rnd := rand.New(rand.NewPCG(n, 0))
	for {
		l := lab.All[rnd.IntN(len(lab.All))]
		if defaults, _ := l.Set(nil); len(l.Processes(defaults)) == 0 || l.Measures || l.Instead != "" && runtime.GOOS == "linux" {
			continue // nothing is traced, or this system does not have it
		}
		knobs := map[string]string{}
		for i := range l.Knobs {
			k := &l.Knobs[i]
			switch {
			case k.Type == knob.Choice || k.Size:
				knobs[k.Name] = k.Offers[rnd.IntN(len(k.Offers))]
			case k.Type == knob.Int:
				knobs[k.Name] = fmt.Sprint(k.Min + rnd.Int64N(k.Max-k.Min+1))
			case k.Type == knob.Duration:
				most := min(k.Max, int64(10*time.Millisecond))
				if k.Name == "timeout" {
					most = min(k.Max, int64(200*time.Millisecond))
				}
				most = max(k.Min, most)
				knobs[k.Name] = time.Duration(k.Min + rnd.Int64N(most-k.Min+1)).String()
			}
		}
		for name, value := range l.Unattended.Map() {
			knobs[name] = value
		}
		return l, knobs
	}
}

// Random runs of random labs: nothing is in their traces that can't be, and nothing
// is said of them that isn't so.
func TestRandomRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	s := startTest(t, Config{Runs: 4, Warm: 4})
	next := make(chan uint64)
	var workers sync.WaitGroup
	for range 4 {
		v := dial(t, s)
		workers.Go(func() {
			for n := range next {
				l, knobs := drawn(n)
				if s.Cannot(l.ID) != "" {
					continue
				}
				v.send(&trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: knobs})
				r := v.run()
				name := fmt.Sprintf("%s %v, number %d", l.ID, knobs, n)
				if r.header == nil {
					t.Errorf("%s: %+v", name, r.end)
					continue
				}
				if r.end.Reason != trace.EndDone {
					t.Logf("%s ends: %+v", name, r.end)
				}
				for _, text := range wrong(r) {
					t.Errorf("%s: %s", name, text)
				}
			}
		})
	}
	for i := range uint64(*randomRuns) {
		next <- *randomFrom + i
	}
	close(next)
	workers.Wait()
}
