package edge

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is epoll.go, edge-triggered: the kernel names a socket when
// something new arrives, and only then. So the program must go on until
// the kernel says EAGAIN; with the famous bug it stops after one read.
func Serve(addr string, backlog int, timeout time.Duration, size int,
	bug bool) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	epoll := socket.NewEpoll()
	epoll.Add(server, socket.EPOLLIN)    // this one level-triggered
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
			} else if rest, open := echo(s, queue[s], size, bug); open {
				queue[s] = rest
			} else {
				delete(queue, s)
				s.Close() // this takes it off the list, too
			}
		}
	}
}

// accept takes a client out of the backlog.
func accept(server *socket.Socket, epoll *socket.Epoll) {
	if conn, err := server.Accept(); err == nil {
		conn.SetBlocking(false)
		epoll.Add(conn, socket.EPOLLIN|socket.EPOLLOUT|socket.EPOLLET)
	}
}

// echo receives and sends in turn until one of the two says EAGAIN:
// then something new has to come, which the kernel will report. It
// returns what is still to be sent, and whether the connection goes on.
func echo(s *socket.Socket, data []byte, size int, bug bool) ([]byte,
	bool) {
	for {
		if len(data) == 0 {
			var err error
			data, err = s.Recv(size) // EAGAIN: all is read
			if err != nil || len(data) == 0 {
				return nil, err == socket.EAGAIN // or reset, or the end
			}
		}
		n, err := s.Send(data) // EAGAIN: the peer must read first
		data = data[n:]
		if err != nil || bug { // of what is left nobody will be told
			return data, err == nil || err == socket.EAGAIN
		}
	}
}
