package pour

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is halfclose.go for a server that sends as much as it gets. It
// sends all before it receives: that goes well while the buffers of
// the two kernels have room for what the server sends meanwhile.
func Talk(addr string, size int) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		err = send(conn, make([]byte, size))
	}
	if err == nil {
		err = receive(conn, size)
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// send sends all of the bytes.
func send(conn *socket.Socket, data []byte) error {
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffers are full
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// receive receives so many bytes.
func receive(conn *socket.Socket, size int) error {
	for size > 0 {
		data, err := conn.Recv(64 << 10) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("end of file, %d bytes missing", size)
		}
		size -= len(data)
	}
	return nil
}
