package messages

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"sockscope/server/socket"
)

// Serve is receive.go for all messages that a client sends. One recv
// may return a part of a message, or several: Cut finds the ends.
func Serve(addr string, backlog int, framing string, size int,
	pause time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		fmt.Fprintln(socket.Stdout, "accept:", err)
		return // the client gave up first
	}
	var held []byte // the beginning of a message
	for more := true; more && len(held) < 1<<16; {
		socket.Sleep(pause) // bytes that come meanwhile wait
		data, err := conn.Recv(size)
		more = err == nil && len(data) > 0 // reset, or end of file
		held = show(append(held, data...), framing, !more)
	}
	if len(held) > 0 {
		fmt.Fprintf(socket.Stdout, "%d bytes are no message\n", len(held))
	}
	conn.Close()
	server.Close()
}

// show prints the messages that are complete and returns what is left.
func show(data []byte, framing string, end bool) []byte {
	text, n := Cut(data, framing, end)
	for ; n > 0; text, n = Cut(data, framing, end) {
		fmt.Fprintf(socket.Stdout, "%q\n", text)
		data = data[n:]
	}
	return data
}

// Cut returns the first message of data, and how many bytes that takes
// with its frame: 0 while they are not all there.
func Cut(data []byte, framing string, end bool) (text string, n int) {
	from, to := 0, len(data) // "none": whatever a recv returns
	switch {
	case framing == "fixed": // filled up with spaces
		to = 32
	case framing == "delimiter":
		to = 1 + strings.IndexByte(string(data), '\n')
	case framing == "length" && len(data) > 1:
		from, to = 2, 2+int(binary.BigEndian.Uint16(data))
	case framing == "type" && len(data) > 0: // S, M, L: 8, 16, 32
		from, to = 1, 1+4<<(1+strings.IndexByte("SML", data[0]))
	case framing != "none" && !(framing == "end" && end):
		return "", 0 // its frame is not all there
	}
	if to > len(data) {
		return "", 0
	}
	return string(data[from:to]), to
}
