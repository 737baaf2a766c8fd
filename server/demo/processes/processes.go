package processes

import (
	"fmt"

	"sockscope/server/socket"
)

// Serve is threads.go with a process for each client. A child has a
// copy of its parent's table of fds: both of them must close.
func Serve(addr string, backlog, clients int, forget bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	for served := 0; served < clients || clients == 0; { // 0: for ever
		conn, err := server.Accept() // blocks the parent only
		if socket.NoRoom(err) {
			fmt.Fprintln(socket.Stdout, "accept:", err)
			break // the parent itself holds the fds: it forgets
		}
		if err != nil {
			continue // the client gave up first
		}
		served++
		if _, err := socket.Fork(Child, server, conn); err != nil {
			fmt.Fprintln(socket.Stdout, "fork:", err)
		}
		if !forget {
			conn.Close() // the parent's fd; the child has its own
		}
		reap(socket.WNOHANG) // those that have ended by now
	}
	reap(0) // sleeps until the last has ended
}

// Child is what a child does. In C it would begin where fork returns,
// in a copy of all memory; here it begins anew, with the fds.
func Child(server, conn *socket.Socket) {
	server.Close() // the child accepts nobody
	echo(conn)
	conn.Close() // sends FIN if no other process has it open
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // blocks this child only
		if err != nil || len(data) == 0 {
			return // reset, or end of file
		}
		for len(data) > 0 { // send may take only part
			n, err := conn.Send(data)
			if err != nil {
				return
			}
			data = data[n:]
		}
	}
}

// reap takes leave of children that have ended: they were zombies.
func reap(options int) {
	for pid := 1; pid > 0; { // 0: none has ended, -1: there is none
		pid, _ = socket.Wait(options)
	}
}
