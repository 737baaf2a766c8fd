package answer

import (
	"encoding/binary"

	"sockscope/server/socket"
)

// Serve is echo.go, but it answers a request when it has all of it: 4
// bytes that say how long the body is, then the body.
func Serve(addr string, backlog int, quick bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for {
		conn, err := server.Accept() // blocks until a client connects
		if err != nil {
			continue // the client gave up first
		}
		answer(conn, quick)
		conn.Close()
	}
}

// answer answers requests until the peer stops sending.
func answer(conn *socket.Socket, quick bool) {
	for {
		head := receive(conn, 4, quick)
		if len(head) < 4 {
			return // reset, or end of file
		}
		size := int(binary.BigEndian.Uint32(head))
		if len(receive(conn, size, quick)) < size {
			return
		}
		if _, err := conn.Send([]byte("ok")); err != nil {
			return
		}
	}
}

// receive returns the next bytes, as many as size; fewer at the end.
func receive(conn *socket.Socket, size int, quick bool) (got []byte) {
	for len(got) < size {
		if quick { // the kernel forgets it, so it is set each time
			conn.SetOption(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
		}
		data, err := conn.Recv(size - len(got)) // blocks until they come
		if err != nil || len(data) == 0 {
			break
		}
		got = append(got, data...)
	}
	return got
}
