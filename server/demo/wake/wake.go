package wake

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is threads.go for one client and one message. While its second
// thread sleeps for that, the first one wants to have it back.
func Serve(addr string, backlog int, pause time.Duration, how string) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		return // the client gave up first
	}

	mine := *conn // as in C: both threads know the number of the fd
	bell := socket.NewEventfd()
	socket.Interrupting(socket.SIGUSR1) // its handler does nothing
	thread := socket.Go(func() { receive(conn, bell, how) })
	socket.Sleep(pause) // it is asleep by now
	switch how {
	case "close":
		mine.Close() // takes the number away, and wakes nobody
	case "shutdown":
		mine.Shutdown(socket.SHUT_RDWR) // recv returns 0
	case "eventfd":
		bell.Notify() // poll finds it readable
	case "signal":
		thread.Kill(socket.SIGUSR1) // recv returns EINTR
	}
	thread.Join() // sleeps until the thread has ended
}

// receive receives one message. With an eventfd it waits for that, too.
func receive(conn, bell *socket.Socket, how string) {
	if how == "eventfd" {
		socket.Poll(socket.Interest{
			conn: socket.POLLIN,
			bell: socket.POLLIN, // rung by the other thread
		})
		fmt.Fprintln(socket.Stdout, "poll has returned")
		return
	}
	data, err := conn.Recv(1024) // after EINTR it is called again
	fmt.Fprintln(socket.Stdout, len(data), "bytes,", err)
}
