package receive

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Serve is echo.go for one client, whose number it prints. How many
// bytes that takes, and which comes first, both must agree on: the
// bytes themselves do not tell.
func Serve(addr string, bits int, order binary.ByteOrder) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)
	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		fmt.Fprintln(socket.Stdout, "accept:", err)
		return
	}
	var number []byte
	for len(number) < bits/8 {
		data, err := conn.Recv(bits/8 - len(number)) // may be less
		if err != nil || len(data) == 0 {
			fmt.Fprintln(socket.Stdout, "the number is not all there")
			return
		}
		number = append(number, data...)
	}
	if bits == 16 {
		fmt.Fprintln(socket.Stdout, order.Uint16(number))
	} else {
		fmt.Fprintln(socket.Stdout, order.Uint32(number))
	}
	conn.Close()
	server.Close()
}
