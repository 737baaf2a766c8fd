package run

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"sockscope/server/agent"
	"sockscope/server/capture"
	"sockscope/server/lab"
	"sockscope/server/process"
	"sockscope/server/sockdiag"
	"sockscope/server/socket"
	"sockscope/server/trace"
	"sockscope/server/witness"
)

// execution is a run under way. The goroutine of loop owns it. The others send what they
// find out as a func through happened.
type execution struct {
	limits   Limits
	stalls   time.Duration // as lab.Lab has it
	diag     *sockdiag.Table
	wire     *capture.Loopback
	box      *outbox
	began    int64               // ns of CLOCK_MONOTONIC
	members  []*member           // by the numbers of the processes
	causes   map[lab.Cause]int64 // when they came about, ns since began
	merge    merge
	happened chan func()

	calls    int
	bytes    int64
	busy     int64 // when the last record was seen; ns since began
	asked    int64 // when the agent was last asked for something
	weighed  int64 // when memory was last looked at
	sampled  int64 // when the socket table was last read
	table    []trace.Sock
	counters []trace.Counter
	poured   int              // bytes of the trace so far
	full     bool             // the trace has reached its limit
	cut      int64            // calls left out since
	left     map[thread]int64 // the same by thread, with those that were not recorded
	drops    []lab.Drop       // that are still to begin
	packets  int              // bytes of the trace that packets take, about
	unseen   int64            // packets left out
	torn     bool             // the trace says where the first packet is missing
	lost     int64            // calls that could not be recorded, at the last look
	lostAt   int64            // when their number last grew
	end      *trace.End       // set when the run is to end
}

// member is one process of a run.
type member struct {
	lab.Process
	proc      *process.Process // nil of a process that another one made
	begun     bool             // it was told to begin its job
	connects  bool             // it has called connect, or sendto
	killed    bool             // this run killed it
	exited    bool
	traced    bool // its ring holds the exit of the process
	threads   []threadNow
	complaint string // its last line on standard error
	lines     int
	acts      chan []byte // frames on their way to the agent
	pending   int         // acts without an answer
	told      int64       // when the parent was told of its end; 0 before
	status    int64       // what it was told
}

// threadNow is what is known of a thread: whether it is in a call, and since when.
type threadNow struct {
	inCall, exited bool
	timed          bool // the call has a time limit
	call           trace.Call
	since          int64
}

func newExecution(w *worker, procs []lab.Process, sources []trace.Source, box *outbox) *execution {
	e := &execution{
		limits: w.Limits, diag: w.diag, wire: w.wire, box: box, began: socket.Now(),
		causes: map[lab.Cause]int64{}, happened: make(chan func()),
	}
	for _, p := range procs {
		e.members = append(e.members, &member{Process: p})
	}
	e.merge = merge{began: e.began, locate: newLocator(sources).file, seen: e.seen, born: e.born, areas: make([]mergeArea, len(procs)), gaps: true}
	return e
}

func (e *execution) time() int64 { return socket.Now() - e.began }

// loop runs the execution to its end.
func (e *execution) loop(requests <-chan trace.Request) {
	e.drop()
	e.beginDue()
	timer := time.NewTimer(0)
	for e.end == nil {
		select {
		case req := <-requests:
			e.request(&req)
		case f := <-e.happened:
			f()
		case <-timer.C:
			timer.Reset(e.pause())
		}
		e.pass()
	}
	e.finish()
}

// pause is how long the rings may go unread. It is short while something happens.
func (e *execution) pause() time.Duration {
	switch quiet := time.Duration(e.time() - e.busy); {
	case quiet < 20*time.Millisecond:
		return 500 * time.Microsecond
	case quiet < time.Second:
		return 2 * time.Millisecond
	}
	return 10 * time.Millisecond
}

// pass reads the rings, acts on what is new, and passes on what is certain.
func (e *execution) pass() {
	told := e.told()
	n, certain, err := e.merge.read(socket.Now())
	e.buried(told)
	if err != nil {
		e.stop(trace.EndFailed, "the trace was damaged: "+err.Error())
	}
	n += e.capture()
	if n > 0 {
		e.busy = e.time()
	}
	e.drop()
	e.sample(false)
	e.emit(certain)
	e.beginDue()
	e.checkLimits()
	e.checkStall()
	e.checkDone()
}

// seen takes note of an event as soon as it is read.
func (e *execution) seen(ev *trace.Event) {
	m := e.members[ev.Proc]
	for len(m.threads) <= ev.Thread {
		m.threads = append(m.threads, threadNow{})
	}
	t := &m.threads[ev.Thread]
	t.since, t.call = ev.Time, ev.Call
	switch ev.Kind {
	case trace.Exit:
		t.exited = true
		m.traced = m.traced || ev.Thread == 0
		if m.Parent > 0 && ev.Thread == 0 {
			e.ended(m, ev.Result)
		}
	case trace.Enter:
		t.inCall, t.timed = true, ev.Timeout > 0 || ev.Call == trace.Connect
		m.connects = m.connects || ev.Call == trace.Connect || ev.Call == trace.Sendto
		e.calls++
	case trace.Return:
		t.inCall = false
		if ev.Errno == 0 {
			e.caused(lab.Cause{Proc: ev.Proc, Call: ev.Call}, ev.Time)
		}
		if ev.Call == trace.Waitpid && ev.Result > 0 {
			e.reaped(ev)
		}
		if ev.Call.Sends() || ev.Call.Receives() {
			e.bytes += max(ev.Result, 0)
		}
		if ev.Errno == trace.EMFILE && !m.Full {
			e.stop(trace.EndLimit, fmt.Sprintf("%s has no fd left: the limit is %d open files a process", m.Name, e.limits.Files))
		}
	}
}

// caused notes when something came about for the first time.
func (e *execution) caused(c lab.Cause, at int64) {
	if _, came := e.causes[c]; !came {
		e.causes[c] = at
	}
}

// emit passes on the events up to the time until.
func (e *execution) emit(until int64) {
	const batch = 128 << 10 // bytes of a frame, about
	for events := e.merge.take(until); len(events) > 0; {
		n := 0
		left := e.limits.Trace - e.poured
		for size := 0; n < len(events) && (n == 0 || size < min(batch, left)); n++ {
			size += weight(&events[n])
		}
		e.pour(events[:n])
		events = events[n:]
	}
}

// pour adds a batch to the trace, or counts its calls when the trace is full.
func (e *execution) pour(batch []trace.Event) {
	if e.full {
		for i := range batch {
			e.leave(&batch[i])
		}
		return
	}
	e.say(&trace.Message{Events: batch})
}

// leave takes note of an event that the trace has no room for.
func (e *execution) leave(ev *trace.Event) {
	calls := int64(0)
	switch ev.Kind {
	case trace.Enter:
		calls = 1
		e.cut++
	case trace.Gap:
		calls = ev.Result // counted as dropped
	case trace.Return, trace.Exit:
	case trace.Packet:
		e.unseen++
		return
	default:
		return
	}
	if e.left == nil {
		e.left = map[thread]int64{}
	}
	e.left[thread{ev.Proc, ev.Thread}] += calls
}

// lastWords says what is not in the trace, and of each thread how many of its calls it had
// no room for. That takes little room itself, so that it may go beyond the limit.
func (e *execution) lastWords() {
	at := max(e.time(), e.merge.last)
	var words []trace.Event
	say := func(n int64, text string) {
		if n > 0 {
			words = append(words, trace.Event{Kind: trace.Note, Time: at, FD: -1, Note: fmt.Sprintf(text, n)})
		}
	}
	if e.wire != nil {
		say(e.wire.Dropped(), "%d packets are not in this trace: they came faster than they could be taken")
	}
	say(e.unseen, "%d packets are not in this trace: it had no room for them, and packets may take a quarter of it")
	say(e.merge.dropped(), "%d calls are not in this trace: they were made faster than they could be recorded")
	say(e.merge.late, "%d events were recorded late, by threads that had lost the processor; they stand a little after their true times")
	byThread := func(a, b thread) int { return cmp.Or(a.proc-b.proc, a.thread-b.thread) }
	for _, t := range slices.SortedFunc(maps.Keys(e.left), byThread) {
		words = append(words, trace.Event{Kind: trace.Gap, Time: at, Proc: t.proc, Thread: t.thread, FD: -1, Result: e.left[t]})
	}
	if words != nil {
		e.box.add(&trace.Message{Events: words})
	}
}

// say sends a message to the viewer; all of them count towards the limit.
func (e *execution) say(m *trace.Message) {
	size, err := e.box.add(m)
	if err != nil {
		e.stop(trace.EndFailed, err.Error())
	}
	e.poured = size
	if size > e.limits.Trace {
		e.full = true
		e.stop(trace.EndLimit, "the trace has reached its limit of "+bytesText(int64(e.limits.Trace)))
	}
}

// weight is about how many bytes an event takes in a frame.
func weight(ev *trace.Event) int {
	return 64 + len(ev.Data) + len(ev.Note) + 5*ev.Sets.Len() + 64*len(ev.Queues) + 64*len(ev.Sockets) + 32*len(ev.Counters)
}

// note adds a sentence of ours to the trace.
func (e *execution) note(text string) {
	e.merge.add(trace.Event{Kind: trace.Note, Time: e.time(), FD: -1, Note: text})
}

// sampleEvery is how long a reading of the kernel's socket table is good, after no call
// for a while.
func sampleEvery(quiet time.Duration) time.Duration {
	switch {
	case quiet > time.Second:
		return 250 * time.Millisecond
	case quiet > 20*time.Millisecond:
		return 50 * time.Millisecond
	}
	return 5 * time.Millisecond
}

// atOnce is how long a reading of the socket table may take, in ns. A longer one has
// lost the processor meanwhile, and shows what is so later than it says.
const atOnce = 1e6

// sample reads the kernel's socket table after calls, and now and then. It adds the table
// to the trace when it has changed.
func (e *execution) sample(always bool) {
	if e.diag == nil {
		return
	}
	t := e.time()
	due := sampleEvery(time.Duration(t - e.busy))
	if !always && t-e.sampled < int64(due) {
		return
	}
	var table []trace.Sock
	for range 3 {
		var err error
		t = e.time()
		if table, err = e.diag.All(); err != nil {
			return
		}
		if e.time()-t < atOnce {
			break
		}
	}
	e.sampled = t
	counters, _ := e.diag.Counters() // without them the table is still worth much
	if slices.Equal(table, e.table) && slices.Equal(counters, e.counters) {
		return
	}
	e.table, e.counters = table, counters
	e.merge.add(trace.Event{Kind: trace.Sample, Time: t, FD: -1, Sockets: table, Counters: counters})
}

// beginDue has the members begin whose cause has come about, each at its own time. Those
// that arrive keep their order, also where a busy machine is late with one: the next
// begins once the one before has called connect. A cause that can't come about any more,
// because its process is gone, counts.
func (e *execution) beginDue() {
	if e.end != nil {
		return
	}
	var before *member // the one that arrives before
	for i, m := range e.members {
		if m.Parent > 0 {
			break
		}
		ready := m.Arrive == 0 || before == nil || before.connects || before.exited
		if !m.begun && ready {
			if since, ok := e.cause(m); ok {
				e.begin(i, since)
			}
		}
		if m.Arrive > 0 {
			before = m
		}
	}
}

// cause returns when the cause of a member came about, ns since began, and whether it
// did.
func (e *execution) cause(m *member) (since int64, ok bool) {
	if m.After == nil {
		return 0, true
	}
	if since, ok = e.causes[*m.After]; !ok && e.members[m.After.Proc].exited {
		return e.time(), true
	}
	return since, ok
}

// begin has a member begin, at its Arrive after its cause.
func (e *execution) begin(i int, since int64) {
	m := e.members[i]
	m.begun = true
	if m.acts != nil {
		e.asked = e.time()
	}
	if m.Arrive > 0 {
		since += m.Arrive
		e.merge.areas[i].due = since
	}
	if err := m.proc.Go(e.began + since); err != nil {
		e.stop(trace.EndFailed, fmt.Sprintf("%s could not begin: %v", m.Name, err))
	}
}

// follow makes proc member i of the run, and listens to all that it tells.
func (e *execution) follow(i int, proc *process.Process) {
	m := e.members[i]
	m.proc = proc
	e.merge.follow(i, proc.Area)
	learner := m.Role == trace.RoleAgent
	if learner {
		m.acts = make(chan []byte, agent.MaxWaiting+1)
		acts := m.acts
		go func() {
			for frame := range acts {
				proc.Stdin.Write(frame) // the exit of an agent tells that it is gone
			}
		}()
	}
	var complete sync.WaitGroup // everything that it wrote is read
	if proc.Strace != nil {
		e.merge.settle = witness.Settle
		complete.Go(func() { e.witness(i, proc.Strace) })
	}
	complete.Go(func() {
		switch {
		case learner:
			e.answers(i, proc.Stdout)
		case m.Measures:
			e.points(i, proc.Stdout)
		}
		io.Copy(io.Discard, proc.Stdout) // in the trace already, as write calls
	})
	go func() {
		e.complaints(i, proc.Stderr)
		complete.Wait()
		status := proc.Wait()
		e.happened <- func() { e.exit(i, status) }
	}()
}

// witness passes on what strace tells about process i.
func (e *execution) witness(i int, out *os.File) {
	w := witness.Reader{
		Out: out, Began: e.began,
		Take: func(events []trace.Event) {
			e.happened <- func() {
				for k := range events {
					events[k].Proc = i
					e.merge.hold(events[k])
				}
				e.busy = e.time()
			}
		},
		Note: func(text string) { e.happened <- func() { e.note(text) } },
	}
	w.Read()
	if n := w.Missed(); n > 0 {
		e.happened <- func() {
			e.cut += n
			e.note(fmt.Sprintf("%d calls are not in this trace: they were made by more threads than it can tell apart", n))
		}
	}
}

// maxLines and maxLine bound what a process's standard error adds to a trace.
const (
	maxLines = 20
	maxLine  = 300
)

// complaints passes on the lines that process i writes to standard error.
func (e *execution) complaints(i int, stderr io.Reader) {
	r := bufio.NewReaderSize(stderr, 4096)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && len(line) == 0 {
			return
		}
		text := string(line[:min(len(line), maxLine)])
		e.happened <- func() { e.complain(i, text) }
	}
}

// exit takes note that a process has ended.
func (e *execution) exit(i int, status int64) {
	m := e.members[i]
	if m.acts != nil {
		close(m.acts)
	}
	// Its records are read before its exit gets a time.
	if _, _, err := e.merge.read(socket.Now()); err != nil {
		e.stop(trace.EndFailed, "the trace was damaged: "+err.Error())
	}
	e.merge.end(i)
	e.merge.close(i, e.time())
	began := m.Measures || len(m.threads) > 0 // else it has waited for its time, up to its end
	if began && !m.traced {                   // it could not record its own end
		e.merge.add(trace.Event{Kind: trace.Exit, Time: e.time(), Proc: i, FD: -1, Result: status})
	}
	e.orphans(i)
	e.ended(m, status)
}

// ended notes that a process has ended. One that has failed ends the run, unless that is
// the lab's point.
func (e *execution) ended(m *member, status int64) {
	m.exited = true
	if status != 0 && status != -int64(m.Dies) && !m.killed {
		why := m.complaint
		if why == "" {
			why = fmt.Sprintf("it ended with status %d", status)
		}
		e.stop(trace.EndFailed, m.Name+": "+why)
	}
}
