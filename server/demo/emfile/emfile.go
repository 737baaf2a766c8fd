package emfile

import (
	"time"

	"sockscope/server/socket"
)

// Serve is poll.go at the limit of its fds. Then accept fails, and the
// listener stays readable: poll returns at once, again and again. A
// spare fd, or the listener off the list, cures that.
func Serve(addr string, backlog int, wait time.Duration, cure string) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	server.SetBlocking(false) // a client may be gone by accept

	var spare *socket.Socket // keeps a place in the table of fds
	if cure == "spare" {
		spare = socket.New(socket.AF_INET, socket.SOCK_STREAM)
	}
	waits := socket.Interest{server: socket.POLLIN}
	ready := socket.Poll(waits, wait)
	for len(ready) > 0 {
		for _, r := range ready {
			if s := r.Socket; s == server { // a client is in the backlog
				spare = accept(server, waits, spare, cure)
			} else if !echo(s) {
				delete(waits, s)
				s.Close()                     // room for the next
				waits[server] = socket.POLLIN // which may come
			}
		}
		ready = socket.Poll(waits, wait)
	}
}

// accept takes a client out of the backlog, if there is an fd for it.
func accept(server *socket.Socket, waits socket.Interest,
	spare *socket.Socket, cure string) *socket.Socket {
	conn, err := server.Accept()
	switch {
	case err == nil:
		waits[conn] = socket.POLLIN
	case err == socket.EMFILE && cure == "aside":
		delete(waits, server) // until a client leaves
	case err == socket.EMFILE && cure == "spare":
		spare.Close()
		if conn, err = server.Accept(); err == nil {
			conn.Close() // it learns that nobody serves it
		}
		spare = socket.New(socket.AF_INET, socket.SOCK_STREAM)
	}
	return spare
}

// echo sends back what is there. It tells whether the client goes on.
func echo(conn *socket.Socket) bool {
	data, err := conn.Recv(1024) // does not block now
	if err != nil || len(data) == 0 {
		return false // reset, or end of file
	}
	for n := 0; len(data) > 0 && err == nil; data = data[n:] {
		n, err = conn.Send(data) // takes what fits, maybe not all
	}
	return err == nil
}
