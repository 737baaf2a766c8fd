package net

import (
	"errors"
	"net"
	"syscall"
	"time"

	"sockscope/server/told"
)

// Serve is threads.go with Go's package net and a goroutine for each
// client. Its calls read as if they blocked: the runtime waits for
// them.
func Serve(addr string) error {
	server, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server = told.Listener(server) // notes what is called, no more

	for {
		conn, err := server.Accept() // waits for a client
		if errors.Is(err, syscall.EMFILE) {
			time.Sleep(100 * time.Millisecond) // until a client leaves
			continue
		}
		if err != nil {
			return err
		}
		go echo(conn) // this one goes on to the next client
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn net.Conn) {
	defer conn.Close()
	data := make([]byte, 1024)
	for {
		n, err := conn.Read(data) // waits until bytes arrive
		if err != nil {
			return // end of file, or a reset
		}
		if _, err := conn.Write(data[:n]); err != nil { // takes all
			return
		}
	}
}
