package bridge

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestFrom(t *testing.T) {
	b := New(Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.2/32"), netip.MustParsePrefix("fd00::/8")}})
	for _, tt := range []struct {
		name, peer string
		headers    []string
		tls        bool
		client     string
		scheme     string
		local      bool
	}{
		{"straight", "203.0.113.5:1000", nil, false, "203.0.113.5", "http", false},
		{"straight over TLS", "203.0.113.5:1000", nil, true, "203.0.113.5", "https", false},
		{"this machine", "127.0.0.1:1000", nil, false, "127.0.0.1", "http", true},
		{"this machine by IPv6", "[::1]:1000", nil, false, "::1", "http", true},
		{"mapped", "[::ffff:203.0.113.5]:1000", nil, false, "203.0.113.5", "http", false},
		{"spoofed by a stranger", "203.0.113.5:1000", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https"}, false, "203.0.113.5", "http", false},
		{"a proxy that isn't listed", "127.0.0.1:1000", []string{"X-Forwarded-For: 198.51.100.1"}, false, "127.0.0.1", "http", false},
		{"and one that says another header", "127.0.0.1:1000", []string{"Via: 1.1 proxy"}, false, "127.0.0.1", "http", false},
		{"proxy", "10.1.1.1:1000", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https"}, false, "198.51.100.1", "https", false},
		{"proxy on this machine", "127.0.0.2:1000", []string{"X-Forwarded-For: 127.0.0.1"}, false, "127.0.0.1", "http", false},
		{"proxy without the header", "127.0.0.2:1000", nil, false, "127.0.0.2", "http", false},
		{"spoofed through a proxy", "10.1.1.1:1000", []string{"X-Forwarded-For: 127.0.0.1, 198.51.100.1"}, false, "198.51.100.1", "http", false},
		{"spoofed in a line before", "10.1.1.1:1000", []string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 198.51.100.1"}, false, "198.51.100.1", "http", false},
		{"spoofed scheme", "10.1.1.1:1000", []string{"X-Forwarded-Proto: https, http"}, false, "10.1.1.1", "http", false},
		{"two proxies", "10.1.1.1:1000", []string{"X-Forwarded-For: 1.1.1.1, 198.51.100.1, 10.2.2.2"}, false, "198.51.100.1", "http", false},
		{"only proxies", "10.1.1.1:1000", []string{"X-Forwarded-For: 10.3.3.3, 10.2.2.2"}, false, "10.3.3.3", "http", false},
		{"no address", "10.1.1.1:1000", []string{"X-Forwarded-For: 1.1.1.1, unknown, 10.2.2.2"}, false, "10.2.2.2", "http", false},
		{"empty", "10.1.1.1:1000", []string{"X-Forwarded-For: "}, false, "10.1.1.1", "http", false},
		{"with a port", "10.1.1.1:1000", []string{"X-Forwarded-For: 198.51.100.1:40000"}, false, "198.51.100.1", "http", false},
		{"IPv6", "[fd00::1]:1000", []string{"X-Forwarded-For: 2001:db8::7"}, false, "2001:db8::7", "http", false},
		{"IPv6 in brackets", "[fd00::1]:1000", []string{"X-Forwarded-For: [2001:db8::7]"}, false, "2001:db8::7", "http", false},
		{"IPv6 with a port", "[fd00::1]:1000", []string{"X-Forwarded-For: [2001:db8::7]:443"}, false, "2001:db8::7", "http", false},
		{"with a zone", "[fd00::1]:1000", []string{"X-Forwarded-For: fe80::1%eth0"}, false, "fe80::1", "http", false},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
		if tt.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for _, line := range tt.headers {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		want := origin{netip.MustParseAddr(tt.client), tt.scheme, tt.local}
		if got := b.from(r); got != want {
			t.Errorf("%s: %v, want %v", tt.name, got, want)
		}
	}
}

func TestHousehold(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.5":              "203.0.113.5/32",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff:f:f:ff": "2001:db8:1:2::/64",
	} {
		if got := Household(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s belongs to %s, want %s", address, got, want)
		}
	}
}

// Whatever stands in the header, the client is a proxy of ours or the rightmost
// address that isn't.
func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.1", "unknown,10.0.0.1", "[::1]:1, fd00::1", ",,,", "::ffff:10.0.0.1", "[1.2.3.4", "1.2.3.4]:"} {
		f.Add(s)
	}
	b := New(Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	proxy := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, s string) {
		got := b.behind(proxy, []string{s})
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%q: %v", s, got)
		}
		if again := b.behind(proxy, []string{"203.0.113.9", s + ", 198.51.100.7"}); again != netip.MustParseAddr("198.51.100.7") {
			t.Fatalf("%q before the client's address makes it %v", s, again)
		}
		if b.trusted(got) {
			return
		}
		// It stands in the header, with nothing but proxies to its right.
		for hops := strings.Split(s, ","); len(hops) > 0; hops = hops[:len(hops)-1] {
			addr, ok := parseHop(hops[len(hops)-1])
			if ok && addr == got {
				return
			}
			if !ok || !b.trusted(addr) {
				break
			}
		}
		t.Fatalf("%q: %v is not the rightmost", s, got)
	})
}

// An origin that is let in is written as browsers write it, whatever was asked for.
func FuzzParseOrigin(f *testing.F) {
	for _, s := range []string{"https://example.org", "HTTP://[::1]:80/", "https://a:443", "http://a@b", "null", "https://a:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		origin, err := ParseOrigin(s)
		if err != nil {
			return
		}
		if again, err := ParseOrigin(origin); err != nil || again != origin {
			t.Errorf("%q is %q, and that is %q, %v", s, origin, again, err)
		}
	})
}
