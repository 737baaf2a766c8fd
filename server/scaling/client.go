package scaling

import (
	"encoding/binary"
	"errors"
	"time"

	"sockscope/server/socket"
)

// The orders that the server gives on the first connection, each with
// a number.
const (
	open = 'o' // that many idle connections more
	ping = 'p' // that many messages on the busy one
)

// Crowd is all the clients: one connection for orders, one that is
// busy when it is told to be, and as many idle ones as are asked for.
func Crowd(addr string, size int) error {
	var conns []*socket.Socket // for orders, the busy one, the idle ones
	defer closeAll(&conns)
	if err := connect(addr, &conns); err != nil {
		return err
	}
	if err := connect(addr, &conns); err != nil {
		return err
	}
	orders, busy := conns[0], conns[1]
	message := make([]byte, size)
	for {
		order, err := receive(orders, 5)
		if err != nil || len(order) == 0 { // the server is done
			return err
		}
		n := int(binary.BigEndian.Uint32(order[1:]))
		var answer uint64
		switch order[0] {
		case open:
			answer = openMany(addr, &conns, n)
		case ping:
			began := time.Now()
			if err := pingMany(busy, message, n); err != nil {
				return err
			}
			answer = uint64(time.Since(began)) // ns for all
		}
		reply := binary.BigEndian.AppendUint64(nil, answer)
		if err := sendAll(orders, reply); err != nil {
			return err
		}
	}
}

// pingMany sends a message n times, each after the echo of the one
// before.
func pingMany(busy *socket.Socket, message []byte, n int) error {
	for range n {
		if err := sendAll(busy, message); err != nil {
			return err
		}
		echo, err := receive(busy, len(message)) // sleeps until it comes
		if err != nil {
			return err
		}
		if len(echo) == 0 {
			return errors.New("the server went away")
		}
	}
	return nil
}

// openMany opens n connections that will never say anything. It returns
// how many there are, and above 32 bits the errno that stopped it.
func openMany(addr string, conns *[]*socket.Socket, n int) uint64 {
	for i := range n {
		if err := connect(addr, conns); err != nil {
			var errno socket.Errno
			errors.As(err, &errno)
			return uint64(errno)<<32 | uint64(i)
		}
	}
	return uint64(n)
}

// connect opens one more connection. Closed, it is reset: else
// thousands of ports would stay in TIME-WAIT for a minute.
func connect(addr string, conns *[]*socket.Socket) error {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	*conns = append(*conns, conn)
	conn.SetLinger(0)
	return conn.Connect(addr)
}

// closeAll closes connections.
func closeAll(conns *[]*socket.Socket) {
	for _, conn := range *conns {
		conn.Close()
	}
}

// receive returns exactly size bytes, or none at the end of the stream.
// They are valid until the next call with the same socket.
func receive(s *socket.Socket, size int) ([]byte, error) {
	data, err := s.Recv(size)
	if err != nil || len(data) == size {
		return data, err // all of it, as a rule
	}
	var whole []byte
	for len(data) > 0 {
		if whole = append(whole, data...); len(whole) == size {
			return whole, nil
		}
		if data, err = s.Recv(size - len(whole)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
