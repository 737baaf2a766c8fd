package receive

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Serve is echo.go for one client, whose number it prints. How many
// bytes that takes, and which comes first, both must agree on: the
// bytes themselves do not tell.
func Serve(addr string, backlog, bits int, order binary.ByteOrder) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		fmt.Fprintln(socket.Stdout, "accept:", err)
		return // the client gave up first
	}
	data, err := receive(conn, bits/8)
	switch {
	case err != nil:
		fmt.Fprintln(socket.Stdout, "recv:", err)
	case len(data) < bits/8:
		fmt.Fprintln(socket.Stdout, "the number is not all there")
	case bits == 16:
		fmt.Fprintln(socket.Stdout, order.Uint16(data))
	default:
		fmt.Fprintln(socket.Stdout, order.Uint32(data))
	}
	conn.Close()
	server.Close()
}

// receive returns so many bytes, or those until the peer's end of file.
func receive(conn *socket.Socket, size int) (all []byte, err error) {
	for len(all) < size {
		data, err := conn.Recv(size - len(all)) // may be less
		if err != nil || len(data) == 0 {
			return all, err
		}
		all = append(all, data...)
	}
	return all, nil
}
