package drain

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is receive.go for all that a client sends. It does something
// else first: until then what arrives fills the kernel's buffer, and
// when that is full, the one of the sender's kernel.
func Serve(addr string, backlog, buffer, size int,
	pause time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.SetOption(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
	server.Bind(addr)
	server.Listen(backlog) // its connections get such a buffer, too

	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		fmt.Fprintln(socket.Stdout, "accept:", err)
		return // the client gave up first
	}
	socket.Sleep(pause)
	total := 0
	for more := true; more; {
		data, err := conn.Recv(size) // what there is, size at most
		if err != nil {
			fmt.Fprintln(socket.Stdout, "recv:", err)
		}
		total += len(data)
		more = len(data) > 0 // reset, or end of file
	}
	fmt.Fprintln(socket.Stdout, total, "bytes")
	conn.Close()
	server.Close()
}
