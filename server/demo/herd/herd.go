package herd

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is prefork.go, but its children wait in select for the listener
// that they share: all of them are woken for one client.
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

// Child is what a child does. What select has said may be so no longer
// when it accepts: then it sleeps there.
func Child(server, _ *socket.Socket) {
	for {
		socket.Select(socket.Set{server: true}, nil) // all are woken
		socket.Sleep(20 * time.Millisecond)          // something else
		conn, err := server.Accept()                 // one gets it
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
