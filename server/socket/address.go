package socket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// sockaddr is a struct sockaddr_in, sockaddr_in6 or sockaddr_un (ip(7), ipv6(7),
// unix(7)) as the kernel reads and writes it.
type sockaddr struct {
	raw  [112]byte
	size uint32 // socklen_t
}

// The layout: family, port and address of IPv4; of IPv6 the flow label stands
// between port and address, the scope behind. Port and address are in network
// byte order.
//
// Of a Unix socket a path follows the family, with a zero byte behind it. An abstract
// name has the zero byte before it, and ends where the address does. One without
// either is unnamed.
const (
	size4    = 16
	size6    = 28
	sizeUnix = 2
	maxPath  = 107 // and the zero byte
)

// Domain returns the family of an address as Bind and Connect take it.
func Domain(addr string) int {
	switch {
	case isUnix(addr):
		return AF_UNIX
	case strings.HasPrefix(addr, "["):
		return AF_INET6
	}
	return AF_INET
}

// isUnix reports whether an address is one of a Unix socket.
func isUnix(addr string) bool { return strings.HasPrefix(addr, "@") || strings.Contains(addr, "/") }

// set takes over "127.0.0.1:80", "[::1]:80", a path with a slash, or an abstract name
// behind an @. Host names are not looked up: that is no call of a socket.
func (sa *sockaddr) set(addr string) error {
	if isUnix(addr) {
		return sa.setUnix(addr)
	}
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%q is no address; one is 127.0.0.1:80: a number, not a name", addr)
	}
	clear(sa.raw[:])
	binary.BigEndian.PutUint16(sa.raw[2:], ap.Port())
	if ip := ap.Addr(); ip.Is4() {
		sa.size = size4
		putFamily(&sa.raw, AF_INET, size4)
		a := ip.As4()
		copy(sa.raw[4:], a[:])
	} else {
		sa.size = size6
		putFamily(&sa.raw, AF_INET6, size6)
		a := ip.As16()
		copy(sa.raw[8:], a[:])
	}
	return nil
}

// setUnix takes over a path, an abstract name, or "@" for none at all: bind then has
// the kernel make a name up.
func (sa *sockaddr) setUnix(addr string) error {
	name, abstract := strings.CutPrefix(addr, "@")
	if len(name) > maxPath || strings.Contains(addr, "\x00") {
		return fmt.Errorf("%.40q... is no address of a Unix socket: it has at most %d bytes, and no zero byte", addr, maxPath)
	}
	clear(sa.raw[:])
	sa.size = sizeUnix
	if !abstract {
		sa.size += uint32(copy(sa.raw[2:], name)) + 1
	} else if name != "" {
		sa.size += 1 + uint32(copy(sa.raw[3:], name))
	}
	putFamily(&sa.raw, AF_UNIX, int(sa.size))
	return nil
}

// room makes sa ready to be written by the kernel.
func (sa *sockaddr) room() { sa.size = uint32(len(sa.raw)) }

// appendTo appends the address as text, and nothing when it is of a family
// that isn't known here.
func (sa *sockaddr) appendTo(b []byte) []byte {
	if sa.size < sizeUnix {
		return b // the sender has no address
	}
	port := binary.BigEndian.Uint16(sa.raw[2:])
	switch family(&sa.raw) {
	case AF_UNIX:
		name := sa.raw[2:min(max(int(sa.size), 2), len(sa.raw))]
		if len(name) == 0 {
			return append(b, '@')
		}
		if name[0] == 0 {
			b, name = append(b, '@'), name[1:]
		} else if end := bytes.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		if !utf8.Valid(name) {
			name = bytes.ToValidUTF8(name, []byte("?"))
		}
		return append(b, name...)
	case AF_INET:
		if sa.size >= size4 {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte(sa.raw[4:])), port).AppendTo(b)
		}
	case AF_INET6:
		if sa.size >= size6 {
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte(sa.raw[8:])), port).AppendTo(b)
		}
	}
	return b
}
