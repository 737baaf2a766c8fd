package trace

import (
	"math"
	"strconv"
)

// One function a struct: its keys are those of the struct's tags.

func (d *decoder) message(m *Message) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			m.Hello = optional(d, (*decoder).hello)
		case 2:
			m.Look = optional(d, (*decoder).look)
		case 3:
			m.Queued = optional(d, (*decoder).queued)
		case 4:
			m.Header = optional(d, (*decoder).header)
		case 5:
			m.Events = array(d, "event", (*decoder).event)
		case 6:
			m.End = optional(d, (*decoder).theEnd)
		case 7:
			m.Error = optional(d, (*decoder).error)
		case 8:
			m.Child = optional(d, (*decoder).proc)
		case 9:
			m.Point = optional(d, (*decoder).point)
		case 10:
			m.Now = optional(d, (*decoder).now)
		case 11:
			m.Source = optional(d, (*decoder).source)
		default:
			d.skip()
		}
	}
}

func (d *decoder) hello(h *Hello) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			h.Version = d.int()
		case 2:
			h.Kernel = d.text()
		case 3:
			h.Isolation = d.text()
		case 20:
			h.Most = d.int()
		case 30:
			h.Cannot = d.knobs()
		case 40:
			h.Clock = d.text()
		case 4:
			h.Standing = array(d, "server", (*decoder).proc)
		default:
			d.skip()
		}
	}
}

func (d *decoder) look(l *Look) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			l.Procs = array(d, "process", (*decoder).proc)
		case 2:
			l.Sources = array(d, "source", (*decoder).source)
		default:
			d.skip()
		}
	}
}

func (d *decoder) queued(q *Queued) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			q.Place = d.int()
		default:
			d.skip()
		}
	}
}

func (d *decoder) header(h *Header) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			h.Version = d.int()
		case 2:
			h.Lab = d.text()
		case 3:
			h.Knobs = d.knobs()
		case 4:
			h.Began = d.int64()
		case 5:
			h.Kernel = d.text()
		case 6:
			h.Isolation = d.text()
		case 7:
			h.Procs = array(d, "process", (*decoder).proc)
		case 8:
			h.Sources = array(d, "source", (*decoder).source)
		case 9:
			h.TraceCost = d.int64()
		case 20:
			h.CPUs = d.int()
		case 40:
			h.Wire = d.text()
		case 41:
			h.NoWire = d.text()
		case 42:
			h.Clock = d.text()
		case 43:
			h.File = d.int64()
		default:
			d.skip()
		}
	}
}

func (d *decoder) proc(p *Proc) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			p.Name = d.text()
		case 2:
			p.Tag = d.text()
		case 3:
			p.Role = d.text()
		case 4:
			p.Program = d.text()
		case 5:
			p.Addr = d.text()
		case 6:
			p.File = d.int()
		case 7:
			p.Parent = d.int()
		case 8:
			p.PID = d.int()
		case 31:
			p.Arrive = d.int64()
		case 30:
			p.Tracer = d.text()
		default:
			d.skip()
		}
	}
}

func (d *decoder) source(s *Source) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			s.Name = d.text()
		case 2:
			s.Text = d.text()
		case 3:
			s.Follows = d.text()
		case 4:
			s.Former = d.text()
		default:
			d.skip()
		}
	}
}

func (d *decoder) event(e *Event) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			e.Kind = Kind(d.uint(math.MaxUint8))
		case 2:
			e.Time = d.int64()
		case 3:
			e.Proc = d.int()
		case 4:
			e.Thread = d.int()
		case 5:
			e.Call = Call(d.uint(math.MaxUint8))
		case 6:
			e.FD = d.int()
		case 7:
			e.File = d.int()
		case 8:
			e.Line = d.int()
		case 9:
			e.Args = d.numbers()
		case 10:
			e.Size = d.int()
		case 11:
			e.Timeout = d.int64()
		case 12:
			e.Addr = d.text()
		case 13:
			e.Data = d.bytes()
		case 14:
			if !d.null() {
				e.Sets = d.lends.set()
				d.sets(e.Sets)
			}
		case 15:
			e.Result = d.int64()
		case 16:
			e.Errno = Errno(d.uint(math.MaxUint16))
		case 17:
			e.Sleep = Sleep(d.uint(math.MaxUint8))
		case 18:
			e.CPU = d.int64()
		case 19:
			e.Queues = array(d, "queue", (*decoder).queue)
		case 20:
			e.Sockets = array(d, "socket", (*decoder).sock)
		case 42:
			e.Counters = array(d, "counter", (*decoder).counter)
		case 21:
			e.Note = d.text()
		case 22:
			e.Text = d.text()
		default:
			d.skip()
		}
	}
}

func (d *decoder) counter(c *Counter) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			c.Name = d.text()
		case 2:
			c.N = d.int64()
		default:
			d.skip()
		}
	}
}

func (d *decoder) sets(s *Sets) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			s.Read = d.fds()
		case 2:
			s.Write = d.fds()
		case 3:
			s.Except = d.fds()
		case 4:
			s.Error = d.fds()
		case 5:
			s.HangUp = d.fds()
		case 6:
			s.RdHup = d.fds()
		case 7:
			s.Null = uint8(d.uint(math.MaxUint8))
		default:
			d.skip()
		}
	}
}

func (d *decoder) numbers() []int64 {
	return array(d, "argument", func(d *decoder, n *int64) { *n = d.int64() })
}

func (d *decoder) fds() []int {
	if d.null() {
		return nil
	}
	n := d.open(cborArray, maxItems, 1)
	if d.err != "" {
		return nil
	}
	all := d.lends.list(n)
	for i := range all {
		if all[i] = d.int(); d.err != "" {
			d.within("member " + strconv.Itoa(i))
			return nil
		}
	}
	d.close()
	return all
}

func (d *decoder) queue(q *Queue) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			q.FD = d.int()
		case 2:
			q.Time = d.int64()
		case 3:
			q.Recv = d.int()
		case 4:
			q.Send = d.int()
		case 5:
			q.State = TCPState(d.uint(math.MaxUint8))
		case 6:
			q.Local = d.text()
		case 7:
			q.Peer = d.text()
		case 8:
			q.Only = Length(d.uint(math.MaxUint8))
		case 9:
			q.Unit = Unit(d.uint(math.MaxUint8))
		case 10:
			q.Drops = d.int()
		default:
			d.skip()
		}
	}
}

func (d *decoder) sock(s *Sock) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			s.Local = d.text()
		case 2:
			s.Peer = d.text()
		case 3:
			s.State = TCPState(d.uint(math.MaxUint8))
		case 4:
			s.Recv = d.int()
		case 5:
			s.Send = d.int()
		case 6:
			s.Kind = SockKind(d.uint(math.MaxUint8))
		case 7:
			s.Drops = d.int()
		default:
			d.skip()
		}
	}
}

func (d *decoder) theEnd(e *End) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			e.Time = d.int64()
		case 2:
			e.Reason = d.text()
		case 3:
			e.Message = d.text()
		case 4:
			e.Dropped = d.int64()
		default:
			d.skip()
		}
	}
}

func (d *decoder) point(p *Point) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			p.Mechanism = d.text()
		case 2:
			p.Idle = d.int()
		case 3:
			p.Repeat = d.int()
		case 4:
			p.Messages = d.int()
		case 5:
			p.RoundTrip = d.int64()
		case 6:
			p.CPU = d.int64()
		case 7:
			p.Asks = d.int()
		case 8:
			p.Ask = d.int64()
		case 9:
			p.Why = d.text()
		case 10:
			p.Done = d.int()
		case 11:
			p.Of = d.int()
		default:
			d.skip()
		}
	}
}

func (d *decoder) error(e *Error) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			e.Text = d.text()
		default:
			d.skip()
		}
	}
}

func (d *decoder) now(n *Now) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			n.Events = array(d, "event", (*decoder).event)
		case 2:
			n.Moved = array(d, "fd", (*decoder).queue)
		case 3:
			n.Missed = d.int64()
		default:
			d.skip()
		}
	}
}

func (d *decoder) request(r *Request) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			r.Op = d.text()
		case 2:
			r.Lab = d.text()
		case 3:
			r.Knobs = d.knobs()
		case 4:
			r.Act = optional(d, (*decoder).act)
		default:
			d.skip()
		}
	}
}

func (d *decoder) act(a *Act) {
	for f := d.fields(); d.next(&f); {
		switch f.key {
		case 1:
			a.Call = Call(d.uint(math.MaxUint8))
		case 2:
			a.Data = d.bytes()
		case 3:
			a.Size = d.int()
		case 4:
			a.How = d.int()
		case 5:
			a.Side = d.int()
		case 6:
			a.FD = d.int()
		case 7:
			a.Args = d.numbers()
		case 8:
			a.Addr = d.text()
		case 9:
			a.Timeout = d.int64()
		case 10:
			a.Sets = optional(d, (*decoder).sets)
		default:
			d.skip()
		}
	}
}
