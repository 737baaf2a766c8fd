package many

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go over several connections at once, in one thread.
// It waits in poll only. What a connection does next is in its state,
// where client.go has it in the line that it sleeps in.
func Talk(addr string, connections int, messages []string) {
	type state struct {
		connected bool
		messages  []string // to be sent after out
		out       []byte   // of one message, to be sent
		missing   int      // bytes of echo to come
	}
	states := map[*socket.Socket]*state{}
	waits := map[*socket.Socket]socket.Events{}
	hangUp := func(s *socket.Socket, err error) {
		if err != nil {
			fmt.Fprintln(socket.Stdout, err)
		}
		delete(states, s)
		delete(waits, s)
		s.Close()
	}

	for range connections {
		s := socket.New(socket.AF_INET, socket.SOCK_STREAM)
		s.SetBlocking(false)
		err := s.Connect(addr) // EINPROGRESS: goes on by itself
		if err != nil && err != socket.EINPROGRESS {
			hangUp(s, err)
			continue
		}
		states[s] = &state{messages: messages}
		waits[s] = socket.POLLIN | socket.POLLOUT
	}

	for len(waits) > 0 {
		for _, r := range socket.Poll(waits) {
			s, now := r.Socket, states[r.Socket]
			if !now.connected { // ready for the first time
				if err := s.PendingError(); err != nil {
					hangUp(s, err) // so connect has failed
					continue
				}
				now.connected = true
			}
			if r.Events&^socket.POLLOUT != 0 { // echo, end, or error
				data, err := s.Recv(1024)
				now.missing -= len(data)
				over := now.missing == 0 && len(now.messages) == 0
				if err != nil || len(data) == 0 || over {
					hangUp(s, err)
					continue
				}
			}
			if r.Events&socket.POLLOUT == 0 {
				continue
			}
			if len(now.out) == 0 && len(now.messages) > 0 {
				now.out = []byte(now.messages[0])
				now.missing += len(now.out)
				now.messages = now.messages[1:]
			}
			n, err := s.Send(now.out) // takes what fits, maybe not all
			if err != nil {
				hangUp(s, err)
				continue
			}
			now.out = now.out[n:]
			if len(now.out)+len(now.messages) == 0 {
				waits[s] = socket.POLLIN // all is sent
			}
		}
	}
}
