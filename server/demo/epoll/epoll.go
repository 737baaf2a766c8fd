package epoll

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is poll.go with epoll: the kernel keeps the list, and is told
// of each socket once. It names a socket again and again until nothing
// is left to read: level-triggered.
func Serve(addr string, timeout time.Duration, size int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	epoll := socket.NewEpoll() // the list is the kernel's to keep
	epoll.Add(server, socket.EPOLLIN)
	queue := map[*socket.Socket][]byte{} // what a peer has no room for
	crowded := false                     // no fd is left
	hangUp := func(s *socket.Socket) {
		delete(queue, s)
		s.Close() // this takes it off the list, too
		if crowded {
			epoll.Modify(server, socket.EPOLLIN)
			crowded = false
		}
	}

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
					epoll.Add(conn, socket.EPOLLIN) // once
				} else if err == socket.EMFILE {
					epoll.Modify(server, 0)
					crowded = true
				}
				continue
			}
			data, full := queue[s]
			if !full { // bytes, an end, or an error
				var err error
				data, err = s.Recv(size) // leaves the rest for later
				if err != nil || len(data) == 0 {
					hangUp(s)
					continue
				}
			}
			n, err := s.Send(data) // takes what fits, maybe not all
			switch data = data[n:]; {
			case err != nil && err != socket.EAGAIN:
				hangUp(s)
			case len(data) > 0:
				queue[s] = data
				if !full {
					epoll.Modify(s, socket.EPOLLOUT) // wait for room
				}
			case full:
				delete(queue, s)
				epoll.Modify(s, socket.EPOLLIN) // all is sent
			}
		}
	}
}
