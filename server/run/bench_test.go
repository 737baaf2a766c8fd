package run

import (
	"slices"
	"testing"
	"time"

	"sockscope/server/process"
	"sockscope/server/trace"
)

// BenchmarkFirstEvent measures the time from a request to the first event of
// its run, with a worker that is ready.
func BenchmarkFirstEvent(b *testing.B) {
	s := startTest(b, Config{})
	v := dial(b, s)
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		first, second := <-s.pool.ready, <-s.pool.ready // no other is being made
		go func() { s.pool.ready <- first }()
		go func() { s.pool.ready <- second }()
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
		w, err := startWorker(s.pool.by, s.pool.box, s.cfg.Limits, s.cfg.Logger)
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
