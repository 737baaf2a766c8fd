package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"

	"sockscope/relay/bridge"
)

// ports are the addresses of the native server's TCP ports.
type ports struct{ control, echo, mux, byteorder string }

// openTargets returns the targets of the bridge. It starts the native server
// unless one is named, and then returns it: the caller closes it.
func openTargets(c config, log *slog.Logger) (map[string]bridge.Target, native, error) {
	targets := maps.Clone(c.targets)
	var addrs map[string]string
	var ours native
	var err error
	switch c.server {
	case "":
		addrs, ours, err = startNative(c, log)
	case "none":
		addrs, err = noServer("this relay was started without a native server: it plays recordings")
	default:
		addrs, err = elsewhere(c.server, c.ports)
	}
	for name, address := range addrs {
		targets[name] = bridge.Target{Address: address, Proxied: name == "lab" && ours != nil}
	}
	return targets, ours, err
}

// elsewhere returns the targets on the host that -server names. Each has the
// port of its own flag, but for the control port if -server has one.
func elsewhere(server string, p ports) (map[string]string, error) {
	host, control, err := net.SplitHostPort(server)
	if err != nil { // no port
		host, control = strings.Trim(server, "[]"), ""
	}
	targets := map[string]string{}
	for name, address := range map[string]string{"lab": p.control, "echo": p.echo, "mux": p.mux, "byteorder": p.byteorder} {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", name, err)
		}
		if name == "lab" && control != "" {
			port = control
		}
		targets[name] = net.JoinHostPort(host, port)
	}
	return targets, nil
}
