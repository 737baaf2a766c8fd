package bridge

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard knows which Host and Origin headers are allowed. Comparing the two isn't
// enough: an attacker can make a name of theirs resolve to the loopback address (DNS
// rebinding), and then Origin and Host agree.
type guard struct {
	hosts   []string // our own; their pages are allowed too
	others  []string // the hosts of origins
	origins []string
}

// newGuard allows the loopback names and the listening address, each with the
// listening port, and the further origins with their hosts. An origin has a scheme too
// (RFC 6454, section 4).
func newGuard(listen string, origins []string) guard {
	var g guard
	host, port, _ := net.SplitHostPort(listen)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
		if ip := net.ParseIP(name); name == "" || ip != nil && ip.IsUnspecified() {
			continue // allow adds the address that the connection came to
		}
		g.hosts = append(g.hosts, net.JoinHostPort(strings.ToLower(name), port))
	}
	for _, origin := range origins {
		_, host, _ := strings.Cut(origin, "://")
		g.origins, g.others = append(g.origins, origin), append(g.others, host)
	}
	return g
}

// ParseOrigin reads an origin, scheme://host[:port]. It returns it as browsers write
// it: in lower case, without the scheme's default port.
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

// stranger is the error about a request from a page that isn't allowed. It tells the host
// what to do, and tells the visitor nothing about where the relay is.
type stranger struct {
	header string // "origin" or "host"
	name   string // what it says
	flag   string // that would allow it; "" for none
}

func (s *stranger) Error() string {
	switch {
	case s.flag == "":
		return fmt.Sprintf("the relay doesn't take %s %.100q", s.header, s.name)
	case s.header == "host":
		return fmt.Sprintf("the relay isn't known as %s. If that is its name, start it with %s, or let the proxy in front pass on the browser's Host", s.name, s.flag)
	}
	return fmt.Sprintf("the relay doesn't take pages from %s. If this site is hosted there, start the relay with %s", s.name, s.flag)
}

// newStranger finds the flag that would allow a request. The header says name, and
// that means an origin.
func newStranger(header, name, means string) *stranger {
	s := &stranger{header: header, name: name}
	if origin, err := ParseOrigin(means); err == nil && len(name) <= 100 {
		s.flag = "-allow-origin " + origin
	}
	return s
}

// allow returns nil for a request that is allowed, else what is wrong with it. The
// browser came by scheme. A request without Origin isn't from a page: its
// sender could as well speak TCP.
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
	// Origin comes first: a flag that allows it allows its host too.
	if sent := r.Header.Values("Origin"); len(sent) > 1 || len(sent) == 1 && !slices.Contains(origins, strings.ToLower(sent[0])) {
		name := strings.Join(sent, ", ")
		return newStranger("origin", name, name)
	}
	if !slices.Contains(allowed, strings.ToLower(r.Host)) {
		return newStranger("host", r.Host, scheme+"://"+r.Host)
	}
	return nil
}
