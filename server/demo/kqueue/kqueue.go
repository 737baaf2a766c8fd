package kqueue

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is epoll.go with kqueue, on the systems that have that instead.
// An interest is a filter, one for reading and one for writing, and the
// answer says which of them has come true.
func Serve(addr string, backlog int, timeout time.Duration, size int) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	kqueue := socket.NewKqueue()
	kqueue.Add(server, socket.EVFILT_READ)
	queue := map[*socket.Socket][]byte{} // what a peer has no room for
	for {
		events := kqueue.Wait(timeout)
		if len(events) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, e := range events {
			s, sending := e.Socket, e.Filter == socket.EVFILT_WRITE
			if s == server { // a client waits in the backlog
				accept(server, kqueue)
			} else if rest, open := echo(s, queue[s], size); !open {
				delete(queue, s)
				s.Close() // this takes it off the list, too
			} else if queue[s] = rest; len(rest) > 0 && !sending {
				kqueue.Delete(s, socket.EVFILT_READ)
				kqueue.Add(s, socket.EVFILT_WRITE) // wait for room
			} else if len(rest) == 0 && sending {
				kqueue.Delete(s, socket.EVFILT_WRITE)
				kqueue.Add(s, socket.EVFILT_READ) // all is sent
			}
		}
	}
}

// accept takes a client out of the backlog.
func accept(server *socket.Socket, kqueue *socket.Kqueue) {
	if conn, err := server.Accept(); err == nil {
		conn.SetBlocking(false)
		kqueue.Add(conn, socket.EVFILT_READ) // once
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
