package lateack

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go, but the ACK that ends its handshake waits for its
// first bytes, and these come after a pause, in two segments.
func Talk(addr string, pause time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	err := conn.Connect(addr) // returns when the SYN is answered
	if err == nil {
		socket.Sleep(pause) // meanwhile others shake hands
		err = ask(conn, "Hello, ", "world")
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err) // ECONNRESET
	}
	conn.Close()
}

// ask sends both parts and reads until all of their echo is there.
func ask(conn *socket.Socket, first, second string) error {
	for _, part := range []string{first, second} {
		if _, err := conn.Send([]byte(part)); err != nil {
			return err
		}
	}
	for missing := len(first) + len(second); missing > 0; {
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
