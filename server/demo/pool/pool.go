package pool

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is race.go with a pool: a few threads, made before any client
// comes. More clients than these wait in the backlog. Each thread
// counts for itself, which takes no lock, and the sum comes at the end.
func Serve(addr string, backlog, clients, workers int,
	pause time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)

	visits := make([]int, workers) // one for each thread
	var threads []*socket.Thread
	for i := range visits {
		listener := *server // a number in memory that they all read
		threads = append(threads, socket.Go(func() {
			for n := i; n < clients; n += workers { // its share
				visits[i] += serve(&listener, pause)
			}
		}))
	}
	sum := 0
	for i, thread := range threads {
		thread.Join()    // sleeps until that one has ended
		sum += visits[i] // nobody writes there any more
	}
	fmt.Fprintln(socket.Stdout, sum, "visits")
}

// serve serves the next client, and returns how many that were.
func serve(server *socket.Socket, pause time.Duration) int {
	conn, err := server.Accept() // sleeps, as the other threads do
	if err != nil {
		return 0 // the client gave up first
	}
	socket.Sleep(pause) // something else
	conn.Send([]byte("You are a visitor.\n"))
	conn.Close()
	return 1
}
