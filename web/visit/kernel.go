package visit

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"sockscope/server/trace"
)

// Column is one fd of the selected lane's process.
type Column struct {
	FD     *trace.FDState // nil for a free number
	Number int
	Name   string
	Lit    bool // the walk's stop speaks of it
}

// MinColumns is how many fds the table has room for; free numbers fill it.
const MinColumns = 5

// Columns returns the fd table of p, the selected lane's process.
func (f *Focus) Columns(p *trace.ProcState) []Column {
	var out []Column
	listeners, lit := 0, f.LitFDs()
	for i := range p.FDs {
		if p.FDs[i].Kind == trace.FDListener {
			listeners++
		}
	}
	for i := range p.FDs {
		fd := f.freshest(&p.FDs[i])
		name := "socket"
		switch {
		case fd.Datagrams() && fd.Domain != trace.Unix:
			name = "UDP"
		case fd.Datagrams():
			name = "datagrams"
		}
		switch fd.Kind {
		case trace.FDListener:
			if name = "listener"; listeners > 1 {
				name = port(fd.Local)
			}
		case trace.FDConn:
			if name = f.Player.Run.Peer(f.Proc(), fd.FD, f.Pos()); name == "" {
				name = "connected"
				if f.Player.Run.Untraced() {
					name = strings.TrimPrefix(port(fd.Peer), ":")
				}
			}
		case trace.FDEpoll, trace.FDKqueue:
			name = "interest list"
		case trace.FDEventfd:
			name = "waker"
		case trace.FDFile:
			name = "no socket"
		}
		out = append(out, Column{fd, fd.FD, name, slices.Contains(lit, fd.FD)})
	}
	// The kernel gives out the lowest free number (open(2)); 0, 1 and 2 are the
	// standard streams.
	for n := 3; len(out) < MinColumns; n++ {
		if !slices.ContainsFunc(out, func(c Column) bool { return c.Number == n }) {
			out = append(out, Column{Number: n, Name: "free"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Number < out[j].Number })
	return out
}

// StateOf names the state of a socket. One for datagrams has no connection: the kernel
// has it closed, or established where it is connected to an address, and ss(8) says so.
func StateOf(datagrams bool, s trace.TCPState) string {
	switch {
	case datagrams && s == trace.Closed:
		return "UNCONN"
	case datagrams && s == trace.Established:
		return "ESTAB"
	}
	return s.String()
}

// port returns the port of an address, with its colon.
func port(addr string) string { return addr[max(0, strings.LastIndexByte(addr, ':')):] }

// freshest returns fd with the newest readings of its queues and its state. Each was
// taken beside a call of its process, or with the kernel's whole table.
func (f *Focus) freshest(fd *trace.FDState) *trace.FDState {
	state := f.State()
	if fd.Local == "" || state.SocketsAt <= min(fd.StateAt, fd.RecvAt, fd.SendAt) {
		return fd
	}
	for i := range state.Sockets {
		k := &state.Sockets[i]
		listens := k.State == trace.Listening
		if k.Local != fd.Local || listens != (fd.Kind == trace.FDListener) || !listens && k.Peer != fd.Peer || k.Kind != kindOf(fd) {
			continue
		}
		fresh := *fd
		fresh.Drops = max(fd.Drops, k.Drops)
		if fd.RecvAt < state.SocketsAt {
			fresh.Recv, fresh.RecvAt = k.Recv, state.SocketsAt
			if k.Unread() {
				fresh.Recv-- // it is no byte
			}
		}
		if fd.SendAt < state.SocketsAt {
			fresh.Send, fresh.SendAt = k.Send, state.SocketsAt
		}
		if fd.StateAt < state.SocketsAt {
			fresh.State, fresh.How, fresh.StateAt = k.State, trace.Sampled, state.SocketsAt
		}
		return &fresh
	}
	return fd
}

// SocketRow is a row of the kernel's table of sockets.
type SocketRow struct {
	trace.Sock
	Closed bool // since it was read the last fd of it was closed: what it is now isn't known
}

// Sockets returns the kernel's table of sockets with what calls have told of them since it
// was read, and whether they have: a connection may come and go between two readings. ok is
// false before the first reading.
func (f *Focus) Sockets() (rows []SocketRow, newer, ok bool) {
	state := f.State()
	if state.Sockets == nil {
		return nil, false, false
	}
	for _, s := range state.Sockets {
		rows = append(rows, SocketRow{Sock: s, Closed: f.closedSince(&s)})
	}
	for i := range state.Procs {
		for k := range state.Procs[i].FDs {
			fd := &state.Procs[i].FDs[k]
			if fd.Kind == trace.FDListener && fd.RecvAt > state.SocketsAt {
				if at := slices.IndexFunc(rows, func(s SocketRow) bool { return s.State == trace.Listening && s.Local == fd.Local }); at >= 0 {
					rows[at].Recv, newer = fd.Recv, true
				}
			}
			told := fd.How == trace.Sampled && fd.StateAt > state.SocketsAt
			if fd.Kind != trace.FDConn || kindOf(fd) != trace.TCP || fd.Local == "" || fd.Peer == "" || !told && max(fd.RecvAt, fd.SendAt) <= state.SocketsAt {
				continue
			}
			at := slices.IndexFunc(rows, func(s SocketRow) bool { return s.Kind == trace.TCP && s.Local == fd.Local && s.Peer == fd.Peer })
			switch {
			case at < 0 && !told:
				continue
			case at < 0:
				at, rows = len(rows), append(rows, SocketRow{Sock: trace.Sock{Local: fd.Local, Peer: fd.Peer}})
			}
			newer = true
			if told {
				rows[at].State, rows[at].Closed = fd.State, fd.State == trace.Closed // of which the kernel's table has none
			}
			if fd.RecvAt > state.SocketsAt {
				rows[at].Recv = fd.Recv
			}
			if fd.SendAt > state.SocketsAt {
				rows[at].Send = fd.Send
			}
		}
	}
	for i := range rows {
		newer = newer || rows[i].Closed
	}
	return rows, newer, true
}

// closedSince reports whether all fds of a connection's end were closed after the table
// was read that has it.
func (f *Focus) closedSince(s *trace.Sock) bool {
	if s.Kind != trace.TCP || s.State == trace.Listening {
		return false
	}
	run := f.Player.Run
	for i := len(run.Conns) - 1; i >= 0; i-- { // a port may be used again
		c := &run.Conns[i]
		if c.Addr == "" || c.Addr != s.Local && c.Addr != s.Peer || min(opened(c.Client), opened(c.Server)) >= f.Pos() {
			continue
		}
		end := &c.Client
		if c.Addr == s.Peer {
			end = &c.Server
		}
		at, gone := end.Gone(f.Pos())
		return gone && run.Gist(at).Time > f.State().SocketsAt
	}
	return false
}

// kindOf returns in which of the kernel's tables an fd is found by its addresses. A Unix
// socket is found in none: it may have no name of its own.
func kindOf(fd *trace.FDState) trace.SockKind {
	switch {
	case fd.Domain == trace.Unix:
		return unnamed
	case fd.Datagrams():
		return trace.UDP
	}
	return trace.TCP
}

// unnamed is no kind of any table's.
const unnamed trace.SockKind = 255

// QueuesRead says when the newest queues that show were read; "" where none was.
func (f *Focus) QueuesRead() string {
	state := f.State()
	newest := int64(-1)
	if p := f.Proc(); p < len(state.Procs) {
		for i := range state.Procs[p].FDs {
			fd := f.freshest(&state.Procs[p].FDs[i])
			newest = max(newest, fd.RecvAt, fd.SendAt)
		}
	}
	if newest < 0 {
		return ""
	}
	return f.When(newest)
}

// When says how far a reading at time t, in ns, lies from the step at the position. What
// shows is what is known up to the next one, so that it may be from later.
func (f *Focus) When(t int64) string {
	now, pos := int64(0), f.Pos()
	if pos > 0 {
		now = f.Player.Run.Gist(pos - 1).Time
	}
	switch {
	case t > now:
		return fmt.Sprintf("%s after %d", f.Player.Run.Span(t-now), pos)
	case t < now:
		return fmt.Sprintf("%s before %d", f.Player.Run.Span(now-t), pos)
	}
	return fmt.Sprintf("at %d", pos)
}

// Others names the other processes that have an fd of what fd stands for.
func (f *Focus) Others(fd *trace.FDState) string {
	text := ""
	for _, p := range f.State().Holders(fd.File) {
		if p != f.Proc() && p < len(f.Procs()) {
			text += " " + f.Procs()[p].Tag
		}
	}
	return text
}

// Waiting returns the tags of the clients whose connections wait in a listener's accept
// queue, in the order in which they came.
func (f *Focus) Waiting(listener string) []string {
	run, pos := f.Player.Run, f.Pos()
	var tags []string
	for i := range run.Conns {
		c := &run.Conns[i]
		if !run.Backlogged(c, pos) || c.Client.Proc >= len(run.Header.Procs) {
			continue
		}
		if to := run.Step(c.Client.Opened).Addr; to != "" && to != listener {
			continue // to somebody else
		}
		tags = append(tags, run.Header.Procs[c.Client.Proc].Tag)
	}
	return tags
}

// Of epoll_ctl(2).
const (
	EpollIn    = 0x1
	EpollOut   = 0x4
	EpollRdHup = 0x2000
	EpollEdge  = 1 << 31
)

// ToBeTold infers whether an fd of the selected process is on the ready list of epoll(7).
// Level-triggered it is there while it is ready; edge-triggered from when something
// new came until an epoll_wait has told of it. Only the kernel knows whether a full
// Send-Q has room again: that is not claimed.
func (f *Focus) ToBeTold(fd *trace.FDState) bool {
	if fd == nil || fd.Watched&(EpollIn|EpollOut) == 0 {
		return false
	}
	if fd.Kind == trace.FDListener {
		return fd.Watched&EpollIn != 0 && len(f.Waiting(fd.Local)) > 0
	}
	run, pos := f.Player.Run, f.Pos()
	c := run.ConnOf(f.Proc(), fd.FD, pos)
	if c == nil {
		return false
	}
	peer, flow := c.Client, &c.Flows[0]
	if peer.Proc == f.Proc() && peer.FD == fd.FD {
		peer, flow = c.Server, &c.Flows[1]
	}
	came := int64(-1) // when the newest bytes, or the end, set out
	unread := false
	st := streamAt(flow, pos)
	if n := len(st.Sends); n > 0 {
		unread = st.Sent > st.Read
		if call := run.CallAt(st.Sends[n-1].Step); call != nil {
			came = run.Gist(call.Enter).Time
		}
	}
	if at := peer.Ended(pos); at >= 0 {
		unread = true
		came = max(came, run.Gist(at).Time)
	}
	switch {
	case fd.Watched&EpollEdge == 0:
		return fd.Watched&EpollIn != 0 && unread
	case fd.Told < 0:
		return fd.Watched&EpollOut != 0 || unread // put on the list, it is told of what is there
	}
	return fd.Watched&EpollIn != 0 && came > fd.Told
}
