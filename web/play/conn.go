package play

import (
	"strings"

	"sockscope/server/trace"
)

// Conn is one TCP connection between two processes of the run, found by the
// addresses of its ends. It is inferred: no call names both ends.
type Conn struct {
	Addr   string // the client's own address, which tells connections apart
	Client End
	Server End
	// Flows are the bytes of each direction: 0 from the client to the server,
	// 1 back.
	Flows [2]Flow
}

// End is one side of a connection.
type End struct {
	Proc, FD int // Proc is -1 while this side is not known
	Opened   int // index in Steps from which FD means this connection
	Closed   int // index in Steps of the Return of its close, or of the process's exit; -1 while open
}

// Flow is what went one way.
type Flow struct {
	Sends, Recvs []Move
}

// Move is one call's share of a Flow.
type Move struct {
	Step  int   // index in Steps of the Return
	Off   int64 // of its first byte in the flow
	Len   int64
	Bytes []byte // the content, as far as it was kept
}

type endpoint struct{ proc, fd int }

// follow draws the conclusions of a step: which connection it belongs to, whose
// bytes it moved, what woke it.
func (r *Run) follow(i int) {
	e := &r.Steps[i]
	switch e.Kind {
	case trace.Return:
		r.connect(i)
		r.move(i)
		if e.Sleep == trace.Slept {
			r.wake(i)
		}
		if e.Call == trace.Close && e.Errno != trace.EBADF {
			r.closeEnd(endpoint{e.Proc, e.FD}, i)
		}
	case trace.Exit:
		if e.Thread != 0 {
			return
		}
		for key := range r.ends {
			if key.proc == e.Proc {
				r.closeEnd(key, i)
			}
		}
	}
}

func (r *Run) closeEnd(key endpoint, i int) {
	ci, ok := r.ends[key]
	if !ok {
		return
	}
	delete(r.ends, key)
	c := &r.Conns[ci]
	for _, end := range []*End{&c.Client, &c.Server} {
		if end.Proc == key.proc && end.FD == key.fd && end.Closed < 0 {
			end.Closed = i
		}
	}
}

// connect notes the ends of connections as their addresses become known: the
// server's from accept, the client's from the address sampled beside connect
// or any later call.
func (r *Run) connect(i int) {
	e := &r.Steps[i]
	if e.Call == trace.Accept && e.Errno == 0 && e.Addr != "" {
		c := r.connAt(e.Addr, i, func(c *Conn) bool { return c.Server.Proc < 0 && c.Client.Closed < 0 })
		c.Server = End{Proc: e.Proc, FD: int(e.Result), Opened: i, Closed: -1}
		r.ends[endpoint{e.Proc, int(e.Result)}] = r.connIndex(c)
		return
	}
	if e.Call != trace.Connect {
		return
	}
	for _, q := range e.Queues {
		if q.FD != e.FD || q.Local == "" {
			continue
		}
		if e.Errno != 0 && !e.Errno.NotYet() {
			return
		}
		c := r.connAt(q.Local, i, func(c *Conn) bool { return c.Client.Proc < 0 && c.Server.Closed < 0 })
		c.Client = End{Proc: e.Proc, FD: e.FD, Opened: i, Closed: -1}
		r.ends[endpoint{e.Proc, e.FD}] = r.connIndex(c)
	}
}

// connAt returns the newest connection with the client address whose side is
// still open to be taken, or a new one.
func (r *Run) connAt(addr string, i int, free func(*Conn) bool) *Conn {
	for k := len(r.Conns) - 1; k >= 0; k-- {
		if r.Conns[k].Addr == addr && free(&r.Conns[k]) {
			return &r.Conns[k]
		}
	}
	none := End{Proc: -1, FD: -1, Opened: i, Closed: -1}
	r.Conns = append(r.Conns, Conn{Addr: addr, Client: none, Server: none})
	return &r.Conns[len(r.Conns)-1]
}

func (r *Run) connIndex(c *Conn) int {
	for i := range r.Conns {
		if &r.Conns[i] == c {
			return i
		}
	}
	return -1
}

// move adds the bytes of a send or recv to its flow.
func (r *Run) move(i int) {
	e := &r.Steps[i]
	if e.Errno != 0 || e.Result <= 0 || !e.Call.Sends() && !e.Call.Receives() {
		return
	}
	ci, ok := r.ends[endpoint{e.Proc, e.FD}]
	if !ok {
		return
	}
	c := &r.Conns[ci]
	fromClient := c.Client.Proc == e.Proc && c.Client.FD == e.FD
	way := 1
	if fromClient == e.Call.Sends() {
		way = 0
	}
	flow := &c.Flows[way]
	list, data := &flow.Recvs, e.Data
	if e.Call.Sends() {
		list = &flow.Sends
		if call := r.CallAt(i); call != nil {
			data = r.Steps[call.Enter].Data
		}
	}
	m := Move{Step: i, Len: e.Result, Bytes: data[:min(int64(len(data)), e.Result)]}
	if n := len(*list); n > 0 {
		m.Off = (*list)[n-1].Off + (*list)[n-1].Len
	}
	*list = append(*list, m)
}

// ConnOf returns the connection that fd of proc stands for at position n, or
// nil.
func (r *Run) ConnOf(proc, fd, n int) *Conn {
	for k := len(r.Conns) - 1; k >= 0; k-- {
		c := &r.Conns[k]
		for _, end := range []End{c.Client, c.Server} {
			if end.Proc == proc && end.FD == fd && end.Opened < n && (end.Closed < 0 || end.Closed >= n) {
				return c
			}
		}
	}
	return nil
}

// Peer returns the name of the process at the other end of fd of proc at
// position n, or "".
func (r *Run) Peer(proc, fd, n int) string {
	c := r.ConnOf(proc, fd, n)
	if c == nil {
		return ""
	}
	other := c.Client
	if other.Proc == proc {
		other = c.Server
	}
	if other.Proc < 0 || other.Proc >= len(r.Header.Procs) {
		return ""
	}
	return r.Header.Procs[other.Proc].Name
}

// wake finds what ended the sleep of the call that returned at step i: the
// earliest call of another process that overlaps the sleep and does what the
// sleeper waited for. Nothing is concluded where nobody woke it: the time was
// up, or a knob's pause was over.
func (r *Run) wake(i int) {
	e := &r.Steps[i]
	call := r.CallAt(i)
	if call == nil {
		return
	}
	var waits []wait
	switch {
	case e.Call.Multiplexes():
		if e.Sets == nil {
			return
		}
		for _, fd := range e.Sets.Read {
			waits = append(waits, r.waitFor(e.Proc, fd, false, call.Enter))
		}
		for _, fd := range e.Sets.Write {
			waits = append(waits, r.waitFor(e.Proc, fd, true, call.Enter))
		}
		for _, fd := range e.Sets.Except {
			waits = append(waits, r.waitFor(e.Proc, fd, false, call.Enter))
		}
	case e.Errno.NotYet():
		return // its patience ran out: SO_RCVTIMEO, socket(7)
	case e.Call == trace.Accept || e.Call.Receives():
		waits = append(waits, r.waitFor(e.Proc, e.FD, false, call.Enter))
	case e.Call.Sends():
		waits = append(waits, r.waitFor(e.Proc, e.FD, true, call.Enter))
	}
	if cause := r.cause(call.Enter, i, waits); cause >= 0 {
		r.wakeTo[i] = len(r.Wakes)
		r.Wakes = append(r.Wakes, Wake{Cause: cause, Effect: i})
	}
}

// wait is what a sleeper waited for on one fd.
type wait struct {
	peer  endpoint // of a connection: the other side; proc -1 where that isn't known
	since int      // the step from which peer means this connection: fds are used again
	spent int      // the step of the peer's last send whose bytes the sleeper already had, or -1
	room  bool     // for room to send in, not for bytes
	local string   // of a socket without a peer: its address, "" where that isn't known
	// listener: a connection, not a datagram.
	listener bool
}

// waitFor returns what a call that entered at step enter waits for on fd.
func (r *Run) waitFor(proc, fd int, room bool, enter int) wait {
	if ci, ok := r.ends[endpoint{proc, fd}]; ok {
		c := &r.Conns[ci]
		other, flow := c.Client, &c.Flows[0]
		if other.Proc == proc && other.FD == fd {
			other, flow = c.Server, &c.Flows[1]
		}
		return wait{peer: endpoint{other.Proc, other.FD}, since: other.Opened, spent: r.spent(flow, enter), room: room}
	}
	w := wait{peer: endpoint{-1, -1}, spent: -1, room: room}
	if proc < len(r.head.Procs) {
		if f := r.head.Procs[proc].FD(fd); f != nil {
			w.local, w.listener = f.Local, f.Kind == trace.FDListener
		}
	}
	return w
}

// spent returns the Enter of the last send of a flow whose bytes had all been
// received before step enter, or -1. Such a send may return after that step,
// and wakes nobody then.
func (r *Run) spent(f *Flow, enter int) int {
	var had int64
	for i := len(f.Recvs) - 1; i >= 0; i-- {
		if m := &f.Recvs[i]; m.Step < enter {
			had = m.Off + m.Len
			break
		}
	}
	for i := len(f.Sends) - 1; i >= 0; i-- {
		if m := &f.Sends[i]; m.Off+m.Len <= had {
			if c := r.CallAt(m.Step); c != nil {
				return c.Enter
			}
			break
		}
	}
	return -1
}

// endedBy reports whether the call or exit e, step at, is what w waited for.
func (w *wait) endedBy(at int, e *trace.Event) bool {
	if w.peer.proc >= 0 {
		if e.Proc != w.peer.proc {
			return false
		}
		if e.Kind == trace.Exit {
			return e.Thread == 0 // the kernel closes what the process had open
		}
		if e.FD != w.peer.fd || at < w.since {
			return false
		}
		switch {
		case e.Call == trace.Close:
			return true
		case w.room:
			return e.Call.Receives()
		}
		return e.Call.Sends() && at > w.spent || e.Call == trace.Shutdown
	}
	if e.Kind == trace.Exit || w.room || !samePort(w.local, e.Addr) {
		return false
	}
	if w.listener {
		return e.Call == trace.Connect
	}
	return e.Call == trace.Sendto
}

// samePort reports whether two addresses have the same port; one that isn't
// known may have any.
func samePort(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	return a[strings.LastIndexByte(a, ':')+1:] == b[strings.LastIndexByte(b, ':')+1:]
}

// cause looks for the earliest call that one of the waits waited for, between
// two steps of a process. It returns the call's Return where that came first,
// else its Enter, or the Exit; -1 when there is none.
func (r *Run) cause(enter, ret int, waits []wait) int {
	if len(waits) == 0 {
		return -1
	}
	self := r.Steps[ret].Proc
	ends := func(at int) bool {
		e := &r.Steps[at]
		if e.Proc == self {
			return false
		}
		for k := range waits {
			if waits[k].endedBy(at, e) {
				return true
			}
		}
		return false
	}
	// A call that was under way when the sleeper entered comes first.
	first := -1
	for _, lane := range r.Lanes {
		k := lastBefore(r, lane.Calls, enter)
		if k < 0 {
			continue
		}
		c := &r.Calls[lane.Calls[k]]
		if c.Return > enter && c.Return < ret && (first < 0 || c.Return < first) && ends(c.Enter) {
			first = c.Return
		}
	}
	if first >= 0 {
		return first
	}
	for i := enter + 1; i < ret; i++ {
		e := &r.Steps[i]
		if e.Kind != trace.Enter && e.Kind != trace.Exit || !ends(i) {
			continue
		}
		if c := r.CallAt(i); c != nil && c.Return >= 0 && c.Return < ret {
			return c.Return
		}
		return i
	}
	return -1
}

// lastBefore returns the index of the last call in calls that entered before
// step, or -1.
func lastBefore(r *Run, calls []int, step int) int {
	lo, hi := 0, len(calls)
	for lo < hi {
		mid := (lo + hi) / 2
		if r.Calls[calls[mid]].Enter < step {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}
