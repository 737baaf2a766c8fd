package ring

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"unsafe"

	"sockscope/server/trace"
)

// The sizes of an Area's memory, and what one record can hold.
const (
	// RingSize is the size of one thread's ring in bytes. Memory that is never
	// touched is never taken.
	RingSize = 2 << 20
	// AreaSize is the size of the memory of an Area in bytes.
	AreaSize = areaHead + maxSites*siteSize + trace.MaxThreads*RingSize

	areaHead = 64
	ringHead = 64

	// MaxSet and MaxQueues bound one event: FD_SETSIZE members in each list,
	// and that many queues.
	MaxSet    = 1024
	MaxQueues = 64
	maxAddr   = 128

	fixedSize = 104
	queueSize = 32

	maxRecord = fixedSize + maxAddr + trace.DataCap + NumSets*4*MaxSet + MaxQueues*(queueSize+2*maxAddr) + 64
	numArgs   = 3

	// NumSets is how many lists a Record has: the first ones of trace.Sets.
	NumSets = 5
)

// Area is the memory of a traced process, seen by either side.
type Area struct{ mem []byte }

// NewArea lays an Area over mem, which has AreaSize bytes, starts at a multiple
// of 8, and is zero when new.
func NewArea(mem []byte) (*Area, error) {
	if len(mem) < AreaSize || uintptr(unsafe.Pointer(&mem[0]))%8 != 0 {
		return nil, fmt.Errorf("trace area of %d bytes; it takes %d, aligned to 8", len(mem), AreaSize)
	}
	return &Area{mem[:AreaSize]}, nil
}

// Claim takes a ring for one more thread and returns the thread's number. It
// returns nil when trace.MaxThreads are taken.
func (a *Area) Claim() (int, *Ring) {
	n := atomic.AddUint32((*uint32)(unsafe.Pointer(&a.mem[0])), 1) - 1
	if n >= trace.MaxThreads {
		return int(n), nil
	}
	return int(n), a.Ring(int(n))
}

// Threads returns how many threads have claimed a ring.
func (a *Area) Threads() int {
	n := atomic.LoadUint32((*uint32)(unsafe.Pointer(&a.mem[0])))
	return int(min(n, trace.MaxThreads))
}

// Ring returns the ring of thread i, from 0 to trace.MaxThreads-1.
func (a *Area) Ring(i int) *Ring {
	m := a.mem[areaHead+maxSites*siteSize+i*RingSize:][:RingSize]
	return &Ring{
		head:    (*uint64)(unsafe.Pointer(&m[0])),
		tail:    (*uint64)(unsafe.Pointer(&m[8])),
		dropped: (*uint64)(unsafe.Pointer(&m[16])),
		pending: (*int64)(unsafe.Pointer(&m[24])),
		data:    m[ringHead:],
	}
}

// Ring is a queue of events from one thread to a collector, each on its own
// side of shared memory.
type Ring struct {
	head    *uint64 // bytes ever written, by the thread
	tail    *uint64 // bytes ever read, by the collector
	dropped *uint64 // calls not recorded, by the thread
	pending *int64  // see Pending
	data    []byte
}

// Record is an Event as a thread writes it, without allocation. Reserve copies its
// slices into the ring: a collector can't follow another process's pointers.
type Record struct {
	Kind    trace.Kind
	Call    trace.Call
	Sleep   trace.Sleep
	Errno   trace.Errno
	FD      int32
	Size    int32
	NArgs   int
	Args    [numArgs]int64
	Time    int64 // ns of CLOCK_MONOTONIC, not yet relative to the run
	Timeout int64
	Result  int64
	CPU     int64
	Site    Site // where the program made the call
	Addr    []byte
	Data    []byte // cut to trace.DataCap
	HasSets bool
	Null    uint8            // see trace.Sets
	Sets    [NumSets][]int32 // each cut to MaxSet
	Queues  []Queue          // cut to MaxQueues
	Dropped int64            // calls of the thread so far that were not recorded; set by Reserve
}

// Queue is a Queue as a thread writes it.
type Queue struct {
	FD          int32
	State       trace.TCPState
	Recv, Send  int32
	Time        int64
	Local, Peer []byte
	Only        trace.Length
	Unit        trace.Unit
	Drops       int32
}

// A Slot is a record that is written but not published. To publish it, store the
// event's time through Time, then Next through Head, atomically and in this order.
// The caller makes these two stores: for an Enter they have to happen a few
// instructions before the call itself.
type Slot struct {
	Time *int64
	Head *int64
	Next int64
}

// Publish stores the slot's head; the record's time is as given to Reserve.
func (s Slot) Publish() { atomic.StoreInt64(s.Head, s.Next) }

// Reserve writes rec behind the published records. For an Enter it makes sure
// that the Return will fit too. It reports false when the ring is full; an
// Enter is then counted as dropped, and the caller leaves its Return out.
func (r *Ring) Reserve(rec *Record) (Slot, bool) {
	head := *r.head
	room := uint64(len(r.data)) - (head - atomic.LoadUint64(r.tail))
	need := uint64(2 * maxRecord) // this record, and what is skipped to keep it in one piece
	if rec.Kind == trace.Enter {
		need *= 2
	}
	if room < need {
		if rec.Kind == trace.Enter {
			atomic.AddUint64(r.dropped, 1)
		}
		return Slot{}, false
	}
	at := head % uint64(len(r.data))
	if end := uint64(len(r.data)) - at; end < maxRecord {
		binary.LittleEndian.PutUint32(r.data[at:], uint32(end))
		r.data[at+4] = 0 // no kind: skip to the start
		head += end
		at = 0
	}
	rec.Dropped = int64(*r.dropped)
	n := rec.encode(r.data[at : at+maxRecord])
	return Slot{
		Time: (*int64)(unsafe.Pointer(&r.data[at+8])),
		Head: (*int64)(unsafe.Pointer(r.head)),
		Next: int64(head) + int64(n),
	}, true
}

// Pending points to the time of a Return that the thread has seen and not yet
// published, or 0. Until the thread publishes it, a collector holds back later events
// of other threads.
func (r *Ring) Pending() *int64 { return r.pending }

// Dropped returns how many calls were not recorded.
func (r *Ring) Dropped() int64 { return int64(atomic.LoadUint64(r.dropped)) }

// Next takes the oldest published record into rec and reports whether there was one.
// The slices of rec are copies. An error means that the traced process has written over
// the memory: there is no record where one should be.
func (r *Ring) Next(rec *Record) (bool, error) {
	for {
		tail := *r.tail
		head := atomic.LoadUint64(r.head)
		if tail == head {
			return false, nil
		}
		at := tail % uint64(len(r.data))
		have := head - tail
		if have > uint64(len(r.data)) || have < 8 || at%8 != 0 {
			return false, fmt.Errorf("trace ring: %d bytes between its ends", have)
		}
		n := uint64(binary.LittleEndian.Uint32(r.data[at:]))
		if n < 8 || n%8 != 0 || n > have || at+n > uint64(len(r.data)) {
			return false, fmt.Errorf("trace ring: a record of %d bytes, of %d written", n, have)
		}
		if r.data[at+4] != 0 {
			if err := rec.decode(r.data[at : at+n]); err != nil {
				return false, err
			}
			atomic.StoreUint64(r.tail, tail+n)
			return true, nil
		}
		atomic.StoreUint64(r.tail, tail+n)
	}
}

// fixed is the part of a record that all have. Address, data, sets and queues follow, each
// as long as it says. Both sides run on one machine.
type fixed struct {
	bytes              uint32 // of the whole record
	kind               trace.Kind
	call               trace.Call
	sleep              trace.Sleep
	args               uint8 // how many; withSets
	time               int64
	timeout            int64
	result             int64
	cpu                int64
	fd, size           int32
	errno              trace.Errno
	addr, data, queues uint16 // bytes, and how many
	values             [numArgs]int64
	site               Site
	null               uint8
	_                  uint8
	sets               [NumSets]uint16 // how many members
	dropped            int64
}

// withSets is set in args where the record has sets.
const withSets = 0x80

// fixedQueue is the part of a queue that all have. Its addresses follow.
type fixedQueue struct {
	time           int64
	fd, recv, send int32
	state          trace.TCPState
	local, peer    uint8 // bytes
	only           trace.Length
	drops          int32
	unit           trace.Unit
	_              [3]byte
}

// The constants are the sizes of these parts.
var (
	_ = [1]byte{}[unsafe.Sizeof(fixed{})-fixedSize]
	_ = [1]byte{}[unsafe.Sizeof(fixedQueue{})-queueSize]
)

// encode writes the record to b, which is aligned to 8 bytes. It returns how many bytes
// that took.
func (rec *Record) encode(b []byte) int {
	f := (*fixed)(unsafe.Pointer(&b[0]))
	f.kind, f.call, f.sleep, f.args = rec.Kind, rec.Call, rec.Sleep, uint8(rec.NArgs)
	if rec.HasSets {
		f.args |= withSets
	}
	f.time, f.timeout, f.result, f.cpu = rec.Time, rec.Timeout, rec.Result, rec.CPU
	f.fd, f.size, f.errno = rec.FD, rec.Size, rec.Errno
	for i, arg := range &rec.Args { // one by one, as they were written: so they are still in the processor
		f.values[i] = arg
	}
	f.site, f.null, f.dropped = rec.Site, rec.Null, rec.Dropped
	p := fixedSize
	f.addr, f.data = 0, 0
	if len(rec.Addr) > 0 { // a copy of nothing takes as long as one of a few bytes
		n := copy(b[p:p+maxAddr], rec.Addr)
		f.addr = uint16(n)
		p += n
	}
	if len(rec.Data) > 0 {
		n := copy(b[p:p+trace.DataCap], rec.Data)
		f.data = uint16(n)
		p += n
	}
	f.sets = [NumSets]uint16{}
	if rec.HasSets {
		for i, set := range &rec.Sets {
			set = set[:min(len(set), MaxSet)]
			f.sets[i] = uint16(len(set))
			for _, fd := range set {
				binary.NativeEndian.PutUint32(b[p:], uint32(fd))
				p += 4
			}
		}
	}
	queues := rec.Queues[:min(len(rec.Queues), MaxQueues)]
	f.queues = uint16(len(queues))
	for i := range queues {
		q := &queues[i]
		local, peer := q.Local[:min(len(q.Local), maxAddr)], q.Peer[:min(len(q.Peer), maxAddr)]
		p += copy(b[p:], (*[queueSize]byte)(unsafe.Pointer(&fixedQueue{
			time: q.Time, fd: q.FD, recv: q.Recv, send: q.Send, state: q.State, local: uint8(len(local)), peer: uint8(len(peer)),
			only: q.Only, drops: q.Drops, unit: q.Unit,
		}))[:])
		p += copy(b[p:], local)
		p += copy(b[p:], peer)
	}
	p = (p + 7) &^ 7
	f.bytes = uint32(p)
	return p
}

var errRecord = fmt.Errorf("trace ring: a record shorter than its content")

func (rec *Record) decode(b []byte) error {
	if len(b) < fixedSize {
		return errRecord
	}
	var f fixed // what a process may write over meanwhile is read once
	copy((*[fixedSize]byte)(unsafe.Pointer(&f))[:], b)
	*rec = Record{
		Kind: f.kind, Call: f.call, Sleep: f.sleep, NArgs: min(int(f.args&^withSets), numArgs), HasSets: f.args&withSets != 0,
		Time: f.time, Timeout: f.timeout, Result: f.result, CPU: f.cpu, FD: f.fd, Size: f.size, Errno: f.errno,
		Dropped: f.dropped, Site: f.site, Null: f.null, Args: f.values,
	}
	rest := b[fixedSize:]
	take := func(n int) []byte {
		if n > len(rest) {
			rest = nil
			return nil
		}
		piece := rest[:n:n]
		rest = rest[n:]
		return append([]byte(nil), piece...)
	}
	rec.Addr = take(int(f.addr))
	rec.Data = take(int(f.data))
	for i := range rec.Sets {
		n := int(f.sets[i])
		raw := take(4 * n)
		if len(raw) != 4*n {
			return errRecord
		}
		for j := range n {
			rec.Sets[i] = append(rec.Sets[i], int32(binary.NativeEndian.Uint32(raw[4*j:])))
		}
	}
	for range f.queues {
		raw := take(queueSize)
		if len(raw) != queueSize {
			return errRecord
		}
		var h fixedQueue
		copy((*[queueSize]byte)(unsafe.Pointer(&h))[:], raw)
		q := Queue{FD: h.fd, Time: h.time, Recv: h.recv, Send: h.send, State: h.state, Only: h.only, Drops: h.drops, Unit: h.unit}
		q.Local, q.Peer = take(int(h.local)), take(int(h.peer))
		if len(q.Local) != int(h.local) || len(q.Peer) != int(h.peer) {
			return errRecord
		}
		rec.Queues = append(rec.Queues, q)
	}
	if rest == nil && len(b) > fixedSize || len(rec.Addr) != int(f.addr) || len(rec.Data) != int(f.data) {
		return errRecord
	}
	return nil
}

// Event turns a record of process proc, thread thread, into an Event, with
// times relative to began (ns of CLOCK_MONOTONIC). File and Line are left to
// whoever knows the sources of the run; see [Area.Place].
func (rec *Record) Event(proc, thread int, began int64) trace.Event {
	e := trace.Event{
		Kind: rec.Kind, Time: rec.Time - began, Proc: proc, Thread: thread,
		Call: rec.Call, FD: int(rec.FD), Size: int(rec.Size), Timeout: rec.Timeout,
		Addr: string(rec.Addr), Result: rec.Result, Errno: rec.Errno,
		Sleep: rec.Sleep, CPU: rec.CPU,
	}
	if rec.NArgs > 0 {
		e.Args = append(e.Args, rec.Args[:rec.NArgs]...)
	}
	if len(rec.Data) > 0 {
		e.Data = rec.Data
	}
	if rec.HasSets {
		ints := func(set []int32) (out []int) {
			for _, fd := range set {
				out = append(out, int(fd))
			}
			return out
		}
		e.Sets = &trace.Sets{Read: ints(rec.Sets[0]), Write: ints(rec.Sets[1]), Except: ints(rec.Sets[2]),
			Error: ints(rec.Sets[3]), HangUp: ints(rec.Sets[4]), Null: rec.Null}
	}
	for _, q := range rec.Queues {
		e.Queues = append(e.Queues, trace.Queue{
			FD: int(q.FD), Time: q.Time - began, Recv: int(q.Recv), Send: int(q.Send),
			State: q.State, Local: string(q.Local), Peer: string(q.Peer), Only: q.Only,
			Unit: q.Unit, Drops: int(q.Drops),
		})
	}
	return e
}
