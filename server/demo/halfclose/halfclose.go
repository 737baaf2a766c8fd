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
	if err != nil {
		fmt.Fprintln(socket.Stdout, "connect:", err)
		return
	}
	for _, message := range messages {
		data := []byte(message)
		for len(data) > 0 { // send may take only part
			n, err := conn.Send(data)
			if err != nil {
				fmt.Fprintln(socket.Stdout, "send:", err)
				return
			}
			data = data[n:]
		}
	}
	conn.Shutdown(socket.SHUT_WR) // sends FIN; receiving goes on
	for {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			fmt.Fprintln(socket.Stdout, "recv:", err)
			break
		}
		if len(data) == 0 {
			break // the server has closed as well
		}
	}
	conn.Close()
}
