package duplex

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is pour.go, but it receives while it sends. It sleeps in select
// until it can do one or the other: so the server's bytes never wait
// for its own.
func Talk(addr string, size int) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	conn.SetBlocking(false)
	inputs := socket.Set{conn: true}  // to receive the server's bytes
	outputs := socket.Set{conn: true} // to send what is left
	data, missing := make([]byte, size), size
	for err == nil && (len(data) > 0 || missing > 0) {
		readable, writable := socket.Select(inputs, outputs)
		if len(readable) > 0 {
			missing, err = receive(conn, missing)
		}
		if len(writable) > 0 && err == nil {
			data, err = send(conn, data)
		}
		outputs[conn] = len(data) > 0
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// send sends what there is room for, and returns what is left.
func send(conn *socket.Socket, data []byte) ([]byte, error) {
	n, err := conn.Send(data) // takes what fits, maybe not all
	if err == socket.EAGAIN {
		err = nil // there is none after all
	}
	return data[n:], err
}

// receive receives what is there, and returns how much is missing.
func receive(conn *socket.Socket, size int) (int, error) {
	data, err := conn.Recv(64 << 10)
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("end of file, %d bytes missing", size)
	}
	return size - len(data), err
}
