package get

import (
	"fmt"
	"strings"

	"sockscope/server/socket"
)

// Talk asks a web server for one page and prints its body. It waits for
// the server's close on purpose: Content-Length tells the length, too.
func Talk(addr string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	reply := ""
	if err == nil {
		request := "GET / HTTP/1.0\r\nHost: " + addr + "\r\n\r\n"
		reply, err = ask(conn, request)
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
	_, body, _ := strings.Cut(reply, "\r\n\r\n")
	fmt.Fprintln(socket.Stdout, body)
}

// ask sends a request and reads to the end of file.
func ask(conn *socket.Socket, request string) (string, error) {
	data := []byte(request)
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data)
		if err != nil {
			return "", err
		}
		data = data[n:]
	}
	reply := ""
	for {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return "", err
		}
		if len(data) == 0 {
			return reply, nil // end of file: the server has closed
		}
		reply += string(data)
	}
}
