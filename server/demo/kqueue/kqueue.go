package kqueue

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is epoll.go with kqueue, on the systems that have that instead.
// An interest is a filter, one for reading and one for writing, and the
// answer says which of them has come true.
func Serve(addr string, timeout time.Duration, size int) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	kqueue := socket.NewKqueue() // the list is the kernel's to keep
	kqueue.Add(server, socket.EVFILT_READ)
	queue := map[*socket.Socket][]byte{} // what a peer has no room for
	crowded := false                     // no fd is left
	hangUp := func(s *socket.Socket) {
		delete(queue, s)
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
			data, full := queue[s], e.Filter == socket.EVFILT_WRITE
			if !full { // bytes, or an end
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
				if !full { // wait for room
					kqueue.Delete(s, socket.EVFILT_READ)
					kqueue.Add(s, socket.EVFILT_WRITE)
				}
			case full: // all is sent
				delete(queue, s)
				kqueue.Delete(s, socket.EVFILT_WRITE)
				kqueue.Add(s, socket.EVFILT_READ)
			}
		}
	}
}
