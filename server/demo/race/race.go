package race

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is threads.go for a few clients, whose visits the threads count
// in one variable. Without the lock it is a data race: some get lost.
//
//go:norace
func Serve(addr string, backlog, clients int, pause time.Duration,
	lock, join bool) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	visits := new(counter)
	var threads []*socket.Thread
	for len(threads) < clients {
		conn, err := server.Accept() // blocks this thread only
		if err != nil {
			continue // the client gave up first
		}
		threads = append(threads, socket.Go(func() {
			visit(conn, visits, pause, lock)
		}))
	}
	for i := 0; join && i < len(threads); i++ {
		threads[i].Join() // sleeps until that one has ended
	}
	fmt.Fprintln(socket.Stdout, visits.n, "visits")
} // the process ends, and so do threads that nobody has joined

// counter is memory that all threads share, and the lock that is to be
// held around it.
type counter struct {
	lock socket.Mutex
	n    int
}

// visit counts a visit and tells the client which one it is.
//
//go:norace
func visit(conn *socket.Socket, visits *counter,
	pause time.Duration, lock bool) {
	if lock {
		visits.lock.Lock() // sleeps while another thread has it
	}
	n := visits.n       // others may read the same now
	socket.Sleep(pause) // something else
	visits.n = n + 1    // and write the same
	if lock {
		visits.lock.Unlock()
	}
	conn.Send([]byte(fmt.Sprintf("You are visitor %d.\n", n+1)))
	conn.Close()
}
