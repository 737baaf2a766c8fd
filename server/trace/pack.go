package trace

import "encoding/binary"

// Pack appends a State to b as bytes, of which Unpack makes it again. A run keeps a thousand
// of them: packed they take a tenth, and a garbage collection has nothing to follow. What
// the newest Sample told, which is in its Event, isn't packed.
func (s *State) Pack(b []byte) []byte {
	p := packing{bytes: b, in: true}
	p.state(s)
	return p.bytes
}

// Unpack returns the State that was packed. It shares the bytes, which must not change.
func Unpack(packed []byte) *State {
	s, p := new(State), packing{bytes: packed}
	p.state(s)
	return s
}

// packing puts values into bytes, or takes them out again: both by the same lists of fields.
type packing struct {
	bytes []byte // so far; else those that are left
	in    bool   // values are put into bytes
}

func (p *packing) state(s *State) {
	number(p, &s.Events)
	number(p, &s.Time)
	number(p, &s.threads)
	p.bool(&s.shared)
	list(p, &s.Procs, (*packing).proc)
}

func (p *packing) proc(s *ProcState) {
	p.bool(&s.Started)
	p.bool(&s.Exited)
	number(p, &s.Status)
	number(p, &s.PID)
	p.bool(&s.Zombie)
	list(p, &s.Threads, (*packing).thread)
	list(p, &s.FDs, (*packing).fd)
	p.data(&s.Output)
	optionally(p, &s.Muxed, (*packing).mux)
}

func (p *packing) thread(t *ThreadState) {
	p.bool(&t.Started)
	p.bool(&t.Exited)
	p.bool(&t.InCall)
	number(p, &t.Call)
	number(p, &t.FD)
	number(p, &t.Since)
	number(p, &t.File)
	number(p, &t.Line)
	number(p, &t.Errno)
	number(p, &t.Calls)
	number(p, &t.Sleeps)
	number(p, &t.Errors)
	number(p, &t.CPU)
}

func (p *packing) fd(f *FDState) {
	number(p, &f.FD)
	number(p, &f.File)
	number(p, &f.Kind)
	for _, b := range [...]*bool{&f.NonBlocking, &f.CloseOnExec, &f.ShutRead, &f.ShutWrite} {
		p.bool(b)
	}
	p.text(&f.Local)
	p.text(&f.Peer)
	number(p, &f.State)
	number(p, &f.How)
	number(p, &f.Unit)
	for _, n := range [...]*int64{&f.Domain, &f.Type, &f.StateAt, &f.RecvAt, &f.SendAt, &f.In, &f.Out, &f.Watched, &f.Told} {
		number(p, n)
	}
	for _, n := range [...]*int{&f.Recv, &f.Send, &f.Drops} {
		number(p, n)
	}
}

func (p *packing) mux(m *MuxState) {
	number(p, &m.Thread)
	number(p, &m.Call)
	number(p, &m.Entered)
	p.bool(&m.Open)
	number(p, &m.Timeout)
	number(p, &m.Size)
	optionally(p, &m.In, (*packing).sets)
	optionally(p, &m.Out, (*packing).sets)
	number(p, &m.Result)
	number(p, &m.Sleep)
}

func (p *packing) sets(s *Sets) {
	for _, fds := range [...]*[]int{&s.Read, &s.Write, &s.Except, &s.Error, &s.HangUp, &s.RdHup} {
		list(p, fds, number[int])
	}
	number(p, &s.Null)
}

func number[T ~int | ~int64 | ~uint8 | ~uint16](p *packing, n *T) {
	if p.in {
		p.bytes = binary.AppendVarint(p.bytes, int64(*n))
		return
	}
	if b := p.bytes[0]; b < 1<<7 { // most are small
		*n, p.bytes = T(b>>1)^-T(b&1), p.bytes[1:]
		return
	}
	v, size := binary.Varint(p.bytes)
	*n, p.bytes = T(v), p.bytes[size:]
}

func (p *packing) bool(b *bool) {
	n := 0
	if *b {
		n = 1
	}
	number(p, &n)
	*b = n == 1
}

// length is that of a list, plus one: 0 is nil.
func (p *packing) length(n int, none bool) (int, bool) {
	if n++; none {
		n = 0
	}
	number(p, &n)
	return n - 1, n > 0
}

func (p *packing) data(b *[]byte) {
	n, any := p.length(len(*b), *b == nil)
	switch {
	case !any:
	case p.in:
		p.bytes = append(p.bytes, *b...)
	default:
		*b, p.bytes = p.bytes[:n:n], p.bytes[n:]
	}
}

func (p *packing) text(s *string) {
	b := []byte(*s)
	if p.data(&b); !p.in {
		*s = string(b)
	}
}

func list[T any](p *packing, l *[]T, each func(*packing, *T)) {
	n, any := p.length(len(*l), *l == nil)
	if any && !p.in {
		*l = make([]T, n)
	}
	for i := range *l {
		each(p, &(*l)[i])
	}
}

func optionally[T any](p *packing, v **T, each func(*packing, *T)) {
	is := *v != nil
	if p.bool(&is); is && !p.in {
		*v = new(T)
	}
	if is {
		each(p, *v)
	}
}
