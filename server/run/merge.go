package run

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"sockscope/server/ring"
	"sockscope/server/trace"
)

// settle is how long an event is kept back before it is passed on. A thread takes an
// event's time a few instructions before it publishes the event. Its ring's Pending
// announces an event that takes longer.
const settle = 2 * time.Millisecond

// never is a time after every event.
const never = int64(1<<63 - 1)

// merge brings the records of all threads of a run into one order, that of
// their times.
type merge struct {
	began  int64                 // ns of CLOCK_MONOTONIC
	locate func(file string) int // the number of a source; 0 for none
	seen   func(*trace.Event)    // called for each event at once, in no order across threads
	areas  []mergeArea           // by the processes' numbers
	born   func(parent, pid int) // called when a process has made one more, which gets the next number; nil where none can
	held   []trace.Event         // sorted; not yet passed on
	last   int64                 // time of the newest event passed on
	late   int64                 // events that came after a later one had been passed on
	settle time.Duration         // where it is to be longer
	gaps   bool                  // say where calls were not recorded
	rec    ring.Record
}

// mergeArea is one process's memory. area is nil of a process that another one made: its
// rings are in the memory of that one.
type mergeArea struct {
	area    *ring.Area
	due     int64 // when it is to begin, relative to the run's start; 0 is at once
	ended   bool
	rings   []mergeRing
	threads int   // of the process, that have a ring
	pid     int   // of a process that another one made; else 0
	host    int   // the same outside of any process namespace; 0 when unknown
	since   int64 // when it was made, relative to the run's start
}

// mergeRing says whose a ring is. known is false until its first record is read. In a
// process that another one made it is false until that one's fork has returned, which
// gives the process its number.
type mergeRing struct {
	known        bool
	proc, thread int
	pid, host    int   // of a process that another one made
	start        int64 // of its thread, relative to the run's start
	lost         int64 // calls that it did not take, as far as is told
}

// follow adds the area of a process.
func (m *merge) follow(proc int, area *ring.Area) { m.areas[proc].area = area }

// end says that a process is gone. Nothing that it announced will follow.
func (m *merge) end(proc int) { m.areas[proc].ended = true }

// add puts in an event that did not come from a ring.
func (m *merge) add(e trace.Event) { m.held = append(m.held, e) }

// read takes everything that is published out of the rings. now is the time just before,
// by socket.Now. It returns how many events there were, and until when their order is
// certain, relative to the run's start.
func (m *merge) read(now int64) (n int, certain int64, err error) {
	certain = now - int64(max(m.settle, settle))
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
	for proc := 0; proc < len(m.areas); proc++ { // they may become more
		area := m.areas[proc].area
		if area == nil {
			continue
		}
		for i := range area.Threads() {
			ring := area.Ring(i)
			for m.owner(proc, i) {
				ok, err := ring.Next(&m.rec)
				if err != nil {
					return n, certain - m.began, fmt.Errorf("process %d, ring %d: %w", proc, i, err)
				}
				if !ok {
					break
				}
				m.put(proc, i)
				n++
			}
		}
	}
	return n, certain - m.began, nil
}

// returning reports whether a thread has come back from a call that its ring does not tell
// of yet.
func (m *merge) returning(proc int) bool {
	a := m.areas[proc]
	if a.area == nil || a.ended {
		return false
	}
	for t := range a.area.Threads() {
		if atomic.LoadInt64(a.area.Ring(t).Pending()) != 0 {
			return true
		}
	}
	return false
}

// owner finds out whose ring i in the memory of a process is, and reports whether it can
// be read.
func (m *merge) owner(proc, i int) bool {
	a := &m.areas[proc]
	for len(a.rings) <= i {
		a.rings = append(a.rings, mergeRing{})
	}
	r := &a.rings[i]
	if r.known || r.pid == 0 {
		return true
	}
	for child := len(m.areas) - 1; child > proc; child-- { // a pid may be given out again
		if c := &m.areas[child]; c.pid == r.pid {
			r.known, r.proc, r.thread = true, child, c.threads
			c.host = r.host
			if c.threads++; r.thread > 0 {
				m.hold(trace.Event{Kind: trace.Start, Time: max(r.start, c.since), Proc: child, Thread: r.thread, FD: -1})
			}
			return true
		}
	}
	return false // its fork has not returned, or was killed before it could
}

// put puts in the record that was just read from ring i in the memory of a
// process.
func (m *merge) put(proc, i int) {
	r := &m.areas[proc].rings[i]
	if !r.known { // it is a Start
		if m.rec.NArgs == 2 {
			r.pid, r.host, r.start = int(m.rec.Args[0]), int(m.rec.Args[1]), m.rec.Time-m.began
			return // of a first thread: the process began earlier, in the fork
		}
		r.known, r.proc, r.thread = true, proc, m.areas[proc].threads
		m.areas[proc].threads++
	}
	e := m.rec.Event(r.proc, r.thread, m.began)
	if due := m.areas[proc].due; e.Kind == trace.Start && e.Thread == 0 && due > 0 {
		e.Result = max(0, e.Time-due)
	}
	if name, line := m.areas[proc].area.Place(m.rec.Site); line > 0 {
		if file := m.locate(name); file > 0 {
			e.File, e.Line = file, line
		}
	}
	if since := m.areas[r.proc].since; e.Time < since {
		e.Time = since // its parent lost the processor before it could tell when fork returned
		m.late++
	}
	m.gap(r, m.rec.Dropped, e.Time)
	m.hold(e)
	if e.Kind == trace.Return && e.Call == trace.Fork && e.Errno == 0 && m.born != nil {
		m.areas = append(m.areas, mergeArea{pid: int(e.Result), since: e.Time})
		m.born(r.proc, int(e.Result))
		m.hold(trace.Event{Kind: trace.Start, Time: e.Time, Proc: len(m.areas) - 1, FD: -1, Args: []int64{int64(r.proc), e.Result}})
	}
}

// gap says that by the time t a ring has lost so many calls, in all.
func (m *merge) gap(r *mergeRing, lost, t int64) {
	if n := lost - r.lost; n > 0 && m.gaps {
		m.add(trace.Event{Kind: trace.Gap, Time: t, Proc: r.proc, Thread: r.thread, FD: -1, Result: n})
	}
	r.lost = lost
}

// close says how many calls of a process were lost right before its end, at the time t.
func (m *merge) close(proc int, t int64) {
	for _, a := range m.areas {
		for i := range a.rings {
			if r := &a.rings[i]; a.area != nil && r.known && r.proc == proc {
				m.gap(r, a.area.Ring(i).Dropped(), t)
			}
		}
	}
}

func (m *merge) hold(e trace.Event) {
	m.seen(&e)
	m.held = append(m.held, e)
}

// take returns the held events up to the time until, in their order.
//
// An event that comes too late for its place gets the time of the newest one passed on.
// Its thread has lost the processor between taking the time and publishing, right before
// or right after the call.
func (m *merge) take(until int64) []trace.Event {
	slices.SortStableFunc(m.held, func(a, b trace.Event) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	for i := range m.held { // the late ones come first, and stay in their order
		if m.held[i].Time >= m.last {
			break
		}
		m.held[i].Time = m.last
		m.late++
	}
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
