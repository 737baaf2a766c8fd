package play

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"strconv"
	"strings"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// maxQuestions is the most questions that a run asks: few enough to answer them all.
const maxQuestions = 12

// Questions returns the questions of r in the order in which they are asked: one for
// each topic of its lab. Where the lab names no topics, or isn't known, all count.
func Questions(r *Run) []*Question {
	c := newChooser(r)
	c.grow()
	return c.questions
}

// chooser finds the questions of a run as it grows. A question that was chosen stays:
// the choice depends only on the steps up to its answer.
type chooser struct {
	run       *Run
	ends      ends
	seen      int         // steps that were looked at
	about     bool        // the lab names its topics
	left      topics      // that were not asked
	questions []*Question // by At

	nonBlocking map[endpoint]bool
	received    map[int]int    // by process: the step of its last recv that got bytes
	done        map[int]end    // by process: whose connection it closed last
	spinning    map[int]series // by lane
	watched     map[endpoint]watched
	half        map[int]*Call // by lane: its last call, where that received bytes without a newline

	ins, outs room // for an Enter and a Return that are looked at
}

// topics are a set of them.
type topics uint64

const _ = 64 - lab.NumTopics // it has a bit for each

func topicsOf(list ...lab.Topic) topics {
	var set topics
	for _, t := range list {
		set |= 1 << t
	}
	return set
}

// series counts recvs of an fd that were told "not yet" one after another. first is
// the step of the first.
type series struct{ fd, n, first int }

// watched is an fd on an interest list of epoll(7).
type watched struct {
	edge bool // with EPOLLET
	read bool // it got bytes since an epoll_wait told of it
}

// end is the close of a connection.
type end struct{ step, client int }

func newChooser(r *Run) *chooser {
	c := &chooser{run: r, nonBlocking: map[endpoint]bool{}, received: map[int]int{}, done: map[int]end{},
		spinning: map[int]series{}, watched: map[endpoint]watched{}, half: map[int]*Call{}}
	c.left = ^topics(0)
	if l, err := lab.Find(r.Header.Lab); err == nil && l.Asks != nil {
		c.about, c.left = true, topicsOf(l.Asks...)
	}
	return c
}

// grow looks at the steps that have arrived since the last time, and reports
// whether one of them answers a question.
func (c *chooser) grow() bool {
	before := len(c.questions)
	r := c.run
	if before >= maxQuestions || c.left == 0 {
		c.seen = r.Len()
		return false
	}
	// The index of the connections is made anew when there may be new ones.
	fresh := c.ends.run != nil
	for i := c.seen; i < r.Len() && fresh; i++ {
		e := r.Gist(i)
		fresh = e.Kind != trace.Return || e.Call != trace.Accept && e.Call != trace.Connect
	}
	if !fresh {
		c.ends = r.endsNow()
	}
	for ; c.seen < r.Len(); c.seen++ {
		g := r.Gist(c.seen)
		if g.Kind == trace.Exit {
			c.stuck(c.seen)
			c.died(c.seen)
		}
		if g.Kind != trace.Return || g.call < 0 {
			continue
		}
		call := &r.Calls[g.call]
		c.leaves(call)
		c.look(call, g)
		c.note(call, g)
	}
	if len(c.questions) == before {
		return false
	}
	sort.SliceStable(c.questions, func(i, k int) bool { return c.questions[i].At < c.questions[k].At })
	return true
}

// stuck asks, when the exit at a step was the last one, whether the call of a deadlock
// returns.
func (c *chooser) stuck(exit int) {
	r := c.run
	if !c.wants(lab.NeverReturns) || slices.ContainsFunc(r.Lanes, func(l Lane) bool { return l.Exit < 0 || l.Exit > exit }) {
		return
	}
	for i := range r.Lanes {
		calls := r.Lanes[i].Calls
		if len(calls) == 0 {
			continue
		}
		call := &r.Calls[calls[len(calls)-1]]
		if call.Return < 0 && slices.ContainsFunc(r.Why(call.Enter, exit+1), func(l Link) bool { return l.Kind == Deadlock }) {
			c.ask(stuck(r, call, lab.NeverReturns, exit))
			return
		}
	}
}

// wants reports whether one of some topics still has no question.
func (c *chooser) wants(any ...lab.Topic) bool {
	return c.left&topicsOf(any...) != 0 && len(c.questions) < maxQuestions
}

// enter returns the Enter of a call, for a look: the next one takes its place.
func (c *chooser) enter(call *Call) *trace.Event { return c.run.read(call.Enter, &c.ins) }

// returned returns the Return of a call in the same way.
func (c *chooser) returned(call *Call) *trace.Event { return c.run.read(call.Return, &c.outs) }

// ask takes q, the first of its topic, if it has something to choose.
func (c *chooser) ask(q *Question) {
	if len(q.Offers)+len(q.Members) < 2 {
		return
	}
	c.left &^= topicsOf(q.Topic)
	c.questions = append(c.questions, q)
}

// look asks about a call that has returned, if it matters. Most calls are of a kind that
// was asked about: what is at hand of their steps says so.
func (c *chooser) look(call *Call, out *Gist) {
	if out.Sleep == trace.Slept && c.wants(lab.WakesIt) {
		c.wakes(call)
	}
	switch {
	case out.Errno == trace.EINTR || len(c.questions) >= maxQuestions:
	case c.letters(call):
	case c.about && c.wants(lab.HalfLine) && c.half[call.Lane] != nil && (out.Call.Receives() || out.Call.Sends()):
		c.ask(half(c.run, c.half[call.Lane], call, lab.HalfLine))
	case out.Call.Multiplexes():
		c.wait(call, out)
	case out.Call.Receives() && !c.file(out, call.Enter):
		c.recv(call, out)
	case out.Call == trace.Write && out.FD == 1:
		c.print(call)
	case out.Call.Sends():
		c.send(call, out)
	case out.Call == trace.Accept:
		c.accept(call, out)
	case out.Call == trace.Connect:
		c.connect(call, out)
	case out.Call == trace.Close:
		c.close(call, out)
	case out.Call == trace.Getsockopt:
		c.shaken(call, out)
		c.options(call)
	}
}

// wakes asks whether what another thread did woke a call that slept.
func (c *chooser) wakes(call *Call) {
	in, out := c.enter(call), c.returned(call)
	if !in.Call.Receives() && !in.Call.Multiplexes() {
		return
	}
	s := sleep{c.run, in.Proc, call.Enter, call.Return}
	act := s.own(func(i int, e *trace.Event) bool {
		switch {
		case i < call.Enter:
			return false
		case e.Call == trace.Close:
			return e.FD == in.FD && out.Errno == 0 && out.Result > 0
		case e.Call == trace.Shutdown:
			return e.FD == in.FD && out.Errno == 0 && out.Result == 0
		case e.Call == trace.Tgkill:
			return out.Errno == trace.EINTR
		}
		return e.Call == trace.Write && out.Sets != nil && slices.Contains(out.Sets.Read, e.FD)
	})
	if act >= 0 {
		c.ask(wakes(c.run, call, c.run.CallAt(act)))
	}
}

// file reports whether a call that strace has recorded is about no connection: a
// runtime reads files of its own.
func (c *chooser) file(e *Gist, i int) bool {
	if !c.run.Straced(e.Proc) && !c.run.Logged(e.Proc) {
		return false
	}
	_, ok := c.ends.at(e.Proc, e.FD, i)
	return !ok
}

// receives asks who receives the first bytes of a client, where another thread than
// the one that accepted it does.
func (c *chooser) receives(call *Call) {
	r := c.run
	if !c.wants(lab.WhoReceives) {
		return
	}
	at, ok := r.movedAt(call.Return)
	if !ok {
		return
	}
	conn := &r.Conns[at.conn]
	sends := conn.Flows[at.way].Sends
	accept := r.CallAt(conn.Server.Opened)
	if at.way != 0 || at.index != 0 || len(sends) == 0 || accept == nil || accept.Lane == call.Lane || conn.Client.Proc < 0 {
		return
	}
	send := r.CallAt(sends[0].Step)
	if send == nil || send.Enter >= call.Return {
		return
	}
	other := -1 // a lane that waits for another client then
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if k := lastBefore(r, l.Calls, send.Enter); k >= 0 && i != call.Lane && i != accept.Lane && l.Role == trace.RoleServer {
			if o := &r.Calls[l.Calls[k]]; r.Gist(o.Enter).Call.Receives() && (o.Return < 0 || o.Return > send.Enter) {
				other = o.Enter
			}
		}
	}
	c.ask(receives(r, call, send, accept, other))
}

// close asks whether a close ends the connection, where another process has a copy.
func (c *chooser) close(call *Call, out *Gist) {
	if !c.wants(lab.WhoCloses) {
		return
	}
	l, ok := c.ends.at(out.Proc, out.FD, call.Enter)
	if !ok || l.side.Proc < 0 {
		return
	}
	for k := 0; l.mine.fd(k) != nil; k++ {
		if f := l.mine.fd(k); f.Proc != out.Proc && f.Opened < call.Enter && f.open(call.Return) {
			c.ask(closes(c.run, call, f.Proc, l.side.Proc))
			return
		}
	}
}

// shaken asks what it means that a connecting socket turned writable. Its SO_ERROR
// tells.
func (c *chooser) shaken(call *Call, got *Gist) {
	const socket, errno = 1, 4 // SOL_SOCKET, SO_ERROR
	if got.Errno != 0 || !c.wants(lab.ShakenHands) {
		return
	}
	out := c.returned(call)
	if len(out.Args) < 3 || out.Args[0] != socket || out.Args[1] != errno {
		return
	}
	r := c.run
	calls := r.Lanes[call.Lane].Calls
	found := -1
	k := lastBefore(r, calls, call.Enter)
	for last := max(0, k-lookBack); k >= last; k-- {
		b := &r.Calls[calls[k]]
		switch e := r.Step(max(b.Return, b.Enter)); {
		case e.Call.Multiplexes() && found < 0 && e.Sets != nil && slices.Contains(e.Sets.Write, out.FD):
			found = b.Return
		case e.FD == out.FD && e.Call.Sends():
			return
		case e.FD == out.FD && e.Call == trace.Connect && e.Errno == trace.EINPROGRESS && found > 0:
			c.ask(shaken(r, call, found, out.Args[2]))
			return
		}
	}
}

// slept asks what a call does that slept. It reports whether its result can still be
// asked for: not where nothing happened between Enter and Return.
func (c *chooser) slept(call *Call, out *Gist, s lab.Topic) bool {
	if out.Sleep != trace.Slept || !c.wants(s) {
		return true
	}
	if s == lab.WaitSleeps {
		c.ask(ready(c.run, call, s))
	} else {
		c.ask(sleeps(c.run, call, s))
	}
	return call.Return > call.Enter+1
}

func (c *chooser) accept(call *Call, out *Gist) {
	if !c.slept(call, out, lab.AcceptSleeps) {
		return
	}
	if out.Errno != 0 {
		if c.wants(lab.AcceptFails) {
			c.ask(accepted(c.run, call, lab.AcceptFails))
		}
		return
	}
	c.queued(call, out)
	if c.wants(lab.AcceptGives) {
		c.ask(accepted(c.run, call, lab.AcceptGives))
	}
}

// queued asks when a client is accepted that had to wait for others. At least two
// were before it, so that there is something to choose.
func (c *chooser) queued(call *Call, out *Gist) {
	if !c.wants(lab.AcceptedLater) {
		return
	}
	l, ok := c.ends.at(out.Proc, int(c.run.steps.result(call.Return)), call.Return+1)
	done, closed := c.done[out.Proc]
	if !ok || !closed || l.peer.Proc < 0 || done.step < l.peer.Opened {
		return
	}
	calls := c.run.Lanes[call.Lane].Calls
	if k := lastBefore(c.run, calls, call.Enter); k < 0 || c.run.Calls[calls[k]].Return != done.step {
		return // something else kept the server from accepting
	}
	const most = 3 // clients to choose from
	others := c.served(out.Proc, call.Enter)
	if len(others) < 2 {
		return
	}
	others = others[max(0, len(others)-most):]
	c.ask(queued(c.run, call, lab.AcceptedLater, l.peer.Opened, others, done.client))
}

// served returns the clients that a process had accepted before step n, in their
// order. A connect may return after its accept.
func (c *chooser) served(proc, n int) []int {
	var conns []*Conn
	for i := range c.run.Conns {
		if o := &c.run.Conns[i]; o.Server.Proc == proc && o.Server.Opened < n && o.Client.Proc >= 0 && o.Client.Opened < n {
			conns = append(conns, o)
		}
	}
	sort.Slice(conns, func(i, k int) bool { return conns[i].Server.Opened < conns[k].Server.Opened })
	clients := make([]int, len(conns))
	for i, o := range conns {
		clients[i] = o.Client.Proc
	}
	return clients
}

func (c *chooser) connect(call *Call, out *Gist) {
	if out.Errno != 0 {
		if c.wants(lab.ConnectFails) {
			c.ask(connected(c.run, call, lab.ConnectFails))
		}
		return
	}
	if out.Time-c.run.Gist(call.Enter).Time >= resend && c.wants(lab.ConnectDropped) &&
		slices.ContainsFunc(c.run.Why(call.Enter, call.Return+1), func(l Link) bool { return l.Kind == Resent }) {
		c.ask(dropped(c.run, call, lab.ConnectDropped))
		return
	}
	if !c.wants(lab.ConnectQueued) {
		return
	}
	l, ok := c.ends.at(out.Proc, out.FD, call.Return+1)
	if !ok || l.accepted {
		return
	}
	for i := range c.run.Lanes {
		calls := c.run.Lanes[i].Calls
		if k := lastBefore(c.run, calls, call.Return); k >= 0 {
			o := &c.run.Calls[calls[k]]
			if c.run.Gist(o.Enter).Call == trace.Accept && (o.Return < 0 || o.Return > call.Enter) {
				return // somebody was in accept
			}
		}
	}
	c.ask(connected(c.run, call, lab.ConnectQueued))
}

func (c *chooser) recv(call *Call, out *Gist) {
	c.receives(call)
	if !c.slept(call, out, lab.RecvSleeps) {
		return
	}
	result := c.run.steps.result(call.Return)
	if c.wants(lab.AskedOften) {
		if a := c.spinning[call.Lane]; a.fd == out.FD && a.n > 1 && out.Errno == 0 && result > 0 {
			c.ask(asked(c.run, call, lab.AskedOften, a))
		}
	}
	s := lab.RecvHas
	var first, whole int64
	switch {
	case out.Errno.NotYet():
		s = lab.RecvNotYet
	case out.Errno != 0:
		s = lab.RecvFails
		c.reset(call, out)
	case result <= 0:
		s = lab.RecvEnd
		c.recvs(call, out)
	default:
		if out.Sleep == trace.Slept {
			s = lab.RecvWoken
		}
		parts := c.wants(lab.RecvJoined, lab.RecvPart)
		if !parts && !c.wants(lab.RecvShut) {
			break
		}
		l, ok := c.ends.at(out.Proc, out.FD, call.Return)
		if ok && l.mine.Shut >= 0 && l.mine.Shut < call.Enter && c.wants(lab.RecvShut) {
			c.ask(answered(c.run, call, lab.RecvShut))
			return
		}
		if ok && parts {
			if k := moveAt(l.in.Recvs, call.Return); k >= 0 {
				m := l.in.Recvs[k]
				sends := sharing(l.in.Sends, m, call.Return)
				if n := len(sends); n > 0 {
					first, whole = sends[0].Len, sends[n-1].Len
					if last := sends[n-1]; n == 1 && last.Len > m.Len && c.wants(lab.RecvPart) {
						s = lab.RecvPart
					} else if n > 1 && c.wants(lab.RecvJoined) {
						s = lab.RecvJoined
					}
				}
			}
		}
	}
	if c.wants(s) {
		c.ask(received(c.run, call, s, c.nonBlocking[endpoint{out.Proc, out.FD}], first, whole))
	}
}

// died asks what a send does that SIGPIPE follows, and with it the process's end.
func (c *chooser) died(exit int) {
	const pipe = 13 // SIGPIPE
	e := c.run.Step(exit)
	lane := c.run.laneOf(e.Proc, e.Thread)
	if e.Result != -pipe || lane < 0 || !c.wants(lab.SendSignal) {
		return
	}
	calls := c.run.Lanes[lane].Calls
	if k := lastBefore(c.run, calls, exit); k >= 0 {
		if call := &c.run.Calls[calls[k]]; call.Return < 0 && c.run.Gist(call.Enter).Call.Sends() {
			c.ask(killed(c.run, call, exit))
		}
	}
}

// reset asks what a close tells whose peer then gets ECONNRESET from recv.
func (c *chooser) reset(call *Call, out *Gist) {
	if out.Errno != trace.ECONNRESET || !c.wants(lab.CloseTells) {
		return
	}
	r := c.run
	l, ok := c.ends.at(out.Proc, out.FD, call.Return)
	if !ok || l.peer.Proc < 0 {
		return
	}
	lane := r.laneOf(l.peer.Proc, 0)
	if lane < 0 {
		return
	}
	calls := r.Lanes[lane].Calls
	if k := lastBefore(r, calls, call.Return); k >= 0 {
		closing := &r.Calls[calls[k]]
		if e := r.Step(closing.Enter); e.Call == trace.Close && e.FD == l.peer.FD {
			c.ask(tells(r, call, closing))
		}
	}
}

// recvs asks, at the first recv of a stream that has ended, how many of them there are.
func (c *chooser) recvs(call *Call, out *Gist) {
	if !c.wants(lab.CountsRecvs) {
		return
	}
	l, ok := c.ends.at(out.Proc, out.FD, call.Return)
	if !ok || !l.conn.whole(call.Return) || len(l.in.Sends) < 2 || len(l.in.Recvs) == 0 || l.peer.Proc < 0 {
		return
	}
	if first := c.run.CallAt(l.in.Recvs[0].Step); first != nil {
		c.ask(recvs(c.run, call, first, lab.CountsRecvs, l.in, l.peer.Proc))
	}
}

func (c *chooser) send(call *Call, out *Gist) {
	if !c.slept(call, out, lab.SendSleeps) {
		return
	}
	s := lab.SendTakes
	switch {
	case out.Errno.NotYet():
		s = lab.SendNotYet
	case out.Errno != 0:
		s = lab.SendFails
	case !c.wants(lab.SendTakes, lab.SendPart, lab.SendHalfClosed):
		return
	default:
		in := c.enter(call)
		if c.run.steps.result(call.Return) < int64(in.Size) {
			s = lab.SendPart
			break
		}
		// The peer's end shows in the TCP state that was read beside the call.
		if q := queue(in, in.FD); q != nil && q.State == trace.CloseWait && c.wants(lab.SendHalfClosed) {
			s = lab.SendHalfClosed
		}
	}
	if c.wants(s) {
		c.ask(sent(c.run, call, s, c.nonBlocking[endpoint{out.Proc, out.FD}]))
	}
}

// wait asks about a multiplexer. Where several topics fit one call, the rarest
// counts.
func (c *chooser) wait(call *Call, got *Gist) {
	if got.Errno != 0 {
		return
	}
	if c.wants(lab.ToldAgain, lab.FullAgain) {
		in, out := c.enter(call), c.returned(call)
		if in.Sets.Len() == 0 {
			return // what it asks about is not in the trace
		}
		if c.again(call, in, out) || c.full(call, in, out) {
			return
		}
	}
	if c.run.steps.result(call.Return) == 0 {
		if c.wants(lab.WaitTimesOut) {
			if in := c.enter(call); in.Sets.Len() > 0 && in.Timeout > 0 {
				c.ask(ranOut(c.run, call, lab.WaitTimesOut))
			}
		}
		return
	}
	slept := got.Sleep == trace.Slept && c.wants(lab.WaitSleeps)
	if !slept && !c.wants(lab.WaitSeveral, lab.WaitListener, lab.WaitReadable, lab.WaitCounts, lab.WaitEnd, lab.WaitWritable) {
		return
	}
	out := c.returned(call)
	fits := make([]lab.Topic, 0, 8)
	if out.Sets.Len() > 1 {
		fits = append(fits, lab.WaitSeveral)
	}
	var sat int64
	fd := -1
	if out.Sets != nil {
		for _, fd = range out.Sets.Read[:min(len(out.Sets.Read), maxMembers)] {
			q := queue(out, fd)
			switch {
			case q == nil:
			case q.State == trace.Listening:
				fits = append(fits, lab.WaitListener)
			case q.Recv > 0:
				sat += int64(q.Recv)
				fits = append(fits, lab.WaitReadable, lab.WaitCounts)
			case q.State == trace.CloseWait:
				fits = append(fits, lab.WaitEnd)
			}
		}
		if len(out.Sets.Write) > 0 {
			fits = append(fits, lab.WaitWritable)
		}
	}
	if !slept && !c.wants(fits...) {
		return
	}
	in := c.enter(call)
	if in.Sets.Len() == 0 {
		return
	}
	for _, l := range lists(in.Sets) {
		if len(l) > maxMembers {
			return // they can't be offered whole
		}
	}
	if !c.slept(call, got, lab.WaitSleeps) {
		return
	}
	for _, s := range fits {
		switch {
		case !c.wants(s):
			continue
		case s == lab.WaitCounts:
			c.ask(counted(c.run, call, s, sat, fd))
		default:
			c.ask(ready(c.run, call, s))
		}
		return
	}
}

// again asks whether an epoll_wait reports bytes that were left unread. It returns
// whether it has asked.
func (c *chooser) again(call *Call, in, out *trace.Event) bool {
	if in.Call != trace.EpollWait || !c.wants(lab.ToldAgain) {
		return false
	}
	for _, fd := range in.Sets.Read[:min(len(in.Sets.Read), maxMembers)] {
		w, q := c.watched[endpoint{in.Proc, fd}], queue(in, fd)
		if !w.read || q == nil || q.Recv == 0 || q.State == trace.Listening {
			continue
		}
		named := out.Sets != nil && slices.Contains(out.Sets.Read, fd)
		if w.edge && out.Sleep == trace.Slept || !w.edge && out.Sleep == trace.Awake && named {
			c.ask(told(c.run, call, lab.ToldAgain, q, w.edge))
			return true
		}
	}
	return false
}

// full asks whether a wait returns for a listener whose accept has just found no fd. It
// returns whether it has asked.
func (c *chooser) full(call *Call, in, out *trace.Event) bool {
	calls := c.run.Lanes[call.Lane].Calls
	k := lastBefore(c.run, calls, call.Enter)
	if k < 0 || !c.wants(lab.FullAgain) || out.Sleep == trace.Slept || out.Sets == nil {
		return false
	}
	last := &c.run.Calls[calls[k]]
	e := c.run.Step(last.Enter)
	if e.Call != trace.Accept || last.Return < 0 || c.run.Gist(last.Return).Errno != trace.EMFILE || !slices.Contains(out.Sets.Read, e.FD) {
		return false
	}
	c.ask(toldOfClient(c.run, call, e.FD))
	return true
}

// print asks what a program prints that has just received a number.
func (c *chooser) print(call *Call) {
	if !c.wants(lab.PrintsVisits, lab.PrintsNumber) {
		return
	}
	in := c.enter(call)
	if text, ok := strings.CutSuffix(strings.TrimSpace(string(in.Data)), " visits"); ok && c.wants(lab.PrintsVisits) {
		if n, err := strconv.Atoi(text); err == nil {
			c.ask(counts(c.run, call, n))
		}
		return
	}
	step, ok := c.received[in.Proc]
	if !ok || !c.wants(lab.PrintsNumber) {
		return
	}
	text := strings.TrimSpace(string(in.Data))
	if _, err := strconv.ParseUint(text, 10, 64); err != nil {
		return
	}
	data := c.run.Step(step).Data
	var values []uint64
	switch len(data) {
	case 2:
		values = []uint64{uint64(binary.BigEndian.Uint16(data)), uint64(binary.LittleEndian.Uint16(data))}
	case 4:
		values = []uint64{uint64(binary.BigEndian.Uint32(data)), uint64(binary.LittleEndian.Uint32(data))}
	default:
		return
	}
	c.ask(printed(c.run, call, lab.PrintsNumber, text, values))
}

// note remembers what later questions need of a call that has returned.
func (c *chooser) note(call *Call, out *Gist) {
	key := endpoint{out.Proc, out.FD}
	if c.wants(lab.AskedOften) {
		c.spins(call, out)
	}
	if c.wants(lab.ToldAgain) {
		c.watches(key, call, out)
	}
	delete(c.half, call.Lane)
	switch {
	case out.Call == trace.Close:
		delete(c.nonBlocking, key)
		if c.wants(lab.AcceptedLater) {
			if l, ok := c.ends.at(out.Proc, out.FD, call.Return); ok && l.peer.Proc >= 0 {
				c.done[out.Proc] = end{call.Return, l.peer.Proc}
			}
		}
	case out.Errno != 0:
	case out.Call == trace.Accept:
		delete(c.nonBlocking, endpoint{out.Proc, int(c.run.steps.result(call.Return))})
	case out.Call == trace.Fcntl:
		const setFlags, nonBlock = 4, 0x800 // F_SETFL, O_NONBLOCK
		if in := c.enter(call); len(in.Args) == 2 && in.Args[0] == setFlags {
			c.nonBlocking[key] = in.Args[1]&nonBlock != 0
		}
	case !out.Call.Receives() || !c.wants(lab.PrintsNumber, lab.HalfLine):
	case c.run.steps.result(call.Return) > 0:
		c.received[out.Proc] = call.Return
		if c.wants(lab.HalfLine) && c.run.Header.Procs[out.Proc].Role == trace.RoleServer && !bytes.Contains(c.returned(call).Data, []byte("\n")) {
			c.half[call.Lane] = call
		}
	}
}

// spins counts how often recvs of a lane are told "not yet" with no other call
// between them.
func (c *chooser) spins(call *Call, out *Gist) {
	a := c.spinning[call.Lane]
	switch {
	case !out.Call.Receives() || out.Errno != trace.EAGAIN:
		delete(c.spinning, call.Lane)
		return
	case out.Sleep != trace.Awake && !c.nonBlocking[endpoint{out.Proc, out.FD}]: // its limit of time ran out
		delete(c.spinning, call.Lane)
		return
	case a.n == 0 || a.fd != out.FD:
		a = series{fd: out.FD, first: call.Return}
	}
	a.n++
	c.spinning[call.Lane] = a
}

// watches follows what epoll_ctl puts on an interest list, and what epoll_wait has
// reported.
func (c *chooser) watches(key endpoint, call *Call, out *Gist) {
	switch {
	case out.Call == trace.Close:
		delete(c.watched, key)
	case out.Errno != 0:
	case out.Call == trace.EpollCtl:
		const edge = 1 << 31 // EPOLLET
		if e := c.returned(call); len(e.Args) > 2 {
			c.watched[endpoint{e.Proc, int(e.Args[1])}] = watched{edge: e.Args[2]&edge != 0}
		}
	case out.Call == trace.EpollWait:
		sets := c.returned(call).Sets
		if sets == nil {
			return
		}
		for _, fd := range sets.Read {
			w := c.watched[endpoint{out.Proc, fd}]
			w.read = false
			c.watched[endpoint{out.Proc, fd}] = w
		}
	case out.Call.Receives() && c.run.steps.result(call.Return) > 0:
		if w, ok := c.watched[key]; ok {
			w.read = true
			c.watched[key] = w
		}
	}
}
