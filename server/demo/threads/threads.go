package threads

import (
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go with a thread for each client. Every thread sleeps
// in a call by itself, and no client waits for another.
func Serve(addr string, backlog int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for {
		conn, err := server.Accept() // blocks this thread only
		if socket.NoRoom(err) {      // EMFILE: until a client leaves
			socket.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			continue // the client gave up first
		}
		socket.Go(func() { // starts a thread and goes on
			echo(conn)
			conn.Close() // all threads share one table of fds
		})
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // blocks this thread only
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
