package poll

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is select.go with poll. It hands the kernel one list in which
// each socket says what it waits for, so an fd may have any number.
func Serve(addr string, backlog int, timeout time.Duration) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	waits := socket.Interest{server: socket.POLLIN}
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	for {
		ready := socket.Poll(waits, timeout)
		if len(ready) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, r := range ready {
			s := r.Socket
			if s == server { // a client waits in the backlog
				accept(server, waits)
				continue
			}
			rest, open := echo(s, queue[s])
			queue[s], waits[s] = rest, socket.POLLIN
			if len(rest) > 0 {
				waits[s] = socket.POLLOUT // first the echo, then the next
			}
			if !open {
				delete(queue, s)
				delete(waits, s)
				s.Close()
			}
		}
	}
}

// accept takes a client out of the backlog.
func accept(server *socket.Socket, waits socket.Interest) {
	if conn, err := server.Accept(); err == nil {
		conn.SetBlocking(false)
		waits[conn] = socket.POLLIN
	}
}

// echo sends what is queued, or else receives. It returns what is to be
// sent, and whether the connection goes on.
func echo(s *socket.Socket, queue []byte) (rest []byte, open bool) {
	if len(queue) > 0 {
		n, err := s.Send(queue) // takes what fits, maybe not all
		return queue[n:], err == nil
	}
	data, err := s.Recv(1024)
	return data, err == nil && len(data) > 0 // or reset, or end of file
}
