package count

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is echo.go, but it answers when a client has said all: at the
// end of the stream. A client that closes then is not there to hear it.
func Serve(addr string, backlog int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for {
		conn, err := server.Accept() // blocks until a client connects
		if socket.NoRoom(err) {      // EMFILE: no close of ours helps
			return
		}
		if err != nil {
			continue // the client gave up first
		}
		answer(conn)
		conn.Close()
	}
}

// answer receives to the end of the stream and says how much that was.
func answer(conn *socket.Socket) {
	total := 0
	for more := true; more; {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return // reset: nobody is left to answer
		}
		total += len(data)
		more = len(data) > 0 // end of file: the client sends no more
	}
	reply := fmt.Sprintf("That was %d bytes.\n", total)
	for data := []byte(reply); len(data) > 0; { // the other direction
		n, err := conn.Send(data)
		if err != nil {
			fmt.Fprintln(socket.Stdout, "send:", err)
			return
		}
		data = data[n:]
	}
}
