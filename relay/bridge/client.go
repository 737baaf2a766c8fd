package bridge

import (
	"net/http"
	"net/netip"
	"strings"
)

// origin is where a request comes from.
type origin struct {
	client netip.Addr // invalid when unknown
	scheme string     // that the browser used: "http" or "https"
	local  bool       // from this machine, not through a proxy
}

// from finds out where r comes from. It believes headers only from a listed proxy:
// anybody can send headers.
func (b *Bridge) from(r *http.Request) origin {
	o := origin{scheme: "http"}
	if r.TLS != nil {
		o.scheme = "https"
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		o.client = bare(peer.Addr())
	}
	if !b.trusted(o.client) {
		o.local = o.client.IsLoopback() && !forwarded(r.Header)
		return o
	}
	if proto := r.Header.Values("X-Forwarded-Proto"); len(proto) > 0 {
		// The proxy that we know added the last one.
		if words := strings.Split(proto[len(proto)-1], ","); strings.EqualFold(strings.TrimSpace(words[len(words)-1]), "https") {
			o.scheme = "https"
		}
	}
	o.client = b.behind(o.client, r.Header.Values("X-Forwarded-For"))
	return o
}

// maxHops is how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// behind returns the client that a listed proxy speaks for. That is the rightmost
// address of X-Forwarded-For that isn't a listed proxy. Each proxy adds its
// peer at the right, so anything further left may be made up. If an entry is no
// address, the client is the proxy that wrote it, to its right.
func (b *Bridge) behind(proxy netip.Addr, lines []string) netip.Addr {
	list := strings.Join(lines, ",") // RFC 9110, section 5.3
	for range maxHops {
		if list == "" {
			break
		}
		comma := strings.LastIndexByte(list, ',')
		addr, ok := parseHop(list[comma+1:])
		if !ok {
			break
		}
		proxy = addr
		if !b.trusted(addr) {
			break
		}
		list = list[:max(comma, 0)]
	}
	return proxy
}

// parseHop reads an entry of X-Forwarded-For: an address. Some proxies add a port, or
// brackets around IPv6.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return bare(ap.Addr()), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if s, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(s)
	return bare(addr), err == nil
}

// bare gives one address one form: IPv4 in IPv6 becomes IPv4, a zone goes away.
func bare(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (b *Bridge) trusted(a netip.Addr) bool {
	for _, p := range b.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwarded reports whether a proxy has touched a request.
func forwarded(h http.Header) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via"} {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// Household is what counts as one client: an IPv4 address, or the first 64 bits of an
// IPv6 address. A subscriber's network has that many (RFC 6177), and its owner can use
// any address in it.
func Household(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // the zero Prefix if the address is unknown
	return p
}
