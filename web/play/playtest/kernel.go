package playtest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"sockscope/server/trace"
)

// Random is a run whose processes do what is drawn from a number: a server and
// some clients, on a kernel that is simulated. A call enters, has its effect and
// returns at three moments, between which anybody else may act; buffers are small, so
// that calls sleep; who sleeps at the end is killed, as the server of a lab is.
func Random(number uint64) *Script {
	k := &kernel{rnd: rand.New(rand.NewPCG(number, 0))}
	clients := 1 + k.rnd.IntN(4)
	k.Script = New(clients)
	k.Script.Header.Lab = "any"
	k.listener = &socket{listens: true, limit: k.rnd.IntN(4)}
	k.tasks = append(k.tasks, &task{proc: 0, fds: map[int]*socket{}, next: (*kernel).serve})
	for c := 1; c <= clients; c++ {
		k.tasks = append(k.tasks, &task{proc: c, fds: map[int]*socket{}, next: (*kernel).talk, left: 2 + k.rnd.IntN(12)})
	}
	for range 4000 {
		var able []*task
		for _, t := range k.tasks {
			if t.can() {
				able = append(able, t)
			}
		}
		if len(able) == 0 {
			break
		}
		k.step(able[k.rnd.IntN(len(able))])
	}
	for _, t := range k.tasks {
		if !t.over {
			k.add(trace.Event{Kind: trace.Exit, Proc: t.proc, FD: -1, Result: -9})
		}
	}
	return k.Script
}

// capacity is what a buffer of a simulated socket holds, in bytes; resend is when the
// SYN of a connect is sent again, in ns.
const (
	capacity = 1500
	resend   = 1_020_000_000
)

// kernel is a simulated one.
type kernel struct {
	*Script
	rnd      *rand.Rand
	listener *socket
	tasks    []*task
	ports    int
}

// socket is an end of a simulated connection, or a listener.
type socket struct {
	listens bool
	limit   int       // of the backlog
	queue   []*socket // connections that wait
	addr    string    // of the client
	peer    *socket
	in      []byte // received and not read
	ended   bool   // the peer sends no more
	shut    bool   // nor does this side
	reset   bool
	closed  bool // by its own process
	blocks  bool
}

// task is the one thread of a process.
type task struct {
	proc  int
	fds   map[int]*socket
	left  int // what it still does
	over  bool
	begun bool
	next  func(k *kernel, t *task) // enters the next call

	open  bool
	enter trace.Event
	act   func() bool // has the call's effect, and reports whether it is done
	until int64       // its time is up then; 0 is never
	ret   trace.Event
	done  bool // it has had its effect
	slept bool
	after func()
}

// can reports whether the task could do something: one that sleeps can try.
func (t *task) can() bool { return !t.over }

func (k *kernel) step(t *task) {
	switch {
	case !t.begun:
		t.begun = true
		k.Start(t.proc)
	case !t.open:
		t.next(k, t)
	case !t.done:
		if t.act() {
			t.done = true
		} else {
			t.slept = true
			k.Pass(1000)
			if t.until > 0 && k.now >= t.until {
				t.done = true
			}
		}
	default:
		t.open, t.done = false, false
		t.ret.Sleep = trace.Awake
		if t.slept {
			t.ret.Sleep = trace.Slept
		}
		t.slept, t.until = false, 0
		t.ret.Thread = 0
		t.ret.Queues = k.queues(t, t.enter, &t.ret)
		k.Return(t.proc, t.ret)
		if t.after != nil {
			t.after()
		}
	}
}

// call enters a call whose effect is act, and after it has returned does after.
func (k *kernel) call(t *task, call trace.Call, fd int, in trace.Event, act func() bool, after func()) {
	in.Queues = k.queues(t, trace.Event{Call: call, FD: fd, Sets: in.Sets}, nil)
	k.Enter(t.proc, call, fd, in)
	in.Call, in.FD = call, fd
	t.open, t.enter, t.act, t.after, t.ret = true, in, act, after, trace.Event{}
}

// queues are what is read beside a call.
func (k *kernel) queues(t *task, in trace.Event, ret *trace.Event) []trace.Queue {
	fds := []int{in.FD}
	if in.Sets != nil {
		fds = in.Sets.Read
	}
	var all []trace.Queue
	for _, fd := range fds {
		s := t.fds[fd]
		if s == nil {
			continue
		}
		q := trace.Queue{FD: fd, Time: k.now, Recv: len(s.in), State: trace.Established}
		switch {
		case s.listens:
			q.Recv, q.Send, q.State = len(s.queue), s.limit, trace.Listening
		case s.peer == nil:
			q.State = trace.Closed
		case s.ended:
			q.State = trace.CloseWait
		}
		if in.Call == trace.Connect && ret != nil && ret.Errno == 0 {
			q.Local = s.addr
		}
		all = append(all, q)
	}
	return all
}

// serve is the server: it sets its listener up, and then does this and that.
func (k *kernel) serve(t *task) {
	const listener = 3
	t.left++
	switch t.left {
	case 1:
		k.call(t, trace.Socket, -1, trace.Event{Args: []int64{2, 1, 0}}, func() bool { t.ret.Result = listener; t.fds[listener] = k.listener; return true }, nil)
		return
	case 2:
		k.call(t, trace.Bind, listener, trace.Event{Addr: "127.0.0.1:10001"}, func() bool { return true }, nil)
		return
	case 3:
		k.call(t, trace.Listen, listener, trace.Event{Args: []int64{int64(k.listener.limit)}}, func() bool { k.listener.blocks = true; k.ports = 1; return true }, nil)
		return
	}
	var conns []int
	for fd := range t.fds {
		if fd != listener {
			conns = append(conns, fd)
		}
	}
	slices.Sort(conns)
	what := k.rnd.IntN(10)
	switch {
	case len(conns) == 0 || what < 2 && len(conns) < 3:
		k.accept(t, listener)
	case what < 4:
		k.wait(t, append([]int{listener}, conns...))
	case what < 8:
		k.either(t, conns[k.rnd.IntN(len(conns))])
	case what < 9:
		fd := conns[k.rnd.IntN(len(conns))]
		k.mode(t, fd)
	default:
		k.close(t, conns[k.rnd.IntN(len(conns))])
	}
}

// talk is a client.
func (k *kernel) talk(t *task) {
	const fd = 3
	s := t.fds[fd]
	t.left--
	switch {
	case s == nil && t.left < 0:
		t.over = true
		k.Exit(t.proc)
	case s == nil && k.ports == 0: // nobody listens yet
		t.left++
		k.pause(t)
	case s == nil:
		k.call(t, trace.Socket, -1, trace.Event{Args: []int64{2, 1, 0}}, func() bool {
			t.ret.Result, t.fds[fd] = fd, &socket{blocks: true}
			return true
		}, nil)
	case s.peer == nil && s.addr == "":
		k.connect(t, fd)
	case t.left < 0 && k.rnd.IntN(3) == 0: // it ends, and the kernel closes what it has
		t.over = true
		k.Exit(t.proc)
		k.hangUp(s)
	case t.left < 0:
		k.close(t, fd)
	case k.rnd.IntN(8) == 0:
		k.pause(t)
	case k.rnd.IntN(10) == 0:
		k.call(t, trace.Shutdown, fd, trace.Event{Args: []int64{1}}, func() bool {
			s.shut, s.peer.ended = true, true
			return true
		}, nil)
	default:
		k.either(t, fd)
	}
}

func (k *kernel) pause(t *task) {
	k.call(t, trace.Nanosleep, -1, trace.Event{Timeout: 50_000}, func() bool { k.Pass(50_000); t.slept = true; return true }, nil)
}

func (k *kernel) either(t *task, fd int) {
	if k.rnd.IntN(2) == 0 {
		k.recv(t, fd)
	} else {
		k.send(t, fd)
	}
}

func (k *kernel) mode(t *task, fd int) {
	s := t.fds[fd]
	flag := int64(0x800)
	if !s.blocks {
		flag = 0
	}
	k.call(t, trace.Fcntl, fd, trace.Event{Args: []int64{4, flag}}, func() bool { s.blocks = flag == 0; return true }, nil)
}

func (k *kernel) connect(t *task, fd int) {
	s, l := t.fds[fd], k.listener
	again := int64(0)
	k.call(t, trace.Connect, fd, trace.Event{Addr: "127.0.0.1:10001"}, func() bool {
		if again > k.now {
			return false
		}
		if len(l.queue) > l.limit { // its SYN is dropped, and sent again
			again = k.now + resend
			if k.rnd.IntN(2) == 0 { // nobody does anything meanwhile
				k.Pass(resend)
			}
			return false
		}
		k.ports++
		s.addr = fmt.Sprintf("127.0.0.1:%d", 40000+k.ports)
		s.peer = &socket{addr: s.addr, blocks: true}
		s.peer.peer = s
		l.queue = append(l.queue, s.peer)
		return true
	}, nil)
}

func (k *kernel) accept(t *task, fd int) {
	l := t.fds[fd]
	k.call(t, trace.Accept, fd, trace.Event{}, func() bool {
		if len(l.queue) == 0 {
			return false
		}
		s := l.queue[0]
		l.queue = l.queue[1:]
		n := 4
		for ; t.fds[n] != nil; n++ {
		}
		t.fds[n] = s
		t.ret.Result, t.ret.Addr = int64(n), s.addr
		return true
	}, nil)
}

func (k *kernel) wait(t *task, fds []int) {
	in := trace.Event{Sets: &trace.Sets{Read: fds}, Timeout: []int64{trace.Forever, 0, 3_000_000}[k.rnd.IntN(3)]}
	look := func() bool {
		var found []int
		for _, fd := range fds {
			if s := t.fds[fd]; s.listens && len(s.queue) > 0 || len(s.in) > 0 || s.ended || s.reset {
				found = append(found, fd)
			}
		}
		t.ret.Sets, t.ret.Result = &trace.Sets{Read: found}, int64(len(found))
		return len(found) > 0 || in.Timeout == 0
	}
	k.call(t, trace.Select, -1, in, look, nil)
	if in.Timeout > 0 {
		t.until = k.now + in.Timeout
	}
}

func (k *kernel) recv(t *task, fd int) {
	s, size := t.fds[fd], 1+k.rnd.IntN(capacity*[]int{2, 20, 200}[k.rnd.IntN(3)]/100)
	k.call(t, trace.Recv, fd, trace.Event{Size: size, Args: []int64{0}}, func() bool {
		switch {
		case len(s.in) > 0:
			n := min(size, len(s.in))
			t.ret.Data, t.ret.Result = slices.Clone(s.in[:min(n, trace.DataCap)]), int64(n)
			s.in = s.in[n:]
		case s.reset:
			t.ret.Errno, s.reset, s.ended = trace.ECONNRESET, false, true
		case s.ended:
		case !s.blocks:
			t.ret.Errno = trace.EAGAIN
		default:
			return false
		}
		return true
	}, nil)
}

func (k *kernel) send(t *task, fd int) {
	s := t.fds[fd]
	data := make([]byte, 1+k.rnd.IntN(capacity*[]int{2, 20, 200}[k.rnd.IntN(3)]/100))
	for i := range data {
		data[i] = byte(k.rnd.Uint32())
	}
	left := data
	k.call(t, trace.Send, fd, trace.Event{Size: len(data), Data: data[:min(len(data), trace.DataCap)], Args: []int64{0}}, func() bool {
		sent := len(data) - len(left)
		if s.reset || s.shut || s.peer.closed {
			if t.ret.Result = int64(sent); sent == 0 {
				t.ret.Errno = trace.EPIPE
			}
			return true
		}
		n := min(len(left), capacity-len(s.peer.in))
		s.peer.in = append(slices.Clone(s.peer.in), left[:n]...)
		left = left[n:]
		t.ret.Result = int64(sent + n)
		switch {
		case len(left) == 0:
			return true
		case !s.blocks:
			if t.ret.Result == 0 {
				t.ret.Errno = trace.EAGAIN
			}
			return true
		}
		return false
	}, nil)
}

func (k *kernel) close(t *task, fd int) {
	s := t.fds[fd]
	k.call(t, trace.Close, fd, trace.Event{}, func() bool {
		k.hangUp(s)
		return true
	}, func() { delete(t.fds, fd) })
}

// hangUp ends a socket; with bytes unread it resets the connection.
func (k *kernel) hangUp(s *socket) {
	s.closed = true
	if s.peer != nil && !s.peer.closed {
		s.peer.ended = true
		s.peer.reset = len(s.in) > 0
	}
}
