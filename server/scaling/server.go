package scaling

import (
	"errors"
	"time"

	"sockscope/server/socket"
)

// A waiter asks the kernel which of many sockets can be read.
type waiter interface {
	Add(s *socket.Socket) error
	Wait() ([]*socket.Socket, error) // sleeps until there is one
	Close()
}

// errGone says that a client which should be there is not.
var errGone = errors.New("a client went away")

// echo sends back n messages of size bytes. Only one client ever
// sends; about the idle ones the kernel is asked each time, too.
func echo(w waiter, n, size int) error {
	for left := n * size; left > 0; {
		readable, err := w.Wait() // sleeps until bytes arrive
		if err != nil {
			return err
		}
		for _, conn := range readable {
			data, err := conn.Recv(size)
			if err != nil || len(data) == 0 {
				return errGone
			}
			left -= len(data)
			if err := sendAll(conn, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask waits n times while a message lies there unread: each call
// finds the one socket ready and returns at once. It returns how
// long they took.
func ask(w waiter, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if _, err := w.Wait(); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

// sendAll sends all of data; one send may take only part.
func sendAll(s *socket.Socket, data []byte) error {
	for len(data) > 0 {
		n, err := s.Send(data)
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
