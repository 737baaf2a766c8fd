package run

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"sockscope/server/process"
	"sockscope/server/sockdiag"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// broadcast is the trace of one life of a standing program, for whoever watches. It may
// go on for ever, so that little is kept: the calls that made what is open, and the newest
// events. One goroutine empties the program's ring, also when nobody watches: a late viewer
// must learn of the fds and of the call that the program sleeps in. A slow viewer loses
// events. Neither the program nor the other viewers wait for it.
type broadcast struct {
	log    *slog.Logger
	proc   *process.Process
	header *trace.Header
	merge  merge
	diag   *sockdiag.Table // nil where the kernel's table can't be had
	came   chan struct{}   // somebody has sat down

	// Of the goroutine that empties the ring.
	busy    int64 // when the last record was seen; ns since began
	weighed int64 // when memory was last looked at
	sampled int64 // when the socket table was last read
	cost    int64 // how long that took, ns
	table   []trace.Sock
	listens bool   // listen has returned
	taken   bool   // bind has returned: the port is somebody else's
	local   string // where bind has put it
	exited  bool   // its exit is in the ring
	dropped int64  // calls that found the ring full, as far as it is told

	mu     sync.Mutex
	before roots         // of what was open before recent; no call was under way then
	recent []trace.Event // without samples
	told   int64         // calls, of all events so far
	seats  []*seat
	end    *trace.End // set when this life is over
}

// The bounds of a broadcast.
const (
	keepRecent = 200       // events a viewer begins with, about
	seatSize   = 256 << 10 // bytes that wait for a viewer
	frameSize  = 64 << 10  // bytes of a frame of events, about
)

// seat is a viewer's place: the frames that wait for it.
type seat struct {
	frames [][]byte
	size   int
	behind bool  // it has to begin anew, with a Now
	told   int64 // broadcast.told as of the newest of the frames
	lost   int64 // calls since then that nobody was told
	more   chan struct{}
}

func newBroadcast(p *process.Process, header *trace.Header, log *slog.Logger) *broadcast {
	b := &broadcast{log: log, proc: p, header: header, came: make(chan struct{}, 1)}
	b.merge = merge{
		began: socket.Now(), locate: newLocator(header.Sources).file, seen: b.seen,
		areas: []mergeArea{{area: p.Area}},
	}
	return b
}

// seen takes note of an event as soon as it is read.
func (b *broadcast) seen(e *trace.Event) {
	switch {
	case e.Kind == trace.Exit:
		b.exited = b.exited || e.Thread == 0
	case e.Kind != trace.Return:
	case e.Call == trace.Bind && e.Errno == 0 && len(e.Queues) > 0:
		b.local = e.Queues[0].Local
	case e.Call == trace.Bind:
		b.taken = e.Errno == trace.EADDRINUSE
	case e.Call == trace.Listen:
		b.listens = e.Errno == 0
	}
}

func (b *broadcast) time() int64 { return socket.Now() - b.merge.began }

// loop empties the ring until the program has died.
func (b *broadcast) loop(died <-chan struct{}, limits Limits) {
	b.diag, _ = sockdiag.Open()
	if b.diag != nil {
		defer b.diag.Close()
	}
	for timer := time.NewTimer(0); ; timer.Reset(b.pause()) {
		select {
		case <-died:
			return
		case <-b.came:
			b.table, b.sampled = nil, 0 // who has come gets the next sample, as everybody
		case <-timer.C:
		}
		if err := b.pass(false); err != nil {
			b.log.Error("the trace of a standing program was damaged", "name", b.header.Lab, "err", err)
			b.proc.Kill()
			<-died
			return
		}
		if t := b.time(); t-b.weighed > int64(time.Second) {
			b.weighed = t
			if over(b.proc.PID, limits.Memory) {
				b.log.Error("a standing program uses too much memory", "name", b.header.Lab, "limit", bytesText(limits.Memory))
				b.proc.Kill()
			}
		}
	}
}

// pause is how long the ring may go unread. It is short while something happens and
// somebody watches.
func (b *broadcast) pause() time.Duration {
	quiet := time.Duration(b.time() - b.busy)
	switch watched := b.watched(); {
	case watched && quiet < 20*time.Millisecond:
		return 500 * time.Microsecond
	case watched && quiet < time.Second:
		return 2 * time.Millisecond
	case watched, quiet < 100*time.Millisecond:
		return 10 * time.Millisecond
	}
	return 100 * time.Millisecond
}

func (b *broadcast) watched() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.seats) > 0
}

// pass reads the ring and passes on what is certain, or with all everything.
func (b *broadcast) pass(all bool) error {
	n, certain, err := b.merge.read(socket.Now())
	if err != nil {
		return err
	}
	if n > 0 {
		b.busy = b.time()
	}
	if all {
		certain = never
	}
	b.sample()
	dropped := b.merge.dropped() // before take: what is taken comes before the gap, or close to it
	events := b.merge.take(certain)
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(events) > 0 {
		k, size := 0, 0
		for ; k < len(events) && (k == 0 || size < frameSize); k++ {
			size += weight(&events[k])
		}
		b.tell(events[:k])
		events = events[k:]
	}
	if dropped > b.dropped {
		b.gap(dropped - b.dropped)
		b.dropped = dropped
	}
	return nil
}

// tell passes events on, and keeps those that the next viewer begins with.
func (b *broadcast) tell(events []trace.Event) {
	b.told += countCalls(events)
	if len(b.seats) > 0 {
		frame, err := trace.AppendFrame(nil, &trace.Message{Events: events})
		if err != nil {
			b.log.Error("a standing program's events", "name", b.header.Lab, "err", err)
		}
		for _, s := range b.seats {
			s.give(frame, b.told)
		}
	}
	for i := range events {
		if events[i].Kind != trace.Sample {
			b.recent = append(b.recent, events[i])
		}
	}
	b.forget()
}

// forget folds old events into the state before the recent ones, up to a moment when no
// call is open. A viewer that begins there sees no return without its enter.
func (b *broadcast) forget() {
	if len(b.recent) < 2*keepRecent {
		return
	}
	open, last := 0, 0
	for i := 0; i <= len(b.recent)-keepRecent; i++ {
		if open == 0 {
			last = i
		}
		switch b.recent[i].Kind {
		case trace.Enter:
			open++
		case trace.Return:
			open--
		}
	}
	b.fold(last)
}

// fold moves the n oldest of the recent events into the state before them.
func (b *broadcast) fold(n int) {
	for i := range b.recent[:n] {
		b.before.apply(&b.recent[i])
	}
	b.recent = slices.Delete(b.recent, 0, n)
}

// gap says that so many calls were not recorded. It forgets connections that those may
// have closed, which the kernel's table lacks.
func (b *broadcast) gap(calls int64) {
	b.fold(len(b.recent))
	if b.diag != nil {
		if table, err := b.diag.Read(b.ours); err == nil {
			b.before.keep(table)
		}
	}
	for _, s := range b.seats {
		s.lost += calls
		s.behind = true
		s.wake()
	}
}

func countCalls(events []trace.Event) (n int64) {
	for i := range events {
		if events[i].Kind == trace.Enter {
			n++
		}
	}
	return n
}

// give puts a frame into the seat's queue. A viewer whose queue is full takes what waits,
// and then begins anew.
func (s *seat) give(frame []byte, told int64) {
	if s.behind = s.behind || s.size+len(frame) > seatSize; s.behind {
		return
	}
	s.frames = append(s.frames, frame)
	s.size += len(frame)
	s.told = told
	s.wake()
}

func (s *seat) wake() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// sample reads the kernel's socket table for those who watch, when it may have changed,
// and passes it on when it has. The network is the host's: only the sockets of this
// program's port show.
func (b *broadcast) sample() {
	t := b.time()
	due := sampleEvery(time.Duration(t - b.busy))
	// A host with many sockets has a long table.
	if b.diag == nil || t-b.sampled < max(int64(due), 20*b.cost) || !b.watched() {
		return
	}
	b.sampled = t
	table, err := b.diag.Read(b.ours)
	b.cost = b.time() - t
	if err != nil || slices.Equal(table, b.table) {
		return
	}
	b.table = table
	b.merge.add(trace.Event{Kind: trace.Sample, Time: t, FD: -1, Sockets: table})
}

// ours reports whether a socket has to do with the program's port.
func (b *broadcast) ours(s *trace.Sock) bool {
	port := portOf(b.header.Procs[0].Addr)
	return portOf(s.Local) == port || portOf(s.Peer) == port
}

func portOf(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// over ends the broadcast: its program has died, with a status.
func (b *broadcast) over(status int64, why string) {
	b.merge.end(0)
	_, _, err := b.merge.read(socket.Now()) // a damaged ring has been complained of
	if !b.exited {                          // it could not record its own end
		b.merge.add(trace.Event{Kind: trace.Exit, Time: b.time(), FD: -1, Result: status})
	}
	if err == nil {
		b.pass(true)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end = &trace.End{Time: max(b.time(), b.merge.last), Reason: trace.EndFailed, Message: why}
	for _, s := range b.seats {
		s.wake()
	}
}

// watch gives a viewer the program's trace by write: first what is so, then what happens.
// It ends when the program has died, ctx is done, or write fails.
func (b *broadcast) watch(ctx context.Context, write func(frame []byte) error) error {
	b.mu.Lock()
	s := &seat{behind: true, told: b.told, more: make(chan struct{}, 1)}
	b.seats = append(b.seats, s)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seats = slices.DeleteFunc(b.seats, func(other *seat) bool { return other == s })
	}()
	s.wake()
	select {
	case b.came <- struct{}{}:
	default:
	}
	first, err := trace.AppendFrame(nil, &trace.Message{Header: b.header})
	if err != nil {
		return err
	}
	if err := write(first); err != nil {
		return err
	}
	for {
		select {
		case <-s.more:
		case <-ctx.Done():
			return ctx.Err()
		}
		frames, last, err := b.take(s)
		if err != nil {
			return err
		}
		for _, frame := range frames {
			if err := write(frame); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// take returns what waits for the seat, and whether that is all there will be.
func (b *broadcast) take(s *seat) (frames [][]byte, last bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	frames = s.frames
	s.frames, s.size = nil, 0
	add := func(m *trace.Message) {
		if err == nil {
			var frame []byte
			frame, err = trace.AppendFrame(nil, m)
			frames = append(frames, frame)
		}
	}
	if s.behind {
		missed := max(0, b.told-countCalls(b.recent)-s.told) + s.lost
		now := b.before.now()
		now.Missed = missed
		add(&trace.Message{Now: now})
		for events := b.recent; len(events) > 0; {
			k, size := 0, 0
			for ; k < len(events) && (k == 0 || size < frameSize); k++ {
				size += weight(&events[k])
			}
			add(&trace.Message{Events: events[:k]})
			events = events[k:]
		}
		s.behind, s.told, s.lost = false, b.told, 0
	}
	if b.end != nil {
		add(&trace.Message{End: b.end})
	}
	return frames, b.end != nil, err
}
