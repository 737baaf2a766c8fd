package bulk

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is halfclose.go for more bytes than the kernel has room for. A
// blocking send waits until it has taken all of them; a non-blocking
// one takes what fits, and then EAGAIN says that nothing does.
func Talk(addr string, data []byte, buffer int, blocking bool) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	conn.SetOption(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
	err := conn.Connect(addr) // blocks until the other kernel answers
	conn.SetBlocking(blocking)
	if err == nil {
		err = sendAll(conn, data)
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// sendAll sends until all is sent, as Python's sendall does.
func sendAll(conn *socket.Socket, data []byte) error {
	outputs := socket.Set{conn: true}
	for len(data) > 0 {
		n, err := conn.Send(data) // may take only part
		if err == socket.EAGAIN {
			socket.Select(nil, outputs) // sleeps until there is room
		} else if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
