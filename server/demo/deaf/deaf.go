package deaf

import (
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go, but it listens and does something else for a while
// before it accepts anybody. The kernel answers the clients meanwhile.
func Serve(addr string, backlog int, pause time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	socket.Sleep(pause) // the backlog fills

	for {
		conn, err := server.Accept() // blocks until a client connects
		if err != nil {
			continue // the client gave up first
		}
		echo(conn)
		conn.Close()
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil || len(data) == 0 {
			return // reset, or end of file
		}
		for len(data) > 0 { // send may take only part
			n, err := conn.Send(data)
			if err != nil {
				return
			}
			data = data[n:]
		}
	}
}
