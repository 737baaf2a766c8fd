package restart

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is web.go for one client. Then it starts again, while its end
// of that connection is in TIME-WAIT: without SO_REUSEADDR, and with.
func Serve(addr string, backlog int, reuse bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	if reuse {
		server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	}
	server.Bind(addr)
	server.Listen(backlog)
	serve(server)
	server.Close() // nobody listens there any more

	again := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	bind := func() { again.Bind(addr) }
	fmt.Fprintln(socket.Stdout, socket.Attempt(bind)) // EADDRINUSE

	again.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	if err := socket.Attempt(bind); err != nil {
		fmt.Fprintln(socket.Stdout, err) // the first one hadn't set it
		return
	}
	again.Listen(backlog)
	serve(again)
}

// serve serves one client. It closes first: so its end waits.
func serve(server *socket.Socket) {
	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		return // the client gave up first
	}
	conn.Recv(1024) // blocks until bytes arrive
	conn.Send([]byte("HTTP/1.0 200 OK\r\n\r\nHello, World"))
	conn.Shutdown(socket.SHUT_WR) // the first FIN
	conn.Recv(1024)               // blocks until the client's
	conn.Close()
}
