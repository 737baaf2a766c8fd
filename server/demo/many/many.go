package many

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go over several connections, in one thread. What that
// has in the line that it sleeps in, each connection has in its state.
func Talk(addr string, connections int, messages []string) {
	states := map[*socket.Socket]*state{}
	waits := socket.Interest{}
	for range connections {
		s := socket.New(socket.AF_INET, socket.SOCK_STREAM)
		s.SetBlocking(false)
		err := s.Connect(addr) // EINPROGRESS: it goes on by itself
		states[s] = &state{err: err, messages: messages}
		waits[s] = socket.POLLOUT // until it has ended
	}
	for len(waits) > 0 {
		for _, r := range socket.Poll(waits) {
			waits[r.Socket] = talk(r.Socket, r.Events, states[r.Socket])
			if waits[r.Socket] == 0 {
				delete(waits, r.Socket)
				r.Socket.Close()
			}
		}
	}
}

type state struct {
	err      error    // of its last call
	messages []string // to be sent
	sent     int      // bytes of the first of them
	missing  int      // bytes of echo to come
}

// talk does what is next, and returns what to wait for then: 0 is over.
func talk(s *socket.Socket, on socket.Events, c *state) socket.Events {
	if c.err == socket.EINPROGRESS {
		c.err = s.PendingError() // how connect has ended
	} else if on&^socket.POLLOUT != 0 { // echo, end, or error
		data, err := s.Recv(1024)
		c.err, c.missing = err, c.missing-len(data)
		if len(data) == 0 {
			c.messages, c.missing = nil, 0 // no more will come
		}
	} else if c.err == nil {
		n, err := s.Send([]byte(c.messages[0][c.sent:]))
		c.err, c.sent, c.missing = err, c.sent+n, c.missing+n
		if c.sent == len(c.messages[0]) { // or there was no more room
			c.messages, c.sent = c.messages[1:], 0
		}
	}
	switch {
	case c.err != nil:
		fmt.Fprintln(socket.Stdout, c.err)
		return 0
	case len(c.messages) > 0:
		return socket.POLLIN | socket.POLLOUT
	case c.missing > 0:
		return socket.POLLIN // all is sent
	}
	return 0
}
