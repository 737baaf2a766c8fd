package sockdiag

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// Table is the kernel's tables of sockets.
type Table struct {
	fd    int
	buf   []byte
	stats *os.File // where the counters are; nil until they are asked for
}

// maxSocks is the most rows that Read and All return of each kind.
const maxSocks = 512

// The sizes of struct inet_diag_req_v2 and struct inet_diag_msg (linux/inet_diag.h), and
// of struct unix_diag_req and struct unix_diag_msg (linux/unix_diag.h).
const (
	inetRequestSize = 56
	inetRowSize     = 72
	unixRequestSize = 24
	unixRowSize     = 16
)

// Open opens the tables of the calling process's network namespace.
func Open() (*Table, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &Table{fd: fd, buf: make([]byte, 64<<10)}, nil
}

// Close closes the tables.
func (d *Table) Close() {
	unix.Close(d.fd)
	d.stats.Close()
}

// Read returns the TCP sockets over IPv4 and IPv6 that keep wants, or all with a nil
// keep. It returns at most 512, in a stable order: by addresses, then by state.
func (d *Table) Read(keep func(*trace.Sock) bool) ([]trace.Sock, error) {
	socks, err := d.inet(trace.TCP, keep)
	if err != nil {
		return nil, err
	}
	return ordered(socks), nil
}

// Internet returns the TCP and UDP sockets that keep wants, as All has them.
func (d *Table) Internet(keep func(*trace.Sock) bool) ([]trace.Sock, error) {
	all, err := d.Read(keep)
	if err != nil {
		return nil, err
	}
	udp, err := d.inet(trace.UDP, keep)
	return append(all, ordered(udp)...), err
}

// All returns the TCP, UDP and Unix sockets, at most 512 of each, in a stable order: TCP,
// UDP, Unix, then as Read has them.
func (d *Table) All() ([]trace.Sock, error) {
	var all []trace.Sock
	for _, read := range []func() ([]trace.Sock, error){
		func() ([]trace.Sock, error) { return d.inet(trace.TCP, nil) },
		func() ([]trace.Sock, error) { return d.inet(trace.UDP, nil) },
		d.unix,
	} {
		socks, err := read()
		if err != nil {
			return nil, err
		}
		all = append(all, ordered(socks)...)
	}
	return all, nil
}

// ordered puts the rows of one table into their order, and cuts what is too many.
func ordered(socks []trace.Sock) []trace.Sock {
	slices.SortFunc(socks, func(a, b trace.Sock) int {
		return cmp.Or(strings.Compare(a.Local, b.Local), strings.Compare(a.Peer, b.Peer),
			int(a.Kind)-int(b.Kind), int(a.State)-int(b.State), a.Recv-b.Recv, a.Send-b.Send, a.Drops-b.Drops)
	})
	return socks[:min(len(socks), maxSocks)]
}

// inet reads the sockets of a protocol over IPv4 and IPv6.
func (d *Table) inet(kind trace.SockKind, keep func(*trace.Sock) bool) (socks []trace.Sock, err error) {
	protocol, more := byte(unix.IPPROTO_TCP), byte(0)
	if kind == trace.UDP {
		protocol, more = unix.IPPROTO_UDP, 1<<(memoryAttr-1)
	}
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		req := make([]byte, inetRequestSize)
		req[0], req[1], req[2] = family, protocol, more
		binary.NativeEndian.PutUint32(req[4:], allStates)
		err = d.dump(req, func(row []byte) error {
			if len(row) < inetRowSize {
				return errDiag
			}
			if sock := inetRow(row, kind); keep == nil || keep(&sock) {
				socks = append(socks, sock)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return socks, nil
}

// allStates asks for sockets in any state, as netstat(8) does. TCP_BOUND_INACTIVE is none:
// since Linux 6.8 it asks for those that are bound and no more, by a look at all ports.
const allStates = 1<<32 - 1 - 1<<13

// unix reads the Unix sockets. A peer is told of by its name.
func (d *Table) unix() (socks []trace.Sock, err error) {
	req := make([]byte, unixRequestSize)
	req[0] = unix.AF_UNIX
	binary.NativeEndian.PutUint32(req[4:], allStates)
	binary.NativeEndian.PutUint32(req[12:], showName|showPeer|showLengths)
	var numbers, peers []uint32
	err = d.dump(req, func(row []byte) error {
		if len(row) < unixRowSize {
			return errDiag
		}
		sock, peer := unixRow(row)
		socks = append(socks, sock)
		numbers, peers = append(numbers, binary.NativeEndian.Uint32(row[4:])), append(peers, peer)
		return nil
	})
	for i, peer := range peers {
		if k := slices.Index(numbers, peer); peer != 0 && k >= 0 {
			socks[i].Peer = socks[k].Local
		}
	}
	return socks, err
}

// most is how many rows of one dump are looked at. What follows is read and dropped.
const most = 1 << 14

// dump asks for a table and gives each row to take.
func (d *Table) dump(body []byte, take func(row []byte) error) error {
	ne := binary.NativeEndian
	req := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(body))
	ne.PutUint32(req[0:], uint32(len(req)+len(body)))
	ne.PutUint16(req[4:], unix.SOCK_DIAG_BY_FAMILY)
	ne.PutUint16(req[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if err := unix.Sendto(d.fd, append(req, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	var wrong error
	for rows := 0; ; {
		n, _, err := unix.Recvfrom(d.fd, d.buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvfrom", err)
		}
		for b := d.buf[:n]; len(b) >= unix.NLMSG_HDRLEN; {
			size, kind := int(ne.Uint32(b)), ne.Uint16(b[4:])
			if size < unix.NLMSG_HDRLEN || size > len(b) {
				return errDiag
			}
			switch kind {
			case unix.NLMSG_DONE:
				return wrong
			case unix.NLMSG_ERROR:
				return errDiag
			case unix.SOCK_DIAG_BY_FAMILY:
				if rows++; wrong == nil && rows <= most {
					wrong = take(b[unix.NLMSG_HDRLEN:size])
				}
			}
			b = b[min(len(b), (size+3)&^3):]
		}
	}
}

var errDiag = errors.New("sock_diag: the kernel refused, or answered in a form not known here")

// Attributes of the rows: INET_DIAG_SKMEMINFO, UNIX_DIAG_NAME, _PEER and _RQLEN; and the
// flags that ask for the latter.
const (
	memoryAttr  = 7
	nameAttr    = 0
	peerAttr    = 2
	lengthsAttr = 4
	typeMask    = 1<<14 - 1 // the bits above are flags

	showName    = 1 << 0
	showPeer    = 1 << 2
	showLengths = 1 << 4
)

// attribute returns the content of one of the attributes (netlink(7)) in b, nil where
// it isn't there.
func attribute(b []byte, want uint16) []byte {
	ne := binary.NativeEndian
	for len(b) >= 4 {
		size := int(ne.Uint16(b))
		if size < 4 || size > len(b) {
			return nil
		}
		if ne.Uint16(b[2:])&typeMask == want {
			return b[4:size]
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return nil
}

// inetRow reads a struct inet_diag_msg and what follows it.
func inetRow(b []byte, kind trace.SockKind) trace.Sock {
	const newSynRecv = 12 // a listener's half-open child; netstat says SYN-RECEIVED
	s := trace.Sock{
		Kind:  kind,
		State: trace.TCPState(b[1]),
		Local: inetAddr(b[0], b[8:24], b[4:6]),
		Recv:  int(binary.NativeEndian.Uint32(b[56:])),
		Send:  int(binary.NativeEndian.Uint32(b[60:])),
	}
	if s.State == newSynRecv {
		s.State = trace.SynRecv
	}
	if s.State != trace.Listening && !(kind == trace.UDP && s.State == trace.Closed) {
		s.Peer = inetAddr(b[0], b[24:40], b[6:8])
	}
	const drops = 8 // SK_MEMINFO_DROPS
	if mem := attribute(b[inetRowSize:], memoryAttr); len(mem) >= 4*(drops+1) {
		s.Drops = int(binary.NativeEndian.Uint32(mem[4*drops:]))
	}
	return s
}

func inetAddr(family byte, ip, port []byte) string {
	addr := netip.AddrFrom16([16]byte(ip))
	if family == unix.AF_INET {
		addr = netip.AddrFrom4([4]byte(ip[:4]))
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port)).String()
}

// unixRow reads a struct unix_diag_msg and what follows it, and returns the number of
// its peer too.
func unixRow(b []byte) (s trace.Sock, peer uint32) {
	ne := binary.NativeEndian
	s = trace.Sock{
		Kind:  map[byte]trace.SockKind{unix.SOCK_DGRAM: trace.UnixDatagram, unix.SOCK_SEQPACKET: trace.UnixSeqpacket}[b[1]],
		State: trace.TCPState(b[2]),
		Local: unixName(attribute(b[unixRowSize:], nameAttr)),
	}
	if s.Kind == trace.TCP {
		s.Kind = trace.UnixStream
	}
	if n := attribute(b[unixRowSize:], lengthsAttr); len(n) >= 8 {
		s.Recv, s.Send = int(ne.Uint32(n)), int(ne.Uint32(n[4:]))
	}
	if n := attribute(b[unixRowSize:], peerAttr); len(n) >= 4 {
		peer = ne.Uint32(n)
	}
	return s, peer
}

// unixName writes a Unix socket's name as a trace has it: a path, or an abstract name
// behind an @, or the @ alone where there is none.
func unixName(name []byte) string {
	if len(name) == 0 || name[0] == 0 {
		return "@" + strings.ToValidUTF8(string(name[min(1, len(name)):]), "?")
	}
	return strings.ToValidUTF8(strings.TrimRight(string(name), "\x00"), "?")
}
