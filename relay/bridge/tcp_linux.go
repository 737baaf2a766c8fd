package bridge

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent returns how many bytes the peer's kernel hasn't acknowledged
// (SIOCOUTQ, tcp(7)).
func unsent(c *net.TCPConn) (n int, err error) {
	err = withFD(c, func(fd int) error {
		n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return err
	})
	return n, err
}

// closedByPeer reports whether a connection at end of file is in state CLOSED. That
// is so after a RST; after a FIN it is in CLOSE-WAIT.
func closedByPeer(c *net.TCPConn) bool {
	const tcpClose = 7 // include/net/tcp_states.h
	var state uint8
	err := withFD(c, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			state = info.State
		}
		return err
	})
	return err == nil && state == tcpClose
}
