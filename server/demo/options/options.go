package options

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is echo.go for one client, whom it only sends to. It asks for
// options of their connection, sets them, and asks again: what was set
// is not always what is.
func Serve(addr string, backlog, buffer, linger int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	change(server, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		return // the client gave up first
	}
	peer, _ := conn.Getpeername()
	fmt.Fprintf(socket.Stdout, "fd %d is %s to %s\n",
		conn.Fileno(), conn.Getsockname(), peer)

	change(conn, socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
	change(conn, socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
	change(conn, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
	change(conn, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	fmt.Fprintln(socket.Stdout, "the buffers took", fill(conn))

	conn.GetOption(socket.SOL_SOCKET, socket.SO_LINGER)
	conn.SetLinger(linger) // of 0, close sends RST and drops the rest
	conn.GetOption(socket.SOL_SOCKET, socket.SO_LINGER)
	conn.Close()
	server.Close()
}

// change asks for an option, sets it and asks again.
func change(s *socket.Socket, level, option, value int) {
	s.GetOption(level, option)
	s.SetOption(level, option, value)
	s.GetOption(level, option)
}

// fill sends until no byte more finds room in the kernel's buffers.
func fill(conn *socket.Socket) (total int) {
	conn.SetBlocking(false)
	for data := make([]byte, 16<<10); ; {
		n, err := conn.Send(data) // takes part, and then EAGAIN
		if err != nil {
			return total
		}
		total += n
	}
}
