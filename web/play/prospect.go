package play

import (
	"maps"
	"slices"

	"sockscope/server/trace"
)

// prospect is what is known at a position of what an open call waits for.
type prospect struct {
	claims []Claim
	procs  []int // who alone can bring it; nil where that isn't known, or something may be there
	fd     int   // the fd of procs; -1 for none
	brief  bool  // the call gives up after a time, or may not wait at all
}

func (p *prospect) add(c Claim) { p.claims = append(p.claims, c) }

// waits tells what is known of what the open call c waits for. It returns the call of
// the one who alone can bring that.
func (w *why) waits(c *Call) *Call {
	p := w.prospect(c)
	for _, claim := range p.claims {
		w.add(claim)
	}
	if len(p.procs) != 1 {
		return nil
	}
	w.path[len(w.path)-1].alone = !p.brief && w.single(w.run.Gist(c.Enter).Proc) && w.single(p.procs[0])
	return w.now(p.procs[0], p.fd)
}

// single reports whether a process has one thread at the position. Then nobody else
// acts on its sockets.
func (w *why) single(proc int) bool {
	n := 0
	for i := range w.run.Lanes {
		l := &w.run.Lanes[i]
		if l.Proc == proc && !(l.Exit >= 0 && l.Exit < w.n) && (l.Thread == 0 || l.last >= 0 && w.began(l)) {
			n++
		}
	}
	return n == 1 && !w.run.Straced(proc) && !w.run.Logged(proc)
}

// others returns how many threads a process has at the position besides the one that
// is in a call: each can shut down what that waits for.
func (w *why) others(proc int) int {
	n := -1
	for i := range w.run.Lanes {
		l := &w.run.Lanes[i]
		if l.Proc == proc && !w.run.Straced(proc) && !(l.Exit >= 0 && l.Exit < w.n) && (l.Thread == 0 || l.last >= 0 && w.began(l)) {
			n++
		}
	}
	return max(n, 0)
}

// began reports whether a lane had a step before the position.
func (w *why) began(l *Lane) bool {
	return l.Start >= 0 && l.Start < w.n || len(l.Calls) > 0 && w.run.Calls[l.Calls[0]].Enter < w.n
}

// circle tells that the calls from path[k] on wait for each other, if each waits for
// the next alone.
func (w *why) circle(k int) {
	var calls []int
	for _, t := range w.path[k:] {
		if !t.alone {
			return
		}
		calls = append(calls, t.call.Enter)
	}
	w.add(Claim{Kind: Deadlock, Step: calls[0], Calls: calls})
}

// final tells, of a call whose process was ended, whether it and others waited for
// each other then. That is so only where nothing but such ends followed.
func (w *why) final(c *Call, exit int) *Call {
	r := w.run
	at := &why{run: r, ends: w.ends, n: r.lastAct() + 1}
	if exit < at.n {
		return nil
	}
	var circle []int
	for next := c; ; {
		if slices.Contains(circle, next.Enter) {
			return nil
		}
		circle = append(circle, next.Enter)
		p := at.prospect(next)
		if len(p.procs) != 1 || !at.single(p.procs[0]) {
			return nil
		}
		if next = at.lone(p.procs[0]); next == nil || w.exit(next) < 0 {
			return nil
		}
		if next == c {
			break
		}
	}
	if len(circle) < 2 {
		return nil
	}
	for _, enter := range circle[1:] {
		o := r.CallAt(enter)
		exit := w.exit(o)
		w.add(Claim{Kind: Killed, Step: enter, Other: exit, N: r.Gist(exit).Time - r.Gist(enter).Time})
	}
	w.add(Claim{Kind: Deadlock, Step: c.Enter, Other: exit, Calls: circle})
	return nil
}

// lone returns the call that the only thread of a process is in, or nil.
func (w *why) lone(proc int) *Call {
	i := w.run.laneOf(proc, 0)
	if i < 0 {
		return nil
	}
	calls := w.run.Lanes[i].Calls
	if k := lastBefore(w.run, calls, w.n); k >= 0 {
		if c := &w.run.Calls[calls[k]]; w.open(c) {
			return c
		}
	}
	return nil
}

// lastAct returns the last step in which a program did something: a thread began, or
// a call entered or returned. It is -1 where there is none.
func (r *Run) lastAct() int {
	for i := r.Len() - 1; i >= 0; i-- {
		if k := r.Gist(i).Kind; k == trace.Enter || k == trace.Return || k == trace.Start {
			return i
		}
	}
	return -1
}

// prospect finds out what is known of what the open call c waits for.
func (w *why) prospect(c *Call) prospect {
	in := w.run.Step(c.Enter)
	p := prospect{fd: -1}
	wait := NeedOf(in.Call)
	if wait == nil {
		return p
	}
	switch wait.From {
	case FromPeer, FromClients, FromListener:
		switch {
		case w.nonBlocking(in, c.Enter+1):
			p.add(Claim{Kind: NonBlocking, Step: c.Enter, FD: in.FD})
		case in.Call == trace.Connect:
			w.answer(&p, c)
		case in.Call.Sends():
			w.room(&p, c)
		default:
			w.readable(&p, c, in.FD)
			w.patience(&p, c)
		}
	case FromMembers:
		w.members(&p, c)
	case FromChildren:
		w.children(&p, c)
	}
	return p
}

// patience tells how long a call that receives or accepts waits at most.
func (w *why) patience(p *prospect, c *Call) {
	in := w.run.Step(c.Enter)
	list := w.run.patience[endpoint{in.Proc, in.FD}]
	for k := len(list) - 1; k >= 0; k-- {
		if list[k].step >= c.Enter {
			continue
		}
		if list[k].ns > 0 {
			p.add(Claim{Kind: Patience, Step: c.Enter, N: list[k].ns})
			p.brief = true
		}
		return
	}
}

// members tells of the fds that an open multiplexer asks about.
func (w *why) members(p *prospect, c *Call) {
	in := w.run.Step(c.Enter)
	if in.Timeout == 0 {
		p.add(Claim{Kind: NoPatience, Step: c.Enter})
		return
	}
	if in.Sets != nil {
		for _, fd := range in.Sets.Read[:min(len(in.Sets.Read), shownMembers)] {
			member := prospect{fd: -1}
			w.readable(&member, c, fd)
			p.claims = append(p.claims, member.claims...)
		}
	}
	if in.Timeout > 0 {
		p.add(Claim{Kind: Patience, Step: c.Enter, N: in.Timeout})
	}
}

// noHang is waitpid(2)'s WNOHANG.
const noHang = 1

// children tells which processes' ends an open waitpid waits for.
func (w *why) children(p *prospect, c *Call) {
	r, in := w.run, w.run.Step(c.Enter)
	if len(in.Args) > 1 && in.Args[1]&noHang != 0 {
		p.add(Claim{Kind: NoPatience, Step: c.Enter})
		return
	}
	state := r.stateOf(w.n)
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Parent != in.Proc+1 || l.Thread != 0 || l.Start < 0 || l.Start >= w.n || l.Proc >= len(state.Procs) {
			continue
		}
		if s := &state.Procs[l.Proc]; s.Zombie {
			p.claims = []Claim{{Kind: Gone, Step: l.Exit}}
			p.procs = nil
			return
		} else if !s.Exited {
			p.procs = append(p.procs, l.Proc)
		}
	}
	if len(p.procs) > 0 {
		p.add(Claim{Kind: Only, Step: c.Enter, FD: -1, Procs: p.procs})
	}
}

// readable tells what is known of what makes fd readable, for the open call c.
func (w *why) readable(p *prospect, c *Call, fd int) {
	r, in := w.run, w.run.Step(c.Enter)
	f := w.fd(in.Proc, fd, w.n)
	if f == nil {
		return
	}
	if f.Kind == trace.FDListener {
		w.connection(p, c, f)
		return
	}
	if f.Datagrams() {
		w.datagrams(p, c, f)
		return
	}
	l, ok := w.ends.at(in.Proc, fd, w.n)
	if !ok || !l.conn.whole(w.n) || f.ShutRead {
		return
	}
	edge := in.Call == trace.EpollWait && f.Watched&epollEdge != 0
	first, n := unread(l.in, w.n)
	if n > 0 && edge {
		if !w.leftover(p, c, fd, &l) {
			return // whether they are still to be told of isn't known
		}
	} else if n > 0 {
		p.add(Claim{Kind: Unread, Step: first, Other: c.Enter, FD: fd, N: n})
		return
	}
	if s := l.side.Ended(w.n); s >= 0 {
		if !edge {
			p.add(Claim{Kind: Ending, Step: s, Other: c.Enter, FD: fd})
		}
		return
	}
	if w.underWay(p, c, fd, l.side) {
		return
	}
	if q := queue(in, fd); q != nil && !edge && (q.Recv > 0 || q.State == trace.CloseWait) {
		return // something was seen there, whoever brought it
	}
	if l.peer.Proc >= 0 {
		if holders := l.side.holders(w.n); len(holders) > 0 {
			p.add(Claim{Kind: Only, Step: c.Enter, FD: fd, Procs: holders, Count: w.others(in.Proc)})
			p.procs, p.fd = holders, l.peer.FD
		}
		return
	}
	switch client := l.mine == &l.conn.Client; {
	case client:
		w.backlogged(p, c, fd)
	case r.Logged(in.Proc): // whose connection it is shows later
	case r.Untraced():
		p.add(Claim{Kind: Remote, Step: c.Enter, FD: fd, Addr: l.conn.Addr})
	default:
		if who := w.connecting(in.Proc, f.Local); len(who) == 1 {
			p.procs, p.fd = []int{r.Gist(who[0]).Proc}, r.Gist(who[0]).FD
			p.add(Claim{Kind: Only, Step: c.Enter, FD: fd, Procs: p.procs})
		}
	}
}

// unread returns how many bytes of a flow were sent and not received at position n.
// first is the step of the send that brought the first of them.
func unread(f *Flow, n int) (first int, bytes int64) {
	var got int64
	if k := movesBefore(f.Recvs, n); k > 0 {
		got = f.Recvs[k-1].Off + f.Recvs[k-1].Len
	} else {
		got = f.Base
	}
	k := movesBefore(f.Sends, n)
	if k == 0 || f.Sends[k-1].Off+f.Sends[k-1].Len <= got {
		return -1, 0
	}
	bytes = f.Sends[k-1].Off + f.Sends[k-1].Len - got
	for k--; k > 0 && f.Sends[k].Off > got; k-- {
	}
	return f.Sends[k].Step, bytes
}

// movesBefore returns how many moves of list there were after n steps.
func movesBefore(list []Move, n int) int {
	k, _ := slices.BinarySearchFunc(list, n, func(m Move, n int) int { return m.Step - n })
	return k
}

// EPOLLET of epoll_ctl(2).
const epollEdge = 1 << 31

// reported tells which bytes an epoll_wait that came back did not report, since an
// earlier one had.
func (w *why) reported(c *Call) {
	in, out := w.run.Step(c.Enter), w.run.Step(c.Return)
	if in.Sets == nil {
		return
	}
	var p prospect
	at := &why{run: w.run, ends: w.ends, n: c.Return}
	for _, fd := range in.Sets.Read[:min(len(in.Sets.Read), shownMembers)] {
		if out.Sets != nil && slices.Contains(out.Sets.Read, fd) {
			continue
		}
		if l, ok := w.ends.at(in.Proc, fd, c.Return); ok && l.conn.whole(w.n) {
			if f := w.fd(in.Proc, fd, c.Enter+1); f != nil && f.Watched&epollEdge != 0 {
				at.leftover(&p, c, fd, &l)
			}
		}
	}
	for _, claim := range p.claims {
		w.add(claim)
	}
}

// leftover tells that the bytes left at an edge-triggered fd were reported before: an
// epoll_wait named the fd, all these bytes were seen there when it returned, and a
// later recv took a part of the same send. It returns whether that is so.
func (w *why) leftover(p *prospect, c *Call, fd int, l *seen) bool {
	r := w.run
	k := movesBefore(l.in.Recvs, w.n)
	if k == 0 {
		return false
	}
	last := l.in.Recvs[k-1]
	got := last.Off + last.Len
	sends := l.in.Sends[:movesBefore(l.in.Sends, w.n)]
	if len(sends) == 0 {
		return false
	}
	m := sends[len(sends)-1]
	if m.Off >= got || m.Off+m.Len <= got || m.Len > smallSend {
		return false // not part of the newest send, or of one that comes in pieces
	}
	calls := r.Lanes[c.Lane].Calls
	at := lastBefore(r, calls, last.Step)
	for stop := max(0, at-lookForMux); at >= stop; at-- {
		b := &r.Calls[calls[at]]
		if e := r.Step(b.Enter); e.Call != trace.EpollWait || e.FD != r.Gist(c.Enter).FD || b.Return < 0 || b.Return > last.Step {
			continue
		}
		out := r.Step(b.Return)
		before := l.in.Base
		if i := movesBefore(l.in.Recvs, b.Return); i > 0 {
			before = l.in.Recvs[i-1].Off + l.in.Recvs[i-1].Len
		}
		if q := queue(out, fd); out.Sets == nil || !slices.Contains(out.Sets.Read, fd) || q == nil || int64(q.Recv) < m.Off+m.Len-before {
			return false
		}
		p.add(Claim{Kind: Reported, Step: b.Return, Other: c.Enter, FD: fd, N: m.Off + m.Len - got})
		return true
	}
	return false
}

// underWay tells which calls of fd's peer are in the kernel and can bring something.
// It returns whether there is one.
func (w *why) underWay(p *prospect, c *Call, fd int, side *End) bool {
	r, by := w.run, NeedOf(trace.Recv).By
	found := false
	for i := range r.Lanes {
		o := w.opened(i)
		if o == nil || o == c {
			continue
		}
		e := r.Step(o.Enter)
		if !slices.Contains(by, e.Call) || !used(r.Gist(o.Enter), o.Enter, side) || e.Call == trace.Shutdown && !shutsWriting(e) ||
			e.Call == trace.Close && !side.last(side.find(e.Proc, e.FD), o.Enter) {
			continue
		}
		found = true
		p.add(Claim{Kind: UnderWay, Step: o.Enter, Other: c.Enter, FD: fd})
	}
	return found
}

// opened returns the call that lane i is in at the position, or nil.
func (w *why) opened(i int) *Call {
	calls := w.run.Lanes[i].Calls
	if k := lastBefore(w.run, calls, w.n); k >= 0 {
		if c := &w.run.Calls[calls[k]]; w.open(c) {
			return c
		}
	}
	return nil
}

// connection tells what is known of connections to the listener f, for the open
// call c.
func (w *why) connection(p *prospect, c *Call, f *trace.FDState) {
	r, in := w.run, w.run.Step(c.Enter)
	if r.gapped(w.n) || r.reusesPort(in.Proc, f.Local, w.n) {
		return // who was accepted meanwhile, or waits in which backlog, isn't known
	}
	waiting, unsure := w.backlog(in.Proc, f.Local, w.n)
	if len(waiting) > 0 {
		if !(in.Call == trace.EpollWait && f.Watched&epollEdge != 0) { // which tells of each once
			p.add(Claim{Kind: Queued, Step: waiting[0], Other: c.Enter, FD: f.FD, N: int64(len(waiting))})
		}
		return
	}
	connects := w.connecting(in.Proc, f.Local)
	for _, step := range connects {
		p.add(Claim{Kind: UnderWay, Step: step, Other: c.Enter, FD: f.FD})
	}
	q := queue(in, f.FD)
	if len(connects) > 0 || unsure || q != nil && q.Recv > 0 || w.taken(c, f.Local) || r.Straced(in.Proc) { // strace's times may be off by more than a connect takes
		return
	}
	p.add(Claim{Kind: Only, Step: c.Enter, FD: f.FD})
}

// taken reports whether a client has connected to an address since call c entered, and
// somebody has accepted it. Of several that wait at one listener, all may have been woken.
func (w *why) taken(c *Call, addr string) bool {
	r := w.run
	return slices.ContainsFunc(r.Conns, func(o Conn) bool {
		at := o.Client.Opened
		return o.Client.Proc >= 0 && at > c.Enter && at < w.n && samePort(addr, r.Step(at).Addr)
	})
}

// reusesPort reports whether more than one socket was made a listener at an address
// before position n (SO_REUSEPORT): the kernel chooses among them.
func (r *Run) reusesPort(proc int, addr string, n int) bool {
	count := 0
	for i := range r.listeners {
		if l := &r.listeners[i]; l.step < n && r.together(l.proc, proc) && samePort(l.addr, addr) {
			count++
		}
	}
	return count > 1
}

// gapped reports whether calls are missing from the trace before position n.
func (r *Run) gapped(n int) bool {
	return slices.ContainsFunc(r.Lanes, func(l Lane) bool {
		return slices.ContainsFunc(l.Gaps, func(g Gap) bool { return g.Step < n && g.Calls > 0 })
	})
}

// backlog returns the connects to an address that had returned at position n and that
// nobody had accepted, in their order. unsure says that there may be more: a handshake
// whose end nobody saw.
func (w *why) backlog(proc int, addr string, n int) (connects []int, unsure bool) {
	r := w.run
	for i := range r.Conns {
		c := &r.Conns[i]
		step := c.Client.Opened
		if c.Client.Proc < 0 || step >= n || c.Server.Proc >= 0 && c.Server.Opened < n || !r.together(proc, c.Client.Proc) || !samePort(addr, r.Step(step).Addr) {
			continue
		}
		if q := queue(r.Step(step), r.Gist(step).FD); r.Gist(step).Errno != 0 && (q == nil || q.State != trace.Established) {
			unsure = true
			continue
		}
		connects = append(connects, step)
	}
	for _, step := range slices.AppendSeq(slices.Clone(r.nameless), maps.Values(r.dialled)) {
		if step < n && samePort(addr, r.Step(step).Addr) {
			return nil, true // nobody can tell which connection that made
		}
	}
	slices.Sort(connects)
	return connects, unsure
}

// connecting returns the Enters of the connects to an address that are under way.
func (w *why) connecting(proc int, addr string) []int {
	r := w.run
	var found []int
	for i := range r.Lanes {
		if o := w.opened(i); o != nil {
			if e := r.Step(o.Enter); e.Call == trace.Connect && r.together(proc, e.Proc) && samePort(addr, e.Addr) {
				found = append(found, o.Enter)
			}
		}
	}
	return found
}

// backlogged tells of a client's connection that nobody has accepted.
func (w *why) backlogged(p *prospect, c *Call, fd int) {
	r, in := w.run, w.run.Step(c.Enter)
	l, _ := w.ends.at(in.Proc, fd, w.n)
	at := r.listening(in.Proc, r.Step(l.own.Opened).Addr, w.n)
	if at == nil || r.gapped(w.n) || !r.Backlogged(l.conn, w.n) {
		return
	}
	p.add(Claim{Kind: Unaccepted, Step: c.Enter, FD: fd, Procs: []int{at.proc}})
	p.procs, p.fd, p.brief = []int{at.proc}, at.fd, true
}

// listening returns the newest listener at an address that proc reaches at position
// n, or nil.
func (r *Run) listening(proc int, addr string, n int) *listener {
	for k := len(r.listeners) - 1; k >= 0; k-- {
		if l := &r.listeners[k]; l.step < n && r.together(l.proc, proc) && samePort(l.addr, addr) {
			return l
		}
	}
	return nil
}

// smallSend is how many bytes find room in any buffer of the kernel.
const smallSend = 2 << 10

// room tells who can make room for the open send c, where it may need some.
func (w *why) room(p *prospect, c *Call) {
	in := w.run.Step(c.Enter)
	l, ok := w.ends.at(in.Proc, in.FD, w.n)
	if !ok || !l.conn.whole(w.n) || l.side.Ended(w.n) >= 0 {
		return
	}
	_, n := unread(l.out, w.n)
	if n+int64(in.Size) <= smallSend {
		return
	}
	p.brief = true
	if l.peer.Proc < 0 {
		if l.mine == &l.conn.Client {
			w.backlogged(p, c, in.FD)
		}
		return
	}
	if holders := l.side.holders(w.n); len(holders) > 0 {
		p.add(Claim{Kind: Room, Step: c.Enter, FD: in.FD, Procs: holders})
		p.procs, p.fd = holders, l.peer.FD
	}
}

// answer tells whether the open connect c found a full backlog.
func (w *why) answer(p *prospect, c *Call) {
	if at := w.full(c); at != nil {
		w.dropped(p, c, at, w.run.Gist(w.n-1).Time)
		p.procs, p.fd, p.brief = []int{at.proc}, at.fd, true
	}
}

// refused tells that a connect which came back late had found a full backlog.
func (w *why) refused(c *Call) {
	r, out := w.run, w.run.Step(c.Return)
	at := w.full(c)
	if at == nil || out.Time-r.Gist(c.Enter).Time < resend*9/10 {
		return
	}
	var p prospect
	w.dropped(&p, c, at, out.Time)
	for i := c.Enter + 1; i < c.Return && out.Errno == 0; i++ {
		if e := r.Step(i); e.Kind == trace.Return && e.Call == trace.Accept && e.Errno == 0 && e.Proc == at.proc && e.FD == at.fd {
			p.add(Claim{Kind: Accepted, Step: i, Other: c.Enter})
			break
		}
	}
	for _, claim := range p.claims {
		w.add(claim)
	}
}

// dropped tells that the connect c found the listener's backlog full, and, if it has
// waited long enough by some time, that its SYN was sent again.
func (w *why) dropped(p *prospect, c *Call, at *listener, until int64) {
	r, in := w.run, w.run.Step(c.Enter)
	waiting, _ := w.backlog(in.Proc, at.addr, c.Enter)
	p.add(Claim{Kind: Full, Step: c.Enter, Other: at.step, N: int64(len(waiting)), Count: at.backlog})
	if n := until - r.Gist(c.Enter).Time; n >= resend*9/10 {
		p.add(Claim{Kind: Resent, Step: c.Enter, N: n})
	}
}

// full returns the listener whose backlog was full when the connect c entered, or
// nil. Linux lets in one connection more than listen(2) was told. Where somebody was
// in accept, the backlog was not full.
func (w *why) full(c *Call) *listener {
	r, in := w.run, w.run.Step(c.Enter)
	if f := w.fd(in.Proc, in.FD, c.Enter); f != nil && f.Datagrams() {
		return nil // it asks nobody
	}
	at := r.listening(in.Proc, in.Addr, c.Enter)
	if at == nil || r.gapped(w.n) {
		return nil
	}
	if waiting, _ := w.backlog(in.Proc, at.addr, c.Enter); len(waiting) <= at.backlog {
		return nil
	}
	then := &why{run: r, ends: w.ends, n: c.Enter}
	for i := range r.Lanes {
		if o := then.opened(i); o != nil {
			if e := r.Step(o.Enter); e.Call == trace.Accept && e.Proc == at.proc && e.FD == at.fd {
				return nil
			}
		}
	}
	return at
}

// now returns the call that a process is in at the position. Where it is in none, it
// tells so and returns nil. Of several threads it is the one that used fd last; where
// no thread did, it tells nothing.
func (w *why) now(proc, fd int) *Call {
	r := w.run
	lane, last := -1, -1
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if l.Proc != proc || r.Straced(proc) && l.Thread >= trace.KernelThread {
			continue
		}
		if l.Thread == 0 && l.Exit >= 0 && l.Exit < w.n {
			w.add(Claim{Kind: Gone, Step: l.Exit})
			return nil
		}
		if at := w.uses(l, fd); at > last || lane < 0 && w.single(proc) {
			lane, last = i, at
		}
	}
	if lane < 0 {
		return nil
	}
	if c := w.opened(lane); c != nil {
		return c
	}
	if step := w.newest(&r.Lanes[lane]); step >= 0 {
		w.add(Claim{Kind: Idle, Step: step})
	}
	return nil
}

// uses returns the Enter of a lane's last call about fd; -1 where its last calls were
// about others.
func (w *why) uses(l *Lane, fd int) int {
	r := w.run
	if fd < 0 {
		return -1
	}
	k := lastBefore(r, l.Calls, w.n)
	for last := max(0, k-lookBack); k >= last; k-- {
		e := r.Step(r.Calls[l.Calls[k]].Enter)
		if e.FD == fd || e.Sets != nil && slices.Contains(e.Sets.Read, fd) {
			return r.Calls[l.Calls[k]].Enter
		}
	}
	return -1
}

// newest returns the last step of a lane before the position, -1 for none.
func (w *why) newest(l *Lane) int {
	r := w.run
	k := lastBefore(r, l.Calls, w.n)
	switch {
	case k < 0 && l.Start < w.n:
		return l.Start
	case k < 0:
		return -1
	}
	c := &r.Calls[l.Calls[k]]
	if c.Return < 0 {
		return -1 // its end was not recorded
	}
	return c.Return
}
