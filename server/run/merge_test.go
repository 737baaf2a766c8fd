package run

import (
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"sockscope/server/process"
	"sockscope/server/ring"
	"sockscope/server/trace"
)

func testArea(t testing.TB) *ring.Area {
	t.Helper()
	f, err := process.NewAreaFile()
	if err != nil {
		t.Fatal(err)
	}
	area, mem, err := process.MapArea(int(f.Fd()))
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	return area
}

func record(t testing.TB, r *ring.Ring, kind trace.Kind, time int64) {
	t.Helper()
	slot, ok := r.Reserve(&ring.Record{Kind: kind, Call: trace.Recv, Time: time, FD: 3})
	if !ok {
		t.Fatal("the ring is full")
	}
	slot.Publish()
}

func newTestMerge(areas ...*ring.Area) *merge {
	m := &merge{
		locate: func(string) int { return 0 },
		seen:   func(*trace.Event) {},
		areas:  make([]mergeArea, len(areas)),
	}
	for i, a := range areas {
		m.follow(i, a)
	}
	return m
}

func times(events []trace.Event) (out []int64) {
	for _, e := range events {
		out = append(out, e.Time)
	}
	return out
}

func equal(a []int64, b ...int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestMergeOrdersByTime(t *testing.T) {
	a, b := testArea(t), testArea(t)
	_, ra := a.Claim()
	_, rb := b.Claim()
	const ms = 1_000_000
	m := newTestMerge(a, b)
	record(t, ra, trace.Enter, 1*ms)
	record(t, ra, trace.Return, 5*ms)
	record(t, rb, trace.Enter, 2*ms)
	record(t, rb, trace.Return, 9*ms)

	n, certain, err := m.read(8 * ms)
	if n != 4 || certain != 6*ms || err != nil {
		t.Fatalf("%d events, certain until %d, %v", n, certain, err)
	}
	if got := times(m.take(certain)); !equal(got, 1*ms, 2*ms, 5*ms) {
		t.Fatalf("passed on: %v", got)
	}

	// A return that is announced holds back all that is later.
	atomic.StoreInt64(ra.Pending(), 10*ms)
	record(t, rb, trace.Enter, 11*ms)
	_, certain, _ = m.read(20 * ms)
	if got := times(m.take(certain)); !equal(got, 9*ms) {
		t.Fatalf("passed on in front of an announced one: %v", got)
	}
	// Its process dies between the announcement and the record.
	m.end(0)
	_, certain, _ = m.read(20 * ms)
	if got := times(m.take(certain)); !equal(got, 11*ms) {
		t.Fatalf("passed on after the death: %v", got)
	}

	// One that comes too late is moved behind what was passed on.
	record(t, rb, trace.Return, 10*ms)
	_, certain, _ = m.read(30 * ms)
	if got := times(m.take(certain)); !equal(got, 11*ms) || m.late != 1 {
		t.Fatalf("a late one: %v, %d counted", got, m.late)
	}
}

func TestMergeFindsDamage(t *testing.T) {
	f, err := process.NewAreaFile()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	area, mem, err := process.MapArea(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	_, r := area.Claim()
	record(t, r, trace.Enter, 1)
	first := ring.AreaSize - trace.MaxThreads*ring.RingSize
	for i := first + 64; i < first+4096; i++ { // behind the head of the first ring
		mem[i] = 0xee
	}
	m := newTestMerge(area)
	if _, _, err := m.read(100); err == nil {
		t.Fatal("memory that was written over is taken for a trace")
	}
}

// Where a ring was full the trace has a gap: in front of the next call of its
// thread, or where its process ended.
func TestMergeSaysWhereCallsAreMissing(t *testing.T) {
	area := testArea(t)
	_, r := area.Claim()
	m := newTestMerge(area)
	m.gaps = true
	fill := func(from int64) (lost int64) {
		before := r.Dropped()
		for r.Dropped() < before+3 {
			if slot, ok := r.Reserve(&ring.Record{Kind: trace.Enter, Call: trace.Recv, Time: from, FD: 3}); ok {
				slot.Publish()
			}
		}
		return r.Dropped() - before
	}
	read := func() []trace.Event {
		if _, _, err := m.read(never); err != nil {
			t.Fatal(err)
		}
		return m.take(never)
	}
	record(t, r, trace.Start, 1)
	if lost := fill(2); lost != 3 {
		t.Fatalf("%d lost", lost)
	}
	for _, e := range read() {
		if e.Kind == trace.Gap {
			t.Fatalf("a gap before any call was left out: %+v", e)
		}
	}
	record(t, r, trace.Enter, 5)
	if got := read(); len(got) != 2 || got[0].Kind != trace.Gap || got[0].Result != 3 || got[0].Time != 5 || got[1].Kind != trace.Enter {
		t.Fatalf("in front of the next call: %+v", got)
	}
	fill(6)
	read()
	m.close(0, 9)
	if got := read(); len(got) != 1 || got[0].Kind != trace.Gap || got[0].Result != 3 || got[0].Time != 9 {
		t.Fatalf("at the end: %+v", got)
	}
	if m.close(0, 10); len(read()) != 0 {
		t.Fatal("the same gap twice")
	}
}
