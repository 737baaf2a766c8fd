package number

import (
	"encoding/binary"
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go for one number, of 2 or 4 bytes. In host order it
// sends them as they lie in memory; in network order the most
// significant comes first, whatever the machine.
func Talk(addr string, number uint32, bits int,
	order binary.ByteOrder) {
	data := make([]byte, bits/8)
	if bits == 16 {
		order.PutUint16(data, uint16(number)) // the low 16 bits
	} else {
		order.PutUint32(data, number)
	}
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		err = send(conn, data)
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
