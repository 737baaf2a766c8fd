package bridge

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard knows the Host and Origin headers that are let in. Host is checked
// since a name that an attacker owns can be made to resolve to the loopback
// address (DNS rebinding), and then Origin and Host agree.
type guard struct {
	hosts   []string // of the listening address: pages from them are let in too
	others  []string // the hosts of origins
	origins []string
}

// newGuard lets in the loopback names and the listening address, each with the
// listening port, and the further origins with the hosts they name. To use the
// same scheme as the browser did is part of being the same origin (RFC 6454,
// section 4).
func newGuard(listen string, origins []string) guard {
	var g guard
	host, port, _ := net.SplitHostPort(listen)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
		if ip := net.ParseIP(name); name == "" || ip != nil && ip.IsUnspecified() {
			continue // the address that a connection came to is added in allow
		}
		g.hosts = append(g.hosts, net.JoinHostPort(strings.ToLower(name), port))
	}
	for _, origin := range origins {
		_, host, _ := strings.Cut(origin, "://")
		g.origins, g.others = append(g.origins, origin), append(g.others, host)
	}
	return g
}

// ParseOrigin reads an origin as browsers send it, scheme://host[:port], and
// returns it the way they write it: in lower case, without the scheme's own port.
func ParseOrigin(s string) (string, error) {
	u, err := url.Parse(strings.ToLower(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, "*, ") {
		return "", fmt.Errorf("%.100q is no origin; one is written https://example.org or http://example.org:8080", s)
	}
	host := strings.TrimSuffix(u.Host, ":")
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, nil
}

// allow returns nil for a request that is let in, else an error that says what
// would be; scheme is how the browser came. A request without Origin doesn't
// come from a page, and whoever sends it could as well speak TCP.
func (g guard) allow(r *http.Request, scheme string) error {
	hosts := g.hosts
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !slices.Contains(hosts, local.String()) {
		hosts = append(slices.Clip(hosts), local.String())
	}
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	allowed, origins := slices.Clone(g.others), slices.Clone(g.origins)
	for _, host := range hosts {
		allowed, origins = append(allowed, host), append(origins, scheme+"://"+host)
		if host, ok := strings.CutSuffix(host, port); ok { // a browser leaves the default port out
			allowed, origins = append(allowed, host), append(origins, scheme+"://"+host)
		}
	}
	if host := strings.ToLower(r.Host); !slices.Contains(allowed, host) {
		return fmt.Errorf("host %.100q is not allowed here; allowed are %s (-allow-origin adds one)", r.Host, strings.Join(allowed, ", "))
	}
	switch sent := r.Header.Values("Origin"); {
	case len(sent) == 0:
		return nil
	case len(sent) > 1 || !slices.Contains(origins, strings.ToLower(sent[0])):
		return fmt.Errorf("origin %.100q is not allowed here; allowed are %s (-allow-origin adds one)", strings.Join(sent, ", "), strings.Join(origins, ", "))
	}
	return nil
}
