package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// Table is the kernel's table of TCP sockets.
type Table struct {
	fd  int
	buf []byte
}

// maxSocks is the most rows that Read returns.
const maxSocks = 512

// The sizes of struct inet_diag_req_v2 and struct inet_diag_msg
// (linux/inet_diag.h).
const (
	diagRequestSize = 56
	diagRowSize     = 72
)

// Open opens the table of the calling process's network namespace.
func Open() (*Table, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &Table{fd: fd, buf: make([]byte, 64<<10)}, nil
}

// Close closes the table.
func (d *Table) Close() { unix.Close(d.fd) }

// Read returns the TCP sockets over IPv4 and IPv6 that keep wants, or all with a nil
// keep. It returns at most 512, in a stable order: by addresses, then by state.
func (d *Table) Read(keep func(*trace.Sock) bool) ([]trace.Sock, error) {
	var socks []trace.Sock
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		var err error
		if socks, err = d.appendFamily(socks, family, keep); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(socks, func(a, b trace.Sock) int {
		if c := strings.Compare(a.Local, b.Local); c != 0 {
			return c
		}
		if c := strings.Compare(a.Peer, b.Peer); c != 0 {
			return c
		}
		return int(a.State) - int(b.State)
	})
	return socks[:min(len(socks), maxSocks)], nil
}

func (d *Table) appendFamily(socks []trace.Sock, family byte, keep func(*trace.Sock) bool) ([]trace.Sock, error) {
	ne := binary.NativeEndian
	req := make([]byte, unix.NLMSG_HDRLEN+diagRequestSize)
	ne.PutUint32(req[0:], uint32(len(req)))
	ne.PutUint16(req[4:], unix.SOCK_DIAG_BY_FAMILY)
	ne.PutUint16(req[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	req[unix.NLMSG_HDRLEN] = family
	req[unix.NLMSG_HDRLEN+1] = unix.IPPROTO_TCP
	ne.PutUint32(req[unix.NLMSG_HDRLEN+4:], 1<<32-1) // all states
	if err := unix.Sendto(d.fd, req, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	for {
		n, _, err := unix.Recvfrom(d.fd, d.buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("recvfrom", err)
		}
		for b := d.buf[:n]; len(b) >= unix.NLMSG_HDRLEN; {
			size, kind := int(ne.Uint32(b)), ne.Uint16(b[4:])
			if size < unix.NLMSG_HDRLEN || size > len(b) {
				return nil, errDiag
			}
			switch kind {
			case unix.NLMSG_DONE:
				return socks, nil
			case unix.NLMSG_ERROR:
				return nil, errDiag
			case unix.SOCK_DIAG_BY_FAMILY:
				row := b[unix.NLMSG_HDRLEN:size]
				if len(row) < diagRowSize {
					return nil, errDiag
				}
				if sock := diagRow(row); keep == nil || keep(&sock) {
					socks = append(socks, sock)
				}
			}
			b = b[min(len(b), (size+3)&^3):]
		}
	}
}

var errDiag = errors.New("sock_diag: the kernel refused, or answered in a form not known here")

// diagRow reads a struct inet_diag_msg.
func diagRow(b []byte) trace.Sock {
	const newSynRecv = 12 // a listener's half-open child; netstat says SYN-RECEIVED
	s := trace.Sock{
		State: trace.TCPState(b[1]),
		Local: diagAddr(b[0], b[8:24], b[4:6]),
		Recv:  int(binary.NativeEndian.Uint32(b[56:])),
		Send:  int(binary.NativeEndian.Uint32(b[60:])),
	}
	if s.State == newSynRecv {
		s.State = trace.SynRecv
	}
	if s.State != trace.Listening {
		s.Peer = diagAddr(b[0], b[24:40], b[6:8])
	}
	return s
}

func diagAddr(family byte, ip, port []byte) string {
	addr := netip.AddrFrom16([16]byte(ip))
	if family == unix.AF_INET {
		addr = netip.AddrFrom4([4]byte(ip[:4]))
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port)).String()
}
