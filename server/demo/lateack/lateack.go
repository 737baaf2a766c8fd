package lateack

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go, but the ACK that ends its handshake waits for its
// first bytes. Before these it makes others, which take the places in
// the server's backlog.
func Talk(addr string, others int) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	err := conn.Connect(addr) // returns when the SYN is answered
	if err == nil {
		err = ask(conn, addr, others)
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err) // ECONNRESET
	}
	conn.Close()
}

// ask sends a message in two segments, and reads until all of its echo
// is there.
func ask(conn *socket.Socket, addr string, others int) error {
	for range others {
		other := socket.New(socket.AF_INET, socket.SOCK_STREAM)
		other.Connect(addr) // its ACK leaves at once
		other.Close()       // it keeps its place all the same
	}
	missing := 0
	for _, part := range []string{"Hello, ", "world"} {
		if _, err := conn.Send([]byte(part)); err != nil {
			return err
		}
		missing += len(part)
	}
	for missing > 0 {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("end of file, %d bytes missing", missing)
		}
		missing -= len(data)
	}
	return nil
}
