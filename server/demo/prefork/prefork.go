package prefork

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is processes.go with the children made before any client comes.
// All of them sleep in accept of one listener.
func Serve(addr string, backlog, workers int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for range workers {
		if _, err := socket.Fork(Child, server, nil); err != nil {
			fmt.Fprintln(socket.Stdout, "fork:", err)
		}
	}
	for pid := 1; pid > 0; { // until there is no child left
		pid, _ = socket.Wait(0)
	}
}

// Child is what a child does. Of those that sleep in accept, the kernel
// wakes one for each connection.
func Child(server, _ *socket.Socket) {
	for {
		conn, err := server.Accept() // sleeps, as the others do
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
