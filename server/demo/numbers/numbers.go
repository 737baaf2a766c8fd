package numbers

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Talk is halfclose.go for numbers: each as a line of text, or as 4 or
// 8 bytes in network order. It prints what the server says: how many
// bytes that was.
func Talk(addr string, numbers []uint32, form string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		err = send(conn, write(numbers, form))
	}
	if err == nil {
		err = conn.Shutdown(socket.SHUT_WR) // FIN; receiving goes on
	}
	for more := true; more && err == nil; {
		var data []byte
		data, err = conn.Recv(1024) // blocks until bytes arrive
		fmt.Fprintf(socket.Stdout, "%s", data)
		more = len(data) > 0 // end of file: the server has closed
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// write makes bytes of numbers.
func write(numbers []uint32, form string) (data []byte) {
	for _, n := range numbers {
		switch form {
		case "text": // as many digits as it has, and a line feed
			data = fmt.Appendln(data, n)
		case "32": // 4 bytes, whatever the number
			data = binary.BigEndian.AppendUint32(data, n)
		case "64": // 8 bytes, whatever the number
			data = binary.BigEndian.AppendUint64(data, uint64(n))
		}
	}
	return data
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
