package framed

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"sockscope/server/socket"
)

// Talk is halfclose.go for messages in frames: a reader finds the ends
// by these. How many bytes a send has, it can not see.
func Talk(addr string, messages []string, framing string, piece int,
	pause time.Duration) {
	var pieces []string
	for _, m := range messages {
		pieces = append(pieces, frame(m, framing)) // a send a message
	}
	if piece > 0 {
		pieces = cut(strings.Join(pieces, ""), piece)
	}
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(pieces) && err == nil; n++ {
		err = send(conn, []byte(pieces[n]))
		socket.Sleep(pause)
	}
	conn.Shutdown(socket.SHUT_WR) // end of file for the reader
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// frame returns a message as it travels.
func frame(message, framing string) string {
	switch framing {
	case "fixed": // filled up with spaces
		return fmt.Sprintf("%-32s", message)
	case "delimiter":
		return message + "\n"
	case "length": // 2 bytes, in network order
		size := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
		return string(size) + message
	case "type": // S, M, L: 8, 16, 32 bytes follow
		n := min((len(message)-1)/8, 2)
		return fmt.Sprintf("%c%-*s", "SML"[n], 8<<n, message)
	}
	return message
}

// cut cuts data into pieces of so many bytes; the last has the rest.
func cut(data string, size int) (pieces []string) {
	for len(data) > size {
		pieces, data = append(pieces, data[:size]), data[size:]
	}
	return append(pieces, data)
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
