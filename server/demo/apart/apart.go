package apart

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is processes.go for a few clients, whose visits are counted as
// in race.go. Processes share no memory: each counts in its own.
func Serve(addr string, backlog, clients int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	visits := 0
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
	fmt.Fprintln(socket.Stdout, visits, "visits") // nobody counted here
}

// Child is what a child does. In C its counter would be a copy of the
// parent's, as it was when it forked.
func Child(server, conn *socket.Socket) {
	server.Close()  // the child accepts nobody
	conn.Recv(1024) // blocks until the client has something to say
	visits := 0
	visits++
	conn.Send([]byte(fmt.Sprintf("You are visitor %d.\n", visits)))
	conn.Close()
}
