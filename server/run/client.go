package run

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// maxProxyLine is the longest line of the PROXY protocol, version 1, with its end
// (haproxy's proxy-protocol.txt, section 2.1).
const maxProxyLine = 107

// clientOf returns whom a viewer's connection is for. A relay on this machine may send a
// line of the PROXY protocol first, which names an address; of IPv6 the /64 counts. It is
// "" where nobody is named. A frame begins with another byte.
func clientOf(conn net.Conn, r *bufio.Reader) (string, error) {
	first, err := r.Peek(1)
	if err != nil || first[0] != 'P' {
		return "", nil // read finds the same
	}
	line, err := r.ReadSlice('\n')
	if err != nil || len(line) > maxProxyLine {
		return "", fmt.Errorf("the first byte begins a line of the PROXY protocol, which has at most %d bytes", maxProxyLine)
	}
	who, err := proxyLine(string(line))
	if peer, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !peer.IP.IsLoopback() {
		return "", err // anybody could say so
	}
	return who, err
}

// proxyLine returns whom a line of the PROXY protocol names: "PROXY TCP4
// 192.0.2.1 127.0.0.1 5000 7000\r\n".
func proxyLine(line string) (string, error) {
	text, whole := strings.CutSuffix(line, "\r\n")
	words := strings.Split(text, " ")
	if whole && len(words) > 1 && words[0] == "PROXY" && words[1] == "UNKNOWN" {
		return "", nil
	}
	if whole && len(words) == 6 && words[0] == "PROXY" && (words[1] == "TCP4" || words[1] == "TCP6") {
		if a, err := netip.ParseAddr(words[2]); err == nil && a.Zone() == "" && a.Is4() == (words[1] == "TCP4") {
			if a.Is6() && !a.Is4In6() {
				network, _ := a.Prefix(64)
				return network.String(), nil
			}
			return a.Unmap().String(), nil
		}
	}
	return "", fmt.Errorf("%.60q is no line of the PROXY protocol; one is \"PROXY TCP4 192.0.2.1 127.0.0.1 5000 7000\"", line)
}
