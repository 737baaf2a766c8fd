package poll

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is select.go with poll. It hands the kernel one list in which
// each socket says what it waits for, so an fd may have any number.
func Serve(addr string, timeout time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	waits := map[*socket.Socket]socket.Events{server: socket.POLLIN}
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	hangUp := func(s *socket.Socket) {
		delete(waits, s)
		delete(queue, s)
		s.Close()
		waits[server] = socket.POLLIN // an fd is free
	}

	for {
		ready := socket.Poll(waits, timeout)
		if len(ready) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, r := range ready {
			s := r.Socket
			switch {
			case s == server: // a client waits in the backlog
				if conn, err := server.Accept(); err == nil {
					conn.SetBlocking(false)
					waits[conn] = socket.POLLIN
				} else if err == socket.EMFILE {
					delete(waits, server) // no fd is left
				}
			case len(queue[s]) == 0: // bytes, an end, or an error
				data, err := s.Recv(1024)
				if err != nil || len(data) == 0 {
					hangUp(s)
					continue
				}
				queue[s] = data
				waits[s] = socket.POLLOUT // first the echo
			default: // there is room for its echo, or an error
				n, err := s.Send(queue[s]) // maybe not all
				if err != nil {
					hangUp(s)
					continue
				}
				queue[s] = queue[s][n:]
				if len(queue[s]) == 0 {
					waits[s] = socket.POLLIN // then the next
				}
			}
		}
	}
}
