package demo

import (
	"net"

	"sockscope/server/told"
)

// Net serves each client in a goroutine of its own, with Go's package
// net. Its calls read as if they blocked: the runtime waits for them.
func Net(addr string) error {
	server, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server = told.Listener(server) // notes what is called, no more

	for {
		conn, err := server.Accept() // waits until a client connects
		if err != nil {
			return err
		}
		go repeat(conn) // this one goes on to the next client
	}
}

// repeat sends back what it receives until the peer stops sending.
func repeat(conn net.Conn) {
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
