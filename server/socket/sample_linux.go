package socket

import (
	"slices"
	"syscall"
	"unsafe"

	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// sampler reads the kernel's view of sockets beside a call. Its own system
// calls are not traced, lie outside of the traced call's times, and never
// block.
type sampler struct {
	queues [ring.MaxQueues]ring.Queue
	n      int
	info   unix.TCPInfo
	mem    [9]uint32 // SK_MEMINFO
	size   uint32
	count  int32
	name   sockaddr
	text   [4][64]byte // addresses as text; a call makes two sockets known at most
	texts  int
}

func (p *sampler) reset() { p.n, p.texts = 0, 0 }

// before reads what the call is about to look at. A call that looks at nothing, such as
// setsockopt, has nothing read.
func (p *sampler) before(c *call, sets *lists) []ring.Queue {
	p.reset()
	if c.name == trace.Close {
		defer sorted(c, 0, false)
	}
	switch {
	case c.sets != nil:
		p.readSets(sets)
	case c.name.Receives():
		p.read(c.fd, trace.RecvQ)
	case c.name.Sends():
		p.read(c.fd, trace.SendQ)
	case c.name == trace.Accept || c.name == trace.Shutdown || c.name == trace.Close:
		p.read(c.fd, both)
	}
	return p.queues[:p.n]
}

// after reads what the call has changed, or has waited for, and the addresses that it
// made known. ok is true also of a connect that goes on.
func (p *sampler) after(c *call, result int, ok bool, sets *lists) []ring.Queue {
	was := trace.TCPState(0)
	if p.n > 0 {
		was = p.queues[0].State
	}
	p.reset()
	sorted(c, result, ok)
	switch {
	case c.sets != nil:
		p.readSets(sets)
	case c.name.Receives() && ok && result > 0:
		p.length(c.fd, trace.RecvQ)
	case c.name.Sends() && ok && was == trace.Established:
		p.length(c.fd, trace.SendQ)
	case c.name.Sends():
		// What was sent to a peer that is gone has ended the connection by now.
		if q := p.read(c.fd, trace.SendQ); c.names && ok {
			p.named(q)
		}
	case c.name == trace.Socket && ok:
		p.read(result, both)
	case c.name == trace.Accept && ok:
		p.read(c.fd, both)
		p.named(p.read(result, both))
	case c.name == trace.Bind || c.name == trace.Connect:
		if q := p.read(c.fd, both); ok {
			p.named(q)
		}
	case c.name.Receives() || c.name == trace.Listen || c.name == trace.Shutdown || c.name == trace.Getsockopt:
		p.read(c.fd, both)
	}
	return p.queues[:p.n]
}

// readSets reads of each fd the lengths that the call waits for. The first two lists are
// those of fds to receive from and to send to.
func (p *sampler) readSets(sets *lists) {
	for i, set := range sets {
		for _, fd := range set {
			which := both
			switch {
			case contains(sets[:i], fd):
				continue
			case i == 0 && !contains(sets[1:], fd):
				which = trace.RecvQ
			case i == 1:
				which = trace.SendQ
			}
			p.read(int(fd), which)
		}
	}
}

func contains(sets [][]int32, fd int32) bool {
	for _, set := range sets {
		if slices.Contains(set, fd) {
			return true
		}
	}
	return false
}

// both stands for the two lengths of a queue.
const both trace.Length = 0

// length adds one length of fd.
func (p *sampler) length(fd int, which trace.Length) {
	if sortOf(fd) != sortStream {
		p.read(fd, which)
		return
	}
	if q := p.next(fd, which); q != nil {
		if which == trace.RecvQ {
			q.Recv = p.bytes(fd, which)
		} else {
			q.Send = p.bytes(fd, which)
		}
		p.n++
	}
}

// read adds one length of fd or both, and the TCP state. Where there are bytes to receive
// state says no more, and isn't read for that length alone. It returns nil when fd
// is no socket, or no room is left.
func (p *sampler) read(fd int, which trace.Length) *ring.Queue {
	q := p.next(fd, which)
	if q == nil {
		return nil
	}
	switch sortOf(fd) {
	case sortDatagram:
		return p.memory(q)
	case sortUnix:
		return p.local(q)
	}
	if which == trace.RecvQ {
		if q.Recv = p.bytes(fd, which); q.Recv > 0 {
			p.n++
			return q
		}
	}
	if !p.inform(fd) {
		return nil
	}
	p.n++
	q.State = trace.TCPState(p.info.State)
	if q.State == trace.Listening {
		// Of a listener these two are the connections that wait and the size
		// of the backlog (net/ipv4/tcp.c, tcp_get_info).
		q.Only, q.Recv, q.Send = both, int32(p.info.Unacked), int32(p.info.Sacked)
		return q
	}
	// That the stream has ended is read before its last bytes: an empty queue is then one
	// in which nothing will come any more.
	if which == both || which == trace.RecvQ && q.State != trace.Established {
		q.Recv = p.bytes(fd, trace.RecvQ)
	}
	switch {
	case p.acked():
		if which == trace.RecvQ {
			q.Only = both
		}
	case which != trace.RecvQ:
		q.Send = p.bytes(fd, trace.SendQ)
	}
	return q
}

// next returns the record of one more fd, nil for a standard stream or when no room is
// left.
func (p *sampler) next(fd int, which trace.Length) *ring.Queue {
	if fd < 3 || p.n == len(p.queues) {
		return nil
	}
	q := &p.queues[p.n]
	*q = ring.Queue{FD: int32(fd), Time: nanotime(), Only: which}
	return q
}

// inform reads TCP_INFO. It reports false when fd is no TCP socket.
func (p *sampler) inform(fd int) bool {
	p.size = uint32(unsafe.Sizeof(p.info))
	_, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&p.info)), uintptr(unsafe.Pointer(&p.size)), 0)
	return errno == 0
}

// memory reads how much of the kernel's memory the datagrams of a socket take, and how
// many were dropped because there was no room (SO_MEMINFO, linux/sock_diag.h). A
// datagram takes more than its bytes. SIOCINQ would tell of the first one alone.
func (p *sampler) memory(q *ring.Queue) *ring.Queue {
	const received, sent, drops = 0, 2, 8 // SK_MEMINFO_RMEM_ALLOC, _WMEM_ALLOC, _DROPS
	p.size = uint32(unsafe.Sizeof(p.mem))
	_, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(q.FD), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&p.mem)), uintptr(unsafe.Pointer(&p.size)), 0)
	if errno != 0 || p.size < uint32(unsafe.Sizeof(p.mem)) {
		return nil // Linux before 4.12
	}
	p.n++
	q.Only, q.Unit = both, trace.Memory
	q.Recv, q.Send, q.Drops = int32(p.mem[received]), int32(p.mem[sent]), int32(p.mem[drops])
	return q
}

// local reads the queues of a Unix socket. What it has sent and its peer has not
// received is counted as the kernel's memory, so it isn't read.
func (p *sampler) local(q *ring.Queue) *ring.Queue {
	p.count = 0
	if _, _, errno := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(q.FD), unix.SIOCINQ, uintptr(unsafe.Pointer(&p.count))); errno != 0 {
		return nil // a listener
	}
	p.n++
	q.Only, q.Recv = trace.RecvQ, p.count
	return q
}

// acked reports whether TCP_INFO tells that the Send-Q is empty: no segment is under way,
// and no byte waits for one. That of a connection that is gone is empty, though SIOCOUTQ
// would still count: it is a difference of sequence numbers.
func (p *sampler) acked() bool {
	knows := p.size >= uint32(unsafe.Offsetof(p.info.Notsent_bytes)+unsafe.Sizeof(p.info.Notsent_bytes))
	return trace.TCPState(p.info.State) == trace.Closed || knows && p.info.Unacked == 0 && p.info.Notsent_bytes == 0
}

// bytes returns a length, as netstat's Recv-Q and Send-Q (tcp(7)); 0 when fd has none.
func (p *sampler) bytes(fd int, which trace.Length) int32 {
	request := uintptr(unix.SIOCINQ)
	if which == trace.SendQ {
		request = unix.SIOCOUTQ
	}
	p.count = 0
	syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&p.count)))
	return p.count
}

// named adds the socket's addresses, as far as it has them.
func (p *sampler) named(q *ring.Queue) {
	if q != nil {
		q.Local = p.address(unix.SYS_GETSOCKNAME, q.FD)
		q.Peer = p.address(unix.SYS_GETPEERNAME, q.FD)
	}
}

func (p *sampler) address(trap uintptr, fd int32) []byte {
	p.name.room()
	if _, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&p.name.raw)), uintptr(unsafe.Pointer(&p.name.size))); errno != 0 {
		return nil
	}
	text := p.name.appendTo(p.text[p.texts][:0])
	p.texts++
	return text
}
