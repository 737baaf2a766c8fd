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
	size   uint32
	bytes  int32
	name   sockaddr
	text   [4][64]byte // addresses as text; a call makes two sockets known at most
	texts  int
}

func (p *sampler) reset() { p.n, p.texts = 0, 0 }

// before reads what a call is about to deal with.
func (p *sampler) before(c *call, sets *lists) []ring.Queue {
	p.reset()
	p.read(c.fd)
	p.readSets(sets)
	return p.queues[:p.n]
}

// after reads the same when the call is back, and the addresses that it made
// known; ok is true also of a connect that goes on.
func (p *sampler) after(c *call, result int, ok bool, sets *lists) []ring.Queue {
	p.reset()
	switch {
	case c.name == trace.Close:
	case c.name == trace.Accept && ok:
		p.read(c.fd)
		p.named(p.read(result))
	case c.name.MakesFD() && ok:
		p.read(result)
	default:
		q := p.read(c.fd)
		if ok && (c.name == trace.Bind || c.name == trace.Connect) {
			p.named(q)
		}
	}
	p.readSets(sets)
	return p.queues[:p.n]
}

func (p *sampler) readSets(sets *lists) {
	for i, set := range sets {
		for _, fd := range set {
			if i == 0 || !contains(sets[:i], fd) {
				p.read(int(fd))
			}
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

// read adds the queue lengths and the state of fd. It returns nil when fd is no
// socket, or no room is left.
func (p *sampler) read(fd int) *ring.Queue {
	if fd < 3 || p.n == len(p.queues) {
		return nil
	}
	q := &p.queues[p.n]
	*q = ring.Queue{FD: int32(fd), Time: nanotime()}
	p.size = uint32(unsafe.Sizeof(p.info))
	if _, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&p.info)), uintptr(unsafe.Pointer(&p.size)), 0); errno != 0 {
		return nil
	}
	q.State = trace.TCPState(p.info.State)
	switch q.State {
	case trace.Listening:
		// Of a listener these two are the connections that wait and the size
		// of the backlog (net/ipv4/tcp.c, tcp_get_info).
		q.Recv, q.Send = int32(p.info.Unacked), int32(p.info.Sacked)
	case trace.Closed:
		// Nothing is left to send, though SIOCOUTQ would still count: it is a
		// difference of sequence numbers, of a connection that is gone.
		q.Recv = p.queue(fd, unix.SIOCINQ)
	default:
		q.Recv, q.Send = p.queue(fd, unix.SIOCINQ), p.queue(fd, unix.SIOCOUTQ)
	}
	p.n++
	return q
}

// queue returns the bytes in a queue, as netstat's Recv-Q and Send-Q (tcp(7)).
func (p *sampler) queue(fd int, which uintptr) int32 {
	p.bytes = 0
	syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), which, uintptr(unsafe.Pointer(&p.bytes)))
	return p.bytes
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
