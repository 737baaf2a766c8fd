package parts

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go, but each message is a request in two sends: how
// long it is, then the message. It waits for the answer in recv.
func Talk(addr string, messages []string, nodelay bool) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if nodelay {
		conn.SetOption(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	}
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
	if err := send(conn, head); err != nil {
		return err
	}
	// The kernel takes the bytes. When they leave is its business.
	if err := send(conn, []byte(message)); err != nil {
		return err
	}
	_, err := conn.Recv(16) // blocks until the answer arrives
	return err
}

// send sends all of data.
func send(conn *socket.Socket, data []byte) error {
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data)
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
