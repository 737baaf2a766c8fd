package flood

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is count.go, but both sides send, and know how much. It sends
// first, like its client, so that nobody receives; unless it leaves
// the first turn to the client.
func Serve(addr string, backlog int, size int, turns bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		fmt.Fprintln(socket.Stdout, "accept:", err)
		return // the client gave up first
	}
	if turns {
		err = receive(conn, size)
	}
	if err == nil {
		err = send(conn, make([]byte, size))
	}
	if err == nil && !turns {
		err = receive(conn, size) // too late, if send never returns
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
	server.Close()
}

// send sends all of the bytes.
func send(conn *socket.Socket, data []byte) error {
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffers are full
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// receive receives so many bytes.
func receive(conn *socket.Socket, size int) error {
	for size > 0 {
		data, err := conn.Recv(64 << 10) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("end of file, %d bytes missing", size)
		}
		size -= len(data)
	}
	return nil
}
