package play

import (
	"encoding/binary"
	"slices"
	"sort"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// situation is a kind of moment that matters. A run asks at the first of each.
type situation uint8

const (
	acceptSleeps   situation = iota + 1 // accept, and nobody in the backlog
	acceptGives                         // accept returns a socket
	acceptFails                         // accept returns an error, or "not yet"
	connectQueued                       // connect succeeds, and nobody is in accept
	connectFails                        // connect returns an error, or "not yet"
	acceptedLater                       // a client is accepted after others are done
	recvSleeps                          // recv, and nothing in the Recv-Q
	recvHas                             // recv finds bytes
	recvWoken                           // recv slept, and bytes came
	recvJoined                          // recv gets the bytes of several sends
	recvPart                            // recv gets part of what one send sent
	recvEnd                             // recv returns 0
	recvNotYet                          // recv returns EAGAIN
	recvFails                           // recv returns an error
	sendTakes                           // send takes all
	sendPart                            // send takes part
	sendSleeps                          // send waits for room
	sendNotYet                          // send returns EAGAIN
	sendFails                           // send returns an error
	sendHalfClosed                      // send to a peer that has shut down its own direction
	waitSleeps                          // select sleeps
	waitListener                        // select finds the listener readable
	waitReadable                        // select finds a connection readable
	waitWritable                        // select finds a connection writable
	waitEnd                             // select finds one readable whose peer has ended
	waitSeveral                         // select finds several members ready
	waitCounts                          // select returns a number, which is not of bytes
	waitTimesOut                        // select returns 0
	printsNumber                        // a program prints the number that it received
	askedOften                          // recv returns bytes after it was told "not yet" many times
	toldAgain                           // epoll_wait, and bytes of before are unread
	numSituations
)

// labMoments are the situations that a lab is about; one that is not listed
// asks about all.
var labMoments = map[string][]situation{
	"first":     {acceptSleeps, acceptGives, recvHas, recvWoken, recvEnd},
	"echo":      {acceptSleeps, acceptGives, recvSleeps, recvWoken, recvEnd, sendTakes, sendHalfClosed},
	"iterative": {acceptSleeps, connectQueued, acceptedLater, recvSleeps, recvHas, recvEnd},
	"select": {waitSleeps, waitListener, waitReadable, waitWritable, waitEnd, waitSeveral, waitCounts, waitTimesOut,
		recvNotYet, recvFails, sendPart, sendHalfClosed},
	"byteorder": {printsNumber, recvHas, recvWoken},
	"threads":   {acceptSleeps, acceptGives, recvSleeps, recvHas, recvWoken, recvEnd, waitSleeps, waitListener},
	"spin":      {acceptSleeps, acceptGives, recvNotYet, askedOften, recvEnd, sendTakes},
	"epoll":     {toldAgain, waitSleeps, waitListener, waitReadable, waitSeveral, waitEnd, waitCounts, waitTimesOut, recvPart, sendPart},
	"edge":      {toldAgain, waitSleeps, waitListener, waitReadable, waitEnd, waitCounts, waitTimesOut, recvPart, recvNotYet, recvFails},
}

// maxQuestions is how many questions a run asks at most: few enough to answer
// them all.
const maxQuestions = 12

// Questions returns the moments of r that matter, in the order in which they are
// asked: the first of each kind of situation that the lab is about.
func Questions(r *Run) []*Question {
	c := newChooser(r)
	c.grow()
	return c.questions
}

// chooser finds the moments of a run that matter, as the run grows. What it
// chose stays: each choice depends only on the steps up to its answer.
type chooser struct {
	run       *Run
	ends      ends
	seen      int // steps that were looked at
	left      [numSituations]bool
	questions []*Question // by At

	nonBlocking map[endpoint]bool
	received    map[int]int    // by process: the step of its last recv that got bytes
	done        map[int]end    // by process: whose connection it closed last
	spinning    map[int]series // by lane
	watched     map[endpoint]watched
}

// series is how often recvs of an fd were told "not yet", one right after the
// other, and the step of the first.
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
		spinning: map[int]series{}, watched: map[endpoint]watched{}}
	moments, ok := labMoments[r.Header.Lab]
	for s := range c.left {
		c.left[s] = s > 0 && (!ok || slices.Contains(moments, situation(s)))
	}
	return c
}

// grow looks at the steps that have arrived since the last time, and reports
// whether one of them answers a question.
func (c *chooser) grow() bool {
	before := len(c.questions)
	r := c.run
	// An fd's connection is looked up in an index that is made anew when
	// there may be new ones.
	fresh := c.ends.run != nil
	for i := c.seen; i < len(r.Steps) && fresh; i++ {
		e := &r.Steps[i]
		fresh = e.Kind != trace.Return || e.Call != trace.Accept && e.Call != trace.Connect
	}
	if !fresh {
		c.ends = newEnds(r)
	}
	for ; c.seen < len(r.Steps); c.seen++ {
		if r.Steps[c.seen].Kind != trace.Return {
			continue
		}
		if call := r.CallAt(c.seen); call != nil {
			c.look(call)
			c.note(call)
		}
	}
	if len(c.questions) == before {
		return false
	}
	sort.SliceStable(c.questions, func(i, k int) bool { return c.questions[i].At < c.questions[k].At })
	return true
}

// wants reports whether a situation still has no question.
func (c *chooser) wants(s situation) bool { return c.left[s] && len(c.questions) < maxQuestions }

// ask takes q, the first of its situation, if it has something to choose.
func (c *chooser) ask(q *Question) {
	if len(q.Offers)+len(q.Members) < 2 {
		return
	}
	c.left[q.situation] = false
	c.questions = append(c.questions, q)
}

// look asks about a call that has returned, if it matters.
func (c *chooser) look(call *Call) {
	in, out := &c.run.Steps[call.Enter], &c.run.Steps[call.Return]
	switch {
	case out.Errno == trace.EINTR || len(c.questions) >= maxQuestions:
	case in.Call.Multiplexes():
		c.wait(call, in, out)
	case in.Call.Receives():
		c.recv(call, in, out)
	case in.Call == trace.Write && in.FD == 1:
		c.print(call, in)
	case in.Call.Sends():
		c.send(call, in, out)
	case in.Call == trace.Accept:
		c.accept(call, in, out)
	case in.Call == trace.Connect:
		c.connect(call, out)
	}
}

// slept asks whether a call sleeps that did, and reports whether its
// result can still be asked for: not when nothing lies between the two.
func (c *chooser) slept(call *Call, out *trace.Event, s situation) bool {
	if out.Sleep != trace.Slept || !c.wants(s) {
		return true
	}
	if s == waitSleeps {
		c.ask(ready(c.run, call, s))
	} else {
		c.ask(sleeps(c.run, call, s))
	}
	return call.Return > call.Enter+1
}

func (c *chooser) accept(call *Call, in, out *trace.Event) {
	if !c.slept(call, out, acceptSleeps) {
		return
	}
	if out.Errno != 0 {
		if c.wants(acceptFails) {
			c.ask(accepted(c.run, call, acceptFails))
		}
		return
	}
	c.queued(call, in)
	if c.wants(acceptGives) {
		c.ask(accepted(c.run, call, acceptGives))
	}
}

// queued asks when a client is accepted that had to wait for others: one that
// had at least two before it, so that there is something to choose.
func (c *chooser) queued(call *Call, in *trace.Event) {
	out := &c.run.Steps[call.Return]
	l, ok := c.ends.at(in.Proc, int(out.Result), call.Return+1)
	done, closed := c.done[in.Proc]
	if !c.wants(acceptedLater) || !ok || !closed || l.peer.Proc < 0 || done.step < l.peer.Opened {
		return
	}
	calls := c.run.Lanes[call.Lane].Calls
	if k := lastBefore(c.run, calls, call.Enter); k < 0 || c.run.Calls[calls[k]].Return != done.step {
		return // something else kept the server from accepting
	}
	const most = 3 // clients to choose from
	others := c.served(in.Proc, call.Enter)
	if len(others) < 2 {
		return
	}
	others = others[max(0, len(others)-most):]
	c.ask(queued(c.run, call, acceptedLater, l.peer.Opened, others, done.client))
}

// served returns the clients that a process had accepted before step n, in that
// order. A connect may have returned after its accept.
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

func (c *chooser) connect(call *Call, out *trace.Event) {
	if out.Errno != 0 {
		if c.wants(connectFails) {
			c.ask(connected(c.run, call, connectFails))
		}
		return
	}
	if !c.wants(connectQueued) {
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
			if c.run.Steps[o.Enter].Call == trace.Accept && (o.Return < 0 || o.Return > call.Enter) {
				return // somebody was in accept
			}
		}
	}
	c.ask(connected(c.run, call, connectQueued))
}

func (c *chooser) recv(call *Call, in, out *trace.Event) {
	if !c.slept(call, out, recvSleeps) {
		return
	}
	if a := c.spinning[call.Lane]; a.fd == in.FD && a.n > 1 && out.Errno == 0 && out.Result > 0 && c.wants(askedOften) {
		c.ask(asked(c.run, call, askedOften, a))
	}
	s := recvHas
	var first, whole int64
	switch {
	case out.Errno.NotYet():
		s = recvNotYet
	case out.Errno != 0:
		s = recvFails
	case out.Result <= 0:
		s = recvEnd
	default:
		if out.Sleep == trace.Slept {
			s = recvWoken
		}
		if l, ok := c.ends.at(in.Proc, in.FD, call.Return); ok && (c.wants(recvJoined) || c.wants(recvPart)) {
			if k := moveAt(l.in.Recvs, call.Return); k >= 0 {
				m := l.in.Recvs[k]
				sends := sharing(l.in.Sends, m, call.Return)
				if n := len(sends); n > 0 {
					first, whole = sends[0].Len, sends[n-1].Len
					if last := sends[n-1]; n == 1 && last.Len > m.Len && c.wants(recvPart) {
						s = recvPart
					} else if n > 1 && c.wants(recvJoined) {
						s = recvJoined
					}
				}
			}
		}
	}
	if c.wants(s) {
		c.ask(received(c.run, call, s, c.nonBlocking[endpoint{in.Proc, in.FD}], first, whole))
	}
}

func (c *chooser) send(call *Call, in, out *trace.Event) {
	if !c.slept(call, out, sendSleeps) {
		return
	}
	s := sendTakes
	switch {
	case out.Errno.NotYet():
		s = sendNotYet
	case out.Errno != 0:
		s = sendFails
	case out.Result < int64(in.Size):
		s = sendPart
	default:
		// The peer's end shows in the TCP state that was read beside the call.
		if q := queue(in, in.FD); q != nil && q.State == trace.CloseWait && c.wants(sendHalfClosed) {
			s = sendHalfClosed
		}
	}
	if c.wants(s) {
		c.ask(sent(c.run, call, s, c.nonBlocking[endpoint{in.Proc, in.FD}]))
	}
}

// wait asks about a multiplexer. Of the situations that fit one call, it is the
// rarest that counts.
func (c *chooser) wait(call *Call, in, out *trace.Event) {
	if in.Sets.Len() == 0 || out.Errno != 0 {
		return // what it asks about is not in the trace
	}
	if c.again(call, in, out) {
		return
	}
	whole := true // the lists can be offered whole
	for _, l := range lists(in.Sets) {
		whole = whole && len(l) <= maxMembers
	}
	if out.Result == 0 {
		if c.wants(waitTimesOut) && in.Timeout > 0 {
			c.ask(ranOut(c.run, call, waitTimesOut))
		}
		return
	}
	if !whole || !c.slept(call, out, waitSleeps) || out.Sets.Len() == 0 {
		return
	}
	var fits []situation
	if out.Sets.Len() > 1 {
		fits = append(fits, waitSeveral)
	}
	var sat int64
	fd := -1
	for _, fd = range out.Sets.Read[:min(len(out.Sets.Read), maxMembers)] {
		q := queue(out, fd)
		switch {
		case q == nil:
		case q.State == trace.Listening:
			fits = append(fits, waitListener)
		case q.Recv > 0:
			sat += int64(q.Recv)
			fits = append(fits, waitReadable, waitCounts)
		case q.State == trace.CloseWait:
			fits = append(fits, waitEnd)
		}
	}
	if len(out.Sets.Write) > 0 {
		fits = append(fits, waitWritable)
	}
	for _, s := range fits {
		switch {
		case !c.wants(s):
			continue
		case s == waitCounts:
			c.ask(counted(c.run, call, s, sat, fd))
		default:
			c.ask(ready(c.run, call, s))
		}
		return
	}
}

// again asks whether an epoll_wait tells of bytes that were left unread, and
// reports whether it did ask.
func (c *chooser) again(call *Call, in, out *trace.Event) bool {
	if in.Call != trace.EpollWait || !c.wants(toldAgain) {
		return false
	}
	for _, fd := range in.Sets.Read[:min(len(in.Sets.Read), maxMembers)] {
		w, q := c.watched[endpoint{in.Proc, fd}], queue(in, fd)
		if !w.read || q == nil || q.Recv == 0 || q.State == trace.Listening {
			continue
		}
		named := out.Sets != nil && slices.Contains(out.Sets.Read, fd)
		if w.edge && out.Sleep == trace.Slept || !w.edge && out.Sleep == trace.Awake && named {
			c.ask(told(c.run, call, toldAgain, q, w.edge))
			return true
		}
	}
	return false
}

// print asks what a program prints that has just received a number.
func (c *chooser) print(call *Call, in *trace.Event) {
	step, ok := c.received[in.Proc]
	if !ok || !c.wants(printsNumber) {
		return
	}
	text := strings.TrimSpace(string(in.Data))
	if _, err := strconv.ParseUint(text, 10, 64); err != nil {
		return
	}
	data := c.run.Steps[step].Data
	var values []uint64
	switch len(data) {
	case 2:
		values = []uint64{uint64(binary.BigEndian.Uint16(data)), uint64(binary.LittleEndian.Uint16(data))}
	case 4:
		values = []uint64{uint64(binary.BigEndian.Uint32(data)), uint64(binary.LittleEndian.Uint32(data))}
	default:
		return
	}
	c.ask(printed(c.run, call, printsNumber, text, values))
}

// note remembers what later questions need of a call that has returned.
func (c *chooser) note(call *Call) {
	in, out := &c.run.Steps[call.Enter], &c.run.Steps[call.Return]
	key := endpoint{in.Proc, in.FD}
	c.spins(call, out)
	c.watches(key, out)
	switch {
	case in.Call == trace.Close:
		delete(c.nonBlocking, key)
		if l, ok := c.ends.at(in.Proc, in.FD, call.Return); ok && l.peer.Proc >= 0 {
			c.done[in.Proc] = end{call.Return, l.peer.Proc}
		}
	case out.Errno != 0:
	case in.Call == trace.Accept:
		delete(c.nonBlocking, endpoint{in.Proc, int(out.Result)})
	case in.Call == trace.Fcntl:
		const setFlags, nonBlock = 4, 0x800 // F_SETFL, O_NONBLOCK
		if len(in.Args) == 2 && in.Args[0] == setFlags {
			c.nonBlocking[key] = in.Args[1]&nonBlock != 0
		}
	case in.Call.Receives() && out.Result > 0:
		c.received[in.Proc] = call.Return
	}
}

// spins counts how often recvs of a lane are told "not yet" with no other call
// between them.
func (c *chooser) spins(call *Call, out *trace.Event) {
	a := c.spinning[call.Lane]
	switch {
	case !out.Call.Receives() || out.Errno != trace.EAGAIN || out.Sleep != trace.Awake:
		delete(c.spinning, call.Lane)
		return
	case a.n == 0 || a.fd != out.FD:
		a = series{fd: out.FD, first: call.Return}
	}
	a.n++
	c.spinning[call.Lane] = a
}

// watches follows what epoll_ctl puts on an interest list, and what an epoll_wait
// has told of.
func (c *chooser) watches(key endpoint, out *trace.Event) {
	switch {
	case out.Call == trace.Close:
		delete(c.watched, key)
	case out.Errno != 0:
	case out.Call == trace.EpollCtl && len(out.Args) > 2:
		const edge = 1 << 31 // EPOLLET
		c.watched[endpoint{out.Proc, int(out.Args[1])}] = watched{edge: out.Args[2]&edge != 0}
	case out.Call == trace.EpollWait && out.Sets != nil:
		for _, fd := range out.Sets.Read {
			w := c.watched[endpoint{out.Proc, fd}]
			w.read = false
			c.watched[endpoint{out.Proc, fd}] = w
		}
	case out.Call.Receives() && out.Result > 0:
		if w, ok := c.watched[key]; ok {
			w.read = true
			c.watched[key] = w
		}
	}
}
