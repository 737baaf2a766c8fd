package run

import (
	"slices"
	"sync"
	"testing"
	"time"

	"sockscope/server/process"
	"sockscope/server/trace"
)

// BenchmarkFirstEvent measures the time from a request to the first event of its run,
// with a worker that is ready. The next one is made when the run has ended, and no other
// is being made then.
func BenchmarkFirstEvent(b *testing.B) {
	s := startTest(b, Config{})
	v := dial(b, s)
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		eventually(b, "all workers are ready", func() bool {
			idle := 0
			for _, p := range descendants() {
				if p.line == "server run" {
					idle++
				}
			}
			return idle >= 2*spares
		})
		b.StartTimer()
		r := new(result)
		began := time.Now()
		v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
		v.until(r, func() bool { return len(r.events) > 0 })
		took = append(took, time.Since(began))
		b.StopTimer()
		v.until(r, func() bool { return false })
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// BenchmarkWorker measures how long a new worker takes to be ready for a run.
func BenchmarkWorker(b *testing.B) {
	s := startTest(b, Config{Warm: 1})
	for b.Loop() {
		w, err := s.pool.make()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(w.cost), "trace-ns/call")
		w.end()
	}
}

// BenchmarkSpawn measures how long a program process takes to be ready.
func BenchmarkSpawn(b *testing.B) {
	for b.Loop() {
		p, err := process.Spawn(process.Start{})
		if err != nil {
			b.Fatal(err)
		}
		p.Kill()
		p.Wait()
		p.Release()
	}
}

// BenchmarkRuns measures how long a run takes where many viewers wait for theirs.
func BenchmarkRuns(b *testing.B) {
	s := startTest(b, Config{})
	next := make(chan int)
	var viewers sync.WaitGroup
	for range 12 {
		v := dial(b, s)
		viewers.Go(func() {
			for range next {
				v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
				v.run()
			}
		})
	}
	for b.Loop() {
		next <- 0
	}
	close(next)
	viewers.Wait()
}
