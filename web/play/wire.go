package play

import (
	"net/netip"
	"slices"
	"sort"

	"sockscope/server/packet"
	"sockscope/server/trace"
	"sockscope/web/words"
)

// Packet is one packet of the run, as it was captured, and what it is to its connection.
// That is observed. Whose it is, which call sent it and which it woke are inferred: see
// [Run.Carriage].
type Packet struct {
	Time  int64 // ns since the run's start
	After int   // so many steps had happened by then
	Size  int   // bytes on the wire, with all headers
	packet.Packet
	packet.Segment
	Stream int  // index in Run.Streams; -1 of a packet that isn't TCP's, or can't be read
	Back   bool // it goes to the client's end of its stream
	Lost   bool // it was on the wire, and the kernel was told to drop it
	// Dropped is, of a SYN that nothing answered, the index in Run.Packets of the same SYN
	// again; 0 of any other. That its peer's kernel dropped it is inferred.
	Dropped int
}

// Stream is one connection as its packets tell it, also one that is refused or never
// accepted.
type Stream struct {
	Client, Server netip.AddrPort
	Packets        []int // indexes in Run.Packets
	Whole          bool  // none of its packets is missing, and its sequence numbers count its bytes from the first SYN on
	connect        int   // the Enter of the connect that sent its first SYN, -1 where that isn't known
	conn           int   // index in Run.Conns, plus one; 0 while it isn't known
}

// Carriage is what is inferred of a packet.
type Carriage struct {
	From, To int // lanes, as indexes in Run.Lanes; -1 where no process of the run has that end
	// Cause is the step of the call, or the exit, that had the kernel send it: its Enter.
	// It is -1 where the kernel sent it by itself, to answer or because a timer ran out.
	Cause int
	// Woke is the Return of the call that slept until it came, -1 for none.
	Woke int
}

// maxPackets bounds the packets that a page keeps: a trace from outside may have more.
const maxPackets = 100_000

// packet adds a captured packet.
func (r *Run) packet(e *trace.Event) {
	if len(e.Data) == 0 {
		r.tearPackets(max(1, e.Time))
	}
	if len(e.Data) == 0 || len(r.Packets) == maxPackets {
		return
	}
	p := Packet{Time: e.Time, After: r.Len(), Size: e.Size, Stream: -1}
	var err error
	if p.Packet, err = packet.Parse(e.Data); err == nil {
		var ok bool
		p.Lost = slices.Contains(r.dropped, p.To.Addr().String())
		if p.Segment, ok = r.segments.Add(&p.Packet); ok {
			r.stream(&p)
		}
	}
	r.Packets = append(r.Packets, p)
}

// tearPackets takes note that from a time on packets are missing: what the others show of
// a connection is not the whole of it any more.
func (r *Run) tearPackets(at int64) {
	if r.PacketsTorn == 0 {
		r.PacketsTorn = at
	}
	for i := range r.Streams {
		r.Streams[i].Whole = false
	}
}

// stream finds the connection of a segment, or begins one.
func (r *Run) stream(p *Packet) {
	first := p.Flags.Has(packet.SYN) && !p.Flags.Has(packet.ACK) && !p.Again
	at := 0
	if !first {
		at = r.streamAt[[2]netip.AddrPort{p.From, p.To}]
		if back := r.streamAt[[2]netip.AddrPort{p.To, p.From}]; back > at {
			at, p.Back = back, true
		}
	}
	if at == 0 {
		l := Stream{Client: p.From, Server: p.To, Whole: first && r.PacketsTorn == 0, connect: -1}
		if !first && r.listens(p.From) {
			l.Client, l.Server, p.Back = p.To, p.From, true
		}
		if first {
			l.connect = r.connecting(p)
		}
		if r.streamAt == nil {
			r.streamAt = map[[2]netip.AddrPort]int{}
		}
		r.Streams = append(r.Streams, l)
		at = len(r.Streams)
		r.streamAt[[2]netip.AddrPort{l.Client, l.Server}] = at
	}
	p.Stream = at - 1
	if all := r.Streams[p.Stream].Packets; p.Again && r.Streams[p.Stream].Whole && len(all) > 0 {
		if before := &r.Packets[all[len(all)-1]]; !before.Lost && before.Flags&p.Flags&packet.SYN != 0 && before.Back == p.Back && !p.Flags.Has(packet.ACK) {
			before.Dropped = len(r.Packets)
		}
	}
	r.Streams[p.Stream].Packets = append(r.Streams[p.Stream].Packets, len(r.Packets))
}

// listens reports whether a process of the run listens at an address.
func (r *Run) listens(at netip.AddrPort) bool {
	return slices.ContainsFunc(r.listeners, func(l listener) bool { return samePort(l.addr, at.String()) })
}

// connecting returns the Enter of the connect that sent a first SYN: the newest one to
// its address that is under way and has sent none.
func (r *Run) connecting(p *Packet) int {
	found := -1
	for i := range r.Lanes {
		calls := r.Lanes[i].Calls
		if len(calls) == 0 {
			continue
		}
		c := &r.Calls[calls[len(calls)-1]]
		e := r.Step(c.Enter)
		if e.Call != trace.Connect || !samePort(e.Addr, p.To.String()) || c.Return >= 0 && r.Gist(c.Return).Time+slack < p.Time || c.Enter <= found {
			continue
		}
		if !slices.ContainsFunc(r.Streams, func(l Stream) bool { return l.connect == c.Enter }) {
			found = c.Enter
		}
	}
	return found
}

// slack is how far the clock of packets and that of calls may be apart, in ns.
const slack = 3000

// PacketsAt returns how many packets had come when n steps had happened, up to the next.
func (r *Run) PacketsAt(n int) int {
	return sort.Search(len(r.Packets), func(i int) bool { return r.Packets[i].After > n })
}

// Carriage infers whose packet i is, what sent it and whom it woke.
func (r *Run) Carriage(i int) Carriage {
	l := r.look()
	if l.carriages == nil {
		l.carriages = map[int]Carriage{}
	}
	c, ok := l.carriages[i]
	if !ok {
		c = r.carriage(&r.Packets[i])
		l.carriages[i] = c
	}
	return c
}

func (r *Run) carriage(p *Packet) Carriage {
	c := Carriage{From: -1, To: -1, Cause: -1, Woke: -1}
	if p.Stream < 0 {
		return c
	}
	from, to := r.endOf(p, true), r.endOf(p, false)
	c.Cause = r.cause(p, &from)
	c.Woke = r.wokenBy(p, &to)
	c.From, c.To = r.user(&from, p.Time), r.user(&to, p.Time)
	if c.Cause >= 0 {
		c.From = r.laneOf(r.Gist(c.Cause).Proc, r.Gist(c.Cause).Thread)
	}
	if c.Woke >= 0 {
		c.To = r.laneOf(r.Gist(c.Woke).Proc, r.Gist(c.Woke).Thread)
	}
	return c
}

// wireEnd is one end of a stream: the side of its connection, or, before that is known,
// the process and fd that will be.
type wireEnd struct {
	conn     *Conn // nil where it isn't known
	side     *End  // of conn
	out      *Flow // what the side sends
	proc, fd int   // -1 where they aren't known
}

// connOf returns the connection of a stream, nil where it isn't known. A port may be used
// again: it is the first that was opened since the stream's first packet.
func (r *Run) connOf(l *Stream) *Conn {
	if l.conn == 0 {
		addr, after := l.Client.String(), r.Packets[l.Packets[0]].After
		for k := range r.Conns {
			if c := &r.Conns[k]; c.Addr == addr && max(c.Client.Opened, c.Server.Opened) >= after {
				l.conn = k + 1
				break
			}
		}
	}
	if l.conn == 0 {
		return nil
	}
	return &r.Conns[l.conn-1]
}

// endOf returns the end of a packet that sent it, or the other one.
func (r *Run) endOf(p *Packet, sender bool) wireEnd {
	l := &r.Streams[p.Stream]
	e := wireEnd{proc: -1, fd: -1}
	client := sender != p.Back
	if e.conn = r.connOf(l); e.conn != nil {
		e.side, e.out = &e.conn.Server, &e.conn.Flows[1]
		if client {
			e.side, e.out = &e.conn.Client, &e.conn.Flows[0]
		}
		if e.side.Proc >= 0 {
			e.proc, e.fd = e.side.Proc, e.side.FD
			return e
		}
	}
	switch {
	case client && l.connect >= 0:
		e.proc, e.fd = r.Gist(l.connect).Proc, r.Gist(l.connect).FD
	case !client:
		for k := len(r.listeners) - 1; k >= 0; k-- {
			if o := &r.listeners[k]; samePort(o.addr, l.Server.String()) && r.Gist(o.step).Time <= p.Time {
				e.proc, e.fd = o.proc, o.fd
				break
			}
		}
	}
	return e
}

// has reports whether the call entered at step i was about a fd of the end.
func (e *wireEnd) has(r *Run, i int) bool {
	s := r.Step(i)
	if e.side != nil && e.side.Proc >= 0 {
		return e.opened(s.Proc, s.FD, i)
	}
	return s.Proc == e.proc && s.FD == e.fd
}

// opened reports whether an fd of proc stood for the end at step i. Its number may have
// meant other connections before.
func (e *wireEnd) opened(proc, fd, i int) bool {
	f := e.side.find(proc, fd)
	return f != nil && f.Opened < i && f.open(i)
}

// user returns the lane whose thread uses an end at a time: the one whose call on it is
// the newest.
func (r *Run) user(e *wireEnd, t int64) int {
	if e.proc < 0 {
		return -1
	}
	best, newest := r.laneOf(e.proc, 0), -1
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc != e.proc && (e.side == nil || !e.side.Of(l.Proc)) {
			continue
		}
		k := sort.Search(len(l.Calls), func(k int) bool { return r.Gist(r.Calls[l.Calls[k]].Enter).Time > t+slack }) - 1
		for last := max(0, k-lookBack); k >= last; k-- {
			if enter := r.Calls[l.Calls[k]].Enter; e.has(r, enter) {
				if enter > newest {
					best, newest = i, enter
				}
				break
			}
		}
	}
	return best
}

// during returns the Enter of a call on the end that was in the kernel at a time and is
// meant, or -1.
func (r *Run) during(e *wireEnd, t int64, meant func(trace.Call) bool) int {
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc != e.proc && (e.side == nil || !e.side.Of(l.Proc)) {
			continue
		}
		k := sort.Search(len(l.Calls), func(k int) bool { return r.Gist(r.Calls[l.Calls[k]].Enter).Time > t+slack }) - 1
		for last := max(0, k-1); k >= last; k-- { // a told call may be around the system call
			c := &r.Calls[l.Calls[k]]
			if (c.Return < 0 || r.Gist(c.Return).Time+slack >= t) && meant(r.Gist(c.Enter).Call) && e.has(r, c.Enter) {
				return c.Enter
			}
		}
	}
	return -1
}

// cause returns the step that had the kernel send a packet: the Enter of a call, or an
// exit; -1 where it did so by itself.
func (r *Run) cause(p *Packet, from *wireEnd) int {
	is := func(calls ...trace.Call) func(trace.Call) bool {
		return func(c trace.Call) bool { return slices.Contains(calls, c) }
	}
	switch {
	case p.Again || p.Probe || from.proc < 0:
		return -1
	case p.Flags.Has(packet.SYN):
		if p.Back {
			return -1
		}
		return r.Streams[p.Stream].connect
	case p.Flags.Has(packet.RST):
		if c := r.during(from, p.Time, is(trace.Close)); c >= 0 {
			return c
		}
		return r.exitAt(from, p.Time)
	case p.Length > 0:
		if c := r.during(from, p.Time, func(c trace.Call) bool { return c.Sends() && !c.Told() }); c >= 0 {
			return c
		}
		return r.sentBy(p, from)
	case p.Flags.Has(packet.FIN):
		if c := r.during(from, p.Time, is(trace.Close, trace.Shutdown)); c >= 0 {
			return c
		}
		if from.side == nil {
			return -1
		}
		n := r.StepAt(p.Time + slack)
		if s := from.side.Ended(n); s >= 0 {
			if c := r.CallAt(s); c != nil {
				return c.Enter
			}
			return s
		}
		return r.exitAt(from, p.Time)
	case p.Update:
		return r.during(from, p.Time, func(c trace.Call) bool { return c.Receives() && !c.Told() })
	}
	return -1
}

// exitAt returns the exit of the end's process next to a time, or -1. A process that is
// killed has its sockets closed a little before its end is known.
func (r *Run) exitAt(e *wireEnd, t int64) int {
	const near = 50e6
	for i := range r.Lanes {
		if l := &r.Lanes[i]; l.Thread == 0 && l.Exit >= 0 && (l.Proc == e.proc || e.side != nil && e.side.Of(l.Proc)) {
			if at := r.Gist(l.Exit).Time; at >= t-slack && at-t < near {
				return l.Exit
			}
		}
	}
	return -1
}

// sentBy returns the Enter of the send that gave the kernel the first byte of a packet,
// which left later; -1 where that isn't known.
func (r *Run) sentBy(p *Packet, from *wireEnd) int {
	if from.out == nil || !r.Streams[p.Stream].Whole || from.conn.Torn >= 0 {
		return -1
	}
	sends, off := from.out.Sends, int64(p.Segment.Seq)-1
	k := sort.Search(len(sends), func(i int) bool { return sends[i].Off+sends[i].Len > off })
	if k == len(sends) || r.Gist(sends[k].Step).Time > p.Time+slack {
		return -1
	}
	if c := r.CallAt(sends[k].Step); c != nil {
		return c.Enter
	}
	return -1
}

// wokenBy returns the Return of the call that slept until a packet came, or -1: a call on
// its connection that slept then, of whose sleep it is the first that could end it.
func (r *Run) wokenBy(p *Packet, to *wireEnd) int {
	if to.proc < 0 || p.Lost {
		return -1
	}
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc != to.proc && (to.side == nil || !to.side.Of(l.Proc)) {
			continue
		}
		k := sort.Search(len(l.Calls), func(k int) bool { return r.Gist(r.Calls[l.Calls[k]].Enter).Time > p.Time }) - 1
		for last := max(0, k-1); k >= last; k-- {
			c := &r.Calls[l.Calls[k]]
			if c.Return < 0 || r.Gist(c.Return).Sleep != trace.Slept || r.Gist(c.Return).Time < p.Time {
				continue
			}
			if wakes := r.wakes(c, p.Stream, to); wakes != nil && wakes(p) && r.decides(c, p, wakes) {
				return c.Return
			}
		}
	}
	return -1
}

// wakes returns what of a stream's packets to an end can end the sleep of the call c; nil
// for nothing.
func (r *Run) wakes(c *Call, stream int, to *wireEnd) func(*Packet) bool {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	l := &r.Streams[stream]
	readable := func(p *Packet) bool {
		return p.Length > 0 || p.Flags.Has(packet.FIN) || p.Flags.Has(packet.RST)
	}
	switch {
	case in.Call == trace.Connect:
		if l.connect != c.Enter {
			return nil
		}
		return func(p *Packet) bool { return p.Flags.Has(packet.SYN) || p.Flags.Has(packet.RST) }
	case in.Call == trace.Accept:
		if out.Errno != 0 || out.Addr != l.Client.String() {
			return nil
		}
		return func(p *Packet) bool { return !p.Flags.Has(packet.SYN) }
	case in.Call.Receives() && to.has(r, c.Enter):
		if out.Result <= 0 {
			return readable
		}
		// The one that has its first byte: others may have come while it was on its way out.
		_, _, m, ok := r.Flow(c.Return)
		if !ok || !l.Whole {
			return nil
		}
		return func(p *Packet) bool {
			from := int64(p.Segment.Seq) - 1
			return from <= m.Off && m.Off < from+int64(p.Length)
		}
	case in.Call.Sends() && to.has(r, c.Enter):
		return func(p *Packet) bool { return p.Flags.Has(packet.ACK) }
	case in.Call.Multiplexes() && out.Sets != nil && to.side != nil:
		for _, fd := range slices.Concat(out.Sets.Read, out.Sets.RdHup, out.Sets.HangUp, out.Sets.Error) {
			if to.opened(in.Proc, fd, c.Return) {
				return readable
			}
		}
	}
	return nil
}

// decides reports whether p, of those packets that could end the sleep of c, is the one:
// the first, or for a send, which may need several, the last.
func (r *Run) decides(c *Call, p *Packet, wakes func(*Packet) bool) bool {
	from, to := r.Gist(c.Enter).Time, r.Gist(c.Return).Time
	if from > p.Time {
		return false
	}
	all := r.Streams[p.Stream].Packets
	if r.Gist(c.Enter).Call.Sends() {
		for k := len(all) - 1; k >= 0 && r.Packets[all[k]].Time > p.Time; k-- {
			if o := &r.Packets[all[k]]; o.Time <= to && o.Back == p.Back && wakes(o) {
				return false
			}
		}
		return true
	}
	first := sort.Search(len(all), func(k int) bool { return r.Packets[all[k]].Time >= from })
	for ; first < len(all) && r.Packets[all[first]].Time < p.Time; first++ {
		if o := &r.Packets[all[first]]; o.Back == p.Back && wakes(o) {
			return false
		}
	}
	return true
}

// Word is what a packet is in a word or two: "SYN", "12 bytes", "FIN", "12 bytes again".
func (p *Packet) Word() string {
	word := ""
	switch {
	case p.Stream < 0:
		word = "other"
	case p.Flags.Has(packet.RST):
		word = "RST"
	case p.Flags.Has(packet.SYN | packet.ACK):
		word = "SYN ACK"
	case p.Flags.Has(packet.SYN):
		word = "SYN"
	case p.Length > 0:
		if word = words.Count(int64(p.Length), "byte"); p.Flags.Has(packet.FIN) {
			word += " FIN"
		}
	case p.Flags.Has(packet.FIN):
		word = "FIN"
	case p.Probe:
		word = "probe"
	case p.Segment.Window == 0:
		word = "window 0"
	case p.Update:
		word = "window"
	default:
		word = "ACK"
	}
	if p.Again {
		word += " again"
	}
	return word
}
