package errors

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is goodbye.go for one client, and calls what fails on the way:
// for an address, for an fd. At last it resets its client.
func Serve(addr string, backlog int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	other := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	other.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	tell(socket.Attempt(func() { other.Bind(addr) })) // EADDRINUSE
	tell(socket.Attempt(func() { server.Accept() }))  // EMFILE
	other.Close()                                     // gives back an fd
	if conn, err := server.Accept(); err == nil {     // blocks
		conn.Recv(1024)   // blocks until bytes arrive
		conn.SetLinger(0) // for RST: the client's ECONNRESET
		conn.Close()
	}
}

// tell prints an error.
func tell(err error) { fmt.Fprintln(socket.Stdout, err) }
