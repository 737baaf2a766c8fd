package export

import (
	"bufio"
	"io"
	"strconv"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
)

// Strace writes the system calls of a run as strace -f -ttt -T does: a pid on every line,
// the time since 1970 and how long the call took, in µs. A trace without times is written
// without them, as strace -f does.
//
// That a thread began is said by a clone that made it, the way strace says it, although
// which thread made it is not in the trace. A process whose pid the trace doesn't have gets
// one. Queues, packets, source lines, and what a program tells of itself, are left out.
func Strace(w io.Writer, r *play.Run) error {
	s := &text{run: r, out: bufio.NewWriter(w), timed: r.Header.Clock != trace.NoClock, ids: newIDs(r)}
	spawns := s.spawns()
	for i := range r.Len() {
		for _, of := range spawns[i] {
			s.spawned(of, r.Gist(i).Time)
		}
		s.step(r.Step(i))
	}
	s.pause()
	return s.out.Flush()
}

// ids are the kernel's numbers of processes and threads.
type ids struct {
	run  *play.Run
	used map[int]bool
	of   map[[2]int]int // by process and thread
}

func newIDs(r *play.Run) *ids {
	d := &ids{run: r, used: map[int]bool{}, of: map[[2]int]int{}}
	for _, p := range r.Header.Procs {
		d.used[p.PID] = true
	}
	for i := range r.Header.Procs {
		d.pid(i)
	}
	for i := range r.Lanes {
		if l := &r.Lanes[i]; l.Proc >= 0 { // a peer is no thread
			d.tid(l.Proc, l.Thread)
		}
	}
	return d
}

// first is the number in the trace of a process's first thread.
func (d *ids) first(proc int) int {
	if d.run.Straced(proc) {
		return trace.KernelThread
	}
	return 0
}

// pid returns the number of a process.
func (d *ids) pid(proc int) int { return d.tid(proc, d.first(proc)) }

// tid returns the number of a thread: that of its process for the first one, else, where
// nobody has told it, the next that is free.
func (d *ids) tid(proc, thread int) int {
	key := [2]int{proc, thread}
	n, known := d.of[key]
	if !known {
		if proc < len(d.run.Header.Procs) && thread == d.first(proc) {
			n = d.run.Header.Procs[proc].PID
		}
		if n <= 0 {
			for n = len(d.of) + 1; d.used[n]; n++ {
			}
			d.used[n] = true
		}
		d.of[key] = n
	}
	return n
}

// text writes lines as strace does.
type text struct {
	run   *play.Run
	out   *bufio.Writer
	timed bool
	*ids
	pending *trace.Event            // an Enter that is not written yet: its Return may follow at once
	open    map[[2]int]*trace.Event // Enters that are written, by process and thread
}

// untold reports whether a step is none of the kernel's.
func (s *text) untold(e *trace.Event) bool {
	return e.Kind == trace.Note || e.Call.Told() || s.run.Straced(e.Proc) && e.Thread < trace.KernelThread
}

// spawns returns before which step each thread beside the first of its process was made: a
// step at which the first one is not in a call.
func (s *text) spawns() map[int][][2]int {
	at, met, entered := map[int][][2]int{}, map[[2]int]bool{}, map[int]int{}
	for i := range s.run.Len() {
		e := s.run.Step(i)
		if s.untold(e) {
			continue
		}
		thread := [2]int{e.Proc, e.Thread}
		if e.Thread == s.first(e.Proc) {
			switch e.Kind {
			case trace.Enter:
				entered[e.Proc] = i + 1
			case trace.Return, trace.Gap:
				delete(entered, e.Proc)
			}
		} else if !met[thread] {
			step := i
			if in := entered[e.Proc]; in > 0 {
				step = in - 1
			}
			at[step] = append(at[step], thread)
		}
		met[thread] = true
	}
	return at
}

// spawned writes how a thread was made.
func (s *text) spawned(thread [2]int, time int64) {
	s.pause()
	s.begin(s.pid(thread[0]), time)
	s.say("clone(child_stack=NULL, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM) = ")
	s.say(strconv.Itoa(s.tid(thread[0], thread[1])))
	if s.timed {
		s.say(" <0.000000>")
	}
	s.say("\n")
}

// step writes what a step says.
func (s *text) step(e *trace.Event) {
	if s.untold(e) {
		return
	}
	tid, thread := s.tid(e.Proc, e.Thread), [2]int{e.Proc, e.Thread}
	before := s.open[thread]
	switch e.Kind {
	case trace.Enter:
		s.pause()
		s.pending = e
	case trace.Return:
		switch p := s.pending; {
		case p != nil && p.Proc == e.Proc && p.Thread == e.Thread && p.Call == e.Call:
			s.pending = nil
			s.begin(tid, p.Time)
			s.end(strace.Whole.Line(p, e))
		case before != nil && before.Call == e.Call:
			s.pause()
			delete(s.open, thread)
			s.begin(tid, e.Time)
			s.end(strace.Whole.Resumed(before, e))
		}
	case trace.Gap:
		s.pause()
		s.cut(tid, s.open[thread], thread, e.Time)
	case trace.Exit:
		s.pause()
		for i := range s.run.Lanes {
			l := &s.run.Lanes[i]
			if l.Proc == e.Proc && (l.Thread == e.Thread || e.Thread == s.first(e.Proc)) { // its threads end with the process
				key := [2]int{l.Proc, l.Thread}
				s.cut(s.tid(l.Proc, l.Thread), s.open[key], key, e.Time)
			}
		}
		s.begin(tid, e.Time)
		if e.Result < 0 {
			s.say("+++ killed by " + trace.SignalName(-e.Result) + " +++\n")
		} else {
			s.say("+++ exited with " + strconv.FormatInt(e.Result, 10) + " +++\n")
		}
	}
}

// pause writes a call as far as it is known: something else comes before its Return.
func (s *text) pause() {
	if p := s.pending; p != nil {
		s.begin(s.tid(p.Proc, p.Thread), p.Time)
		s.say(strace.Whole.Line(p, nil) + "\n")
		if s.open == nil {
			s.open = map[[2]int]*trace.Event{}
		}
		s.open[[2]int{p.Proc, p.Thread}] = p
		s.pending = nil
	}
}

// cut writes that the end of a call is not known.
func (s *text) cut(tid int, enter *trace.Event, thread [2]int, time int64) {
	if enter != nil {
		delete(s.open, thread)
		s.begin(tid, time)
		s.say(strace.Whole.Lost(enter) + "\n")
	}
}

// begin writes what stands before a call.
func (s *text) begin(tid int, time int64) {
	s.say(strconv.Itoa(tid) + " ")
	if s.timed {
		us := s.run.Header.Began*1000 + max(time, 0)/1000
		fraction := strconv.FormatInt(us%1e6+1e6, 10)
		s.say(strconv.FormatInt(us/1e6, 10) + "." + fraction[1:] + " ")
	}
}

// end writes the rest of a line, and leaves out its time where there are none.
func (s *text) end(line string) {
	if !s.timed {
		for i := len(line) - 1; i > 0 && line[i] != ' '; i-- {
			line = line[:i]
		}
		line = line[:len(line)-1]
	}
	s.say(line + "\n")
}

func (s *text) say(part string) { s.out.WriteString(part) }
