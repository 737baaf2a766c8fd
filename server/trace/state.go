package trace

import "slices"

// State is what can be said of a run after some of its events: who is in which
// call, and what the kernel holds for each process. It is a fold: the State
// after n events is a function of those events and nothing else.
type State struct {
	Events  int   // how many were applied
	Time    int64 // of the last one, ns since the run's start
	Procs   []ProcState
	Sockets []Sock // the kernel's table at SocketsAt; nil before the first Sample
	// SocketsAt is when Sockets was read, in ns since the run's start.
	SocketsAt int64
	Counters  []Counter // read with Sockets

	threads int  // of all processes
	shared  bool // several processes may have fds of one socket
}

// ProcState is one process of a State.
type ProcState struct {
	Started bool
	Exited  bool
	Status  int64         // of the exit; see Exit
	PID     int           // of a process that another one made; else 0
	Zombie  bool          // it has exited, and its parent has not waited for it
	Threads []ThreadState // by number
	FDs     []FDState     // open ones, by number
	Output  []byte        // written to standard output so far, at most OutputCap bytes
	// Muxed is the newest call that waits for several fds, of any thread: it
	// stays after the call returned, so that what came out can be seen beside
	// what went in.
	Muxed *MuxState
}

// OutputCap is how much of a process's standard output a State keeps, in bytes.
const OutputCap = 4096

// ThreadState is one thread of a process.
type ThreadState struct {
	Started, Exited bool
	InCall          bool  // a call has entered and not returned
	Call            Call  // the open call, or the last one
	FD              int   // its fd
	Since           int64 // when it entered, or returned
	File, Line      int   // where the program is; see Event
	Errno           Errno // of the last call that returned
	Calls           int   // that entered
	Sleeps          int   // that returned and had slept
	Errors          int   // that returned an errno other than "not yet"
	CPU             int64 // ns of processor time used
}

// FDKind says what an fd stands for.
type FDKind uint8

const (
	FDSocket   FDKind = iota // a socket neither connected nor listening
	FDListener               // a socket after listen
	FDConn                   // a socket with a peer
	FDEpoll                  // no socket: an interest list of epoll(7)
	FDKqueue                 // no socket: an interest list of kqueue(2)
	FDFile                   // a file
	FDEventfd                // no socket: a counter that wakes who waits for it, eventfd(2)
)

// Socket reports whether k stands for a socket.
func (k FDKind) Socket() bool { return k < FDEpoll }

// FDState is one open fd of a process.
type FDState struct {
	FD          int
	File        int // the number of the event that made what the fd stands for, or a negative one: fds with the same share it
	Kind        FDKind
	NonBlocking bool
	CloseOnExec bool // execve(2) closes it
	ShutRead    bool // shutdown(SHUT_RD) was called here
	ShutWrite   bool // shutdown(SHUT_WR) was called here
	Local, Peer string
	// Domain and Type are those of socket(2), AF_INET and SOCK_STREAM; an accepted socket
	// has its listener's. 0 is unknown.
	Domain, Type int64

	// State is the TCP state; How tells whether it was sampled, at StateAt, or follows
	// from the calls that returned.
	State   TCPState
	How     Provenance
	StateAt int64 // -1 when it was never sampled

	// Recv and Send are queue lengths in bytes, of a listener the connections
	// that wait and the backlog's size. RecvAt and SendAt are when each was read, -1 when
	// it was not.
	Recv, Send     int
	RecvAt, SendAt int64
	Unit           Unit // what they count
	Drops          int  // see Queue

	In, Out int64 // bytes received and sent by calls on this fd

	// Watched are the events that epoll_ctl(2) has put it on an interest list for,
	// 0 while it is on none. Told is when an epoll_wait named it last, ns since the
	// run's start; -1 when none has since that epoll_ctl.
	Watched int64
	Told    int64
}

// Types of socket(2).
const (
	typeStream   = 1 // SOCK_STREAM
	typeDatagram = 2 // SOCK_DGRAM
	typeRaw      = 3 // SOCK_RAW
)

// Domains of socket(2).
const (
	Unix = 1  // AF_UNIX
	IPv4 = 2  // AF_INET
	IPv6 = 10 // AF_INET6
)

// Datagrams reports whether f is a socket without connections: what it sends goes by
// datagrams, each for itself.
func (f *FDState) Datagrams() bool { return f.Type == typeDatagram || f.Type == typeRaw }

// Bounded reports whether f keeps boundaries: one recv gets of one send at most.
func (f *FDState) Bounded() bool { return f.Type > typeStream }

// MuxState is one select, poll or epoll_wait: what was asked, what came out.
type MuxState struct {
	Thread  int
	Call    Call
	Entered int // number of its Enter among the events
	Open    bool
	Timeout int64
	Size    int   // as the call's argument: select's nfds, poll's nfds, epoll_wait's maxevents
	In, Out *Sets // Out is nil while Open
	Result  int64
	Sleep   Sleep
}

// Apply adds the next event. Events that make no sense in their place (a trace
// from outside may hold anything) change as little as possible.
func (s *State) Apply(e *Event) {
	s.Events++
	s.Time = e.Time
	switch e.Kind {
	case Sample:
		s.Sockets, s.SocketsAt, s.Counters = e.Sockets, e.Time, e.Counters
		return
	case Note, Packet:
		return
	}
	p, t := s.thread(e)
	if t == nil {
		return
	}
	switch e.Kind {
	case Start:
		t.Started = true
		p.Started = true
		if e.Thread == 0 && len(e.Args) == 2 {
			s.begin(e)
		}
		p.had(e, s.Events-1)
	case Exit:
		t.Exited, t.InCall = true, false
		t.Since, t.CPU = e.Time, max(t.CPU, e.CPU)
		if e.Thread == 0 {
			p.Exited, p.Status, p.Zombie = true, e.Result, p.PID != 0
			p.FDs = nil
			for i := range p.Threads {
				p.Threads[i].Exited, p.Threads[i].InCall = true, false
			}
		}
	case Enter:
		p.Started, t.Started = true, true
		t.InCall, t.Call, t.FD, t.Since = true, e.Call, e.FD, e.Time
		t.Calls++
		t.at(e)
		p.sample(e)
		if s.shared {
			s.share(e)
		}
		if e.Call.Multiplexes() {
			if p.Muxed == nil {
				p.Muxed = new(MuxState)
			}
			*p.Muxed = MuxState{Thread: e.Thread, Call: e.Call, Entered: s.Events - 1, Open: true, Timeout: e.Timeout, Size: e.Size, In: e.Sets}
		}
	case Return:
		t.InCall, t.Call, t.FD, t.Since = false, e.Call, e.FD, e.Time
		t.Errno, t.CPU = e.Errno, max(t.CPU, e.CPU)
		if e.Sleep == Slept {
			t.Sleeps++
		}
		if e.Errno != 0 && !e.Errno.NotYet() {
			t.Errors++
		}
		t.at(e)
		s.returned(p, e, s.Events)
		if e.Call == Waitpid && e.Result > 0 {
			s.reaped(e.Result)
		}
		p.sample(e)
		if s.shared {
			s.share(e)
		}
		if m := p.Muxed; m != nil && m.Open && m.Thread == e.Thread && m.Call == e.Call {
			m.Open, m.Out, m.Result, m.Sleep = false, e.Sets, e.Result, e.Sleep
		}
	}
}

// Numbers of Linux's that change what an fd is.
const (
	NonBlock    = 0x800 // O_NONBLOCK of open(2) and fcntl(2), under all its names
	EpollDelete = 2     // EPOLL_CTL_DEL of epoll_ctl(2)
	SetFDFlags  = 2     // F_SETFD of fcntl(2)

	closeOnExec     = 0x80000 // O_CLOEXEC of open(2), under all its names
	copyFD          = 0       // F_DUPFD of fcntl(2)
	copyCloseOnExec = 1030    // F_DUPFD_CLOEXEC of fcntl(2)
)

// MostProcs is how many processes a trace can have. It and mostThreads, of all of them,
// bound what a trace from outside can make a State allocate.
const (
	MostProcs   = 256
	mostThreads = 2048
)

func (s *State) thread(e *Event) (*ProcState, *ThreadState) {
	if e.Proc < 0 || e.Proc >= MostProcs || e.Thread < 0 || e.Thread >= MostThreads {
		return nil, nil
	}
	for len(s.Procs) <= e.Proc {
		s.Procs = append(s.Procs, ProcState{})
	}
	p := &s.Procs[e.Proc]
	if more := e.Thread + 1 - len(p.Threads); more > 0 {
		if s.threads += more; s.threads > mostThreads {
			s.threads -= more
			return nil, nil
		}
		p.Threads = append(p.Threads, make([]ThreadState, more)...)
	}
	return p, &p.Threads[e.Thread]
}

// had opens the sockets that a process was seen to have when its trace began, event
// number n.
func (p *ProcState) had(e *Event, n int) {
	for i := range e.Queues {
		q := &e.Queues[i]
		f := FDState{FD: q.FD, File: -1 - (n<<10 + i), Local: q.Local, Peer: q.Peer} // no event made it
		switch {
		case q.State == Listening:
			f.Kind = FDListener
		case q.Peer != "":
			f.Kind = FDConn
		}
		p.open(f)
	}
	p.sample(e)
}

// begin gives a process that another one made its copy of the other's fds.
func (s *State) begin(e *Event) {
	parent, child := e.Args[0], &s.Procs[e.Proc]
	child.PID = int(e.Args[1])
	if parent < 0 || parent >= int64(len(s.Procs)) {
		return
	}
	child.FDs = slices.Clone(s.Procs[parent].FDs)
	for i := range child.FDs {
		child.FDs[i].In, child.FDs[i].Out = 0, 0
	}
	s.shared = true
}

// reaped notes that the exit of a process was waited for.
func (s *State) reaped(pid int64) {
	for i := range s.Procs {
		if int64(s.Procs[i].PID) == pid {
			s.Procs[i].Zombie = false
		}
	}
}

// share has the other fds of the sockets that e was about show the same: all but
// their numbers and what was moved through them belongs to the socket.
func (s *State) share(e *Event) {
	s.shareFD(e.Proc, e.FD)
	for i := range e.Queues {
		if fd := e.Queues[i].FD; fd != e.FD {
			s.shareFD(e.Proc, fd)
		}
	}
}

func (s *State) shareFD(proc, fd int) {
	f := s.Procs[proc].FD(fd)
	if f == nil {
		return
	}
	for i := range s.Procs {
		for k := range s.Procs[i].FDs {
			if o := &s.Procs[i].FDs[k]; o.File == f.File && o != f {
				fd, in, out, closes := o.FD, o.In, o.Out, o.CloseOnExec
				*o = *f
				o.FD, o.In, o.Out, o.CloseOnExec = fd, in, out, closes
			}
		}
	}
}

// Holders returns the processes that have an fd of the file, by their numbers.
func (s *State) Holders(file int) []int {
	var procs []int
	for i := range s.Procs {
		for k := range s.Procs[i].FDs {
			if s.Procs[i].FDs[k].File == file {
				procs = append(procs, i)
				break
			}
		}
	}
	return procs
}

func (t *ThreadState) at(e *Event) {
	if e.Line > 0 {
		t.File, t.Line = e.File, e.Line
	}
}

// FD returns the open fd with the number, or nil.
func (p *ProcState) FD(fd int) *FDState {
	if i, ok := p.find(fd); ok {
		return &p.FDs[i]
	}
	return nil
}

// find returns the index in FDs where the fd with the number is, or would be.
func (p *ProcState) find(fd int) (i int, open bool) {
	lo, hi := 0, len(p.FDs)
	for lo < hi {
		if mid := (lo + hi) / 2; p.FDs[mid].FD < fd {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(p.FDs) && p.FDs[lo].FD == fd
}

func (p *ProcState) open(f FDState) {
	f.StateAt, f.RecvAt, f.SendAt = -1, -1, -1
	p.put(f)
}

// put takes over an fd, in the place of what had its number.
func (p *ProcState) put(f FDState) {
	i, ok := p.find(f.FD)
	if ok {
		p.FDs[i] = f
		return
	}
	p.FDs = slices.Insert(p.FDs, i, f)
}

// returned changes the fd table as the call that came back did, event number n.
func (s *State) returned(p *ProcState, e *Event, n int) {
	if e.Call.Told() {
		return // what it changed, the kernel's calls say
	}
	if e.Call == Close {
		// Linux has given the fd back even when close reports an error (close(2)).
		if i, ok := p.find(e.FD); ok && e.Errno != EBADF {
			p.FDs = slices.Delete(p.FDs, i, i+1)
		}
		return
	}
	f := p.FD(e.FD)
	if e.Errno != 0 {
		if f == nil {
			return
		}
		switch {
		case e.Errno == ECONNRESET:
			f.State, f.How = Closed, Inferred
		case e.Call == Connect && e.Errno == EINPROGRESS:
			f.Kind, f.Peer, f.State, f.How = FDConn, e.Addr, SynSent, Inferred
		}
		return
	}
	if e.Call == Execve {
		p.FDs = slices.DeleteFunc(slices.Clone(p.FDs), func(f FDState) bool { return f.CloseOnExec })
		return
	}
	if to, closes, copies := copied(e); copies && f != nil {
		same := *f
		same.FD, same.In, same.Out, same.CloseOnExec = to, 0, 0, closes
		p.put(same)
		s.shared = true
		return
	}
	if e.Call.MakesFD() {
		made := FDState{FD: int(e.Result), File: n, Kind: e.Call.Row().Makes}
		switch e.Call {
		case Socket:
			made.State, made.How, made.NonBlocking, made.CloseOnExec = Closed, Inferred, e.bit(1, NonBlock), e.bit(1, closeOnExec)
			made.Domain, made.Type = e.arg(0), e.arg(1)&typeBits
		case Accept:
			made.State, made.How, made.NonBlocking, made.CloseOnExec = Established, Inferred, e.bit(0, NonBlock), e.bit(0, closeOnExec)
			made.Peer = e.Addr
			if f != nil {
				made.Local, made.Domain, made.Type = f.Local, f.Domain, f.Type
			}
		}
		p.open(made)
	}
	switch e.Call {
	case Write:
		if e.FD == 1 {
			p.Output = append(p.Output, e.Data...) // a Clone has no room behind what it has
			p.Output = p.Output[max(0, len(p.Output)-OutputCap):]
		}
	case EpollCtl:
		p.watch(e)
	case EpollWait:
		if e.Sets != nil {
			for _, fds := range [...][]int{e.Sets.Read, e.Sets.Write, e.Sets.Except, e.Sets.Error, e.Sets.HangUp, e.Sets.RdHup} {
				for _, fd := range fds {
					if told := p.FD(fd); told != nil {
						told.Told = e.Time
					}
				}
			}
		}
	}
	switch {
	case f == nil:
		return
	case e.Call.Sends():
		f.Out += e.Result
	case e.Call.Receives() && !e.Peeks():
		f.In += e.Got()
	}
	switch e.Call {
	case Bind, Getsockname:
		f.Local = e.Addr
	case Listen:
		f.Kind, f.State, f.How = FDListener, Listening, Inferred
	case Connect:
		f.Kind, f.Peer, f.State, f.How = FDConn, e.Addr, Established, Inferred
		if f.Datagrams() {
			f.Kind = FDSocket
		}
	case Shutdown:
		if len(e.Args) > 0 {
			f.ShutRead = f.ShutRead || e.Args[0] != 1
			f.ShutWrite = f.ShutWrite || e.Args[0] != 0
		}
	case Fcntl:
		const setFlags = 4 // F_SETFL
		switch {
		case len(e.Args) != 2:
		case e.Args[0] == setFlags:
			f.NonBlocking = e.Args[1]&NonBlock != 0
		case e.Args[0] == SetFDFlags:
			f.CloseOnExec = e.Args[1]&1 != 0
		}
	}
}

// typeBits are those of socket(2)'s type that name one. The others are flags.
const typeBits = 0xf

// arg returns argument i, 0 for one that is missing.
func (e *Event) arg(i int) int64 {
	if i < len(e.Args) {
		return e.Args[i]
	}
	return 0
}

// Peeks reports whether a call that receives left in the queue what it returned.
func (e *Event) Peeks() bool {
	const peek = 0x2 // MSG_PEEK
	return (e.Call == Recv || e.Call == Recvfrom || e.Call == Recvmsg) && e.bit(0, peek)
}

// Got returns how many bytes the program got of a Return of a call that receives. With
// MSG_TRUNC the call returns the size of a datagram, of which a part may be gone.
func (e *Event) Got() int64 {
	const trunc = 0x20 // MSG_TRUNC
	n := max(e.Result, 0)
	switch {
	case !e.bit(0, trunc):
	case e.Size > 0: // strace's, which may show less of the content
		n = min(n, int64(e.Size))
	case len(e.Data) < DataCap:
		n = min(n, int64(len(e.Data)))
	}
	return n
}

// copied returns the number of the copy that a call made of its fd, and whether execve(2)
// closes that.
func copied(e *Event) (to int, closes, copies bool) {
	switch {
	case e.Call == Dup, e.Call == Dup2 && e.Result != int64(e.FD):
		return int(e.Result), false, true
	case e.Call == Fcntl && len(e.Args) > 0 && (e.Args[0] == copyFD || e.Args[0] == copyCloseOnExec):
		return int(e.Result), e.Args[0] == copyCloseOnExec, true
	}
	return 0, false, false
}

// bit reports whether a bit of argument i is set.
func (e *Event) bit(i int, bit int64) bool { return i < len(e.Args) && e.Args[i]&bit != 0 }

// watch changes an interest list as an epoll_ctl that came back did.
func (p *ProcState) watch(e *Event) {
	if len(e.Args) < 3 {
		return
	}
	f := p.FD(int(e.Args[1]))
	switch {
	case f == nil:
	case e.Args[0] == EpollDelete:
		f.Watched = 0
	default:
		f.Watched, f.Told = e.Args[2], -1
	}
}

// sample takes over what was read beside the call.
func (p *ProcState) sample(e *Event) {
	for i := range e.Queues {
		q := &e.Queues[i]
		f := p.FD(q.FD)
		if f == nil {
			continue
		}
		f.Unit, f.Drops = q.Unit, max(f.Drops, q.Drops)
		if q.Has(RecvQ) {
			f.Recv, f.RecvAt = q.Recv, q.Time
		}
		if q.Has(SendQ) {
			f.Send, f.SendAt = q.Send, q.Time
		}
		if q.State != 0 {
			f.State, f.How, f.StateAt = q.State, Sampled, q.Time
		}
		if q.Local != "" {
			f.Local = q.Local
		}
		if q.Peer != "" {
			f.Peer = q.Peer
		}
	}
}

func (s *Sets) clone() *Sets {
	if s == nil {
		return nil
	}
	c := *s
	for _, fds := range [...]*[]int{&c.Read, &c.Write, &c.Except, &c.Error, &c.HangUp, &c.RdHup} {
		*fds = slices.Clone(*fds)
	}
	return &c
}

// Clone returns a copy that Apply on either leaves alone.
func (s *State) Clone() *State {
	c := *s
	c.Procs = slices.Clone(s.Procs)
	for i := range c.Procs {
		p := &c.Procs[i]
		p.Threads = slices.Clone(p.Threads)
		p.FDs = slices.Clone(p.FDs)
		p.Output = slices.Clip(p.Output)
		if p.Muxed != nil {
			m := *p.Muxed
			p.Muxed = &m
		}
	}
	return &c
}

// Keep has s keep nothing of the events that were applied: whoever owns them may change
// their sets.
func (s *State) Keep() {
	for i := range s.Procs {
		if m := s.Procs[i].Muxed; m != nil {
			m.In, m.Out = m.In.clone(), m.Out.clone()
		}
	}
}

// Fold returns the State after the events.
func Fold(events []Event) *State {
	s := new(State)
	for i := range events {
		s.Apply(&events[i])
	}
	return s
}
