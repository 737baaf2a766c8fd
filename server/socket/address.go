package socket

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// sockaddr is a struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)) as the
// kernel reads and writes it.
type sockaddr struct {
	raw  [112]byte
	size uint32 // socklen_t
}

// The layout: family, port and address of IPv4; of IPv6 the flow label stands
// between port and address, the scope behind. Port and address are in network
// byte order.
const (
	size4 = 16
	size6 = 28
)

// set takes over "127.0.0.1:80" or "[::1]:80". Names are not looked up: that
// is no call of a socket.
func (sa *sockaddr) set(addr string) error {
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

// room makes sa ready to be written by the kernel.
func (sa *sockaddr) room() { sa.size = uint32(len(sa.raw)) }

// appendTo appends the address as text, and nothing when it is of a family
// that isn't known here.
func (sa *sockaddr) appendTo(b []byte) []byte {
	port := binary.BigEndian.Uint16(sa.raw[2:])
	switch family(&sa.raw) {
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
