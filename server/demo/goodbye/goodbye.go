package goodbye

import "sockscope/server/socket"

// Serve is echo.go without the echo: it receives one message from each
// client, and closes.
func Serve(addr string, backlog int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for {
		conn, err := server.Accept() // blocks until a client connects
		if err != nil {
			continue // the client gave up first
		}
		conn.Recv(1024) // blocks until bytes arrive
		conn.Close()    // whatever comes now is answered by RST
	}
}
