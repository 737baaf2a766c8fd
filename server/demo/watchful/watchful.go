package watchful

import (
	"time"

	"sockscope/server/socket"
)

// Serve is threads.go, but its first thread sleeps in select and not in
// accept: when nobody has come for a while, select returns, and the
// thread could look after something else.
func Serve(addr string, backlog int, patience time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	server.SetBlocking(false) // a client may be gone by accept

	for {
		ready, _ := socket.Select(socket.Set{server: true}, nil, patience)
		if len(ready) == 0 {
			continue // nobody came: the place for something else
		}
		conn, err := server.Accept() // doesn't block: somebody waits
		if socket.NoRoom(err) {      // EMFILE: until a client leaves
			socket.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			continue // the client gave up first
		}
		socket.Go(func() { // starts a thread and goes on
			echo(conn)
			conn.Close() // all threads share one table of fds
		})
	}
}

// echo sends back what it receives until the peer stops sending.
func echo(conn *socket.Socket) {
	for {
		data, err := conn.Recv(1024) // blocks this thread only
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
