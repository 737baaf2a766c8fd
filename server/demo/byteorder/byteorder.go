package byteorder

import (
	"encoding/binary"

	"sockscope/server/socket"
)

// Serve is select.go for numbers: it reads 4 bytes in network order and
// answers with the same 4, and then with the number in little-endian.
func Serve(addr string, backlog int) {
	server := socket.NewListener(addr, backlog)
	server.SetBlocking(false) // a client may be gone by accept

	inputs := socket.Set{server: true}   // sockets we expect to read
	outputs := socket.Set{}              // sockets with answers queued
	queue := map[*socket.Socket][]byte{} // answers waiting to be sent
	part := map[*socket.Socket][]byte{}  // begin of the next number
	for {
		readable, writable := socket.Select(inputs, outputs)
		for _, s := range readable {
			if s == server { // a client waits in the backlog
				accept(server, inputs)
				continue
			}
			data, err := s.Recv(1024)
			if err != nil || len(data) == 0 { // reset, or end of file
				delete(inputs, s)
				delete(outputs, s)
				delete(queue, s)
				delete(part, s)
				s.Close()
				continue
			}
			queue[s], part[s] = answers(append(part[s], data...))
			outputs[s] = len(queue[s]) > 0
			inputs[s] = !outputs[s] // first the answers, then the next
		}
		for _, s := range writable {
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

// answers returns those to the numbers in data, and what is left.
func answers(data []byte) (both, rest []byte) {
	for ; len(data) >= 4; data = data[4:] {
		n := binary.BigEndian.Uint32(data) // ntohl
		both = append(both, data[:4]...)
		both = binary.LittleEndian.AppendUint32(both, n)
	}
	return both, data
}
