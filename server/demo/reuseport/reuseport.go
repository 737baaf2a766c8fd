package reuseport

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is prefork.go with a listener for each child, all at an
// address: SO_REUSEPORT. The kernel chooses one by a hash.
func Serve(addr string, backlog, workers int) {
	for range workers {
		server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
		server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
		server.Bind(addr)
		server.Listen(backlog)
		if _, err := socket.Fork(Child, server, nil); err != nil {
			fmt.Fprintln(socket.Stdout, "fork:", err)
		}
		server.Close() // the child has its own fd of it
	}
	for pid := 1; pid > 0; { // until there is no child left
		pid, _ = socket.Wait(0)
	}
}

// Child is what a child does. It has a backlog of its own: whoever is
// in there waits for this child, even while others have nothing to do.
func Child(server, _ *socket.Socket) {
	for {
		conn, err := server.Accept() // nobody else sleeps here
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
		data, err := conn.Recv(1024) // blocks this child only
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
