package pair

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is pour.go with two threads: one sends, one receives, and each
// blocks by itself. A connection has two directions, and they don't
// wait for each other.
func Talk(addr string, size int) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		received := make(chan error)
		socket.Go(func() { received <- receive(conn, size) })
		err = send(conn, make([]byte, size))
		if other := <-received; err == nil { // waits for the thread
			err = other
		}
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// send sends all of the bytes.
func send(conn *socket.Socket, data []byte) error {
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks this thread only
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
		data, err := conn.Recv(64 << 10) // blocks this thread only
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
