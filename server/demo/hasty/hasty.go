package hasty

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is halfclose.go with close in place of shutdown. It ends both
// directions: the reply finds nobody, and the kernel answers it by RST.
func Talk(addr string, messages []string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(messages) && err == nil; n++ {
		err = send(conn, []byte(messages[n]))
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close() // FIN, and nothing is received from now on
}

// send sends all of a message.
func send(conn *socket.Socket, data []byte) error {
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffer is full
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
