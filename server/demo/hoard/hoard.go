package hoard

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go with several connections at once, and a message on
// each. It doesn't wait for the echo of the last: a server that has no
// fd left for it doesn't accept it until another one is closed.
func Talk(addr string, connections int, stay time.Duration) {
	var conns []*socket.Socket
	for len(conns) < connections {
		conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
		conns = append(conns, conn)
		err := conn.Connect(addr) // succeeds without accept
		if err == nil {
			_, err = conn.Send([]byte("This is the message"))
		}
		if err == nil && len(conns) < connections {
			_, err = conn.Recv(1024) // the echo: it was accepted
		}
		if err != nil {
			fmt.Fprintln(socket.Stdout, err)
			return // which closes all
		}
	}
	socket.Sleep(stay)
	if connections > 1 {
		conns[0].Close() // the server gets an fd back
	}
	last := conns[connections-1]
	data, err := last.Recv(1024) // blocks until it is served
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("end of file")
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err) // it was dismissed
	}
}
