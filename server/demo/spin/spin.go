package spin

import "sockscope/server/socket"

// Serve is echo.go, but it never sleeps while it has a client. It asks
// for bytes again and again; its clients wait no less for that.
func Serve(addr string, backlog int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for {
		conn, err := server.Accept() // still blocks: nobody is there
		if err != nil {
			continue // the client gave up first
		}
		conn.SetBlocking(false) // from here on "not yet" is an error
		echo(conn)
		conn.Close()
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // returns at once, come what may
		if err == socket.EAGAIN {
			continue // no bytes yet: ask again
		}
		if err != nil || len(data) == 0 {
			return // reset, or end of file
		}
		for len(data) > 0 { // send may take only part, or nothing
			n, err := conn.Send(data)
			if err != nil && err != socket.EAGAIN {
				return
			}
			data = data[n:]
		}
	}
}
