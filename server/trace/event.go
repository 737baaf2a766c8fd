package trace

import "strconv"

// Kind says what an Event reports.
type Kind uint8

const (
	// Start: a process (Thread 0) or one more thread of it began. Of a process
	// that another one made, Args are that one's number and the pid; it begins
	// with a copy of the other's fds, right behind the Return of the fork. Of a
	// process with an Arrive, Result is how late it began, in ns: 0 is on time.
	Start Kind = 1
	// Exit: a thread ended; for Thread 0 the process did. Result is the exit
	// status, or minus the signal's number when a signal ended it.
	Exit Kind = 2
	// Enter: a call entered the kernel. Its thread is blocked in it until the
	// Return that follows in the same thread.
	Enter Kind = 3
	// Return: the thread's open call came back.
	Return Kind = 4
	// Sample: Sockets holds every TCP, UDP and Unix socket of the run as the kernel
	// listed them at Time (sock_diag(7)); Proc and Thread mean nothing.
	Sample Kind = 5
	// Note: Note holds a sentence of ours about the run: a limit that was
	// reached, events that were dropped. It is injected, not observed. With an Addr, nothing
	// that is sent to that address arrives from then on.
	Note Kind = 6
	// Gap: between its event before and Time a thread made Result calls that are not
	// in the trace. With 0 only the end of the call that it was in is missing.
	Gap Kind = 7
	// Packet: a packet arrived on the run's own loopback interface, as packet(7) shows
	// it. Data is its first bytes, from the Ethernet header on, and Size how many it had;
	// package packet reads them. Proc and Thread mean nothing: nobody saw who sent it. One
	// without Data says that from its Time on packets are missing in the trace.
	Packet Kind = 8
)

// Provenance says how something that is shown is known.
type Provenance uint8

const (
	// Observed: a call's own arguments, result, errno, bytes and times.
	Observed Provenance = iota
	// Sampled: read beside a call, at a time of its own.
	Sampled
	// Inferred: concluded by us from several observations.
	Inferred
	// Injected: caused by us, by a knob of the lab.
	Injected
)

// String returns the one word used for p on the page.
func (p Provenance) String() string {
	return [...]string{"observed", "sampled", "inferred", "injected"}[p&3]
}

// Sleep says whether a call's thread slept in the kernel. It is the kernel's
// own count of voluntary context switches (getrusage(2), RUSAGE_THREAD,
// ru_nvcsw) before and after the call, never a guess from its duration. Where the
// kernel has left a mark in place that it wipes when it switches the thread away
// (rseq(2)), there is nothing to count: the thread did not sleep.
type Sleep uint8

const (
	// SleepUnknown: the system offers no such count, or strace(1) took the call. strace
	// stops the thread itself, so the count says nothing. Only a call that can't wait is
	// then known to be Awake: one on a non-blocking fd, or with a timeout of 0. A call
	// that the program tells is unknown, too: Go's runtime chooses which thread waits.
	SleepUnknown Sleep = 0
	// Awake: the thread did not give up the processor in the call.
	Awake Sleep = 1
	// Slept: the thread gave up the processor until something woke it.
	Slept Sleep = 2
)

// DataCap is how many bytes of content an event carries at most; Size and
// Result still give the true counts.
const DataCap = 2048

// Event is one instant of a run. Which fields are meaningful depends on Kind
// and Call; the others are zero.
type Event struct {
	Kind   Kind  `cbor:"1,keyasint"`
	Time   int64 `cbor:"2,keyasint"`           // ns of CLOCK_MONOTONIC since the run's start
	Proc   int   `cbor:"3,keyasint,omitempty"` // index in Header.Procs, or behind them; see Message.Child
	Thread int   `cbor:"4,keyasint,omitempty"` // 0 is the process's first thread; see KernelThread

	// Of a call, on Enter and again on Return.
	Call Call `cbor:"5,keyasint,omitempty"`
	FD   int  `cbor:"6,keyasint"`           // the fd the call is about; -1 for none
	File int  `cbor:"7,keyasint,omitempty"` // index in Header.Sources, plus one; 0 is unknown
	Line int  `cbor:"8,keyasint,omitempty"` // line of the program that made the call

	// Arguments, on Enter; Args on Return too, and the Addr of a bind or connect
	// and the Data of a write, so that the Return alone tells what changed.
	Args    []int64 `cbor:"9,keyasint,omitempty"`  // integers, in the order of the call's prototype
	Size    int     `cbor:"10,keyasint,omitempty"` // bytes offered, or room for bytes
	Timeout int64   `cbor:"11,keyasint,omitempty"` // ns; Forever when the call has no limit

	// In on one side and out on the other: a connect has Addr on Enter, an
	// accept on Return; a send has Data on Enter, a recv on Return; Sets are
	// the interest on Enter and what is ready on Return.
	Addr string `cbor:"12,keyasint,omitempty"`
	Data []byte `cbor:"13,keyasint,omitempty"` // at most DataCap bytes of the content
	Sets *Sets  `cbor:"14,keyasint,omitempty"`

	// On Return.
	Result int64 `cbor:"15,keyasint,omitempty"` // as the call returned it: -1 with Errno
	Errno  Errno `cbor:"16,keyasint,omitempty"`
	Sleep  Sleep `cbor:"17,keyasint,omitempty"`
	// CPU is the processor time that the thread has used so far, in ns, on Exit too. It
	// was read when the thread had last left the processor, at most 1 ms before Time. The
	// kernel counts at its ticks, which are 1 to 10 ms apart, and when it switches threads.
	CPU int64 `cbor:"18,keyasint,omitempty"`

	// Sampled beside the call; each has its own time.
	Queues []Queue `cbor:"19,keyasint,omitempty"`

	Sockets []Sock `cbor:"20,keyasint,omitempty"` // of a Sample
	// Counters, of a Sample, are what the kernel had counted of TCP in the run's network
	// namespace, without those that are 0.
	Counters []Counter `cbor:"42,keyasint,omitempty"`
	Note     string    `cbor:"21,keyasint,omitempty"` // of a Note

	// Text is the arguments of a call as its tracer wrote them, where the fields
	// above can't hold what they say; else "".
	Text string `cbor:"22,keyasint,omitempty"`
}

// Forever is the Timeout of a call that waits without limit.
const Forever = -1

// Untold is the Timeout of an Enter that strace(1) wrote before it had read the
// call's last arguments: they stand in its Return.
const Untold = -2

// MaxThreads is how many threads of one process can be recorded beside one another.
const MaxThreads = 64

// MostThreads is how many threads of one process a trace can have: strace(1) follows as
// many as there are.
const MostThreads = 1024

// KernelThread is the first number of the kernel's threads in a process with a
// Tracer. Those below are the program's goroutines, whose calls are Told.
const KernelThread = MaxThreads / 2

// ThreadName names a thread of a process with a Tracer: "goroutine 1", "thread 1".
func ThreadName(thread int) string {
	if thread < KernelThread {
		return "goroutine " + strconv.Itoa(thread+1)
	}
	return "thread " + strconv.Itoa(thread-KernelThread+1)
}

// Sets are the three lists of select(2). On Enter: the fds that the program
// asks about, for epoll_wait the interest list. On Return: those that are ready.
//
// Of poll(2) and epoll_wait(2) they are the fds with POLLIN, POLLOUT and
// POLLPRI. On Return those have two more, which nobody needs to ask for. Of
// kevent(2) they are those with EVFILT_READ and EVFILT_WRITE, and on Return those
// with EV_ERROR and EV_EOF.
type Sets struct {
	Read   []int `cbor:"1,keyasint,omitempty"`
	Write  []int `cbor:"2,keyasint,omitempty"`
	Except []int `cbor:"3,keyasint,omitempty"`
	Error  []int `cbor:"4,keyasint,omitempty"` // with POLLERR
	HangUp []int `cbor:"5,keyasint,omitempty"` // with POLLHUP
	RdHup  []int `cbor:"6,keyasint,omitempty"` // with EPOLLRDHUP, which has to be asked for: the peer sends no more
	// Null tells of select's lists which were not given: bit 0 is Read, bit 1 Write,
	// bit 2 Except. A list that is empty and not Null was given empty.
	Null uint8 `cbor:"7,keyasint,omitempty"`
}

// Len returns how many members the three lists of select have together.
func (s *Sets) Len() int {
	if s == nil {
		return 0
	}
	return len(s.Read) + len(s.Write) + len(s.Except)
}

// Queue is one socket of the calling process, read beside a call: queue
// lengths by SIOCINQ and SIOCOUTQ (tcp(7)), the rest by TCP_INFO. Each reading takes
// time, so a recv has the one length read that it looks at, and so has a send.
type Queue struct {
	FD    int      `cbor:"1,keyasint"`
	Time  int64    `cbor:"2,keyasint"`           // ns since the run's start, of this reading
	Recv  int      `cbor:"3,keyasint,omitempty"` // bytes received and not yet read; of a listener: connections waiting in the backlog
	Send  int      `cbor:"4,keyasint,omitempty"` // bytes sent and not yet acknowledged; of a listener: the backlog's size
	State TCPState `cbor:"5,keyasint,omitempty"` // 0 when it was not read
	Local string   `cbor:"6,keyasint,omitempty"` // given once, when the address became known
	Peer  string   `cbor:"7,keyasint,omitempty"`
	Only  Length   `cbor:"8,keyasint,omitempty"` // the length that was read; 0 is both
	Unit  Unit     `cbor:"9,keyasint,omitempty"` // what Recv and Send count
	// Drops is how many datagrams the kernel has thrown away since the socket was made,
	// mostly because its receive buffer was full.
	Drops int `cbor:"10,keyasint,omitempty"`
}

// Unit is what the lengths of a queue count.
type Unit uint8

const (
	Bytes Unit = iota
	// Memory is the kernel's memory for what is queued, in bytes. A datagram takes more
	// of it than it has bytes itself. This is what a receive buffer's size limits.
	Memory
)

// Length names one of the two lengths of a Queue.
type Length uint8

const (
	RecvQ Length = iota + 1
	SendQ
	NoQ // neither: what was read are the addresses
)

// Has reports whether l was read.
func (q *Queue) Has(l Length) bool { return q.Only == 0 || q.Only == l }

// Sock is one row of the kernel's own socket table, as netstat(8) shows it.
type Sock struct {
	Local string   `cbor:"1,keyasint"`
	Peer  string   `cbor:"2,keyasint,omitempty"`
	State TCPState `cbor:"3,keyasint"`
	Recv  int      `cbor:"4,keyasint,omitempty"` // Recv-Q; of a listener: connections waiting
	Send  int      `cbor:"5,keyasint,omitempty"` // Send-Q; of a listener: the backlog's size
	Kind  SockKind `cbor:"6,keyasint,omitempty"`
	Drops int      `cbor:"7,keyasint,omitempty"` // as a Queue has it; of UDP
}

// Unread reports whether Recv counts a FIN that the program hasn't come to: the kernel's
// table counts sequence numbers (net/ipv4/tcp_diag.c), and a FIN has one.
func (s *Sock) Unread() bool {
	return s.Kind == TCP && s.Recv > 0 && (s.State == CloseWait || s.State == LastAck || s.State == Closing)
}

// SockKind is a kind of socket in the kernel's tables. Of UDP, Recv and Send are the
// kernel's memory, of a Unix socket Send is.
type SockKind uint8

const (
	TCP SockKind = iota
	UDP
	UnixStream
	UnixDatagram
	UnixSeqpacket
)

// String returns the name that ss(8) has for the kind.
func (k SockKind) String() string {
	names := [...]string{"tcp", "udp", "u_str", "u_dgr", "u_seq"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Unix reports whether it is one of the kinds of Unix sockets.
func (k SockKind) Unix() bool { return k >= UnixStream }

// Counter is one of the kernel's counters, by its name in /proc/net/netstat.
type Counter struct {
	Name string `cbor:"1,keyasint"`
	N    int64  `cbor:"2,keyasint"`
}
