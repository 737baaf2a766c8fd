package edge

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is epoll.go, edge-triggered: the kernel names a socket when
// something new arrives, and only then. So the program must go on until
// the kernel says EAGAIN; with the famous bug it stops after one read.
func Serve(addr string, timeout time.Duration, size int, bug bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	epoll := socket.NewEpoll()
	epoll.Add(server, socket.EPOLLIN)    // this one level-triggered
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent

	for {
		ready := epoll.Wait(timeout)
		if len(ready) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, r := range ready {
			s := r.Socket
			if s == server { // a client waits in the backlog
				if conn, err := server.Accept(); err == nil {
					conn.SetBlocking(false)
					epoll.Add(conn, socket.EPOLLIN|socket.EPOLLOUT|
						socket.EPOLLET) // for both, and once for all
				} else if err == socket.EMFILE {
					epoll.Modify(server, 0) // no fd is left
				}
				continue
			}
			rest, err := echo(s, queue[s], size, bug)
			if err == nil || err == socket.EAGAIN {
				queue[s] = rest
				continue
			}
			delete(queue, s)
			s.Close()
			epoll.Modify(server, socket.EPOLLIN) // an fd is free
		}
	}
}

// echo sends and receives in turn until one of the two says EAGAIN:
// then something new has to come, and of that the kernel will tell. It
// returns what is still to be sent.
func echo(s *socket.Socket, queue []byte, size int, bug bool) ([]byte,
	error) {
	for reads := 0; ; reads++ {
		for len(queue) > 0 {
			n, err := s.Send(queue) // EAGAIN: the peer must read first
			if err != nil {
				return queue, err
			}
			queue = queue[n:]
		}
		if bug && reads == 1 {
			return nil, nil // nobody will be told of what is left
		}
		data, err := s.Recv(size) // EAGAIN: all is read
		if err != nil {
			return nil, err
		}
		if len(data) == 0 {
			return nil, socket.EPIPE // end of file
		}
		queue = data
	}
}
