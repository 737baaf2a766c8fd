package families

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go for every family of addresses and type of socket.
// The addresses differ, the calls don't. A type without connections
// has nothing to listen for, and nothing to accept.
func Serve(addr string, kind int, pause time.Duration) {
	server, err := socket.Try(socket.Domain(addr), kind)
	if err != nil {
		fmt.Fprintln(socket.Stdout, "socket:", err)
		return
	}
	if kind == socket.SOCK_RAW { // see raw(7)
		fmt.Fprintln(socket.Stdout, "socket: a raw one accepts nobody")
		return
	}
	if kind == socket.SOCK_STREAM {
		server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	}
	server.Bind(addr)
	if kind == socket.SOCK_DGRAM {
		socket.Sleep(pause)
		answer(server)
	}

	server.Listen(5)
	for {
		conn, err := server.Accept() // blocks until a client connects
		if err != nil {
			continue // the client gave up first
		}
		socket.Sleep(pause) // what comes meanwhile, the kernel keeps
		echo(conn)
		conn.Close()
	}
}

// answer sends each datagram back to where it came from.
func answer(server *socket.Socket) {
	for {
		data, _, from, err := server.Recvfrom(1024, 0)
		if err == nil {
			server.Sendto(data, from)
		}
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // of a stream, all that is there
		if err != nil || len(data) == 0 {
			return // reset, or the end
		}
		for len(data) > 0 && err == nil { // send may take only part
			n := 0
			n, err = conn.Send(data)
			data = data[n:]
		}
	}
}
