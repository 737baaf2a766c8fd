package run

import (
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// A server whose last call could not be recorded is taken to sleep when nothing
// has come of it for a while, recorded or not: its run ends.
func TestServerAsleepInALostCall(t *testing.T) {
	mem, err := unix.Mmap(-1, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	area, err := ring.NewArea(mem)
	if err != nil {
		t.Fatal(err)
	}
	_, r := area.Claim()
	e := newExecution(new(worker), []lab.Process{{}}, nil, nil)
	e.began -= int64(time.Hour)
	e.merge.follow(0, area)
	m := e.members[0]
	m.threads = []threadNow{{call: trace.Close, since: e.time() - int64(time.Minute)}} // back from it a minute ago
	sleeps := func() bool {
		since := e.quietSince()
		_, ok := m.asleep(since, e.lost > 0)
		return ok
	}
	if sleeps() {
		t.Error("between two calls it counts as asleep")
	}
	full := func() {
		for ok := true; ok; {
			var slot ring.Slot
			if slot, ok = r.Reserve(&ring.Record{Kind: trace.Enter, Call: trace.Accept, FD: 3}); ok {
				slot.Publish()
			}
		}
	}
	if full(); sleeps() {
		t.Error("a moment after a call was lost it counts as asleep")
	}
	if e.lostAt -= int64(silence); !sleeps() {
		t.Error("silent for long, it does not count as asleep")
	}
	if full(); sleeps() {
		t.Error("it goes on making calls, and counts as asleep")
	}
}
