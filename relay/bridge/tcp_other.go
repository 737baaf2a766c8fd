//go:build !linux && !darwin

package bridge

import "net"

// unsent is 0: this system doesn't say how much its peer still lacks, so a RST
// may overtake the last bytes before it.
func unsent(*net.TCPConn) (int, error) { return 0, nil }

// closedByPeer is false: a RST shows as the error of a read or a write, and what
// reads as end of file is a FIN.
func closedByPeer(*net.TCPConn) bool { return false }
