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

// stranger is the error about a request that isn't let in. It says what to do to
// whoever runs the relay, and nothing of where that is.
type stranger struct {
	header string // "origin" or "host"
	name   string // what it says
	flag   string // what would let it in; "" for nothing
}

func (s *stranger) Error() string {
	switch {
	case s.flag == "":
		return fmt.Sprintf("the relay doesn't take %s %.100q", s.header, s.name)
	case s.header == "host":
		return fmt.Sprintf("the relay isn't known as %s: whoever runs it has the proxy before it pass on Host as the browser sent it, or starts it with %s", s.name, s.flag)
	}
	return fmt.Sprintf("the relay doesn't take pages from %s: whoever runs it starts it with %s, if that is where it is hosted", s.name, s.flag)
}

// newStranger tells what would let the origin in that a header says, or means.
func newStranger(header, name, means string) *stranger {
	s := &stranger{header: header, name: name}
	if origin, err := ParseOrigin(means); err == nil && len(name) <= 100 {
		s.flag = "-allow-origin " + origin
	}
	return s
}

// allow returns nil for a request that is let in, else what of it is strange;
// scheme is how the browser came. A request without Origin doesn't
// come from a page, and whoever sends it could as well speak TCP.
func (g guard) allow(r *http.Request, scheme string) *stranger {
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
	// Origin first: whoever allows it allows its host too.
	if sent := r.Header.Values("Origin"); len(sent) > 1 || len(sent) == 1 && !slices.Contains(origins, strings.ToLower(sent[0])) {
		name := strings.Join(sent, ", ")
		return newStranger("origin", name, name)
	}
	if !slices.Contains(allowed, strings.ToLower(r.Host)) {
		return newStranger("host", r.Host, scheme+"://"+r.Host)
	}
	return nil
}
