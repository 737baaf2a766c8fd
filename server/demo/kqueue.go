package demo

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// KQueue serves all clients in one thread, as Epoll does, on the
// systems that have kqueue instead. An interest is a filter, one for
// reading and one for writing, and the answer says which has come.
func KQueue(addr string, timeout time.Duration, size int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	kqueue := socket.NewKqueue() // the list is the kernel's to keep
	kqueue.Add(server, socket.EVFILT_READ)
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	full := socket.Set{}                 // peers that take no more now
	crowded := false                     // no fd is left
	hangUp := func(s *socket.Socket) {
		delete(queue, s)
		delete(full, s)
		s.Close() // this takes it off the list, too
		if crowded {
			kqueue.Add(server, socket.EVFILT_READ)
			crowded = false
		}
	}

	for {
		events := kqueue.Wait(timeout)
		if len(events) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, e := range events {
			s := e.Socket
			if s == server { // a client waits in the backlog
				if conn, err := server.Accept(); err == nil {
					conn.SetBlocking(false)
					kqueue.Add(conn, socket.EVFILT_READ) // once
				} else if err == socket.EMFILE {
					kqueue.Delete(server, socket.EVFILT_READ)
					crowded = true
				}
				continue
			}
			if e.Filter == socket.EVFILT_READ { // bytes, or an end
				data, err := s.Recv(size) // leaves the rest for later
				if err != nil || len(data) == 0 {
					hangUp(s)
					continue
				}
				queue[s] = data
			}
			n, err := s.Send(queue[s]) // takes what fits, maybe not all
			if err != nil && err != socket.EAGAIN {
				hangUp(s)
				continue
			}
			queue[s] = queue[s][n:]
			if more := len(queue[s]) > 0; more != full[s] {
				full[s] = more
				if more { // wait for room
					kqueue.Delete(s, socket.EVFILT_READ)
					kqueue.Add(s, socket.EVFILT_WRITE)
				} else {
					kqueue.Delete(s, socket.EVFILT_WRITE)
					kqueue.Add(s, socket.EVFILT_READ)
				}
			}
		}
	}
}
