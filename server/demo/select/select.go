package selects

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go for all clients at once: its one thread sleeps only
// in select, and ends when nothing happens for the timeout. It is run
// with fds below FD_SETSIZE only, as select has bits for no others.
func Serve(addr string, backlog int, timeout time.Duration) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	inputs := socket.Set{server: true}   // sockets we expect to read
	outputs := socket.Set{}              // sockets with bytes queued
	queue := map[*socket.Socket][]byte{} // bytes waiting to be sent
	for {
		readable, writable := socket.Select(inputs, outputs, timeout)
		if len(readable)+len(writable) == 0 {
			fmt.Fprintln(socket.Stdout, "Time out!")
			return
		}
		for _, s := range readable {
			if s == server { // a client waits in the backlog
				accept(server, inputs)
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
