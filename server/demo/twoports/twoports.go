package twoports

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is select.go on two addresses. One select waits for new clients
// of both, and for all the clients that there are.
func Serve(addr, other string, backlog int, timeout time.Duration) {
	first := socket.NewListener(addr, backlog)
	second := socket.NewListener(other, backlog)
	first.SetBlocking(false) // a client may be gone by accept
	second.SetBlocking(false)

	inputs := socket.Set{first: true, second: true}
	outputs := socket.Set{}              // sockets with bytes queued
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	for {
		readable, writable := socket.Select(inputs, outputs, timeout)
		if len(readable)+len(writable) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, s := range readable {
			if s == first || s == second { // which says the port
				accept(s, inputs)
				continue
			}
			data, err := s.Recv(1024)
			if err != nil || len(data)+len(queue[s]) == 0 {
				delete(inputs, s) // reset, or end of file and all sent
				delete(outputs, s)
				delete(queue, s)
				s.Close()
				continue
			}
			queue[s] = append(queue[s], data...)
			outputs[s] = true
			inputs[s] = len(data) > 0 && len(queue[s]) < 64<<10
		}
		for _, s := range writable {
			if !outputs[s] {
				continue // it was reset a moment ago
			}
			n, err := s.Send(queue[s]) // takes what fits, maybe not all
			queue[s] = queue[s][n:]
			if len(queue[s]) == 0 || err != nil && err != socket.EAGAIN {
				delete(queue, s)
				delete(outputs, s)
				inputs[s] = true // recv tells of a reset, too
			}
		}
	}
}

// accept takes a client out of the backlog.
func accept(server *socket.Socket, inputs socket.Set) {
	if conn, err := server.Accept(); err == nil {
		conn.SetBlocking(false)
		inputs[conn] = true
	}
}
