package byteorder

import (
	"encoding/binary"

	"sockscope/server/socket"
)

// Serve is select.go, but it reads numbers of 4 bytes in network order.
// It answers each with 8: the number in network order, then in
// little-endian order.
func Serve(addr string) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetBlocking(false)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)

	inputs := socket.Set{server: true}   // sockets we expect to read
	outputs := socket.Set{}              // sockets with answers queued
	part := map[*socket.Socket][]byte{}  // begin of the next number
	queue := map[*socket.Socket][]byte{} // answers waiting to be sent
	hangUp := func(s *socket.Socket) {
		delete(inputs, s)
		delete(outputs, s)
		delete(part, s)
		delete(queue, s)
		s.Close()
		inputs[server] = true // an fd is free for the next client
	}

	for {
		readable, writable := socket.Select(inputs, outputs)
		for _, s := range readable {
			if s == server { // a client waits in the backlog
				conn, err := server.Accept()
				if err == nil {
					conn.SetBlocking(false)
					inputs[conn] = true
				}
				if err == socket.EMFILE || err == nil &&
					conn.Fileno() == socket.FD_SETSIZE-1 {
					delete(inputs, server) // there is no room for more
				}
				continue
			}
			data, err := s.Recv(1024)
			if err != nil || len(data) == 0 { // reset, or end of file
				hangUp(s)
				continue
			}
			data = append(part[s], data...)
			for ; len(data) >= 4; data = data[4:] {
				number := binary.BigEndian.Uint32(data) // ntohl
				both := append(queue[s], data[:4]...)
				queue[s] = binary.LittleEndian.AppendUint32(both, number)
			}
			part[s] = append(part[s][:0], data...) // 0 to 3 bytes
			if len(queue[s]) > 0 {
				outputs[s] = true
				delete(inputs, s) // first the answers, then the next
			}
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
