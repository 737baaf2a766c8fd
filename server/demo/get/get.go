package get

import (
	"fmt"
	"strings"

	"sockscope/server/socket"
)

// Talk asks a web server for one page and prints its body. It reads
// until the server closes: that is how HTTP/1.0 says "this was all".
func Talk(addr string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err != nil {
		fmt.Fprintln(socket.Stdout, "connect:", err)
		return
	}
	request := []byte("GET / HTTP/1.0\r\nHost: " + addr + "\r\n\r\n")
	for len(request) > 0 { // send may take only part
		n, err := conn.Send(request)
		if err != nil {
			fmt.Fprintln(socket.Stdout, "send:", err)
			return
		}
		request = request[n:]
	}
	reply := ""
	for {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			fmt.Fprintln(socket.Stdout, "recv:", err)
			return
		}
		if len(data) == 0 {
			break // end of file: the server has closed
		}
		reply += string(data)
	}
	conn.Close()
	_, body, _ := strings.Cut(reply, "\r\n\r\n")
	fmt.Fprintln(socket.Stdout, body)
}
