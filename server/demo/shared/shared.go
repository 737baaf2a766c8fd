package shared

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is apart.go with memory that all of its processes share. They
// count in one variable, and it is a data race again.
func Serve(addr string, backlog, clients int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	visits := socket.Shared() // mapped here, and in each child
	for served := 0; served < clients; {
		conn, err := server.Accept() // blocks the parent only
		if err != nil {
			continue // the client gave up first
		}
		served++
		if _, err := socket.Fork(Child, server, conn); err != nil {
			fmt.Fprintln(socket.Stdout, "fork:", err)
		}
		conn.Close() // the parent's fd; the child has its own
	}
	for pid := 1; pid > 0; { // until there is no child left
		pid, _ = socket.Wait(0)
	}
	fmt.Fprintln(socket.Stdout, *visits, "visits") // the children's
}

// Child is what a child does. Its visits are its parent's.
func Child(server, conn *socket.Socket) {
	server.Close()  // the child accepts nobody
	conn.Recv(1024) // blocks until the client has something to say
	visits := socket.Shared()
	n := *visits                         // others may read the same now
	socket.Sleep(100 * time.Millisecond) // something else
	*visits = n + 1                      // and write the same
	conn.Send([]byte(fmt.Sprintf("You are visitor %d.\n", n+1)))
	conn.Close()
}
