package optionsclient

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go, but it only receives, and with a small buffer. It
// pauses before it does, so that the server finds where room ends.
func Talk(addr string, buffer int, pause time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	// Before connect: the handshake tells the peer how much fits.
	conn.SetOption(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
	err := conn.Connect(addr) // blocks until the other kernel answers
	socket.Sleep(pause)
	total := 0
	for err == nil {
		var data []byte
		data, err = conn.Recv(64 << 10) // blocks until bytes arrive
		total += len(data)
		if err == nil && len(data) == 0 {
			break // the end
		}
	}
	fmt.Fprintln(socket.Stdout, "received", total)
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}
