package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"

	"sockscope/relay/bridge"
	"sockscope/server/run"
)

// ports are the addresses of the native server's TCP ports.
type ports struct{ control, echo, mux, byteorder string }

// openTargets returns the targets of the bridge. It starts the native server
// unless one is named, and then returns it: the caller closes it.
func openTargets(c config, log *slog.Logger) (map[string]bridge.Target, *run.Server, error) {
	targets := maps.Clone(c.targets)
	addrs, native, err := nativeServer(c, log)
	for name, address := range addrs {
		targets[name] = bridge.Target{Address: address}
	}
	return targets, native, err
}

// nativeServer returns the addresses of the native server by name, and the
// server itself if it is ours.
func nativeServer(c config, log *slog.Logger) (map[string]string, *run.Server, error) {
	p := c.ports
	if c.server != "" {
		addrs, err := elsewhere(c.server, p)
		return addrs, nil, err
	}
	native, err := run.Start(run.Config{
		Control: p.control, Echo: p.echo, Mux: p.mux, Byteorder: p.byteorder,
		Watch: c.watch, Most: c.most, Logger: log,
	})
	if err != nil {
		return nil, nil, err
	}
	return native.Addrs(), native, nil
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
