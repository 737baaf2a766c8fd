package socket

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"sockscope/server/ring"
	"sockscope/server/trace"
)

// call describes one system call for the trace: what goes in, and where what
// comes out will be. Not traced, it is not looked at.
type call struct {
	name    trace.Call
	fd      int
	nargs   int
	args    [3]int64  // integers of the prototype, in its order
	size    int       // bytes offered, or room for bytes
	out     []byte    // bytes that go to the kernel
	in      []byte    // room for bytes that come from it
	to      *sockaddr // address that goes in
	from    *sockaddr // address that comes out
	names   bool      // the socket may get an address of its own by it
	timeout int64     // ns, or trace.Forever
	sets    sets      // of select, poll and epoll_wait
	null    uint8     // of select: the lists that aren't given; see trace.Sets
	value   optionOut // of an option that comes out; the last of args
	status  *int32    // of a child that comes out; the last of args
}

// sets are the fds of a call that waits for several.
type sets interface {
	asked() lists     // what the program asks about
	came(n int) lists // what the kernel says is ready, when the call returned n
}

// make makes the call, and again when a signal interrupted it. Each attempt is
// a call of its own in the trace.
//
//go:uintptrescapes
func (c *call) make(trap, a1, a2, a3, a4, a5, a6 uintptr) (int, Errno) {
	for {
		n, errno := c.once(trap, a1, a2, a3, a4, a5, a6)
		if errno != EINTR {
			return n, errno
		}
	}
}

// once makes the call once. The result is -1 when errno isn't 0.
//
//go:uintptrescapes
func (c *call) once(trap, a1, a2, a3, a4, a5, a6 uintptr) (int, Errno) {
	t := current()
	if t == nil {
		return enter(trap, a1, a2, a3, a4, a5, a6)
	}
	p := &t.passage
	p.trap = trap
	// One by one, as in entering.
	p.args[0], p.args[1], p.args[2], p.args[3], p.args[4], p.args[5] = a1, a2, a3, a4, a5, a6
	if !t.entering(c) {
		return enter(trap, a1, a2, a3, a4, a5, a6) // the ring is full; it counts the call
	}
	p.through()
	return t.returned(c)
}

// thread is one traced thread. Only that thread touches it.
type thread struct {
	caller  uintptr // its goroutine; see goroutine
	ring    *ring.Ring
	sites   sites
	sampler *sampler // nil when nothing is sampled beside calls
	rec     ring.Record
	passage passage
	addr    [128]byte // text of rec.Addr
}

// traced holds the threads that are.
var traced struct {
	sync.Mutex
	area    *ring.Area
	sample  bool
	threads atomic.Pointer[[]*thread]
	last    bool        // the process ends with its first thread; see Main
	over    atomic.Bool // that one has ended: what others do until they are gone is not recorded
}

// Attach starts to trace this process into area; the calling goroutine is its
// first thread and stays on its operating system thread. With sample, queues
// and states of the sockets are read beside each call, which costs about two system
// calls a call. A process attaches once.
func Attach(area *ring.Area, sample bool) error {
	traced.Lock()
	if traced.area != nil {
		traced.Unlock()
		return errors.New("this process is traced already")
	}
	traced.area, traced.sample = area, sample
	traced.Unlock()

	runtime.LockOSThread()
	if !started() {
		return errors.New("the trace area has no ring left")
	}
	return nil
}

// started makes the calling thread a traced one. It reports whether it is;
// the threads beyond trace.MaxThreads run untraced.
func started() bool {
	traced.Lock()
	defer traced.Unlock()
	if traced.area == nil {
		return false
	}
	_, mine := traced.area.Claim()
	if mine == nil {
		return false
	}
	t := newThread(traced.area, mine, traced.sample)
	t.note(trace.Start, 0, int64(forked.pid), int64(forked.host))
	threads := []*thread{t}
	if old := traced.threads.Load(); old != nil {
		threads = append(threads, *old...)
	}
	traced.threads.Store(&threads)
	return true
}

// newThread returns the calling thread, which the goroutine stays on until the
// passage's end.
func newThread(area *ring.Area, mine *ring.Ring, sample bool) *thread {
	t := &thread{caller: goroutine(), ring: mine, sites: sites{area: area}}
	if sample {
		t.sampler = new(sampler)
	}
	t.passage.pending = mine.Pending()
	t.passage.begin()
	return t
}

// exited ends the trace of the calling thread, which may be the process's first. Its
// ring is not used again.
func exited(status int, first bool) {
	t := current()
	if t == nil {
		return
	}
	t.passage.end()
	if first && traced.last {
		traced.over.Store(true)
	}
	t.note(trace.Exit, status, 0, 0)
	traced.Lock()
	defer traced.Unlock()
	var rest []*thread
	for _, other := range *traced.threads.Load() {
		if other != t {
			rest = append(rest, other)
		}
	}
	traced.threads.Store(&rest)
}

// current returns the calling thread, nil when it isn't traced.
func current() *thread {
	threads := traced.threads.Load()
	if threads == nil || traced.over.Load() {
		return nil
	}
	caller := goroutine()
	for _, t := range *threads {
		if t.caller == caller {
			return t
		}
	}
	return nil
}

// note records the start or the end of the thread. The start in a process that
// Fork made has the process's two numbers.
func (t *thread) note(kind trace.Kind, status int, pid, host int64) {
	t.rec = ring.Record{Kind: kind, Time: nanotime(), FD: -1, Result: int64(status), CPU: t.passage.cpu()}
	if pid != 0 {
		t.rec.NArgs, t.rec.Args = 2, [3]int64{pid, host}
	}
	if slot, ok := t.ring.Reserve(&t.rec); ok {
		slot.Publish()
	}
}

// entering writes the call's first event, to be published at the last moment
// before the call. It reports false when the ring is full.
func (t *thread) entering(c *call) bool {
	// One by one: copied in whole the record, and an array that was just written so, takes
	// a third of the time that all of this does.
	rec := &t.rec
	rec.Kind, rec.Call, rec.FD, rec.Size = trace.Enter, c.name, int32(c.fd), int32(c.size)
	rec.NArgs, rec.Timeout, rec.Addr, rec.Data, rec.Queues = c.nargs, c.timeout, nil, c.out, nil
	for i, arg := range &c.args {
		rec.Args[i] = arg
	}
	rec.Result, rec.Errno, rec.Sleep, rec.CPU, rec.HasSets, rec.Null = 0, 0, trace.SleepUnknown, 0, false, 0
	var around stack
	frames(&around)
	rec.Site = t.sites.at(&around)
	if c.to != nil {
		rec.Addr = c.to.appendTo(t.addr[:0])
	}
	if c.sets != nil {
		rec.HasSets, rec.Null, rec.Sets = true, c.null, c.sets.asked()
	}
	if t.sampler != nil {
		rec.Queues = t.sampler.before(c, (*lists)(&rec.Sets))
	}
	var ok bool
	t.passage.slot, ok = t.ring.Reserve(rec)
	return ok
}

// returned publishes the call's second event and returns the call's result.
// Arguments that tell what changed (which address, which flag) stand in it
// again, so that the return alone says what the call did.
func (t *thread) returned(c *call) (int, Errno) {
	rec, p := &t.rec, &t.passage
	n, errno := p.result()
	rec.Kind, rec.Time = trace.Return, p.returned
	rec.Result, rec.Errno = int64(n), trace.Errno(errno)
	if c.name == trace.Shmat && errno == 0 {
		rec.Result = int64(uintptr(n)) // an address has no sign
	}
	rec.Sleep, rec.CPU = p.slept(), p.cpu()
	rec.Size, rec.Timeout, rec.Data = 0, 0, nil
	ok := errno == 0
	switch {
	case c.in != nil && ok:
		rec.Data = c.in[:min(n, len(c.in))] // with MSG_TRUNC n may be more
	case c.name == trace.Write && ok:
		rec.Data = c.out[:n]
	case c.value != nil && ok:
		rec.Args[c.nargs-1] = c.value()
	case c.status != nil && ok:
		rec.Args[c.nargs-1] = int64(*c.status)
	}
	if c.from != nil && ok {
		rec.Addr = c.from.appendTo(t.addr[:0])
	} else if c.from != nil {
		rec.Addr = nil
	}
	var asked lists
	if c.sets != nil {
		asked = rec.Sets
		rec.HasSets, rec.Null, rec.Sets = ok, 0, lists{}
	}
	if t.sampler != nil {
		rec.Queues = t.sampler.after(c, n, ok || errno == EINPROGRESS, &asked)
	}
	if c.sets != nil && ok {
		rec.Sets = c.sets.came(n)
	}
	if !traced.over.Load() {
		if slot, ok := t.ring.Reserve(rec); ok {
			release(slot.Head, slot.Next)
		}
	}
	release(p.pending, 0)
	return n, errno
}
