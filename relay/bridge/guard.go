package bridge

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// guard knows the Host and Origin headers that are let in. Host is checked
// since a name that an attacker owns can be made to resolve to the loopback
// address (DNS rebinding), and then Origin and Host agree.
type guard struct {
	hosts   []string
	origins []string
}

// newGuard lets in the loopback names and the listening address, each with the
// listening port, and the further origins with the hosts they name.
func newGuard(listen string, origins []string) guard {
	var g guard
	host, port, _ := net.SplitHostPort(listen)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
		if ip := net.ParseIP(name); name == "" || ip != nil && ip.IsUnspecified() {
			continue // the address that a connection came to is added in allow
		}
		g.add(net.JoinHostPort(strings.ToLower(name), port))
	}
	for _, origin := range origins {
		origin = strings.TrimSuffix(strings.ToLower(origin), "/")
		g.origins = append(g.origins, origin)
		if _, host, ok := strings.Cut(origin, "://"); ok {
			g.hosts = append(g.hosts, host)
		}
	}
	return g
}

// add lets in a host, and the pages that come from it.
func (g *guard) add(hostport string) {
	names := []string{hostport}
	if host, ok := strings.CutSuffix(hostport, ":80"); ok {
		names = append(names, host) // a browser leaves the default port out
	}
	for _, name := range names {
		if !slices.Contains(g.hosts, name) {
			g.hosts = append(g.hosts, name)
			g.origins = append(g.origins, "http://"+name)
		}
	}
}

// allow returns nil for a request that is let in, else an error that says what
// would be. A request without Origin doesn't come from a page, and whoever
// sends it could as well speak TCP.
func (g guard) allow(r *http.Request) error {
	g.hosts, g.origins = slices.Clip(g.hosts), slices.Clip(g.origins)
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		g.add(local.String())
	}
	if host := strings.ToLower(r.Host); !slices.Contains(g.hosts, host) {
		return fmt.Errorf("host %.100q is not allowed here; allowed are %s (-allow-origin adds one)", r.Host, strings.Join(g.hosts, ", "))
	}
	switch origins := r.Header.Values("Origin"); {
	case len(origins) == 0:
		return nil
	case len(origins) > 1 || !slices.Contains(g.origins, strings.ToLower(origins[0])):
		return fmt.Errorf("origin %.100q is not allowed here; allowed are %s (-allow-origin adds one)", strings.Join(origins, ", "), strings.Join(g.origins, ", "))
	}
	return nil
}
