package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Target is where the sessions of one name lead.
type Target struct {
	Address  string // TCP, host:port
	Loopback bool   // dial loopback addresses only, whatever the host's name resolves to
	Proxied  bool   // begin with a line of the PROXY protocol when the client is elsewhere

	// Turn is how long one client may stay while others wait, for a target that serves
	// one after another. It is 0 for a target that serves all at once.
	Turn time.Duration
}

// maxName is how long the name of a target may be.
const maxName = 32

// ParseTarget reads NAME=HOST:PORT. A name is 1 to 32 of the characters a-z,
// 0-9 and "-", a port a number from 1 to 65535. The host isn't looked up here.
func ParseTarget(s string) (name string, t Target, err error) {
	name, address, ok := strings.Cut(s, "=")
	if !ok {
		return "", Target{}, fmt.Errorf("%.60q is no target; one is written NAME=HOST:PORT", s)
	}
	if len(name) < 1 || len(name) > maxName || strings.ContainsFunc(name, odd) {
		return "", Target{}, fmt.Errorf("%.60q can't name a target; a name is 1 to %d of the characters a-z, 0-9 and -", name, maxName)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return "", Target{}, fmt.Errorf("target %s at %.60q: an address is written HOST:PORT", name, address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", Target{}, fmt.Errorf("target %s at port %.20q: a port is a number from 1 to 65535", name, port)
	}
	return name, Target{Address: net.JoinHostPort(host, port), Loopback: true}, nil
}

// odd reports whether a target's name can't have c.
func odd(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
}

// ErrBeyond says that an address is on another machine.
var ErrBeyond = errors.New("not a loopback address")

// Check looks up the host of a target that must be on loopback. If it has another
// address, the error wraps ErrBeyond. Dialling checks again, since the name may
// resolve differently then.
func (t Target) Check(ctx context.Context) error {
	if !t.Loopback {
		return nil
	}
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		if !a.Unmap().IsLoopback() {
			return fmt.Errorf("%s is %w", a.Unmap(), ErrBeyond)
		}
	}
	return nil
}

// dial connects to t for a client.
func (t Target) dial(ctx context.Context, from origin) (*net.TCPConn, error) {
	var d net.Dialer
	if t.Loopback {
		// Here the name is resolved: this is the address that the kernel gets.
		d.Control = func(_, address string, _ syscall.RawConn) error {
			if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
				return ErrBeyond
			}
			return nil
		}
	}
	conn, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, err
	}
	if t.Proxied && from.client.IsValid() && !from.local {
		_, err = io.WriteString(conn, proxyLine(from.client, conn.RemoteAddr().(*net.TCPAddr).AddrPort()))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// proxyLine tells a target whose connection it is, in version 1 of the PROXY protocol
// (haproxy's proxy-protocol.txt, section 2.1). Nobody needs the client's port, nor the
// target's IPv6 address: they are zeros.
func proxyLine(client netip.Addr, target netip.AddrPort) string {
	if client.Is4() && target.Addr().Unmap().Is4() {
		return fmt.Sprintf("PROXY TCP4 %s %s 0 %d\r\n", client, target.Addr().Unmap(), target.Port())
	}
	return fmt.Sprintf("PROXY TCP6 %s :: 0 %d\r\n", netip.AddrFrom16(client.As16()), target.Port())
}
