package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for s, want := range map[string]string{
		"mine=127.0.0.1:8000":                          "127.0.0.1:8000",
		"my-2nd=localhost:1":                           "localhost:1",
		"v6=[::1]:65535":                               "[::1]:65535",
		"elsewhere=box:80":                             "box:80", // where it is, Check finds out
		"0123456789-abcdefghijklmnopqrstu=127.0.0.1:1": "127.0.0.1:1",
	} {
		name, _, _ := strings.Cut(s, "=")
		got, target, err := ParseTarget(s)
		if err != nil || got != name || target != (Target{Address: want, Loopback: true}) {
			t.Errorf("%s: %q %+v %v", s, got, target, err)
		}
	}
	for s, says := range map[string]string{
		"":             "NAME=HOST:PORT",
		"mine":         "NAME=HOST:PORT",
		"=127.0.0.1:1": "1 to 32",
		"0123456789-abcdefghijklmnopqrstuv=127.0.0.1:1": "1 to 32",
		"Mine=127.0.0.1:1":     "a-z",
		"a b=127.0.0.1:1":      "a-z",
		"../lab=127.0.0.1:1":   "a-z",
		"a/b=127.0.0.1:1":      "a-z",
		"a%2fb=127.0.0.1:1":    "a-z",
		"ä=127.0.0.1:1":        "a-z",
		"a\x00=127.0.0.1:1":    "a-z",
		"mine=127.0.0.1":       "HOST:PORT",
		"mine=:80":             "HOST:PORT",
		"mine=::1:80":          "HOST:PORT",
		"mine=127.0.0.1:0":     "1 to 65535",
		"mine=127.0.0.1:65536": "1 to 65535",
		"mine=127.0.0.1:http":  "1 to 65535",
		"mine=127.0.0.1:+80":   "1 to 65535",
	} {
		if name, target, err := ParseTarget(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %q %+v %v; want %q said", s, name, target, err, says)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"mine=127.0.0.1:8000", "v6=[::1]:1", "=", "a=b=c:1", "a=[b]:1", "a=b%c:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, target, err := ParseTarget(s)
		if err != nil {
			if name != "" || target != (Target{}) {
				t.Errorf("%q: %q %+v beside an error", s, name, target)
			}
			return
		}
		if len(name) < 1 || len(name) > maxName || strings.ContainsFunc(name, odd) || !target.Loopback {
			t.Errorf("%q: %q %+v", s, name, target)
		}
		if again, same, err := ParseTarget(name + "=" + target.Address); err != nil || again != name || same != target {
			t.Errorf("%q reads back as %q %+v %v", s, again, same, err)
		}
	})
}

// What a target's name leads to is looked at when the relay starts, and again
// for each connection, since it can change.
func TestTargetStaysOnLoopback(t *testing.T) {
	beyond := Target{Address: "192.0.2.1:80", Loopback: true}
	if err := beyond.Check(context.Background()); !errors.Is(err, ErrBeyond) {
		t.Errorf("Check: %v", err)
	}
	if _, err := beyond.dial(context.Background(), origin{}); !errors.Is(err, ErrBeyond) {
		t.Errorf("dial: %v", err)
	}
	for _, unspecified := range []string{"0.0.0.0:80", "[::]:80", "[::ffff:192.0.2.1]:80"} {
		if _, err := (Target{Address: unspecified, Loopback: true}).dial(context.Background(), origin{}); !errors.Is(err, ErrBeyond) {
			t.Errorf("%s: %v", unspecified, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1"} {
		here := Target{Address: net.JoinHostPort(host, port), Loopback: true}
		if err := here.Check(context.Background()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		conn, err := here.dial(context.Background(), origin{})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		conn.Close()
	}
	r := newRig(t, func(c *Config, _ *limits) { c.Targets["echo"] = beyond })
	_, _, end := r.open().rest()
	wantEnd(t, end, codeNotNow, "not a loopback address")
}

// No path leads out of the list of targets.
func TestOddTargetNames(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"", "Echo", "echo/", "echo/..", "../echo", "%65cho%00", "ec%20ho", "echo%2f", "127.0.0.1:22", "echo,mux", "%C3%A4", "..%2f..%2fetc", strings.Repeat("a", 5000)} {
		req, err := http.NewRequest("GET", r.server.URL+Prefix+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			req.Header.Set(key, value)
		}
		resp, err := r.server.Client().Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%.60q: status %d", name, resp.StatusCode)
		}
	}
}

func TestParseOrigin(t *testing.T) {
	for s, want := range map[string]string{
		"https://Class.Example":      "https://class.example",
		"https://class.example/":     "https://class.example",
		"https://class.example:443":  "https://class.example",
		"https://class.example:8443": "https://class.example:8443",
		"http://class.example:80":    "http://class.example",
		"http://class.example:443":   "http://class.example:443",
		"http://[2001:db8::1]:80":    "http://[2001:db8::1]",
	} {
		if got, err := ParseOrigin(s); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", s, got, err, want)
		}
	}
	for _, s := range []string{"", "*", "null", "class.example", "https://", "https://*.class.example", "https://class.example/path", "https://me@class.example", "ws://class.example", "https://a, https://b", "https://a?b"} {
		if got, err := ParseOrigin(s); err == nil {
			t.Errorf("%q is taken for %q", s, got)
		}
	}
}

// A page is let in by the very scheme that the browser used, as the listed
// proxy says.
func TestSchemeIsPartOfTheOrigin(t *testing.T) {
	b := New(Config{Listen: "203.0.113.1:443", Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}})
	for _, tt := range []struct {
		peer, proto, host, origin string
		ok                        bool
	}{
		{"10.0.0.1:1", "https", "203.0.113.1", "https://203.0.113.1", true},
		{"10.0.0.1:1", "https", "203.0.113.1:443", "https://203.0.113.1", true},
		{"10.0.0.1:1", "https", "203.0.113.1", "http://203.0.113.1", false},
		{"10.0.0.1:1", "http", "203.0.113.1:443", "https://203.0.113.1", false},
		{"10.0.0.9:1", "https", "203.0.113.1:443", "https://203.0.113.1", false},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Host: tt.host, Header: http.Header{"X-Forwarded-Proto": {tt.proto}, "Origin": {tt.origin}}}
		if err := b.guard.allow(r, b.from(r).scheme); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// A target that asks for it is told for whom each connection is.
func TestProxiedTarget(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		from origin
		want string
	}{
		{origin{client: netip.MustParseAddr("192.0.2.1")}, fmt.Sprintf("PROXY TCP4 192.0.2.1 127.0.0.1 0 %d\r\n", port)},
		{origin{client: netip.MustParseAddr("2001:db8::1")}, fmt.Sprintf("PROXY TCP6 2001:db8::1 :: 0 %d\r\n", port)},
		{origin{client: netip.MustParseAddr("127.0.0.1"), local: true}, ""},
		{origin{}, ""},
	} {
		conn, err := (Target{Address: l.Addr().String(), Proxied: true}).dial(context.Background(), c.from)
		if err != nil {
			t.Fatal(err)
		}
		conn.CloseWrite()
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(peer); string(got) != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.from, got, err, c.want)
		}
		peer.Close()
		conn.Close()
	}
}
