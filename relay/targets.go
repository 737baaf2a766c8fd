package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sockscope/relay/bridge"
)

// ports are the addresses of the native server's TCP ports.
type ports struct{ control, echo, mux, byteorder string }

// openTargets returns the targets of the bridge. Unless -server names a native server
// it starts one and returns it too, for the caller to close.
func openTargets(c config, log *slog.Logger) (map[string]bridge.Target, native, error) {
	targets := maps.Clone(c.targets)
	var addrs map[string]string
	var ours native
	var err error
	switch c.server {
	case "":
		addrs, ours, err = startNative(c, log)
	case "none":
		log.Info("there is no native server: pages play recordings")
		addrs, err = noServer("this relay was started without a native server: it plays recordings")
	default:
		addrs, err = elsewhere(c.server, c.ports)
	}
	for name, address := range addrs {
		t := bridge.Target{Address: address, Proxied: name == "lab" && ours != nil}
		if name == "echo" {
			t.Turn = echoTurn
		}
		targets[name] = t
	}
	return targets, ours, err
}

// echoTurn is how long a client from elsewhere has the echo server while others wait.
// That server serves one after another.
const echoTurn = 30 * time.Second

// elsewhere returns the targets on the host that -server names. Their ports are those of
// their flags. -server may give another control port.
func elsewhere(server string, p ports) (map[string]string, error) {
	host, control, err := net.SplitHostPort(server)
	if err != nil { // no port
		host, control = server, ""
		if inner, ok := strings.CutPrefix(server, "["); ok && strings.HasSuffix(inner, "]") {
			host = strings.TrimSuffix(inner, "]")
		}
	}
	if strings.Contains(server, "/") || !isHost(host) {
		return nil, fmt.Errorf("-server %.100q names no host: it is written HOST or HOST:CONTROLPORT, such as 10.0.0.3 or lab.example:7000", server)
	}
	if n, err := strconv.ParseUint(control, 10, 16); control != "" && (err != nil || n == 0) {
		return nil, fmt.Errorf("-server %.100q: a port is a number from 1 to 65535", server)
	}
	targets := map[string]string{}
	for name, address := range map[string]string{"lab": p.control, "echo": p.echo, "mux": p.mux, "byteorder": p.byteorder} {
		_, port, _ := net.SplitHostPort(address) // the flags' check has made sure
		if name == "lab" && control != "" {
			port = control
		}
		targets[name] = net.JoinHostPort(host, port)
	}
	return targets, nil
}

// isHost reports whether s is an address or a possible name of a host.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
	})
}
