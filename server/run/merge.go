package run

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"sockscope/server/trace"
)

// settle is how long an event is kept back before it is passed on. A thread
// takes an event's time a few instructions before it publishes the event; what
// it has not published by then is announced by its ring's Pending.
const settle = 2 * time.Millisecond

// never is a time after every event.
const never = int64(1<<63 - 1)

// merge brings the records of all threads of a run into one order, that of
// their times.
type merge struct {
	began  int64 // ns of CLOCK_MONOTONIC
	locate func(pcs [4]uintptr) (file, line int)
	seen   func(*trace.Event) // called for each event at once, in no order across threads
	areas  []mergeArea        // by the processes' numbers
	held   []trace.Event      // sorted; not yet passed on
	last   int64              // time of the newest event passed on
	late   int                // events that came after a later one had been passed on
	rec    trace.Record
}

// mergeArea is one process's memory; area is nil before the process started.
type mergeArea struct {
	area  *trace.Area
	ended bool
}

// follow adds the area of a process.
func (m *merge) follow(proc int, area *trace.Area) { m.areas[proc].area = area }

// end says that a process is no more: nothing that it announced will follow.
func (m *merge) end(proc int) { m.areas[proc].ended = true }

// add puts in an event that did not come from a ring.
func (m *merge) add(e trace.Event) { m.held = append(m.held, e) }

// read takes everything that is published out of the rings. now is the time
// (ns of CLOCK_MONOTONIC) just before. It returns how many events there were
// and until when, relative to the run's start, the order is certain.
func (m *merge) read(now int64) (n int, certain int64, err error) {
	certain = now - int64(settle)
	// The announcements come first: what is announced after this look is
	// later than now.
	for _, a := range m.areas {
		if a.area == nil || a.ended {
			continue // who could publish what it announced is dead
		}
		for t := range a.area.Threads() {
			if p := atomic.LoadInt64(a.area.Ring(t).Pending()); p != 0 && p <= certain {
				certain = p - 1
			}
		}
	}
	for proc, a := range m.areas {
		if a.area == nil {
			continue
		}
		for t := range a.area.Threads() {
			ring := a.area.Ring(t)
			for {
				ok, err := ring.Next(&m.rec)
				if err != nil {
					return n, certain - m.began, fmt.Errorf("process %d, thread %d: %w", proc, t, err)
				}
				if !ok {
					break
				}
				e := m.rec.Event(proc, t, m.began)
				e.File, e.Line = m.locate(m.rec.PCs)
				m.seen(&e)
				m.held = append(m.held, e)
				n++
			}
		}
	}
	return n, certain - m.began, nil
}

// take returns the held events up to the time until, in their order.
//
// An event that comes too late to stand in its place is given the time of the
// newest one passed on: it is late because its thread lost the processor
// between taking the time and publishing, just before or just after the call.
func (m *merge) take(until int64) []trace.Event {
	for i := range m.held {
		if m.held[i].Time < m.last {
			m.held[i].Time = m.last
			m.late++
		}
	}
	slices.SortStableFunc(m.held, func(a, b trace.Event) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	n := 0
	for n < len(m.held) && m.held[n].Time <= until {
		n++
	}
	if n == 0 {
		return nil
	}
	out := m.held[:n:n]
	m.held = slices.Clone(m.held[n:])
	m.last = out[n-1].Time
	return out
}

// dropped returns how many calls were made and not recorded.
func (m *merge) dropped() (n int64) {
	for _, a := range m.areas {
		if a.area == nil {
			continue
		}
		for t := range a.area.Threads() {
			n += a.area.Ring(t).Dropped()
		}
	}
	return n
}
