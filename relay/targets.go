package main

import (
	"fmt"
	"log/slog"
	"net"
	"strings"

	"sockscope/server/run"
)

// ports are the addresses of the native server's TCP ports.
type ports struct{ control, echo, mux, byteorder string }

// openTargets returns the address of each target of the bridge. It starts the
// native server unless one is named; closeAll ends what it started.
func openTargets(server string, p ports, watch run.Watch) (targets map[string]string, closeAll func() error, err error) {
	if server != "" {
		targets, err = elsewhere(server, p)
		return targets, func() error { return nil }, err
	}
	native, err := run.Start(run.Config{
		Control: p.control, Echo: p.echo, Mux: p.mux, Byteorder: p.byteorder,
		Watch: watch, Logger: slog.Default(),
	})
	if err != nil {
		return nil, nil, err
	}
	return native.Addrs(), native.Close, nil
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
