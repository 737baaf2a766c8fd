package twoports

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is select.go on two addresses. One select waits for new clients
// of both, and for all the clients that there are.
func Serve(addr, other string, timeout time.Duration) {
	first, second := listen(addr), listen(other)
	first.SetBlocking(false)
	second.SetBlocking(false)

	inputs := socket.Set{first: true, second: true}
	outputs := socket.Set{}              // sockets with bytes queued
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	hangUp := func(s *socket.Socket) {
		delete(inputs, s)
		delete(outputs, s)
		delete(queue, s)
		s.Close()
		inputs[first], inputs[second] = true, true // an fd is free
	}

	for {
		readable, writable := socket.Select(inputs, outputs, timeout)
		if len(readable)+len(writable) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, s := range readable {
			if s == first || s == second { // which says the port
				if !inputs[s] {
					continue // no room since a moment ago
				}
				conn, err := s.Accept()
				if err == nil {
					conn.SetBlocking(false)
					inputs[conn] = true
				}
				if err == socket.EMFILE || err == nil &&
					conn.Fileno() == socket.FD_SETSIZE-1 {
					delete(inputs, first) // there is no room for more
					delete(inputs, second)
				}
				continue
			}
			data, err := s.Recv(1024)
			if err != nil || len(data) == 0 { // reset, or end of file
				hangUp(s)
				continue
			}
			queue[s] = data
			outputs[s] = true
			delete(inputs, s) // first the echo, then the next
		}
		for _, s := range writable {
			n, err := s.Send(queue[s]) // takes what fits, maybe not all
			if err != nil {
				hangUp(s)
				continue
			}
			queue[s] = queue[s][n:]
			if len(queue[s]) == 0 {
				delete(outputs, s)
				inputs[s] = true
			}
		}
	}
}

// listen returns a listener at addr.
func listen(addr string) *socket.Socket {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)
	return server
}
