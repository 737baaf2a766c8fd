package unread

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go, but it closes when it knows that the echo is there
// and hasn't received it. Such a close sends RST instead of FIN.
func Talk(addr string, messages []string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(messages) && err == nil; n++ {
		err = ask(conn, messages[n])
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close() // the unread bytes are lost, and the peer is told
}

// ask sends a message and waits until some of its echo is there.
func ask(conn *socket.Socket, message string) error {
	data := []byte(message)
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffer is full
		if err != nil {
			return err
		}
		data = data[n:]
	}
	socket.Poll(socket.Interest{conn: socket.POLLIN}) // takes nothing
	return nil
}
