package gather

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Talk is parts.go, but one writev takes both parts of a request: they
// leave together.
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

// ask sends a request and reads its answer.
func ask(conn *socket.Socket, message string) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	body := []byte(message)
	for len(head)+len(body) > 0 { // writev may take only part
		n, err := conn.Writev(head, body)
		if err != nil {
			return err
		}
		most := min(n, len(head))
		head, body = head[most:], body[n-most:]
	}
	_, err := conn.Recv(16) // blocks until the answer arrives
	return err
}
