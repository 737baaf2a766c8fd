package play

import (
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
	"sockscope/web/words"
)

// BenchmarkQuestions finds the moments of runs of 100,000 events: one in which
// every kind is soon found, and one of as many connections as that allows, in
// which most kinds are sought to the end. Ten times the events take ten times
// as long.
func BenchmarkQuestions(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		r := load(playtest.Select(4, n))
		b.Run("select/"+words.Thousands(int64(n)), func(b *testing.B) {
			for b.Loop() {
				Questions(r)
			}
		})
	}
	for _, n := range []int{2_000, 20_000} {
		r := load(manyConnections(n))
		b.Run("connections/"+words.Thousands(int64(n)), func(b *testing.B) {
			for b.Loop() {
				Questions(r)
				NewTally(r)
			}
		})
	}
}

// manyConnections is a script of at least n events in which each connection
// carries one byte.
func manyConnections(n int) *playtest.Script {
	s := script(1)
	s.Listen()
	for i := 0; len(s.Events) < n; i++ {
		addr := "127.0.0.1:" + words.Thousands(int64(i))
		s.Enter(1, trace.Connect, 3+i, trace.Event{})
		s.Return(1, trace.Event{Queues: []trace.Queue{{FD: 3 + i, Local: addr}}})
		s.Enter(0, trace.Accept, 3, trace.Event{})
		s.Return(0, trace.Event{Result: int64(4 + i), Addr: addr})
		s.Do(1, trace.Send, 3+i, 1)
		s.Do(0, trace.Recv, 4+i, 1)
	}
	return s
}
