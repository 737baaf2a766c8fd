package play

import (
	"slices"
	"sort"
	"strings"

	"sockscope/server/trace"
)

// NewLateRun returns a Run that goes on from a state: of a program that ran before
// anybody looked, or of a run whose old steps were dropped. Its times count from its
// own first event.
func NewLateRun(h *trace.Header, from *trace.State) *Run {
	r := NewRun(h)
	r.midway = true
	r.head = from.Clone()
	for pi := range r.head.Procs {
		for _, f := range r.head.Procs[pi].FDs {
			r.letters = r.letters || f.Datagrams()
			if f.Kind != trace.FDConn {
				continue
			}
			c := Conn{Addr: f.Peer, Client: End{Proc: -1, FD: -1, Closed: -1, Shut: -1}, Server: End{Proc: pi, FD: f.FD, Opened: -1, Closed: -1, Shut: -1}, Torn: -1, Flows: r.flows()}
			c.Flows[0].Base, c.Flows[1].Base = f.In, f.Out
			r.ends[endpoint{pi, f.FD}] = len(r.Conns)
			r.Conns = append(r.Conns, c)
			r.peer(len(r.Conns) - 1)
		}
	}
	return r
}

// begin sets the time of the first event to 0.
func (r *Run) begin(t int64) {
	r.midway, r.zero = false, t
	s := r.head
	s.Time, s.SocketsAt = s.Time-t, s.SocketsAt-t
	for i := range s.Procs {
		for k := range s.Procs[i].Threads {
			s.Procs[i].Threads[k].Since -= t
		}
		for k := range s.Procs[i].FDs {
			f := &s.Procs[i].FDs[k]
			for _, at := range []*int64{&f.StateAt, &f.RecvAt, &f.SendAt} {
				if *at != -1 {
					*at -= t
				}
			}
		}
	}
	r.keyframes[0].state = s.Pack(nil)
	r.samples = append(r.samples, sample{-1, trace.Event{Kind: trace.Sample, Time: s.SocketsAt, Sockets: s.Sockets, Counters: s.Counters}})
}

// shifted returns a copy of e with t taken off its times.
func shifted(e *trace.Event, t int64) *trace.Event {
	c := *e
	c.Time -= t
	c.Queues = slices.Clone(c.Queues)
	for i := range c.Queues {
		c.Queues[i].Time -= t
	}
	return &c
}

// Tail returns a Run of the steps from about n on, and how many steps it leaves out.
// It begins where no call is under way.
func (r *Run) Tail(n int) (tail *Run, cut int) {
	for again := true; again; {
		again = false
		for i := range r.Lanes {
			calls := r.Lanes[i].Calls
			if k := lastBefore(r, calls, n); k >= 0 {
				if c := &r.Calls[calls[k]]; c.Return < 0 || c.Return >= n {
					n, again = c.Enter, true
				}
			}
		}
	}
	tail = NewLateRun(r.Header, r.State(n))
	si := 0
	for ; si < len(r.samples) && r.samples[si].after <= n; si++ {
	}
	for i := n; i < r.Len(); i++ {
		for ; si < len(r.samples) && r.samples[si].after <= i; si++ {
			tail.add(&r.samples[si].event)
		}
		tail.add(r.Step(i))
	}
	for ; si < len(r.samples); si++ {
		tail.add(&r.samples[si].event)
	}
	return tail, n
}

// RolePeer is the role of a lane that is no thread but a peer: somebody who is
// connected to a standing server and is not traced. Its lane has no calls. What is
// known of it is inferred from the server's calls.
const RolePeer = "peer"

// peerLanes is how many peers have lanes at a time; others show as fds only.
const peerLanes = 12

// Untraced reports whether the run's clients are not traced: anybody's programs.
func (r *Run) Untraced() bool { return strings.HasPrefix(r.Header.Lab, trace.StandingLab) }

// peer gives the client of a connection a lane. Clients that get the same fd, one
// after another, share it.
func (r *Run) peer(conn int) {
	if !r.Untraced() {
		return
	}
	fd, n := r.Conns[conn].Server.FD, 0
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Role != RolePeer {
			continue
		}
		if n++; l.Thread == fd {
			l.Peers = append(l.Peers, conn)
			return
		}
	}
	if n < peerLanes {
		r.Lanes = append(r.Lanes, Lane{Proc: -1, Thread: fd, Role: RolePeer, Start: -1, Exit: -1, Peers: []int{conn}})
	}
}

// PeerAt returns the newest connection of a peer's lane at position n, nil before
// the first.
func (r *Run) PeerAt(l *Lane, n int) *Conn {
	for k := len(l.Peers) - 1; k >= 0; k-- {
		if c := &r.Conns[l.Peers[k]]; c.Server.Opened < n {
			return c
		}
	}
	return nil
}

// Arrival is what the server took from a peer that is not traced: a connection,
// bytes, their end, or a reset. When it came is not known. That it ended a sleep is
// inferred.
type Arrival struct {
	Conn  int // index in Conns
	Took  int // index in Steps of the Return of the accept or recv
	Woke  int // index in Steps of the Return of the call that slept until it came; -1 where none did
	Bytes int64
}

// lookForMux is how many calls back the select is looked for that found an fd ready.
const lookForMux = 256

// arrive notes what an accept or a recv took from an untraced peer at step i.
func (r *Run) arrive(i, conn int) {
	e := r.Step(i)
	a := Arrival{Conn: conn, Took: i, Woke: -1}
	if e.Call.Receives() && e.Errno == 0 {
		a.Bytes = e.Result
	}
	switch c := r.CallAt(i); {
	case e.Sleep == trace.Slept:
		a.Woke = i
	case c != nil:
		a.Woke = r.muxed(c, e.FD)
	}
	r.Arrivals = append(r.Arrivals, a)
}

// muxed returns the Return of the select before c that slept and found fd
// readable, or -1.
func (r *Run) muxed(c *Call, fd int) int {
	calls := r.Lanes[c.Lane].Calls
	k := lastBefore(r, calls, c.Enter)
	for last := max(0, k-lookForMux); k >= last; k-- {
		b := &r.Calls[calls[k]]
		if b.Return < 0 {
			return -1
		}
		e := r.Step(b.Return)
		switch {
		case e.Call.Multiplexes():
			if e.Sleep == trace.Slept && e.Sets != nil && slices.Contains(e.Sets.Read, fd) {
				return b.Return
			}
			return -1
		case e.FD == fd && (e.Call.Receives() || e.Call == trace.Accept):
			return -1 // that call took what had come
		}
	}
	return -1
}

// arrival returns the first arrival that ended the sleep of the call that
// returned at step i, or nil.
func (r *Run) arrival(i int) *Arrival {
	k := sort.Search(len(r.Arrivals), func(k int) bool { return r.Arrivals[k].Took >= i })
	for ; k < len(r.Arrivals) && r.Arrivals[k].Took <= i+2*lookForMux; k++ {
		if r.Arrivals[k].Woke == i {
			return &r.Arrivals[k]
		}
	}
	return nil
}

// What says in a word or two what an arrival brought.
func (r *Run) What(a *Arrival) string { return arrived(r.brought(a)) }

// brought returns how many bytes an arrival brought, or what else it was.
func (r *Run) brought(a *Arrival) int64 {
	switch {
	case r.Gist(a.Took).Call == trace.Accept:
		return cameConnection
	case r.Gist(a.Took).Errno == trace.ECONNRESET:
		return cameReset
	}
	return a.Bytes
}
