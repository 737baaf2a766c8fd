package play

import (
	"slices"
	"sort"

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
	// Torn is the index in Steps of the first Gap of one of its processes, -1 without
	// one. Behind it nobody knows which bytes a call moved.
	Torn int
}

// whole reports whether all that the connection carried is known at position n.
func (c *Conn) whole(n int) bool { return c.Torn < 0 || c.Torn >= n }

// End is one side of a connection.
type End struct {
	Proc, FD int // Proc is -1 while this side is not known
	Opened   int // index in Steps from which FD means this connection
	Closed   int // index in Steps of the Return of its close, or of the process's exit; -1 while open
	Shut     int // index in Steps of the Return of the shutdown after which the side sends no more; -1 without one

	// Copies are the fds of the same side in processes that were made while FD was
	// open. The side ends when the last of all is closed.
	Copies []End
}

// fd returns the k-th fd of the side: FD itself, then the copies; nil behind them.
func (e *End) fd(k int) *End {
	switch {
	case k == 0:
		return e
	case k <= len(e.Copies):
		return &e.Copies[k-1]
	}
	return nil
}

// find returns the fd of proc with the number, or nil. A number that was given out
// again means the newest fd.
func (e *End) find(proc, fd int) (found *End) {
	for k := 0; e.fd(k) != nil; k++ {
		if f := e.fd(k); f.Proc == proc && f.FD == fd {
			found = f
		}
	}
	return found
}

// Of reports whether proc has, or had, an fd of the side.
func (e *End) Of(proc int) bool {
	for k := 0; e.fd(k) != nil; k++ {
		if e.fd(k).Proc == proc {
			return true
		}
	}
	return false
}

// User returns the fd by which the side is used at position n. A process that makes
// another for a connection leaves the connection to it. So it is the first copy that
// is open, else the first fd. When all are closed it is the one that was closed last.
func (e *End) User(n int) End {
	last := e
	for k := range e.Copies {
		c := &e.Copies[k]
		if c.Opened < n && c.open(n) {
			return *c
		}
		if c.Closed > last.Closed {
			last = c
		}
	}
	if e.open(n) {
		last = e
	}
	return *last
}

func (e *End) open(n int) bool { return e.Closed < 0 || e.Closed >= n }

// Gone returns the step that closed the last fd of the side before position n; ok is false
// where one is open then, or none was yet.
func (e *End) Gone(n int) (step int, ok bool) {
	for k := 0; e.fd(k) != nil; k++ {
		switch f := e.fd(k); {
		case f.Proc < 0 || f.Opened >= n:
		case f.open(n):
			return 0, false
		default:
			step, ok = max(step, f.Closed), true
		}
	}
	return step, ok
}

// holders returns the processes that have an fd of the side at position n, each once.
func (e *End) holders(n int) []int {
	var procs []int
	for k := 0; e.fd(k) != nil; k++ {
		if f := e.fd(k); f.Proc >= 0 && f.Opened < n && f.open(n) && !slices.Contains(procs, f.Proc) {
			procs = append(procs, f.Proc)
		}
	}
	return procs
}

// Ended returns the step that ended what the side sends, before position n: its
// shutdown, or the close or exit that took its last fd; -1 where it had not ended.
func (e *End) Ended(n int) int {
	if e.Shut >= 0 && e.Shut < n {
		return e.Shut
	}
	if e.Proc < 0 || len(e.holders(n)) > 0 {
		return -1
	}
	last := -1
	for k := 0; e.fd(k) != nil; k++ {
		if f := e.fd(k); f.Opened < n {
			last = max(last, f.Closed)
		}
	}
	return last
}

// last reports whether f was the only fd of the side that was left at step i.
func (e *End) last(f *End, i int) bool {
	for k := 0; e.fd(k) != nil; k++ {
		if o := e.fd(k); o != f && o.Opened < i && o.open(i) {
			return false
		}
	}
	return true
}

// Flow is what went one way.
type Flow struct {
	Sends, Recvs []Move
	Base         int64 // bytes that had gone this way before the run's first step

	// Content returns what was kept of what a call moved, by the step that it returned in.
	// A Move has no pointer to it: a garbage collection would follow those of a million.
	Content func(step int) []byte
}

// Bytes returns the content of a move, as far as it was kept.
func (f *Flow) Bytes(m *Move) []byte {
	if f == nil || f.Content == nil {
		return nil
	}
	b := f.Content(m.Step)
	return b[:min(int64(len(b)), m.Len)]
}

// Move is one call's share of a Flow.
type Move struct {
	Step int   // index in Steps of the Return
	Off  int64 // of its first byte in the flow
	Len  int64
}

type endpoint struct{ proc, fd int }

// place says where the move of a step is: its index in Run.Conns, in Conn.Flows, and in
// the list of its side.
type place struct{ step, conn, way, index int }

// movedAt returns where the move is that a send or recv made when it returned at step i.
func (r *Run) movedAt(i int) (at place, ok bool) {
	if n := len(r.moved); n == 0 || r.moved[n-1].step < i {
		return place{}, false
	} else if r.moved[n-1].step == i {
		return r.moved[n-1], true
	}
	k := sort.Search(len(r.moved), func(k int) bool { return r.moved[k].step >= i })
	if k == len(r.moved) || r.moved[k].step != i {
		return place{}, false
	}
	return r.moved[k], true
}

// follow draws the conclusions of a step: which connection it belongs to, whose
// bytes it moved, what woke it.
func (r *Run) follow(i int) {
	e := r.Step(i)
	switch e.Kind {
	case trace.Start:
		if e.Thread == 0 && len(e.Args) == 2 {
			r.forked(i)
		}
	case trace.Enter:
		r.post(i)
		r.named(i)
	case trace.Return:
		if e.Call == trace.Socket && !r.letters {
			f := r.fdNow(e.Proc, int(e.Result))
			r.letters = f != nil && f.Datagrams()
		}
		r.connect(i)
		r.move(i)
		r.option(i)
		if e.Call.Sends() {
			r.posted(i)
		} else if e.Call.Receives() {
			r.got(i)
		}
		r.refused(i)
		switch {
		case e.Call.Told():
			r.answered(i)
		case e.Sleep == trace.Slept, e.Sleep == trace.SleepUnknown && (e.Call.Multiplexes() || r.Logged(e.Proc) && !e.Call.Sends() && e.Call != trace.Accept): // an accept's connect shows later
			r.wake(i)
			r.inferSleep(i)
		}
		switch {
		case e.Call == trace.Close && e.Errno != trace.EBADF:
			r.closeEnd(endpoint{e.Proc, e.FD}, i)
		case shutsWriting(e) && e.Errno == 0:
			r.shut(i)
		case e.Call == trace.Listen && e.Errno == 0 && len(e.Args) > 0:
			r.listeners = append(r.listeners, listener{proc: e.Proc, fd: e.FD, step: i, backlog: int(e.Args[0]), addr: r.local(e.Proc, e.FD)})
		case e.Call == trace.Setsockopt && e.Errno == 0:
			r.patient(e)
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

// forked gives a process that another one made the fds of that one. The fork stands
// in the step before.
func (r *Run) forked(i int) {
	e := r.Step(i)
	if i > 0 && r.Gist(i-1).Call == trace.Fork {
		r.setWake(i, i-1)
	}
	parent := int(e.Args[0])
	if parent < 0 || parent == e.Proc {
		return // no trace of ours
	}
	for ci := range r.Conns {
		c := &r.Conns[ci]
		for _, end := range []*End{&c.Client, &c.Server} {
			for k := 0; end.fd(k) != nil; k++ {
				if f := end.fd(k); f.Proc == parent && f.Closed < 0 {
					r.ends[endpoint{e.Proc, f.FD}] = ci
					end.Copies = append(end.Copies, End{Proc: e.Proc, FD: f.FD, Opened: i, Closed: -1, Shut: -1})
				}
			}
		}
	}
}

// closeEnd notes that step i closed an fd. Between the two steps of a close another
// thread may get the same number. Its connection stays open.
func (r *Run) closeEnd(key endpoint, i int) {
	if at, dialled := r.dialled[key]; dialled {
		r.nameless = append(r.nameless, at)
		delete(r.dialled, key)
	}
	if r.patience[key] != nil {
		r.patience[key] = append(r.patience[key], allowed{i, 0})
	}
	ci, ok := r.ends[key]
	if !ok {
		return
	}
	from := i
	if call := r.CallAt(i); call != nil {
		from = call.Enter
	}
	c := &r.Conns[ci]
	for _, end := range []*End{&c.Client, &c.Server} {
		f := end.find(key.proc, key.fd)
		switch {
		case f == nil || f.Closed >= 0:
		case f.Opened > from: // given out again
			r.closeOlder(key, ci, i)
			return
		default:
			f.Closed = i
		}
	}
	delete(r.ends, key)
}

// closeOlder closes what an fd stood for before it stood for connection ci.
func (r *Run) closeOlder(key endpoint, ci, i int) {
	for k := ci - 1; k >= 0; k-- {
		for _, end := range []*End{&r.Conns[k].Client, &r.Conns[k].Server} {
			if f := end.find(key.proc, key.fd); f != nil && f.Closed < 0 {
				f.Closed = i
				return
			}
		}
	}
}

// listener is a socket that waits for connections.
type listener struct {
	proc, fd int
	step     int // index in Steps of the Return of its listen
	backlog  int // as it was told
	addr     string
}

// local returns the address of a socket as it is known now, "" for none.
func (r *Run) local(proc, fd int) string {
	if proc < 0 || proc >= len(r.head.Procs) {
		return ""
	}
	if f := r.head.Procs[proc].FD(fd); f != nil {
		return f.Local
	}
	return ""
}

// shut notes the shutdown that returned in step i.
func (r *Run) shut(i int) {
	key := endpoint{r.Gist(i).Proc, r.Gist(i).FD}
	ci, ok := r.ends[key]
	if !ok {
		return
	}
	for _, end := range []*End{&r.Conns[ci].Client, &r.Conns[ci].Server} {
		if end.find(key.proc, key.fd) != nil && end.Shut < 0 {
			end.Shut = i
		}
	}
}

// patient notes a setsockopt of SO_RCVTIMEO (socket(7)): how long calls that receive
// from the socket wait.
func (r *Run) patient(e *trace.Event) {
	const socket, receiveTimeout = 1, 20 // SOL_SOCKET, SO_RCVTIMEO
	if len(e.Args) > 2 && e.Args[0] == socket && e.Args[1] == receiveTimeout {
		r.patience[endpoint{e.Proc, e.FD}] = append(r.patience[endpoint{e.Proc, e.FD}], allowed{r.Len() - 1, e.Args[2] * 1000})
	}
}

// allowed says how long the calls of a socket may wait from a step on, in ns. 0 is
// for ever.
type allowed struct {
	step int
	ns   int64
}

// connect notes the ends of connections as their addresses become known: the
// server's from accept, the client's from the address sampled beside connect
// or any later call.
func (r *Run) connect(i int) {
	e := r.Step(i)
	if addr := acceptedFrom(e); addr != "" {
		var c *Conn
		free := func(c *Conn) bool { return c.Server.Proc < 0 && r.together(c.Client.Proc, e.Proc) }
		if addr == unnamed {
			c = r.connNext(r.local(e.Proc, e.FD), i, free)
		} else {
			c = r.connAt(addr, i, free)
		}
		c.Server = End{Proc: e.Proc, FD: int(e.Result), Opened: i, Closed: -1, Shut: -1}
		ci := r.connIndex(c)
		r.ends[endpoint{e.Proc, int(e.Result)}] = ci
		if c.Client.Proc >= 0 && r.Logged(e.Proc) {
			r.handshake(c.Client.Opened, c)
		}
		if r.Untraced() {
			r.peer(ci)
			r.arrive(i, ci)
		}
		return
	}
	if e.Call != trace.Connect || e.Errno != 0 && !e.Errno.NotYet() || r.letter(e.Proc, e.FD) != nil {
		return // a datagram socket notes the address, and is connected to nobody
	}
	r.dialled[endpoint{e.Proc, e.FD}] = i
	r.named(i)
}

// acceptedFrom returns the client's address of an accept that returned it, or whose program
// did not ask for it, but strace tells; else "".
func acceptedFrom(e *trace.Event) string {
	if e.Call != trace.Accept || e.Errno != 0 {
		return ""
	}
	for i := range e.Queues {
		if q := &e.Queues[i]; e.Addr == "" && q.FD == int(e.Result) {
			return q.Peer
		}
	}
	return e.Addr
}

// named notes the client's end of a connection, where step i tells the address that it
// has had since its connect. That is the connect itself, or a later call where only
// strace tells it.
func (r *Run) named(i int) {
	if len(r.dialled) == 0 {
		return
	}
	e := r.Step(i)
	for _, q := range e.Queues {
		key := endpoint{e.Proc, q.FD}
		at, dialled := r.dialled[key]
		if !dialled || q.Local == "" {
			continue
		}
		delete(r.dialled, key)
		var c *Conn
		free := func(c *Conn) bool { return c.Client.Proc < 0 && r.together(c.Server.Proc, e.Proc) }
		if q.Local == unnamed {
			r.muddle(at)
			c = r.connNext(r.Step(at).Addr, i, free)
		} else {
			c = r.connAt(q.Local, i, free)
		}
		c.Client = End{Proc: e.Proc, FD: q.FD, Opened: at, Closed: -1, Shut: -1}
		ci := r.connIndex(c)
		r.ends[key], r.connects[at] = ci, ci
		r.handshake(at, c)
	}
}

// connAt returns the newest connection with the client's address that lacks the side,
// or a new one.
func (r *Run) connAt(addr string, i int, free func(*Conn) bool) *Conn {
	for k := len(r.Conns) - 1; k >= 0; k-- {
		if r.Conns[k].Addr == addr && free(&r.Conns[k]) {
			return &r.Conns[k]
		}
	}
	return r.newConn(addr, i)
}

func (r *Run) newConn(addr string, i int) *Conn {
	none := End{Proc: -1, FD: -1, Opened: i, Closed: -1, Shut: -1}
	r.Conns = append(r.Conns, Conn{Addr: addr, Client: none, Server: none, Torn: -1, Flows: r.flows()})
	return &r.Conns[len(r.Conns)-1]
}

// unnamed is the address of a Unix socket that has none: of most clients.
const unnamed = "@"

// connNext returns the oldest connection to a Unix socket's address that lacks the side,
// or a new one. Its clients have no addresses; they are accepted in the order in which
// they connected. Where that order isn't known, nothing is concluded.
func (r *Run) connNext(addr string, i int, free func(*Conn) bool) *Conn {
	for k := range r.Conns {
		if r.Conns[k].Addr == addr && free(&r.Conns[k]) && !slices.Contains(r.muddled, addr) {
			return &r.Conns[k]
		}
	}
	return r.newConn(addr, i)
}

// muddle notes that two connects to a Unix socket's address were under way at the same
// time, the later of which returned in step i.
func (r *Run) muddle(i int) {
	e, call := r.Step(i), r.CallAt(i)
	if call == nil {
		return
	}
	for k := range r.Lanes {
		calls := r.Lanes[k].Calls
		for n := lastBefore(r, calls, i); n >= 0; n-- {
			o := &r.Calls[calls[n]]
			if o.Return >= 0 && o.Return < call.Enter {
				break
			}
			if at := r.Step(o.Enter); o != call && at.Call == trace.Connect && at.Addr == e.Addr && r.together(at.Proc, e.Proc) {
				r.muddled = append(r.muddled, e.Addr)
			}
		}
	}
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
	e := r.Step(i)
	if !e.Call.Sends() && !e.Call.Receives() {
		return
	}
	ci, ok := r.ends[endpoint{e.Proc, e.FD}]
	if !ok {
		ci, ok = r.closedMeanwhile(i)
	}
	if !ok {
		return
	}
	if r.Untraced() && e.Call.Receives() && (e.Errno == 0 || e.Errno == trace.ECONNRESET) {
		r.arrive(i, ci)
	}
	if e.Errno != 0 || e.Result <= 0 || e.Peeks() {
		return
	}
	c := &r.Conns[ci]
	fromClient := c.Client.find(e.Proc, e.FD) != nil
	way := 1
	if fromClient == e.Call.Sends() {
		way = 0
	}
	flow := &c.Flows[way]
	list := &flow.Recvs
	if e.Call.Sends() {
		list = &flow.Sends
	}
	m := Move{Step: i, Off: flow.Base, Len: e.Result}
	if n := len(*list); n > 0 {
		m.Off = (*list)[n-1].Off + (*list)[n-1].Len
	}
	if f := r.fdNow(e.Proc, e.FD); f != nil && f.Bounded() && e.Call.Receives() && c.Torn < 0 && e.Result >= int64(r.room(i)) {
		c.Torn = i // a part of the message may be gone
	}
	r.moved = append(r.moved, place{i, ci, way, len(*list)})
	*list = append(*list, m)
}

// flows are those of a new connection.
func (r *Run) flows() [2]Flow { return [2]Flow{{Content: r.content}, {Content: r.content}} }

// content returns the bytes of the call that returned in step i.
func (r *Run) content(i int) []byte {
	if call := r.CallAt(i); call != nil && r.Gist(i).Call.Sends() {
		i = call.Enter
	}
	return r.Step(i).Data
}

// room returns how many bytes the call that returned in step i had room for.
func (r *Run) room(i int) int {
	if c := r.CallAt(i); c != nil {
		return max(r.Step(i).Size, r.Step(c.Enter).Size)
	}
	return r.Step(i).Size
}

// closedMeanwhile returns the connection of the call that returned at step i, whose fd
// another thread has closed since it entered: the call has held the socket.
func (r *Run) closedMeanwhile(i int) (conn int, ok bool) {
	call := r.CallAt(i)
	if call == nil || r.fdNow(r.Gist(i).Proc, r.Gist(i).FD) != nil {
		return 0, false
	}
	if c := r.ConnOf(r.Gist(i).Proc, r.Gist(i).FD, call.Enter); c != nil {
		return r.connIndex(c), true
	}
	return 0, false
}

// ConnOf returns the connection that fd of proc stands for at position n, or
// nil.
func (r *Run) ConnOf(proc, fd, n int) *Conn {
	for k := len(r.Conns) - 1; k >= 0; k-- {
		c := &r.Conns[k]
		for _, end := range []*End{&c.Client, &c.Server} {
			if f := end.find(proc, fd); f != nil && f.Opened < n && f.open(n) {
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
	other := c.Client.User(n)
	if c.Client.find(proc, fd) != nil {
		other = c.Server.User(n)
	}
	if other.Proc < 0 || other.Proc >= len(r.Header.Procs) {
		return ""
	}
	return r.Header.Procs[other.Proc].Name
}
