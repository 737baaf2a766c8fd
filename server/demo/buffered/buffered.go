package buffered

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go with a buffer of its own before send, as files have
// in most languages. What lies there is in no kernel: no server can
// receive it before the buffer is full, or is flushed.
func Talk(addr string, messages []string, size int, flushes bool) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	var buffer []byte
	for n := 0; n < len(messages) && err == nil; n++ {
		buffer = append(buffer, messages[n]...) // no system call
		if flushes || len(buffer) >= size {
			err = send(conn, buffer)
			buffer = buffer[:0]
		}
		if err == nil {
			err = receive(conn, len(messages[n])) // the echo
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
		n, err := conn.Send(data) // blocks while the buffer is full
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
		data, err := conn.Recv(1024) // blocks until bytes arrive
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
