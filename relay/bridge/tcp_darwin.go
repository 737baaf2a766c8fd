package bridge

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent returns how many bytes are in the send buffer (SO_NWRITE,
// getsockopt(2)).
func unsent(c *net.TCPConn) (n int, err error) {
	err = withFD(c, func(fd int) error {
		n, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE)
		return err
	})
	return n, err
}

// closedByPeer reports whether a connection at end of file is in state CLOSED. That
// is so after a RST; after a FIN it is in CLOSE_WAIT.
func closedByPeer(c *net.TCPConn) bool {
	const tcpsClosed = 0 // netinet/tcp_fsm.h
	var state uint8 = tcpsClosed + 1
	err := withFD(c, func(fd int) error {
		info, err := unix.GetsockoptTCPConnectionInfo(fd, unix.IPPROTO_TCP, unix.TCP_CONNECTION_INFO)
		if err == nil {
			state = info.State
		}
		return err
	})
	return err == nil && state == tcpsClosed
}
