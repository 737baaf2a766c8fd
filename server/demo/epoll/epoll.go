package epoll

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is poll.go with epoll: the kernel keeps the list, and is told
// of each socket once. It names a socket again and again until nothing
// is left to read: level-triggered.
func Serve(addr string, backlog int, timeout time.Duration, size int) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	epoll := socket.NewEpoll()
	epoll.Add(server, socket.EPOLLIN)
	queue := map[*socket.Socket][]byte{} // what a peer has no room for
	for {
		ready := epoll.Wait(timeout)
		if len(ready) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, r := range ready {
			s := r.Socket
			if s == server { // a client waits in the backlog
				accept(server, epoll)
			} else if rest, open := echo(s, queue[s], size); !open {
				delete(queue, s)
				s.Close() // this takes it off the list, too
			} else if len(rest) > 0 {
				queue[s] = rest
				epoll.Modify(s, socket.EPOLLOUT) // wait for room
			} else if len(queue[s]) > 0 {
				delete(queue, s)
				epoll.Modify(s, socket.EPOLLIN) // all is sent
			}
		}
	}
}

// accept takes a client out of the backlog.
func accept(server *socket.Socket, epoll *socket.Epoll) {
	if conn, err := server.Accept(); err == nil {
		conn.SetBlocking(false)
		epoll.Add(conn, socket.EPOLLIN) // once
	}
}

// echo sends what is queued, or else what recv takes. It returns what
// is still to be sent, and whether the connection goes on.
func echo(s *socket.Socket, data []byte, size int) ([]byte, bool) {
	if len(data) == 0 {
		var err error
		data, err = s.Recv(size) // leaves the rest for later
		if err != nil || len(data) == 0 {
			return nil, false // reset, or end of file
		}
	}
	n, err := s.Send(data) // takes what fits, maybe not all
	return data[n:], err == nil || err == socket.EAGAIN
}
