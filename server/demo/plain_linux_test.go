package demo_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pythonEcho talks to any address, with a family and a type, and prints what comes back.
const pythonEcho = `
import socket, sys
family, kind, addr = sys.argv[1:]
s = socket.socket(getattr(socket, family), getattr(socket, kind))
s.settimeout(10)
if family == "AF_UNIX":
    to = "\0" + addr[1:] if addr[0] == "@" else addr
    if kind == "SOCK_DGRAM":
        s.bind("") # any abstract name
else:
    host, port = addr.rsplit(":", 1)
    to = host.strip("[]"), int(port)
s.connect(to)
s.send(b"Hello, world")
print(s.recv(100).decode(), end="")
`

// The echo over each family and type answers clients that nobody here wrote.
func TestPlainClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	path := func(t *testing.T) string { return filepath.Join(t.TempDir(), "s") }
	host := func(addr string) []string {
		h, p, _ := net.SplitHostPort(addr)
		return []string{h, p}
	}
	for _, c := range []struct {
		family, kind string
		at           func(*testing.T) string
		socat        func(addr, own string) string
		nc           func(addr string) []string
	}{
		{"AF_INET", "SOCK_STREAM", freePort, func(a, _ string) string { return "TCP4:" + a }, func(a string) []string { return append([]string{"-N"}, host(a)...) }},
		{"AF_INET", "SOCK_DGRAM", freeUDPPort, func(a, _ string) string { return "UDP4:" + a }, func(a string) []string { return append([]string{"-u", "-w", "1"}, host(a)...) }},
		{"AF_INET6", "SOCK_STREAM", freePort6, func(a, _ string) string { return "TCP6:" + a }, func(a string) []string { return append([]string{"-N"}, host(a)...) }},
		{"AF_INET6", "SOCK_DGRAM", freePort6, func(a, _ string) string { return "UDP6:" + a }, func(a string) []string { return append([]string{"-u", "-w", "1"}, host(a)...) }},
		{"AF_UNIX", "SOCK_STREAM", path, func(a, _ string) string { return "UNIX-CONNECT:" + a }, func(a string) []string { return []string{"-N", "-U", a} }},
		{"AF_UNIX", "SOCK_STREAM", freeName, func(a, _ string) string { return "ABSTRACT-CONNECT:" + a[1:] }, nil},
		{"AF_UNIX", "SOCK_DGRAM", path, func(a, own string) string { return "UNIX-SENDTO:" + a + ",bind=" + own }, nil},
		{"AF_UNIX", "SOCK_SEQPACKET", path, func(a, _ string) string { return "UNIX-CONNECT:" + a + ",socktype=5" }, nil},
	} {
		clients := map[string]func(t *testing.T, addr string) []string{
			"python3": func(_ *testing.T, addr string) []string { return []string{"-c", pythonEcho, c.family, c.kind, addr} },
			"socat": func(t *testing.T, addr string) []string {
				return []string{"-t", "0.5", "-", c.socat(addr, path(t))}
			},
		}
		if c.nc != nil {
			clients["nc"] = func(_ *testing.T, addr string) []string { return c.nc(addr) }
		}
		for name, args := range clients {
			t.Run(c.family+"/"+c.kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				tool, err := exec.LookPath(name)
				if err != nil {
					t.Skip(name + " is not installed")
				}
				addr := c.at(t)
				server := start(t, job{Program: "families", Addr: addr, Settings: map[string]string{"type": c.kind}}).listening()
				client := exec.Command(tool, args(t, addr)...)
				client.Stdin = strings.NewReader("Hello, world")
				out, err := client.CombinedOutput()
				if err != nil || string(out) != "Hello, world" {
					server.collect()
					t.Errorf("%v: %v, %q; the server's calls:\n%s", client.Args, err, out, server.text())
				}
			})
		}
	}
}
