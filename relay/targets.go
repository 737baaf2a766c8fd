package main

import (
	"fmt"
	"net"
)

// ports are the addresses of the native server's TCP ports.
type ports struct{ control, echo, mux, byteorder string }

// openTargets returns the address of each target of the bridge.
func openTargets(server string, p ports) (targets map[string]string, closeAll func() error, err error) {
	targets = map[string]string{"lab": p.control, "echo": p.echo, "mux": p.mux, "byteorder": p.byteorder}
	closeAll = func() error { return nil }
	if server != "" {
		err = moveTo(server, targets)
	}
	return targets, closeAll, err
}

// moveTo puts the targets on the host that -server names; each keeps its port,
// but for the control port if one is named too.
func moveTo(server string, targets map[string]string) error {
	host, control, err := net.SplitHostPort(server)
	if err != nil {
		host, control = server, ""
		if ip := net.ParseIP(trimBrackets(host)); ip != nil {
			host = ip.String()
		}
	}
	for name, address := range targets {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("address of %s: %w", name, err)
		}
		if name == "lab" && control != "" {
			port = control
		}
		targets[name] = net.JoinHostPort(host, port)
	}
	return nil
}

func trimBrackets(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
