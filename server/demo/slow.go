package demo

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Slow is Client with a pause before each message. The server that
// serves it alone waits too, and all its other clients with it.
func Slow(addr string, messages []string, pause time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err != nil {
		fmt.Fprintln(socket.Stdout, "connect:", err)
		return
	}
	for _, message := range messages {
		if err := askSlowly(conn, message, pause); err != nil {
			fmt.Fprintln(socket.Stdout, err)
			break
		}
	}
	conn.Close()
}

// askSlowly waits, sends a message, and reads until all of its echo is
// there.
func askSlowly(conn *socket.Socket, message string,
	pause time.Duration) error {
	socket.Sleep(pause) // connected, but silent
	data := []byte(message)
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffer is full
		if err != nil {
			return err
		}
		data = data[n:]
	}
	for missing := len(message); missing > 0; {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("end of file, %d bytes missing", missing)
		}
		missing -= len(data) // one echo may come in several pieces
	}
	return nil
}
