package put

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"sockscope/server/socket"
)

// Talk is client.go for a file, with a header before it. If wait is
// set it sends the file when the server has answered the header.
func Talk(addr, name string, file []byte, end string, wait bool) {
	sum := sha256.Sum256(file)
	fmt.Fprintf(socket.Stdout, "%s has sha256 %x\n", name, sum)
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		err = send(conn, fmt.Appendf(nil, "post|%s|%d%s",
			name, len(file), end))
	}
	if err == nil && wait {
		err = hear(conn) // a round trip, and the header was alone
	}
	for err == nil && len(file) > 0 {
		piece := file[:min(1024, len(file))]
		file = file[len(piece):]
		err = send(conn, piece)
	}
	conn.Shutdown(socket.SHUT_WR) // the server tells what it has got
	for err == nil {
		err = hear(conn)
	}
	fmt.Fprintln(socket.Stdout, err)
	conn.Close()
}

// send sends all of data.
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

// hear reads and prints what the server says. No more is an error.
func hear(conn *socket.Socket) error {
	data, err := conn.Recv(1024) // blocks until bytes arrive
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("the server has closed")
	}
	if strings.HasPrefix(string(data), "error: ") {
		err = fmt.Errorf("the server does not want it")
	}
	fmt.Fprint(socket.Stdout, string(data))
	return err
}
