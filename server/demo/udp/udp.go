package udp

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go over UDP. There is no listener, no accept and no end
// of file: one socket gets the datagrams of everybody, and answers each
// where it came from. It ends when somebody says "exit".
//
// buffer is how much memory the kernel may take for what waits, 0 what
// is usual. While Serve pauses, what finds no room there is lost.
func Serve(addr string, buffer, size int, pause time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_DGRAM)
	if buffer > 0 {
		server.SetOption(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
	}
	server.Bind(addr) // from now on the kernel keeps datagrams for it
	if pause > 0 {
		socket.Sleep(pause)
	}

	for {
		// Blocks until there is a datagram. It gets one, never two.
		data, n, from, err := server.Recvfrom(size, socket.MSG_TRUNC)
		if err != nil {
			fmt.Fprintln(socket.Stdout, "recvfrom:", err)
			break
		}
		if n > size { // what had no room is gone for good
			fmt.Fprintf(socket.Stdout, "%d of %d bytes\n", size, n)
		}
		if string(data) == "exit" {
			break
		}
		server.Sendto(data, from) // whole, or not at all
	}
	server.Close()
}
