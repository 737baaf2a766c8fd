package selects

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go for all clients at once, in one thread. It sleeps
// only in select, until one of its sockets is ready, and ends when none
// has been for the timeout.
func Serve(addr string, timeout time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	inputs := socket.Set{server: true}   // sockets we expect to read
	outputs := socket.Set{}              // sockets with bytes queued
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	ended := socket.Set{}                // peers that have said all
	hangUp := func(s *socket.Socket) {
		delete(inputs, s)
		delete(outputs, s)
		delete(queue, s)
		delete(ended, s)
		s.Close()
		inputs[server] = true // an fd is free for the next client
	}

	for {
		readable, writable := socket.Select(inputs, outputs, timeout)
		if len(readable)+len(writable) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, s := range readable {
			if s == server { // a client waits in the backlog
				if conn, err := server.Accept(); err == nil {
					conn.SetBlocking(false)
					inputs[conn] = true
					if conn.Fileno() == socket.FD_SETSIZE-1 {
						delete(inputs, server) // select takes no more
					}
				} else if err == socket.EMFILE {
					delete(inputs, server) // no fd is left
				}
				continue
			}
			data, err := s.Recv(1024)
			switch {
			case err != nil: // reset
				hangUp(s)
			case len(data) > 0:
				queue[s] = append(queue[s], data...)
				outputs[s] = true
				if len(queue[s]) >= 64<<10 {
					delete(inputs, s) // let the peer wait until it reads
				}
			case outputs[s]: // end of file, and it has not got all yet
				delete(inputs, s)
				ended[s] = true
			default: // end of file
				hangUp(s)
			}
		}
		for _, s := range writable {
			if !outputs[s] {
				continue // hung up a moment ago
			}
			n, err := s.Send(queue[s]) // takes what fits, maybe not all
			queue[s] = queue[s][n:]
			if err != nil || len(queue[s]) == 0 && ended[s] {
				hangUp(s)
			} else if len(queue[s]) == 0 {
				delete(outputs, s)
				inputs[s] = true
			}
		}
	}
}
