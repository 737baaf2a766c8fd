package halfclose

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go, but it sends all of its messages at once, says
// that this was all, and reads the echo to its end. Shutdown ends one
// direction: the server's recv returns 0, and it can still send.
func Talk(addr string, messages []string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(messages) && err == nil; n++ {
		err = send(conn, []byte(messages[n]))
	}
	if err == nil {
		err = conn.Shutdown(socket.SHUT_WR) // FIN; receiving goes on
	}
	for more := true; more && err == nil; {
		var data []byte
		data, err = conn.Recv(1024) // blocks until bytes arrive
		more = len(data) > 0        // end of file: the server has closed
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
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
