package trace

import (
	"reflect"
	"slices"
	"testing"
)

// ret is the Return of a call of process 0, thread 0.
func ret(c Call, fd int, result int64, errno Errno) Event {
	return Event{Kind: Return, Call: c, FD: fd, Result: result, Errno: errno}
}

// with changes e and returns it.
func with(e Event, change func(*Event)) Event {
	change(&e)
	return e
}

var (
	socket3 = ret(Socket, -1, 3, 0)
	bind3   = with(ret(Bind, 3, 0, 0), func(e *Event) { e.Addr = "127.0.0.1:80" })
	listen3 = ret(Listen, 3, 0, 0)
	accept4 = with(ret(Accept, 3, 4, 0), func(e *Event) { e.Addr = "127.0.0.1:40001" })
)

// watch3 is an epoll_ctl about fd 3, told3 an epoll_wait that names it.
func watch3(op, events int64) Event {
	return with(ret(EpollCtl, 9, 0, 0), func(e *Event) { e.Args = []int64{op, 3, events} })
}

var told3 = with(ret(EpollWait, 9, 1, 0), func(e *Event) { e.Time, e.Sets = 70, &Sets{HangUp: []int{3}} })

// TestFDTable says, for each call, what its return leaves in the fd table.
func TestFDTable(t *testing.T) {
	closed := FDState{FD: 3, State: Closed, How: Inferred, StateAt: -1, RecvAt: -1, SendAt: -1}
	listener := FDState{FD: 3, Kind: FDListener, State: Listening, How: Inferred, Local: "127.0.0.1:80", StateAt: -1, RecvAt: -1, SendAt: -1}
	conn := FDState{FD: 4, Kind: FDConn, State: Established, How: Inferred, Local: "127.0.0.1:80", Peer: "127.0.0.1:40001", StateAt: -1, RecvAt: -1, SendAt: -1}
	server := []Event{socket3, bind3, listen3, accept4}
	changed := func(f FDState, change func(*FDState)) FDState { change(&f); return f }
	for _, c := range []struct {
		name   string
		events []Event
		want   []FDState
	}{
		{"socket", []Event{socket3}, []FDState{closed}},
		{"put on an interest list", append(slices.Clone(server[:3]), watch3(1, 0x80000005)), []FDState{changed(listener, func(f *FDState) { f.Watched, f.Told = 0x80000005, -1 })}},
		{"told of by epoll_wait", append(slices.Clone(server[:3]), watch3(1, 1), told3), []FDState{changed(listener, func(f *FDState) { f.Watched, f.Told = 1, 70 })}},
		{"changed on it, to be told again", append(slices.Clone(server[:3]), watch3(1, 1), told3, watch3(3, 5)), []FDState{changed(listener, func(f *FDState) { f.Watched, f.Told = 5, -1 })}},
		{"taken off it", append(slices.Clone(server[:3]), watch3(1, 1), watch3(2, 0)), []FDState{changed(listener, func(f *FDState) { f.Told = -1 })}},
		{"an epoll_ctl that failed", append(slices.Clone(server[:3]), with(watch3(1, 1), func(e *Event) { e.Errno = ENOMEM })), []FDState{listener}},
		{"a socket that failed", []Event{ret(Socket, -1, -1, EMFILE)}, nil},
		{"bind", []Event{socket3, bind3}, []FDState{changed(closed, func(f *FDState) { f.Local = "127.0.0.1:80" })}},
		{"a bind that failed", []Event{socket3, with(ret(Bind, 3, -1, EADDRINUSE), func(e *Event) { e.Addr = "127.0.0.1:80" })}, []FDState{closed}},
		{"listen", server[:3], []FDState{listener}},
		{"accept", server, []FDState{listener, conn}},
		{"an accept that got nothing", append(slices.Clone(server[:3]), ret(Accept, 3, -1, EAGAIN)), []FDState{listener}},
		{"connect", []Event{socket3, with(ret(Connect, 3, 0, 0), func(e *Event) { e.Addr = "127.0.0.1:80" })},
			[]FDState{{FD: 3, Kind: FDConn, Peer: "127.0.0.1:80", State: Established, How: Inferred, StateAt: -1, RecvAt: -1, SendAt: -1}}},
		{"a connect that goes on", []Event{socket3, with(ret(Connect, 3, -1, EINPROGRESS), func(e *Event) { e.Addr = "127.0.0.1:80" })},
			[]FDState{{FD: 3, Kind: FDConn, Peer: "127.0.0.1:80", State: SynSent, How: Inferred, StateAt: -1, RecvAt: -1, SendAt: -1}}},
		{"a connect that was refused", []Event{socket3, with(ret(Connect, 3, -1, ECONNREFUSED), func(e *Event) { e.Addr = "127.0.0.1:80" })}, []FDState{closed}},
		{"send and recv", append(slices.Clone(server), ret(Send, 4, 19, 0), ret(Send, 4, 3, 0), ret(Recv, 4, 8, 0), ret(Recv, 4, -1, EAGAIN), ret(Recv, 4, 0, 0)),
			[]FDState{listener, changed(conn, func(f *FDState) { f.Out, f.In = 22, 8 })}},
		{"sendto and recvfrom", []Event{socket3, ret(Sendto, 3, 5, 0), ret(Recvfrom, 3, 6, 0)}, []FDState{changed(closed, func(f *FDState) { f.Out, f.In = 5, 6 })}},
		{"read and write", append(slices.Clone(server), ret(Write, 4, 19, 0), ret(Read, 4, 8, 0)), []FDState{listener, changed(conn, func(f *FDState) { f.Out, f.In = 19, 8 })}},
		{"a recv that found a reset", append(slices.Clone(server), ret(Recv, 4, -1, ECONNRESET)), []FDState{listener, changed(conn, func(f *FDState) { f.State = Closed })}},
		{"shutdown of writing", append(slices.Clone(server), with(ret(Shutdown, 4, 0, 0), func(e *Event) { e.Args = []int64{1} })),
			[]FDState{listener, changed(conn, func(f *FDState) { f.ShutWrite = true })}},
		{"shutdown of reading", append(slices.Clone(server), with(ret(Shutdown, 4, 0, 0), func(e *Event) { e.Args = []int64{0} })),
			[]FDState{listener, changed(conn, func(f *FDState) { f.ShutRead = true })}},
		{"shutdown of both", append(slices.Clone(server), with(ret(Shutdown, 4, 0, 0), func(e *Event) { e.Args = []int64{2} })),
			[]FDState{listener, changed(conn, func(f *FDState) { f.ShutRead, f.ShutWrite = true, true })}},
		{"fcntl O_NONBLOCK", []Event{socket3, with(ret(Fcntl, 3, 0, 0), func(e *Event) { e.Args = []int64{4, 0x802} })}, []FDState{changed(closed, func(f *FDState) { f.NonBlocking = true })}},
		{"fcntl F_GETFL", []Event{socket3, with(ret(Fcntl, 3, 0x802, 0), func(e *Event) { e.Args = []int64{3, 0} })}, []FDState{closed}},
		{"and blocking again", []Event{socket3, with(ret(Fcntl, 3, 0, 0), func(e *Event) { e.Args = []int64{4, 0x802} }), with(ret(Fcntl, 3, 0, 0), func(e *Event) { e.Args = []int64{4, 2} })}, []FDState{closed}},
		{"getsockname", []Event{socket3, with(ret(Getsockname, 3, 0, 0), func(e *Event) { e.Addr = "127.0.0.1:9" })}, []FDState{changed(closed, func(f *FDState) { f.Local = "127.0.0.1:9" })}},
		{"epoll_create1", []Event{socket3, ret(EpollCreate, -1, 4, 0)}, []FDState{closed, {FD: 4, Kind: FDEpoll, StateAt: -1, RecvAt: -1, SendAt: -1}}},
		{"a socket made non-blocking, and what it accepts", []Event{
			with(ret(Socket, -1, 3, 0), func(e *Event) { e.Args = []int64{2, 1 | 0x800 | 0x80000, 0} }),
			with(ret(Accept, 3, 4, 0), func(e *Event) { e.Args = []int64{0x80800} }), ret(Eventfd, -1, 5, 0), ret(Openat, -1, 6, 0)},
			[]FDState{changed(closed, func(f *FDState) { f.NonBlocking, f.CloseOnExec, f.Domain, f.Type = true, true, IPv4, 1 }),
				{FD: 4, Kind: FDConn, NonBlocking: true, CloseOnExec: true, Domain: IPv4, Type: 1, State: Established, How: Inferred, StateAt: -1, RecvAt: -1, SendAt: -1}, {FD: 5, Kind: FDEventfd, StateAt: -1, RecvAt: -1, SendAt: -1}, {FD: 6, Kind: FDFile, StateAt: -1, RecvAt: -1, SendAt: -1}}},
		{"what a program tells", append(slices.Clone(server), ret(NetRead, 4, 8, 0), ret(NetWrite, 4, 8, 0), ret(NetAccept, 3, 9, 0), ret(NetClose, 4, 0, 0)),
			[]FDState{listener, conn}},
		{"kqueue", []Event{socket3, ret(Kqueue, -1, 4, 0), ret(KeventChange, 4, 0, 0)}, []FDState{closed, {FD: 4, Kind: FDKqueue, StateAt: -1, RecvAt: -1, SendAt: -1}}},
		{"its close", []Event{socket3, ret(EpollCreate, -1, 4, 0), ret(Close, 4, 0, 0)}, []FDState{closed}},
		{"close", append(slices.Clone(server), ret(Close, 3, 0, 0)), []FDState{conn}},
		{"a close that reports an error", append(slices.Clone(server), ret(Close, 4, -1, ECONNRESET)), []FDState{listener}},
		{"copies", append(slices.Clone(server), with(ret(Fcntl, 4, 0, 0), func(e *Event) { e.Args = []int64{SetFDFlags, 1} }), ret(Dup, 4, 5, 0),
			with(ret(Fcntl, 4, 6, 0), func(e *Event) { e.Args = []int64{copyCloseOnExec, 0} }), ret(Dup2, 4, 3, 0), ret(Dup2, 4, 4, 0), ret(Dup, 9, 10, 0)),
			[]FDState{changed(conn, func(f *FDState) { f.FD = 3 }), changed(conn, func(f *FDState) { f.CloseOnExec = true }), changed(conn, func(f *FDState) { f.FD = 5 }),
				changed(conn, func(f *FDState) { f.FD, f.CloseOnExec = 6, true })}},
		{"execve", append(slices.Clone(server), with(ret(Fcntl, 3, 0, 0), func(e *Event) { e.Args = []int64{SetFDFlags, 1} }), ret(Execve, -1, -1, EACCES), ret(Execve, -1, 0, 0)), []FDState{conn}},
		{"close of no fd", append(slices.Clone(server), ret(Close, 9, -1, EBADF)), []FDState{listener, conn}},
		{"an fd given out again", append(slices.Clone(server), ret(Send, 4, 9, 0), ret(Close, 4, 0, 0), accept4), []FDState{listener, conn}},
		{"exit of the process", append(slices.Clone(server), Event{Kind: Exit}), nil},
		{"exit of another thread", append(slices.Clone(server), Event{Kind: Exit, Thread: 1}), []FDState{listener, conn}},
		{"calls on fds that are unknown", []Event{ret(Bind, 7, 0, 0), ret(Listen, 7, 0, 0), ret(Recv, 7, 5, 0), ret(Close, 7, 0, 0)}, nil},
		{"what is sampled", append(slices.Clone(server), with(ret(Recv, 4, 0, 0), func(e *Event) {
			e.Queues = []Queue{{FD: 4, Time: 77, Recv: 15, Send: 2, State: CloseWait}, {FD: 9, Recv: 1}}
		})), []FDState{listener, changed(conn, func(f *FDState) {
			f.Recv, f.Send, f.RecvAt, f.SendAt, f.State, f.How, f.StateAt = 15, 2, 77, 77, CloseWait, Sampled, 77
		})}},
		{"lengths that are sampled one by one", append(slices.Clone(server), with(ret(Recv, 4, 0, 0), func(e *Event) {
			e.Queues = []Queue{{FD: 4, Time: 77, Recv: 15, Send: 2, State: CloseWait}}
		}), with(ret(Recv, 4, 0, 0), func(e *Event) { e.Queues = []Queue{{FD: 4, Time: 78, Recv: 10, Only: RecvQ}} }),
			with(ret(Send, 4, 0, 0), func(e *Event) { e.Queues = []Queue{{FD: 4, Time: 79, Send: 7, Only: SendQ, State: Closed}} })),
			[]FDState{listener, changed(conn, func(f *FDState) {
				f.Recv, f.Send, f.RecvAt, f.SendAt, f.State, f.How, f.StateAt = 10, 7, 78, 79, Closed, Sampled, 79
			})}},
		{"a socket for datagrams is connected to nobody", []Event{
			with(ret(Socket, -1, 3, 0), func(e *Event) { e.Args = []int64{10, 2, 0} }),
			with(ret(Connect, 3, 0, 0), func(e *Event) { e.Addr = "[::1]:9" }),
			with(ret(Recvfrom, 3, 12, 0), func(e *Event) {
				e.Args, e.Data = []int64{0x20}, []byte("Hello") // MSG_TRUNC
				e.Queues = []Queue{{FD: 3, Time: 5, Recv: 768, Unit: Memory, Drops: 2}}
			}),
		}, []FDState{{FD: 3, Domain: IPv6, Type: 2, State: Established, How: Inferred, Peer: "[::1]:9", StateAt: -1, RecvAt: 5, SendAt: 5, Recv: 768, Unit: Memory, Drops: 2, In: 5}}},
		{"names that are sampled", []Event{socket3, with(ret(Connect, 3, 0, 0), func(e *Event) {
			e.Addr, e.Queues = "127.0.0.1:80", []Queue{{FD: 3, Time: 5, State: Established, Local: "127.0.0.1:40001", Peer: "127.0.0.1:80"}}
		})}, []FDState{{FD: 3, Kind: FDConn, State: Established, How: Sampled, Local: "127.0.0.1:40001", Peer: "127.0.0.1:80", StateAt: 5, RecvAt: 5, SendAt: 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Fold(c.events).Procs[0].FDs
			for i := range got {
				got[i].File = 0 // see TestAChildHasACopyOfTheFDs
			}
			if len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestFDsAreInOrder(t *testing.T) {
	var events []Event
	for _, fd := range []int64{9, 3, 7, 4, 12} {
		events = append(events, ret(Socket, -1, fd, 0))
	}
	p := &Fold(events).Procs[0]
	for i, fd := range []int{3, 4, 7, 9, 12} {
		if p.FDs[i].FD != fd || p.FD(fd) != &p.FDs[i] {
			t.Errorf("fd %d is not the %d-th: %+v", fd, i, p.FDs)
		}
	}
	if p.FD(5) != nil {
		t.Error("fd 5 is not open, but found")
	}
}

func TestThreads(t *testing.T) {
	enter := Event{Kind: Enter, Time: 10, Call: Recv, FD: 4, File: 1, Line: 18}
	slept := Event{Kind: Return, Time: 30, Call: Recv, FD: 4, Result: 5, Sleep: Slept, CPU: 900, File: 1, Line: 18}
	for _, c := range []struct {
		name   string
		events []Event
		want   ThreadState
	}{
		{"start", []Event{{Kind: Start, Time: 5}}, ThreadState{Started: true}},
		{"in a call", []Event{{Kind: Start, Time: 5}, enter}, ThreadState{Started: true, InCall: true, Call: Recv, FD: 4, Since: 10, File: 1, Line: 18, Calls: 1}},
		{"it came back", []Event{{Kind: Start, Time: 5}, enter, slept}, ThreadState{Started: true, Call: Recv, FD: 4, Since: 30, File: 1, Line: 18, Calls: 1, Sleeps: 1, CPU: 900}},
		{"a call from no known line", []Event{enter, slept, {Kind: Enter, Time: 40, Call: Close, FD: 4}}, ThreadState{Started: true, InCall: true, Call: Close, FD: 4, Since: 40, File: 1, Line: 18, Calls: 2, Sleeps: 1, CPU: 900}},
		{"not yet is no error", []Event{enter, {Kind: Return, Time: 11, Call: Recv, FD: 4, Result: -1, Errno: EAGAIN, Sleep: Awake}},
			ThreadState{Started: true, Call: Recv, FD: 4, Since: 11, File: 1, Line: 18, Errno: EAGAIN, Calls: 1}},
		{"a reset is one", []Event{enter, {Kind: Return, Time: 11, Call: Recv, FD: 4, Result: -1, Errno: ECONNRESET}},
			ThreadState{Started: true, Call: Recv, FD: 4, Since: 11, File: 1, Line: 18, Errno: ECONNRESET, Calls: 1, Errors: 1}},
		{"its exit says what it used", []Event{slept, {Kind: Exit, Thread: 0, Time: 31, CPU: 950}}, ThreadState{Exited: true, Call: Recv, FD: 4, Since: 31, File: 1, Line: 18, Sleeps: 1, CPU: 950}},
		{"processor time never falls", []Event{slept, {Kind: Return, Time: 31, Call: Recv, FD: 4, CPU: 100}}, ThreadState{Call: Recv, FD: 4, Since: 31, File: 1, Line: 18, Sleeps: 1, CPU: 900}},
		{"exit in a call", []Event{enter, {Kind: Exit, Time: 50, Result: -9}}, ThreadState{Started: true, Exited: true, Call: Recv, FD: 4, Since: 50, File: 1, Line: 18, Calls: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fold(c.events).Procs[0].Threads[0]; got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestTheProcessEndsWithItsFirstThread(t *testing.T) {
	s := Fold([]Event{
		{Kind: Start}, {Kind: Start, Thread: 1}, {Kind: Enter, Thread: 1, Call: Recv, FD: 4},
		{Kind: Exit, Result: -9},
	})
	p := s.Procs[0]
	if !p.Exited || p.Status != -9 {
		t.Errorf("exited %v with %d, want the signal 9", p.Exited, p.Status)
	}
	if other := p.Threads[1]; !other.Exited || other.InCall {
		t.Errorf("its other thread is %+v", other)
	}
}

func TestMux(t *testing.T) {
	in, out := &Sets{Read: []int{3, 4}}, &Sets{Read: []int{4}}
	enter := Event{Kind: Enter, Call: Select, FD: -1, Sets: in, Timeout: 20e9}
	back := Event{Kind: Return, Call: Select, FD: -1, Sets: out, Result: 1, Sleep: Slept}
	s := Fold([]Event{{Kind: Start}, enter})
	open := MuxState{Call: Select, Entered: 1, Open: true, Timeout: 20e9, In: in}
	if got := s.Procs[0].Muxed; !reflect.DeepEqual(*got, open) {
		t.Fatalf("entered: %+v, want %+v", *got, open)
	}
	before := s.Clone()
	s.Apply(&back)
	done := open
	done.Open, done.Out, done.Result, done.Sleep = false, out, 1, Slept
	if got := s.Procs[0].Muxed; !reflect.DeepEqual(*got, done) {
		t.Errorf("returned: %+v, want %+v", *got, done)
	}
	if got := before.Procs[0].Muxed; !reflect.DeepEqual(*got, open) {
		t.Errorf("the return changed the state before it: %+v", *got)
	}
	s.Apply(&Event{Kind: Enter, Call: Recv, FD: 4})
	if got := s.Procs[0].Muxed; !reflect.DeepEqual(*got, done) {
		t.Errorf("a recv after it changed it: %+v", *got)
	}
}

// Poll and epoll_wait wait for several fds as select does.
func TestMuxOfPollAndEpoll(t *testing.T) {
	in, out := &Sets{Read: []int{3, 4}}, &Sets{Read: []int{4}, HangUp: []int{4}}
	for _, call := range []Call{Poll, EpollWait} {
		p := Fold([]Event{
			{Kind: Enter, Call: call, FD: 5, Sets: in, Timeout: Forever},
			{Kind: Return, Call: call, FD: 5, Sets: out, Result: 1, Sleep: Slept},
		}).Procs[0]
		want := &MuxState{Call: call, Timeout: Forever, In: in, Out: out, Result: 1, Sleep: Slept}
		if !reflect.DeepEqual(p.Muxed, want) {
			t.Errorf("%v: %+v, want %+v", call, p.Muxed, want)
		}
	}
}

func TestOutput(t *testing.T) {
	write := func(fd int, text string) Event {
		return with(ret(Write, fd, int64(len(text)), 0), func(e *Event) { e.Data = []byte(text) })
	}
	s := Fold([]Event{write(1, "got 256\n"), write(4, "not this"), write(1, "Time out!\n")})
	if got := string(s.Procs[0].Output); got != "got 256\nTime out!\n" {
		t.Errorf("output is %q", got)
	}
	before := s.Clone()
	for range 2 * OutputCap / 10 {
		e := write(1, "0123456789")
		s.Apply(&e)
	}
	if got := s.Procs[0].Output; len(got) != OutputCap || string(got[len(got)-3:]) != "789" {
		t.Errorf("%d bytes of output are kept, ending in %q; want the last %d", len(got), got[len(got)-3:], OutputCap)
	}
	if got := string(before.Procs[0].Output); got != "got 256\nTime out!\n" {
		t.Errorf("writing on changed the state before it: %q", got)
	}
}

func TestSampleAndNote(t *testing.T) {
	socks := []Sock{{Local: "127.0.0.1:80", State: Listening}}
	s := Fold([]Event{socket3, {Kind: Sample, Time: 40, Proc: 99, Sockets: socks}, {Kind: Note, Time: 50, Proc: 99, Note: "dropped 3 events"}})
	if s.Events != 3 || s.Time != 50 || s.SocketsAt != 40 || !reflect.DeepEqual(s.Sockets, socks) || len(s.Procs) != 1 {
		t.Errorf("state is %+v", s)
	}
}

func TestEventsOfNobody(t *testing.T) {
	s := new(State)
	for _, e := range []Event{
		{Kind: Enter, Proc: -1}, {Kind: Enter, Thread: -1}, {Kind: Enter, Proc: 1 << 30}, {Kind: Return, Thread: MostThreads}, {Kind: 99}, {},
	} {
		s.Apply(&e)
	}
	if len(s.Procs) > 1 || s.Events != 6 {
		t.Errorf("they made %d processes; %d events counted", len(s.Procs), s.Events)
	}
}

func TestCloneIsApart(t *testing.T) {
	events := []Event{socket3, bind3, listen3, accept4}
	s := Fold(events)
	c := s.Clone()
	for _, e := range []Event{ret(Recv, 4, 10, 0), ret(Close, 3, 0, 0), {Kind: Enter, Call: Recv, FD: 4}, {Kind: Start, Proc: 3}} {
		c.Apply(&e)
	}
	if !reflect.DeepEqual(s, Fold(events)) {
		t.Errorf("changing the clone changed the original: %+v", s)
	}
}
