package bridge

import (
	"net/http"
	"net/netip"
	"strings"
)

// origin is where a request comes from.
type origin struct {
	client netip.Addr // invalid when it can't be known
	scheme string     // "http" or "https", as the browser used it
	local  bool       // from this machine, with no proxy between
}

// from finds out where r comes from. What a header says about it counts only
// from a proxy that is listed: anybody can send headers.
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
		// With several, the last was added by the proxy that we know.
		if words := strings.Split(proto[len(proto)-1], ","); strings.EqualFold(strings.TrimSpace(words[len(words)-1]), "https") {
			o.scheme = "https"
		}
	}
	o.client = b.behind(o.client, r.Header.Values("X-Forwarded-For"))
	return o
}

// maxHops is how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// behind returns the client that a listed proxy speaks for: the rightmost
// address of X-Forwarded-For that is no listed proxy's. Each proxy adds its
// peer at the right, so whatever is further left may be made up. An entry that
// is no address makes its writer, the proxy to its right, the client.
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

// parseHop reads an entry of X-Forwarded-For: an address, which some proxies
// write with a port or, if it is of IPv6, with brackets.
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

// bare takes off what makes one address look like two.
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

// Household is what counts as one client: an address of IPv4, and of IPv6 the
// 64 bits that a subscriber's network has (RFC 6177), since within them anyone
// can have as many addresses as they like.
func Household(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // the zero Prefix for an address that isn't known
	return p
}
