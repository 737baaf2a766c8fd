package client

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is get.go, but it sends messages, each after the echo of the one
// before. Until that is complete it waits in recv.
func Talk(addr string, messages []string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(messages) && err == nil; n++ {
		err = ask(conn, messages[n])
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// ask sends a message and reads until all of its echo is there.
func ask(conn *socket.Socket, message string) error {
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
