package web

import (
	"fmt"
	"strings"

	"sockscope/server/socket"
)

// Serve answers every request with the same page, one client after
// another. A client knows that it has it all when the server closes.
// Only the head of a request is read: of a body, close takes no notice.
func Serve(addr string) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	// Bind even while old connections of this port are in TIME-WAIT.
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5) // clients that may wait, not clients in all

	for {
		conn, err := server.Accept() // blocks until a client connects
		if err != nil {
			continue // the client gave up first
		}
		answer(conn)
		conn.Close() // the client's recv returns 0 now
	}
}

// answer reads a request up to its blank line and sends the page.
func answer(conn *socket.Socket) {
	request := ""
	for !strings.Contains(request, "\n\n") { // however it is cut
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil || len(data) == 0 || len(request) > 8<<10 {
			return // reset, end of file, or no request at all
		}
		// A line ends with "\r\n"; "\n" alone is understood, too.
		request += strings.ReplaceAll(string(data), "\r", "")
	}
	page := "Hello, World"
	reply := fmt.Appendf(nil, "HTTP/1.0 200 OK\r\n"+
		"Content-Type: text/plain\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(page), page)
	for len(reply) > 0 { // send may take only part
		n, err := conn.Send(reply)
		if err != nil {
			return
		}
		reply = reply[n:]
	}
}
