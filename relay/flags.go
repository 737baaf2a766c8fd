package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/relay/bridge"
	"sockscope/server/trace"
)

// config is what the flags say.
type config struct {
	http, metrics string
	server        string
	ports         ports
	targets       map[string]bridge.Target // those of -target
	beyond        bool                     // targets may be on other machines
	origins       []string
	tab           bool     // offer a machine in the visitor's tab
	framers       []string // origins whose pages may have the site's in a frame
	proxies       []netip.Prefix
	cert, key     string
	limits        bridge.Limits
	connections   int
	drain         time.Duration
	logFormat     string
	native        nativeFlags

	foreign showing            // the trace of a program of anybody's, or nil
	ready   func(where string) // is told where the site is; nil prints it
}

// parse reads the command line. An error is one line that says what is wrong. If the
// flags -h or -help ask for it, the list of flags goes to help.
func parse(args []string, help io.Writer) (config, error) {
	c := config{targets: map[string]bridge.Target{}}
	f := flag.NewFlagSet("relay", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.http, "http", "127.0.0.1:8080", "serve the site and the WebSockets on this `address`")
	f.StringVar(&c.metrics, "metrics", "", "serve /metrics, and /healthz in full, on this `address`; without it they are at -http, for this machine only")
	f.StringVar(&c.server, "server", "", "relay to the native server on `HOST[:CONTROLPORT]` instead of starting one; none plays recordings only")
	f.StringVar(&c.ports.control, "control", trace.DefaultControl, "the native server's control `address`")
	f.StringVar(&c.ports.echo, "echo", trace.DefaultEcho, "the echo server's `address`")
	f.StringVar(&c.ports.mux, "mux", trace.DefaultMux, "the select multiplexer's `address`")
	f.StringVar(&c.ports.byteorder, "byteorder", trace.DefaultByteorder, "the byte order server's `address`")
	f.BoolVar(&c.tab, "tab", false, "offer a Linux in the visitor's own tab, where there is no native server for a page; the relay must have been built with it (make build TAB=1)")
	f.Func("target", "relay /relay/NAME to your own TCP server, `NAME=HOST:PORT` on this machine; can be repeated", c.addTarget)
	f.BoolVar(&c.beyond, "target-beyond-loopback", false, "let a -target be on another machine")
	f.Func("allow-origin", "let pages from these `origins` connect too, such as https://example.org; separated by commas, or repeated", c.addOrigins)
	f.Func("frame-ancestors", "let pages from these `origins` show the site's in a frame, such as https://example.org; separated by commas, or repeated", c.addFramers)
	f.Func("trusted-proxy", "believe X-Forwarded-For and X-Forwarded-Proto from `addresses` such as 127.0.0.1 or 10.1.0.0/16; can be repeated", c.addProxy)
	f.StringVar(&c.cert, "tls-cert", "", "serve HTTPS with the certificates in this `file` (PEM); it is read again when it changes")
	f.StringVar(&c.key, "tls-key", "", "the certificate's private key, a `file`")
	numberVar(f, &c.limits.Sessions, "sessions", 256, "at most this `number` of WebSockets at once")
	numberVar(f, &c.limits.ClientSessions, "client-sessions", 128, "at most this `number` of WebSockets at once for one client")
	numberVar(f, &c.limits.ClientStarts, "client-starts", 600, "at most this `number` of new WebSockets in a minute for one client")
	bytesVar(f, &c.limits.Bytes, "bytes", 64<<20, "at most so many `bytes` a second between all clients and the targets (64MiB)")
	bytesVar(f, &c.limits.ClientBytes, "client-bytes", 8<<20, "at most so many `bytes` a second between one client and the targets (8MiB)")
	timeVar(f, &c.limits.Idle, "idle", 30*time.Minute, "close a WebSocket after this `time` without a byte")
	timeVar(f, &c.limits.Lifetime, "lifetime", 12*time.Hour, "close a WebSocket after this `time`")
	numberVar(f, &c.connections, "connections", 1024, "at most this `number` of TCP connections at once, half of them for one client")
	timeVar(f, &c.drain, "drain", 10*time.Second, "after SIGTERM or SIGINT, open WebSockets may go on for this `time`")
	f.StringVar(&c.logFormat, "log-format", "text", "write the log as `text or json`")
	c.native.add(f)
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		f.SetOutput(help)
		f.Usage()
		return config{}, err
	} else if err != nil {
		return config{}, err
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return c, c.check(f.Args(), given)
}

// check refuses values that can't be and flags that don't fit together. The rest of the
// command line must be empty.
func (c *config) check(rest []string, given map[string]bool) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	for _, a := range []struct{ name, address string }{
		{"http", c.http}, {"metrics", c.metrics}, {"control", c.ports.control}, {"echo", c.ports.echo}, {"mux", c.ports.mux}, {"byteorder", c.ports.byteorder},
	} {
		if _, _, err := net.SplitHostPort(a.address); err != nil && (a.address != "" || a.name != "metrics") {
			return fmt.Errorf("-%s %.100q: an ADDR is HOST:PORT, such as 127.0.0.1:8080, or :8080 for all addresses", a.name, a.address)
		}
		if c.server == "none" && given[a.name] && a.name != "http" && a.name != "metrics" {
			return fmt.Errorf("-%s is a flag of the native server, and -server none has none", a.name)
		}
	}
	l := c.limits
	for _, n := range []struct {
		name  string
		limit int64
	}{
		{"sessions", int64(l.Sessions)}, {"client-sessions", int64(l.ClientSessions)}, {"client-starts", int64(l.ClientStarts)},
		{"connections", int64(c.connections)}, {"idle", int64(l.Idle)}, {"lifetime", int64(l.Lifetime)},
	} {
		if n.limit <= 0 {
			return fmt.Errorf("-%s must be more than 0", n.name)
		}
	}
	if err := c.native.check(); err != nil {
		return err
	}
	switch {
	case c.server == "none" && c.native.given() != "":
		return fmt.Errorf("%s is a flag of the native server, and -server none has none", c.native.given())
	case c.server != "" && c.native.given() != "":
		return fmt.Errorf("%s is a flag of the server that -server names: give it there", c.native.given())
	case (c.cert == "") != (c.key == ""):
		return errors.New("-tls-cert and -tls-key go together")
	case c.drain < 0:
		return errors.New("-drain can't be less than 0")
	case c.logFormat != "text" && c.logFormat != "json":
		return fmt.Errorf("-log-format can be text or json, not %q", c.logFormat)
	}
	return nil
}

// builtIn are the targets that every relay has.
var builtIn = []string{"lab", "echo", "mux", "byteorder"}

func (c *config) addTarget(s string) error {
	name, t, err := bridge.ParseTarget(s)
	if err != nil {
		return err
	}
	if _, twice := c.targets[name]; twice || slices.Contains(builtIn, name) {
		return fmt.Errorf("there is a target %s already", name)
	}
	c.targets[name] = t
	return nil
}

// checkTargets refuses targets on other machines, unless a flag allows them.
func (c *config) checkTargets(ctx context.Context) error {
	for name, t := range c.targets {
		if c.beyond {
			t.Loopback = false
			c.targets[name] = t
			continue
		}
		err := t.Check(ctx)
		if errors.Is(err, bridge.ErrBeyond) {
			return fmt.Errorf("-target %s: %w; -target-beyond-loopback allows it", name, err)
		}
		if err != nil {
			return fmt.Errorf("-target %s: %w", name, err)
		}
	}
	return nil
}

func (c *config) addOrigins(s string) error { return appendOrigins(&c.origins, s) }

func (c *config) addFramers(s string) error { return appendOrigins(&c.framers, s) }

// appendOrigins appends a list of origins, with commas between them.
func appendOrigins(to *[]string, s string) error {
	for text := range strings.SplitSeq(s, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		origin, err := bridge.ParseOrigin(text)
		if err != nil {
			return err
		}
		*to = append(*to, origin)
	}
	return nil
}

func (c *config) addProxy(s string) error {
	if addr, err := netip.ParseAddr(s); err == nil {
		s = netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p != p.Masked() {
		return fmt.Errorf("%.60q is no address and no network; one is written 127.0.0.1, 10.1.0.0/16 or fd00::/8", s)
	}
	if p.Bits() == 0 {
		return errors.New("that is everybody, and everybody could then fake their address; name the proxy alone")
	}
	c.proxies = append(c.proxies, p)
	return nil
}

// public reports whether the flags let in more than this machine: through a proxy, or
// from pages of a site elsewhere.
func (c *config) public() bool {
	return len(c.proxies) > 0 || slices.ContainsFunc(c.origins, func(origin string) bool {
		u, err := url.Parse(origin)
		if err != nil {
			return true
		}
		addr, err := netip.ParseAddr(u.Hostname())
		return u.Hostname() != "localhost" && (err != nil || !addr.Unmap().IsLoopback())
	})
}

// count and period are flags whose errors say what would be right.
type (
	count  int
	period time.Duration
)

func (n *count) String() string { return strconv.Itoa(int(*n)) }

func (n *count) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil {
		return errors.New("it must be a whole number")
	}
	*n = count(v)
	return nil
}

func (p *period) String() string { return time.Duration(*p).String() }

func (p *period) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("a time is written 90s, 30m or 12h")
	}
	*p = period(v)
	return nil
}

func numberVar(f *flag.FlagSet, v *int, name string, value int, usage string) {
	*v = value
	f.Var((*count)(v), name, usage)
}

func timeVar(f *flag.FlagSet, v *time.Duration, name string, value time.Duration, usage string) {
	*v = value
	f.Var((*period)(v), name, usage)
}

// bytesVar adds a flag for a number of bytes, such as 8MiB, 512KiB or 100000.
func bytesVar(f *flag.FlagSet, v *int, name string, value int, usage string) {
	*v = value
	f.Func(name, usage, func(s string) error {
		shift := 0
		for suffix, bits := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
			if n, ok := strings.CutSuffix(s, suffix); ok {
				s, shift = n, bits
			}
		}
		n, err := strconv.ParseUint(s, 10, 30)
		if err != nil || n == 0 {
			return errors.New("a size is written 100000, 512KiB or 8MiB")
		}
		*v = int(n) << shift
		return nil
	})
}

// logger writes to standard error.
func (c *config) logger() *slog.Logger {
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
