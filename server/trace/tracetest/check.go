package tracetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sockscope/server/trace"
)

// Check looks at the events of a run one after the other. The zero Check is
// ready for the first.
type Check struct {
	// Echoes reports whether a process sends back what it receives. A process
	// that it has forked then does as well. Nil is for a run without one.
	Echoes func(proc int) bool
	// Straced reports whether strace takes the calls of a process. It tells nothing
	// of its threads' starts, and some arguments of a call that waits only when it
	// returns. Nil is for a run without one.
	Straced func(proc int) bool

	last     int64
	procs    map[int]*process
	lanes    map[lane]*thread
	conns    map[string]*conn // clients' ends by their addresses, until they are accepted
	accepts  map[string]*conn // servers' ends by their peers' addresses, until those are known
	connects map[string]int   // connects under way or made, by the address, less those accepted
	letters  map[string]int   // datagrams that were sent and not received, by address and content
	wrong    []string
	causes   []cause
	late     bool
}

type lane struct{ proc, thread int }

// process is one process: its table of fds, and what it is.
type process struct {
	fds    map[int]*file
	closed map[int]int // by fd: the thread that closed it last
	echoes bool
	exited bool
	killed bool
}

// file is what an fd stands for. Several processes may have it in their tables.
type file struct {
	holders int
	addr    string // of a listener, or what a datagram socket was bound to
	letters bool   // it is a socket for datagrams
	to      string // what that was connected to
	conn    *conn  // nil for a listener and an epoll
}

// thread is one thread and the call that it is in.
type thread struct {
	proc   *process
	open   *trace.Event
	exited bool
	owed   []func() // see Check.then
}

// conn is one end of a connection.
type conn struct {
	proc     int
	other    *conn
	in, out  stream // out has what a send under way offers, until it returns
	taken    int    // bytes of out that the kernel is known to have taken
	ended    bool   // it has sent all that it will
	shut     bool   // it has shut down what it receives
	drained  bool   // it has read to the end of file
	failed   bool   // a call on it returned an error other than EAGAIN
	echoes   bool
	reported bool
}

// stream is the bytes of one direction, as far as the trace has them.
type stream struct {
	data    []byte
	blurred bool // an event was cut to trace.DataCap: only the counts are true
}

// cause is what holds only if all events stand where they belong: a return has
// to come after the call that let it.
type cause struct {
	proc int // whose doing it should have been
	text string
}

// most is how many sentences a Check collects.
const most = 20

func (c *Check) sayf(format string, args ...any) {
	if len(c.wrong) < most {
		c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
	}
}

func (c *Check) causef(proc int, format string, args ...any) {
	if len(c.causes) < most {
		c.causes = append(c.causes, cause{proc, fmt.Sprintf(format, args...)})
	}
}

// Late says that some events stand after their true times, as the trace itself
// admits. What depends on their order is not held against it then.
func (c *Check) Late() { c.late = true }

// Add looks at the next event.
func (c *Check) Add(e *trace.Event) {
	if c.procs == nil {
		c.procs, c.lanes = map[int]*process{}, map[lane]*thread{}
		c.letters = map[string]int{}
		c.conns, c.accepts, c.connects = map[string]*conn{}, map[string]*conn{}, map[string]int{}
	}
	if e.Time < c.last {
		c.sayf("%s comes after an event at %d ns", describe(e), c.last)
	}
	c.last = e.Time
	switch e.Kind {
	case trace.Start:
		c.start(e)
	case trace.Exit:
		c.exit(e)
	case trace.Enter:
		c.enter(e)
	case trace.Return:
		c.returned(e)
	}
}

// End returns what was wrong, a sentence each. done says that the programs came
// to their ends by themselves, so that no call is still under way.
func (c *Check) End(done bool) []string {
	if done {
		for l, t := range c.lanes {
			if t.open != nil && !t.exited && !t.proc.exited {
				c.sayf("thread %v never returns: %s", l, describe(t.open))
			}
		}
	}
	for _, t := range c.lanes {
		t.settle()
	}
	if !c.late {
		for _, why := range c.causes {
			// When a process that is killed ended is known only roughly.
			if p := c.procs[why.proc]; p == nil || !p.killed {
				c.sayf("%s", why.text)
			}
		}
	}
	return c.wrong
}

// then checks what a return that has come may rest on. strace takes the time of a
// call before it has written the call down, and the duration after: a return
// stands too early by what is between. What let it come may stand after it then,
// but before the thread's next call.
func (c *Check) then(e *trace.Event, check func()) {
	if !c.straced(e) {
		check()
		return
	}
	t := c.lanes[lane{e.Proc, e.Thread}]
	t.owed = append(t.owed, check)
}

func (t *thread) settle() {
	for _, check := range t.owed {
		check()
	}
	t.owed = nil
}

// straced reports whether e is of a thread whose calls strace takes.
func (c *Check) straced(e *trace.Event) bool {
	return c.Straced != nil && c.Straced(e.Proc) && e.Thread >= trace.KernelThread
}

func (c *Check) start(e *trace.Event) {
	l := lane{e.Proc, e.Thread}
	p := c.procs[e.Proc]
	if c.lanes[l] != nil || (p == nil) != (e.Thread == 0) {
		c.sayf("%s: it has started already, or its process has not", describe(e))
		return
	}
	if p == nil {
		p = &process{fds: map[int]*file{}, closed: map[int]int{}, echoes: c.Echoes != nil && c.Echoes(e.Proc)}
		c.procs[e.Proc] = p
		if len(e.Args) == 2 && c.procs[int(e.Args[0])] != nil {
			parent := c.procs[int(e.Args[0])]
			p.echoes = parent.echoes
			for fd, f := range parent.fds {
				p.fds[fd] = f
				f.holders++
			}
		}
	}
	c.lanes[l] = &thread{proc: p}
}

func (c *Check) exit(e *trace.Event) {
	t := c.lanes[lane{e.Proc, e.Thread}]
	if t == nil && c.procs[e.Proc] == nil && e.Result < 0 {
		return // killed before it could say that it had started
	}
	if t == nil || t.exited || t.proc.exited {
		c.sayf("%s: it has not started, or has ended already", describe(e))
		return
	}
	t.exited = true
	if e.Thread == 0 {
		t.proc.exited, t.proc.killed = true, e.Result < 0
		for fd := range t.proc.fds {
			c.release(t.proc, fd)
		}
	}
}

// stale reports whether another thread has closed the fd that e is about.
func (p *process) stale(e *trace.Event) bool {
	by, closed := p.closed[e.FD]
	return closed && by != e.Thread && p.fds[e.FD] == nil
}

// release takes an fd out of a process's table.
func (c *Check) release(p *process, fd int) {
	f := p.fds[fd]
	delete(p.fds, fd)
	if f.holders--; f.holders == 0 && f.conn != nil {
		c.over(f.conn)
	}
}

// over notes that nothing more is sent from this end. An echo that has read to
// the end of file, and met no error, has sent back all of it.
func (c *Check) over(k *conn) {
	k.ended = true
	if k.echoes && k.drained && !k.failed && !c.procs[k.proc].killed && len(k.out.data) != len(k.in.data) {
		c.sayf("process %d received %d bytes from a peer to the end of file, and sent %d back", k.proc, len(k.in.data), len(k.out.data))
	}
}

func (c *Check) enter(e *trace.Event) {
	l := lane{e.Proc, e.Thread}
	t := c.lanes[l]
	if p := c.procs[e.Proc]; t == nil && p != nil && c.straced(e) {
		t = &thread{proc: p}
		c.lanes[l] = t
	}
	if t == nil || t.exited || t.proc.exited || t.open != nil {
		c.sayf("%s: its thread has not started, or has ended, or is in another call", describe(e))
		return
	}
	t.settle()
	open := *e // the caller may use the memory for the next
	t.open = &open
	if e.Call.Told() {
		return // what it does to an fd, the system calls beneath it show
	}
	p := t.proc
	if e.FD >= 0 && p.fds[e.FD] == nil && e.Call != trace.Write && !p.stale(e) {
		c.sayf("%s: fd %d is not open", describe(e), e.FD)
		return
	}
	if e.Call == trace.EpollCtl && len(e.Args) > 1 && p.fds[int(e.Args[1])] == nil {
		c.sayf("%s: fd %d is not open", describe(e), e.Args[1])
	}
	if e.Sets != nil {
		for _, fd := range slices.Concat(e.Sets.Read, e.Sets.Write, e.Sets.Except) {
			switch {
			case p.fds[fd] != nil:
			case c.straced(e): // its order among those of other threads is only as good as its time
				c.causef(e.Proc, "%s asks about fd %d, which is not open", describe(e), fd)
			default:
				c.sayf("%s asks about fd %d, which is not open", describe(e), fd)
			}
		}
	}
	var k *conn
	f := p.fds[e.FD]
	if f != nil {
		k = f.conn
	}
	switch {
	case f != nil && f.letters && e.Call == trace.Connect:
		f.to = e.Addr
	case f != nil && f.letters && e.Call.Sends():
		c.letters[letter(cmp.Or(e.Addr, f.to), e)]++
	case e.Call == trace.Close:
		// Linux frees the number before close returns, and another thread may
		// have it by then.
		c.release(p, e.FD)
		p.closed[e.FD] = e.Thread
	case e.Call == trace.Connect:
		c.connects[e.Addr]++
	case e.Call == trace.Shutdown && k != nil && len(e.Args) > 0:
		k.shut = k.shut || e.Args[0] != 1 // SHUT_WR
		if e.Args[0] > 0 {
			c.over(k)
		}
	case e.Call.Sends() && k != nil:
		k.out.add(e.Data, e.Size)
	}
}

func (c *Check) returned(e *trace.Event) {
	t := c.lanes[lane{e.Proc, e.Thread}]
	if t == nil || t.open == nil || t.open.Call != e.Call || t.open.FD != e.FD {
		c.sayf("%s: its thread is not in that call", describe(e))
		return
	}
	in := t.open
	t.open = nil
	if e.Call.Told() {
		return
	}
	p, took := t.proc, e.Time-in.Time
	if e.Errno == trace.EBADF && !p.stale(e) || (e.Errno != 0) != (e.Result == -1) {
		c.sayf("%s returns %d, %v", describe(e), e.Result, e.Errno)
	}
	f := p.fds[e.FD]
	if f == nil && e.FD >= 0 {
		return // closed, by this very call; or never open, and enter has said so
	}
	var k *conn
	if f != nil {
		k = f.conn
	}
	if k != nil && e.Errno != 0 && e.Errno != trace.EAGAIN && e.Errno != trace.EINTR && e.Errno != trace.EINPROGRESS {
		k.failed = true
	}
	switch {
	case f != nil && f.letters && (e.Call == trace.Connect || e.Call.Sends()):
	case f != nil && f.letters && e.Call.Receives() && e.Errno == 0:
		c.delivered(in, e, f)
	case e.Call == trace.Connect:
		c.connected(e, p)
	case e.Call.Sends() && k != nil:
		c.sent(in, e, k)
	case e.Errno != 0:
		return
	case e.Call.MakesFD():
		fd := int(e.Result)
		if p.fds[fd] != nil {
			c.sayf("%s: fd %d is open already", describe(e), fd)
		}
		p.fds[fd] = &file{holders: 1}
		if e.Call == trace.Socket && len(e.Args) > 1 {
			kind := e.Args[1] & 0xf
			p.fds[fd].letters = kind == 2 || kind == 3 // SOCK_DGRAM, SOCK_RAW
		}
		if e.Call == trace.Accept {
			c.accepted(e, p)
		}
	case e.Call == trace.Bind:
		f.addr = in.Addr
	case e.Call == trace.Nanosleep && took < in.Timeout:
		c.sayf("%s sleeps for %d ns of %d", describe(e), took, in.Timeout)
	case e.Call.Multiplexes():
		c.ready(in, e, took)
	case e.Call.Receives() && k != nil:
		c.received(in, e, k)
	}
}

// connected makes the client's end of a connection, when its address is known.
func (c *Check) connected(e *trace.Event, p *process) {
	if e.Errno != 0 && e.Errno != trace.EINPROGRESS {
		return
	}
	k := &conn{proc: e.Proc}
	p.fds[e.FD].conn = k
	for _, q := range e.Queues {
		if q.FD == e.FD && q.Local != "" {
			c.join(k, q.Local, c.conns, c.accepts)
		}
	}
}

func (c *Check) accepted(e *trace.Event, p *process) {
	k := &conn{proc: e.Proc, echoes: p.echoes}
	p.fds[int(e.Result)].conn = k
	c.join(k, e.Addr, c.accepts, c.conns)
	if addr := p.fds[e.FD].addr; addr != "" {
		c.connects[addr]--
		what, proc := describe(e), e.Proc
		c.then(e, func() {
			if c.connects[addr] < 0 && len(c.procs) > 1 {
				c.causef(proc, "%s: nobody has called connect for it", what)
			}
		})
	}
}

// join makes one connection of its two ends. The first of them waits in mine for
// the other.
func (c *Check) join(k *conn, client string, mine, others map[string]*conn) {
	if k.other = others[client]; k.other == nil {
		mine[client] = k
		return
	}
	k.other.other = k
	delete(others, client)
}

// ready holds what a call for several fds returned to what it was asked.
func (c *Check) ready(in, e *trace.Event, took int64) {
	if e.Sets == nil || in.Sets == nil {
		c.sayf("%s has no lists", describe(e))
		return
	}
	asked := slices.Concat(in.Sets.Read, in.Sets.Write, in.Sets.Except)
	told := slices.Concat(e.Sets.Read, e.Sets.Write, e.Sets.Except, e.Sets.Error, e.Sets.HangUp)
	for _, fd := range told {
		if !slices.Contains(asked, fd) && !c.straced(e) { // another thread may have put it on the list meanwhile
			c.sayf("%s names fd %d, which was not asked about", describe(e), fd)
		}
	}
	switch {
	case (e.Result > 0) != (len(told) > 0):
		c.sayf("%s returns %d and names %v", describe(e), e.Result, told)
	case e.Result == 0 && in.Timeout == trace.Forever:
		c.sayf("%s has no timeout, and returns nothing", describe(e))
	case e.Result == 0 && took < in.Timeout:
		c.sayf("%s gives up after %d ns of %d", describe(e), took, in.Timeout)
	}
}

func (c *Check) sent(in, e *trace.Event, k *conn) {
	n := max(int(e.Result), 0)
	if n > in.Size {
		c.sayf("%s takes %d bytes of %d", describe(e), n, in.Size)
		n = in.Size
	}
	before := k.taken
	k.taken += n
	k.out.data = k.out.data[:k.taken]
	if k.echoes && !k.in.begins(&k.out, before) {
		c.report(k, "%s: what it sends is not what it received", describe(e))
	}
}

func (c *Check) received(in, e *trace.Event, k *conn) {
	n := int(e.Result)
	room := max(in.Size, e.Size)
	if n > room || len(e.Data) != min(n, trace.DataCap) {
		c.sayf("%s returns %d bytes of %d, and shows %d", describe(e), n, room, len(e.Data))
		return
	}
	before := len(k.in.data)
	k.in.add(e.Data, n)
	k.drained = n == 0 && room > 0
	if k.other != nil {
		what, in := describe(e), k.in // the caller may use the event's memory for the next
		c.then(e, func() { c.arrived(what, k, &in, before) })
	}
}

// arrived checks what had come with a recv, of which before is how much had come
// before it.
func (c *Check) arrived(what string, k *conn, in *stream, before int) {
	o := k.other
	from, end := &o.out, len(in.data) == before
	switch {
	case end && k.shut:
	case end && !o.ended:
		c.causef(o.proc, "%s is at the end of file, and its peer has ended nothing", what)
	case len(in.data) > len(from.data):
		c.causef(o.proc, "%s: %d bytes have come, and its peer has sent %d", what, len(in.data), len(from.data))
	case !from.begins(in, before):
		c.report(k, "%s: what came is not what its peer sent", what)
	case end && len(in.data) < len(from.data) && !o.failed && !k.failed:
		c.causef(o.proc, "%s: %d bytes came to the end of file, of %d sent", what, len(in.data), len(from.data))
	}
}

// letter names a datagram: where it goes, and what it says.
func letter(to string, e *trace.Event) string {
	return to[strings.LastIndexByte(to, ':')+1:] + " " + string(e.Data)
}

// delivered holds a datagram that came to what was sent.
func (c *Check) delivered(in, e *trace.Event, f *file) {
	n, room := int(e.Result), max(in.Size, e.Size)
	if len(e.Data) != min(n, room, trace.DataCap) {
		c.sayf("%s returns a datagram of %d bytes for a room of %d, and shows %d", describe(e), n, room, len(e.Data))
	}
	if f.addr == "" || f.addr == "@" || n >= room { // who sends to it isn't known, or what was cut
		return
	}
	what := letter(f.addr, e)
	if c.letters[what]--; c.letters[what] < 0 {
		c.sayf("%s: nobody has sent it to %s", describe(e), f.addr)
	}
}

// report says something of a connection, once.
func (c *Check) report(k *conn, format string, args ...any) {
	if !k.reported {
		k.reported = true
		c.sayf(format, args...)
	}
}

// add adds the size bytes of an event that shows the first of them.
func (s *stream) add(data []byte, size int) {
	s.data = append(s.data, data...)
	if more := size - len(data); more > 0 {
		s.data = append(s.data, make([]byte, more)...)
		s.blurred = true
	}
}

// begins reports whether s begins with t, of which the bytes before from are known
// to be right.
func (s *stream) begins(t *stream, from int) bool {
	if len(t.data) > len(s.data) {
		return false
	}
	return s.blurred || t.blurred || string(s.data[from:len(t.data)]) == string(t.data[from:])
}

// describe names an event: "process 1, thread 0: recv of fd 3 at 2500 ns".
func describe(e *trace.Event) string {
	what := e.Call.String()
	switch e.Kind {
	case trace.Start:
		what = "start"
	case trace.Exit:
		what = "exit"
	}
	if e.FD >= 0 && e.Call != trace.CallNone {
		what += fmt.Sprintf(" of fd %d", e.FD)
	}
	return fmt.Sprintf("process %d, thread %d: %s at %d ns", e.Proc, e.Thread, what, e.Time)
}
