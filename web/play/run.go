package play

import (
	"bytes"
	"net/netip"
	"sort"
	"strings"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/words"
)

// Run is a trace as the page holds it, with its indexes. All methods are for
// one goroutine.
type Run struct {
	Header *trace.Header
	End    *trace.End // nil while the run is live

	Lanes []Lane
	Calls []Call
	Conns []Conn
	// Packets are those of the run's own loopback, in the order of their times. They are
	// no steps: each lies between two.
	Packets []Packet
	Streams []Stream
	// PacketsTorn is the time, in ns, from which on packets are missing; 0 where none is.
	PacketsTorn int64
	Wakes       []Wake // in the order of their effects

	Options []Option // of sockets, in the order of the first calls about them

	Datagrams []Datagram // in the order of their sends' Enters
	Posts     []Post     // in the order of their first datagrams

	// Arrivals are what came from peers that are not traced, in the order of the
	// steps that took it. Only the trace of a standing server has such peers.
	Arrivals []Arrival

	// Bands are the indexes in Header.Procs at which each of several joined runs
	// begins. Of a single run it is nil.
	Bands []int

	// Breathe, if it is set, is called now and then by what takes long of a long run.
	Breathe func()

	// Passed is how old the run is at least, in ns, while it is under way and nothing
	// new has come; 0 where only its events tell the time.
	Passed int64

	// steps are the events without samples. Step n is the n-th event, from 1: the
	// position n means that n steps have happened.
	steps     steps
	samples   []sample
	segments  packet.Flows
	dropped   []string                  // the addresses for which nothing arrives
	streamAt  map[[2]netip.AddrPort]int // the newest of two addresses, client's first: index in Streams, plus one
	keyframes []keyframe                // by position
	packed    []byte                    // the newest of them; its room is for the next
	head      *trace.State              // after all steps and samples
	ends      map[endpoint]int
	dialled   map[endpoint]int // by the client's fd: the connect whose own address is not known yet
	nameless  []int            // connects whose own address nobody told until they were closed
	connects  map[int]int      // by the step of a connect's Return: index in Conns
	moved     []place          // in the order of their steps
	letters   bool             // a socket for datagrams was made
	letterOf  map[int]int      // by the steps of its send, and of its recv's Return: index in Datagrams
	last      lookup
	listeners []listener
	muddled   []string // addresses of Unix sockets; see muddle
	patience  map[endpoint][]allowed

	fold      room // for the steps that a state is folded from
	lateLines bool // of some calls only the Return told the line

	longest  lull
	fullest  struct{ backlog, step int } // of a listener, as it was read beside a step; -1 is none
	prepared *chooser                    // nil where Prepare wasn't called
	midway   bool                        // it goes on from a state, and its first event is still to come
	zero     int64                       // what was taken off all times, ns
}

// keyframe is the state after so many steps, from which later ones are folded: packed, and
// without what the samples before it tell.
type keyframe struct {
	after int
	state []byte
}

// keyframeEvery is the least number of steps between keyframes, of a long run one in 1024
// of its steps. A large state costs more to keep, so the next keyframe is further away: all
// but the newest together have at most so many bytes a step.
const (
	keyframeEvery = 96
	keyframeBytes = 16 // for each step
)

type sample struct {
	after int // it was read after this many steps
	event trace.Event
}

// Lane is one thread on the timeline.
type Lane struct {
	Proc, Thread int
	Name         string // "server", "client 1"
	Tag          string // "srv", "c1"
	Role         string // as trace.Proc
	Parent       int    // as trace.Proc
	Calls        []int  // indexes in Run.Calls
	Start        int    // index in Steps of its Start, or -1
	Exit         int    // index in Steps of its Exit, or -1
	Gaps         []Gap  // where calls are missing, in order
	Peers        []int  // of RolePeer: indexes in Run.Conns, one after another
	Known        int    // of joined runs: the position at which its own run ends; else 0
	last         int    // index in Steps of its newest event, or -1
}

// Call is one call of a lane.
type Call struct {
	Lane   int
	Enter  int // index in Steps
	Return int // index in Steps; -1 while it has not returned
}

// NewRun returns a Run for the trace that h opens.
func NewRun(h *trace.Header) *Run {
	header := *h
	header.Procs = nil
	r := &Run{
		Header:   &header,
		head:     new(trace.State),
		ends:     map[endpoint]int{},
		dialled:  map[endpoint]int{},
		connects: map[int]int{},
		letterOf: map[int]int{},
		patience: map[endpoint][]allowed{},
	}
	r.fullest.step = -1
	r.keyframes = append(r.keyframes, keyframe{0, r.head.Pack(nil)})
	for i := range h.Procs {
		r.AddProc(&h.Procs[i])
	}
	return r
}

// AddProc adds a process that another one has made. Its number is the next.
func (r *Run) AddProc(p *trace.Proc) {
	r.Header.Procs = append(r.Header.Procs, *p)
	r.addLane(len(r.Header.Procs)-1, 0)
}

// AddSource adds the text of a program, whose number is the next.
func (r *Run) AddSource(s *trace.Source) { r.Header.Sources = append(r.Header.Sources, *s) }

func (r *Run) addLane(proc, thread int) int {
	p := &r.Header.Procs[proc]
	r.Lanes = append(r.Lanes, Lane{Proc: proc, Thread: thread, Name: p.Name, Tag: p.Tag, Role: p.Role, Parent: p.Parent, Start: -1, Exit: -1, last: -1})
	return len(r.Lanes) - 1
}

// Len returns how many steps there are.
func (r *Run) Len() int { return r.steps.n }

// Gist returns what of step i, counted from 0, is at hand. It must not be changed.
func (r *Run) Gist(i int) *Gist { return r.steps.at(i) }

// Step returns step i, counted from 0. It must not be changed. Where a Gist says enough,
// that takes much less time.
func (r *Run) Step(i int) *trace.Event {
	e, fresh := r.steps.event(i)
	if fresh {
		r.lined(i, e)
	}
	return e
}

// read is Step of a step that is looked at once: the next that is read takes its place.
func (r *Run) read(i int, m *room) *trace.Event {
	m.giveUp()
	return r.unpack(i, m)
}

func (r *Run) unpack(i int, m *room) *trace.Event {
	e := r.steps.unpack(r.steps.at(i), m)
	r.lined(i, e)
	return e
}

// lined gives an Enter the line that its Return told.
func (r *Run) lined(i int, e *trace.Event) {
	if !r.lateLines || e.Kind != trace.Enter || e.Line != 0 {
		return
	}
	if c := r.CallAt(i); c != nil && c.Return >= 0 {
		e.File, e.Line = r.steps.line(c.Return)
	}
}

// Steps returns all steps, unpacked.
func (r *Run) Steps() []trace.Event {
	all := make([]trace.Event, r.Len())
	for i := range all {
		all[i] = *r.Step(i)
	}
	return all
}

// Add appends events in the order of the trace. They must not change any more, until they
// are forgotten.
func (r *Run) Add(events []trace.Event) {
	for i := range events {
		r.add(&events[i])
	}
}

// Reserve makes room for k times as many steps as there are, of the same kinds. A list that
// grows is copied again and again, and of a long run each time takes long.
func (r *Run) Reserve(k float64) { r.steps.reserve(k) }

// ReserveMore is Reserve for what follows from the steps. It is called apart: to make room
// takes a while by itself.
func (r *Run) ReserveMore(k float64) {
	Spare(&r.Calls, k)
	Spare(&r.Wakes, k)
	Spare(&r.moved, k)
	Spare(&r.Datagrams, k)
	Spare(&r.keyframes, k)
	for i := range r.Lanes {
		Spare(&r.Lanes[i].Calls, k)
	}
	for i := range r.Conns {
		for way := range r.Conns[i].Flows {
			Spare(&r.Conns[i].Flows[way].Sends, k)
			Spare(&r.Conns[i].Flows[way].Recvs, k)
		}
	}
	for i := range r.Posts {
		Spare(&r.Posts[i].List, k)
	}
}

// Spare makes room in a list for k times as many members as there are. What slices.Grow
// makes it clears at once, which takes long of so much.
func Spare[T any](list *[]T, k float64) {
	n := len(*list)
	more := make([]T, n, n+int(k*float64(n)))
	copy(more, *list)
	*list = more
}

// Forget takes nothing more from the events that were added, nor from the sets that they
// point to.
func (r *Run) Forget() {
	r.steps.forget()
	r.head.Keep()
}

func (r *Run) add(e *trace.Event) {
	if r.midway {
		r.begin(e.Time)
	}
	if r.zero != 0 {
		e = shifted(e, r.zero)
	}
	if e.Kind == trace.Packet {
		r.packet(e)
		return
	}
	r.head.Apply(e)
	if e.Kind == trace.Sample {
		r.samples = append(r.samples, sample{r.Len(), *e})
		return
	}
	for i := range e.Queues {
		if q := &e.Queues[i]; q.State == trace.Listening && (q.Recv > r.fullest.backlog || r.fullest.step < 0) {
			r.fullest.backlog, r.fullest.step = q.Recv, r.Len()
		}
	}
	r.steps.add(e)
	n := r.Len()
	if last := &r.keyframes[len(r.keyframes)-1]; n-last.after >= max(keyframeEvery, n/1024, len(last.state)/keyframeBytes) {
		r.packed = r.head.Pack(r.packed[:0])
		r.keyframes = append(r.keyframes, keyframe{n, bytes.Clone(r.packed)})
	}
	if e.Kind == trace.Note && e.Addr != "" {
		r.dropped = append(r.dropped, e.Addr)
	}
	if e.Kind != trace.Note {
		r.index(n - 1)
	}
}

// index finds the lane and the call of a step, and what follows from it.
func (r *Run) index(i int) {
	e := r.Step(i)
	li := r.lane(e.Proc, e.Thread)
	if li < 0 {
		return
	}
	lane := &r.Lanes[li]
	if e.Kind == trace.Gap {
		r.gap(lane, i)
		return
	}
	lane.ungap(i)
	switch e.Kind {
	case trace.Start:
		lane.Start = i
	case trace.Exit:
		lane.Exit = i
	case trace.Enter:
		r.steps.at(i).call = int32(len(r.Calls))
		lane.Calls = append(lane.Calls, len(r.Calls))
		r.Calls = append(r.Calls, Call{Lane: li, Enter: i, Return: -1})
	case trace.Return:
		if n := len(lane.Calls); n > 0 {
			ci := lane.Calls[n-1]
			if c := &r.Calls[ci]; c.Return < 0 && r.Gist(c.Enter).Call == e.Call {
				c.Return = i
				r.steps.at(i).call = int32(ci)
				if e.Line != 0 && r.Step(c.Enter).Line == 0 { // strace tells it when a call is over
					r.steps.change(c.Enter, func(in *trace.Event) { in.File, in.Line = e.File, e.Line })
					r.lateLines = true
				}
			}
		}
	}
	r.follow(i)
}

// lane returns the index of a thread's lane, which is made when the thread first
// shows. It is -1 for a thread that no trace of ours can have.
func (r *Run) lane(proc, thread int) int {
	if i := r.laneOf(proc, thread); i >= 0 {
		return i
	}
	if proc < 0 || proc >= len(r.Header.Procs) || thread < 0 || thread >= trace.MostThreads {
		return -1
	}
	return r.addLane(proc, thread)
}

// laneOf returns the index of a thread's lane, -1 for none.
func (r *Run) laneOf(proc, thread int) int {
	for i := range r.Lanes {
		if r.Lanes[i].Proc == proc && r.Lanes[i].Thread == thread {
			return i
		}
	}
	return -1
}

// Straced reports whether strace records the calls of a process. Its program then
// tells its own calls, too: see trace.KernelThread.
func (r *Run) Straced(proc int) bool {
	return proc >= 0 && proc < len(r.Header.Procs) && r.Header.Procs[proc].Tracer == trace.StraceTracer
}

// Logged reports whether strace alone tells of a process. Whether a call of it slept is
// inferred, and so is who woke it.
func (r *Run) Logged(proc int) bool {
	return proc >= 0 && proc < len(r.Header.Procs) && r.Header.Procs[proc].Tracer == trace.StraceLog
}

// Injected reports whether the call at step i is a pause that a knob put there. Knobs
// hold clients back; a server's pause is its own.
func (r *Run) Injected(i int) bool {
	e := r.Gist(i)
	return e.Call == trace.Nanosleep && e.Proc >= 0 && e.Proc < len(r.Header.Procs) && r.Header.Procs[e.Proc].Role == trace.RoleClient && !r.Logged(e.Proc)
}

// CallAt returns the call that step index i entered or returned from, or nil.
func (r *Run) CallAt(i int) *Call {
	if k := r.CallIndex(i); k >= 0 {
		return &r.Calls[k]
	}
	return nil
}

// CallIndex returns the index in Calls of the call that step index i entered or
// returned from, or -1.
func (r *Run) CallIndex(i int) int {
	if i < 0 || i >= r.Len() {
		return -1
	}
	return int(r.steps.at(i).call)
}

// State returns what was so after n steps, with the samples that were read
// before the next one. It folds from the keyframe before.
func (r *Run) State(n int) *trace.State {
	n = max(0, min(n, r.Len()))
	k := sort.Search(len(r.keyframes), func(i int) bool { return r.keyframes[i].after > n }) - 1
	s, at := trace.Unpack(r.keyframes[k].state), r.keyframes[k].after
	si := sort.Search(len(r.samples), func(i int) bool { return r.samples[i].after >= at })
	if si > 0 {
		e := &r.samples[si-1].event
		s.Sockets, s.SocketsAt, s.Counters = e.Sockets, e.Time, e.Counters
	}
	for ; at <= n; at++ {
		for ; si < len(r.samples) && r.samples[si].after == at; si++ {
			s.Apply(&r.samples[si].event)
		}
		if at < n {
			s.Apply(r.unpack(at, &r.fold))
		}
	}
	s.Keep()
	r.fold.giveUp()
	return s
}

// lookup keeps what was worked out last. It holds until the run grows.
type lookup struct {
	steps, events int // how long the run was then
	ends          ends
	n             int
	state         *trace.State // after n steps; nil where it was not asked for
	carriages     map[int]Carriage
}

func (r *Run) look() *lookup {
	if l := &r.last; l.ends.run == nil || l.steps != r.Len() || l.events != r.head.Events {
		r.last = lookup{steps: r.Len(), events: r.head.Events, ends: newEnds(r)}
	}
	return &r.last
}

// endsNow indexes the connections that r has.
func (r *Run) endsNow() ends { return r.look().ends }

// stateOf returns State(n), which must not be changed.
func (r *Run) stateOf(n int) *trace.State {
	l := r.look()
	if l.state == nil || l.n != n {
		l.n, l.state = n, r.State(n)
	}
	return l.state
}

// Duration returns how long the run took, in ns: to its end, or while it is live to
// its last step.
func (r *Run) Duration() int64 {
	var d int64
	if n := r.Len(); n > 0 {
		d = r.Gist(n - 1).Time
	}
	if r.End != nil {
		return max(d, r.End.Time)
	}
	return max(d, r.Passed)
}

// StepAt returns how many steps had happened at time t.
func (r *Run) StepAt(t int64) int {
	return sort.Search(r.Len(), func(i int) bool { return r.Gist(i).Time > t })
}

// Emulated reports whether the run's machine was a program in a browser: how long things
// took is then that program's doing.
func (r *Run) Emulated() bool { return r.Header.Clock == trace.EmulatedClock }

// Grain is the shortest time that the run's clock tells, in ns.
func (r *Run) Grain() int64 {
	if r.Emulated() {
		return trace.EmulatedGrain
	}
	return 1
}

// Span writes a duration of the run, or a time since its start, no finer than its clock
// tells. What was shorter than that is written so.
func (r *Run) Span(ns int64) string {
	g := r.Grain()
	if g > 1 && ns >= 0 && ns < g {
		return "less than " + words.Span(g)
	}
	return words.Span(ns - ns%g)
}

// Instant writes a time since the run's start in full, as finely as its clock tells.
func (r *Run) Instant(ns int64) string {
	text := words.Instant(ns)
	if r.Emulated() {
		number, unit, _ := strings.Cut(text, " ")
		return number[:len(number)-len("00")] + " " + unit
	}
	return text
}

// Age writes how long before now, or after it, something was.
func (r *Run) Age(at, now int64) string {
	sign, span := "−", now-at
	if at >= now {
		sign, span = "+", at-now
	}
	return sign + strings.Replace(r.Span(span), "less than ", "<", 1)
}
