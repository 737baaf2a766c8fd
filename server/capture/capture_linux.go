package capture

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockscope/server/packet"
)

// The ring is so many frames of so many bytes. A frame has the kernel's header, then as
// many bytes of the packet as are kept.
const (
	frameSize = 512
	frames    = 2048
	blockSize = 64 << 10
)

// Loopback captures the packets of lo.
type Loopback struct {
	fd      int
	ring    []byte
	next    int   // the frame that the kernel fills next
	offset  int64 // CLOCK_REALTIME - CLOCK_MONOTONIC, ns
	dropped int64
}

// Open begins to capture in the network namespace of the calling process. It takes
// CAP_NET_RAW there.
func Open() (*Loopback, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // of no protocol: it captures nothing yet
	if err != nil {
		return nil, os.NewSyscallError("socket AF_PACKET", err)
	}
	l := &Loopback{fd: fd, offset: clockOffset()}
	if err := l.open(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Loopback) open() error {
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFINDEX, lo); err != nil {
		return os.NewSyscallError("ioctl SIOCGIFINDEX lo", err)
	}
	// "Return so many bytes": a filter may cut a packet off, and the kernel copies no more.
	keep := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: packet.Snap}}
	program := unix.SockFprog{Len: uint16(len(keep)), Filter: &keep[0]}
	ring := unix.TpacketReq{Block_size: blockSize, Block_nr: frames * frameSize / blockSize, Frame_size: frameSize, Frame_nr: frames}
	for _, step := range []struct {
		name string
		err  error
	}{
		{"SO_ATTACH_FILTER", unix.SetsockoptSockFprog(l.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)},
		// Each packet of lo comes twice: when it is sent, and when it arrives.
		{"PACKET_IGNORE_OUTGOING", unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)},
		{"PACKET_VERSION", unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2)},
		{"PACKET_RX_RING", unix.SetsockoptTpacketReq(l.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &ring)},
	} {
		if step.err != nil {
			return os.NewSyscallError("setsockopt "+step.name, step.err)
		}
	}
	if l.ring, err = unix.Mmap(l.fd, 0, frames*frameSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return os.NewSyscallError("mmap of a packet ring", err)
	}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in network byte order
	err = unix.Bind(l.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: int(lo.Uint32())})
	return os.NewSyscallError("bind", err)
}

// Close ends the capture.
func (l *Loopback) Close() {
	if l.ring != nil {
		unix.Munmap(l.ring)
	}
	unix.Close(l.fd)
}

// Read gives the packets that have come to take, oldest first: when each arrived, by
// CLOCK_MONOTONIC in ns, as many of its bytes as are kept, and how many it had. The
// bytes are valid until take returns. It returns how many there were, and never waits.
func (l *Loopback) Read(take func(time int64, frame []byte, length int)) (n int) {
	for ; n < frames; n++ {
		at := l.ring[l.next*frameSize : (l.next+1)*frameSize]
		header := (*unix.Tpacket2Hdr)(unsafe.Pointer(&at[0]))
		if atomic.LoadUint32(&header.Status)&unix.TP_STATUS_USER == 0 {
			break
		}
		if n == 0 {
			l.adjust()
		}
		from := int(header.Mac)
		to := min(from+int(header.Snaplen), frameSize)
		time := int64(header.Sec)*1e9 + int64(header.Nsec) - l.offset
		take(time, at[min(from, to):to], int(header.Len))
		atomic.StoreUint32(&header.Status, unix.TP_STATUS_KERNEL)
		l.next = (l.next + 1) % frames
	}
	return n
}

// Dropped returns how many packets found no room so far.
func (l *Loopback) Dropped() int64 {
	if s, err := unix.GetsockoptTpacketStats(l.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		l.dropped += int64(s.Drops) // since it was asked last
	}
	return l.dropped
}

// adjust takes note when somebody has set the clock that the kernel stamps packets by.
func (l *Loopback) adjust() {
	const step = int64(50 * time.Microsecond)
	if now := readOffset(); now-l.offset > step || l.offset-now > step {
		l.offset = clockOffset()
	}
}

// clockOffset returns CLOCK_REALTIME - CLOCK_MONOTONIC: of several readings the one in
// which the least time went by.
func clockOffset() int64 {
	var best, least int64
	for i := range 16 {
		before := clock(unix.CLOCK_MONOTONIC)
		real := clock(unix.CLOCK_REALTIME)
		took := clock(unix.CLOCK_MONOTONIC) - before
		if i == 0 || took < least {
			best, least = real-before-took/2, took
		}
	}
	return best
}

func readOffset() int64 { return clock(unix.CLOCK_REALTIME) - clock(unix.CLOCK_MONOTONIC) }

func clock(id int32) int64 {
	var t unix.Timespec
	unix.ClockGettime(id, &t)
	return t.Nano()
}
