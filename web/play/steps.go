package play

import (
	"encoding/binary"
	"unsafe"

	"sockscope/server/trace"
)

// Gist is what of a step is at hand without unpacking it. Its fields are those of the
// trace.Event.
type Gist struct {
	Time             int64
	Proc, Thread, FD int
	Kind             trace.Kind
	Call             trace.Call
	Sleep            trace.Sleep
	Errno            trace.Errno

	rest uint32 // where the other fields are packed: the number of a block of bytes, and the place there
	call int32  // index in Run.Calls, or -1
}

// steps are the events of a run, packed. A million of them as Events would take
// 300 MB, and as much again while a slice of them grows; a garbage collector would have
// to look at all of them. Packed they take 80, nothing moves when more come, and there
// are no pointers in them.
type steps struct {
	n     int
	gists []*[gistBlock]Gist
	bytes [][]byte // the newest has room at its end
	room  packer   // to pack a step in
	spare struct { // made before it was needed: see reserve
		gists [][gistBlock]Gist
		bytes []byte
	}
	had []had // events that were unpacked or added last, by their number modulo recent
}

type had struct {
	step  int
	event *trace.Event
}

const (
	gistBlock = 1 << 10 // steps
	byteBits  = 18      // of the place in a block of bytes
	recent    = 1 << 11
)

// add adds the next step. e is kept for a while, and must not change.
func (s *steps) add(e *trace.Event) {
	if s.n%gistBlock == 0 {
		if len(s.spare.gists) == 0 {
			s.spare.gists = make([][gistBlock]Gist, 1)
		}
		s.gists = append(s.gists, &s.spare.gists[0])
		s.spare.gists = s.spare.gists[1:]
	}
	if s.had == nil {
		s.had = make([]had, recent)
	}
	s.had[s.n%recent] = had{s.n, e}
	*s.at(s.n) = Gist{
		Time: e.Time, Proc: e.Proc, Thread: e.Thread, FD: e.FD,
		Kind: e.Kind, Call: e.Call, Sleep: e.Sleep, Errno: e.Errno, rest: s.pack(e), call: -1,
	}
	s.n++
}

// reserve makes room for k times as many steps as there are.
func (s *steps) reserve(k float64) {
	packed := 0
	for _, b := range s.bytes {
		packed += len(b)
	}
	s.spare.gists = make([][gistBlock]Gist, int(k*float64(s.n))/gistBlock)
	s.spare.bytes = make([]byte, int(k*float64(packed)))
}

// forget drops the events that were added: whoever owns them will change them.
func (s *steps) forget() { clear(s.had) }

func (s *steps) at(i int) *Gist { return &s.gists[i/gistBlock][i%gistBlock] }

// event returns step i, which must not be changed, and whether it was unpacked just now.
func (s *steps) event(i int) (e *trace.Event, fresh bool) {
	h := &s.had[i%recent]
	if h.step != i || h.event == nil {
		*h, fresh = had{i, s.unpack(s.at(i), new(room))}, true
	}
	return h.event, fresh
}

// change has what a function makes of step i be in its place. It may change whether the
// call slept, and for as long as the step is one of the recent its line.
func (s *steps) change(i int, make func(e *trace.Event)) {
	before, _ := s.event(i)
	e := *before
	make(&e)
	s.had[i%recent].event, s.at(i).Sleep = &e, e.Sleep
}

// The fields that a step may have beside its Gist, in the order in which they are packed.
const (
	hasLine = 1 << iota
	hasArgs
	hasSize
	hasTimeout
	hasAddr
	hasData
	hasSets
	hasResult
	hasCPU
	hasQueues
	hasNote
	hasText
)

// pack packs what of e isn't in its Gist, and returns where.
func (s *steps) pack(e *trace.Event) uint32 {
	fields := 0
	for bit, is := range [...]bool{
		e.File != 0 || e.Line != 0, e.Args != nil, e.Size != 0, e.Timeout != 0, e.Addr != "", e.Data != nil,
		e.Sets != nil, e.Result != 0, e.CPU != 0, e.Queues != nil, e.Note != "", e.Text != "",
	} {
		if is {
			fields |= 1 << bit
		}
	}
	p := s.room[:0]
	p.number(int64(fields))
	if fields&hasResult != 0 { // first, for result
		p.number(e.Result)
	}
	if fields&hasLine != 0 {
		p.number(int64(e.File))
		p.number(int64(e.Line))
	}
	if fields&hasArgs != 0 {
		p.number(int64(len(e.Args)))
		for _, a := range e.Args {
			p.number(a)
		}
	}
	if fields&hasSize != 0 {
		p.number(int64(e.Size))
	}
	if fields&hasTimeout != 0 {
		p.number(e.Timeout)
	}
	if fields&hasAddr != 0 {
		p.text(e.Addr)
	}
	if fields&hasData != 0 {
		p.number(int64(len(e.Data)))
		p = append(p, e.Data...)
	}
	if fields&hasSets != 0 {
		which := int64(e.Sets.Null) << nullBits
		for i, fds := range setLists(e.Sets) {
			if *fds != nil {
				which |= 1 << i
			}
		}
		p.number(which)
		for _, fds := range setLists(e.Sets) {
			if *fds != nil {
				p.fds(*fds)
			}
		}
	}
	if fields&hasCPU != 0 {
		p.number(e.CPU)
	}
	if fields&hasQueues != 0 {
		p.number(int64(len(e.Queues)))
		for i := range e.Queues {
			p.queue(&e.Queues[i], e.Time)
		}
	}
	if fields&hasNote != 0 {
		p.text(e.Note)
	}
	if fields&hasText != 0 {
		p.text(e.Text)
	}
	s.room = p
	return s.keep(p)
}

// keep puts bytes behind the others, and returns where they are.
func (s *steps) keep(b []byte) uint32 {
	const least, most = 1 << 12, 1 << byteBits
	last := len(s.bytes) - 1
	if last < 0 || len(s.bytes[last])+len(b) > cap(s.bytes[last]) || len(s.bytes[last]) >= most {
		size := least
		if last >= 0 {
			size = min(2*cap(s.bytes[last]), most)
		}
		if size = max(size, len(b)); size > len(s.spare.bytes) {
			s.spare.bytes = make([]byte, size)
		}
		s.bytes = append(s.bytes, s.spare.bytes[:0:size])
		s.spare.bytes = s.spare.bytes[size:]
		last++
	}
	at := len(s.bytes[last])
	s.bytes[last] = append(s.bytes[last], b...)
	return uint32(last)<<byteBits | uint32(at)
}

// packed returns what of a step isn't in its gist g.
func (s *steps) packed(g *Gist) unpacker {
	return s.bytes[g.rest>>byteBits][g.rest&(1<<byteBits-1):]
}

// has reports whether step i has a field.
func (s *steps) has(i int, field int64) bool {
	p := s.packed(s.at(i))
	return p.number()&field != 0
}

// result returns the Result of step i.
func (s *steps) result(i int) int64 {
	p := s.packed(s.at(i))
	if p.number()&hasResult == 0 {
		return 0
	}
	return p.number()
}

// line returns the line of step i.
func (s *steps) line(i int) (file, line int) {
	u := s.packed(s.at(i))
	fields := u.number()
	if fields&hasResult != 0 {
		u.number()
	}
	if fields&hasLine != 0 {
		file, line = u.int(), u.int()
	}
	return file, line
}

// room has place for an event, which the next one takes: most are looked at once, and what
// isn't made needs no time. Sets have places of their own until they are given up.
type room struct {
	event  trace.Event
	args   []int64
	queues []trace.Queue
	sets   []trace.Sets
	fds    []int // of the sets
}

// giveUp has the sets that were unpacked make place.
func (m *room) giveUp() { m.sets, m.fds = m.sets[:0], m.fds[:0] }

// sized returns a list of n members in the place of an old one.
func sized[T any](list *[]T, n int) []T {
	if *list == nil || n > cap(*list) {
		*list = make([]T, n)
	}
	return (*list)[:n:n]
}

func (m *room) set() *trace.Sets {
	at := len(m.sets)
	if at == cap(m.sets) { // those before stay where they are
		at, m.sets = 0, make([]trace.Sets, 0, 2*at+1)
	}
	m.sets = m.sets[:at+1]
	m.sets[at] = trace.Sets{}
	return &m.sets[at]
}

func (m *room) list(n int) []int {
	at := len(m.fds)
	if m.fds == nil || at+n > cap(m.fds) {
		at, m.fds = 0, make([]int, 0, max(n, 2*cap(m.fds)))
	}
	m.fds = m.fds[:at+n]
	return m.fds[at : at+n : at+n]
}

// unpack makes the event whose gist g is.
func (s *steps) unpack(g *Gist, m *room) *trace.Event {
	e := &m.event
	*e = trace.Event{}
	e.Time, e.Proc, e.Thread, e.FD = g.Time, g.Proc, g.Thread, g.FD
	e.Kind, e.Call, e.Sleep, e.Errno = g.Kind, g.Call, g.Sleep, g.Errno
	u := s.packed(g)
	fields := u.number()
	if fields&hasResult != 0 {
		e.Result = u.number()
	}
	if fields&hasLine != 0 {
		e.File, e.Line = u.int(), u.int()
	}
	if fields&hasArgs != 0 {
		e.Args = sized(&m.args, u.int())
		for i := range e.Args {
			e.Args[i] = u.number()
		}
	}
	if fields&hasSize != 0 {
		e.Size = u.int()
	}
	if fields&hasTimeout != 0 {
		e.Timeout = u.number()
	}
	if fields&hasAddr != 0 {
		e.Addr = u.text()
	}
	if fields&hasData != 0 {
		e.Data = u.bytes()
	}
	if fields&hasSets != 0 {
		e.Sets = m.set()
		which := u.number()
		if which&1 != 0 {
			e.Sets.Read = u.fds(m)
		}
		if which&(1<<nullBits-1) > 1 {
			for i, fds := range setLists(e.Sets) {
				if i > 0 && which&(1<<i) != 0 {
					*fds = u.fds(m)
				}
			}
		}
		e.Sets.Null = uint8(which >> nullBits)
	}
	if fields&hasCPU != 0 {
		e.CPU = u.number()
	}
	if fields&hasQueues != 0 {
		e.Queues = sized(&m.queues, u.int())
		for i := range e.Queues {
			u.queue(&e.Queues[i], e.Time)
		}
	}
	if fields&hasNote != 0 {
		e.Note = u.text()
	}
	if fields&hasText != 0 {
		e.Text = u.text()
	}
	return e
}

// nullBits is how far the Null of a Sets is shifted: behind a bit for each list that it has.
const nullBits = 6

// setLists are the lists of a Sets.
func setLists(s *trace.Sets) [6]*[]int {
	return [6]*[]int{&s.Read, &s.Write, &s.Except, &s.Error, &s.HangUp, &s.RdHup}
}

// packer is what has been packed. Small numbers take one byte.
type packer []byte

func (p *packer) number(n int64) {
	if n >= -64 && n < 64 {
		*p = append(*p, byte(n<<1^n>>63))
		return
	}
	*p = binary.AppendVarint(*p, n)
}

func (p *packer) text(s string) {
	p.number(int64(len(s)))
	*p = append(*p, s...)
}

func (p *packer) fds(fds []int) {
	p.number(int64(len(fds)))
	for _, fd := range fds {
		p.number(int64(fd))
	}
}

// queue packs what was read beside the call at a time.
func (p *packer) queue(q *trace.Queue, at int64) {
	p.number(int64(q.FD))
	p.number(q.Time - at)
	p.number(int64(q.Recv))
	p.number(int64(q.Send))
	p.number(int64(q.State))
	p.text(q.Local)
	p.text(q.Peer)
	p.number(int64(q.Only))
	p.number(int64(q.Unit))
	p.number(int64(q.Drops))
}

// unpacker is what is left to unpack.
type unpacker []byte

func (u *unpacker) number() int64 {
	if b := (*u)[0]; b < 1<<7 {
		*u = (*u)[1:]
		return int64(b>>1) ^ -int64(b&1)
	}
	n, size := binary.Varint(*u)
	*u = (*u)[size:]
	return n
}

func (u *unpacker) int() int { return int(u.number()) }

// bytes returns bytes that stay where they are.
func (u *unpacker) bytes() []byte {
	n := u.int()
	b := (*u)[:n:n]
	*u = (*u)[n:]
	return b
}

// text returns text that stays where it is: what was packed doesn't change.
func (u *unpacker) text() string {
	b := u.bytes()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (u *unpacker) fds(m *room) []int {
	fds := m.list(u.int())
	for i := range fds {
		fds[i] = u.int()
	}
	return fds
}

func (u *unpacker) queue(q *trace.Queue, at int64) {
	q.FD, q.Time, q.Recv, q.Send = u.int(), at+u.number(), u.int(), u.int()
	q.State = trace.TCPState(u.number())
	q.Local, q.Peer = u.text(), u.text()
	q.Only, q.Unit, q.Drops = trace.Length(u.number()), trace.Unit(u.number()), u.int()
}
