package timeouts

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go for four messages of one client. It waits for each
// in another way; the later the client, the more that matters.
func Serve(addr string, backlog int, timeout time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(backlog)
	conn, err := server.Accept() // blocks until a client connects
	if err != nil {
		return // the client gave up first
	}

	data, err := conn.Recv(1024) // sleeps for as long as it takes
	echo(conn, data, err)

	conn.SetBlocking(false)
	data, err = conn.Recv(1024) // EAGAIN at once
	for err == socket.EAGAIN {
		socket.Sleep(timeout) // something else; the bytes may come
		data, err = conn.Recv(1024)
	}
	conn.SetBlocking(true)
	echo(conn, data, err)

	conn.SetRecvTimeout(timeout)
	data, err = conn.Recv(1024) // EAGAIN when the time is up
	for err == socket.EAGAIN {
		fmt.Fprintln(socket.Stdout, "recv: not yet")
		data, err = conn.Recv(1024)
	}
	conn.SetRecvTimeout(0)
	echo(conn, data, err)

	inputs := socket.Set{conn: true} // and any number of others
	readable, _ := socket.Select(inputs, nil, timeout)
	for len(readable) == 0 {
		fmt.Fprintln(socket.Stdout, "select: not yet")
		readable, _ = socket.Select(inputs, nil, timeout)
	}
	data, err = conn.Recv(1024) // does not block now
	echo(conn, data, err)
	conn.Close()
}

// echo sends data back. Of an error it tells instead.
func echo(conn *socket.Socket, data []byte, err error) {
	for len(data) > 0 && err == nil { // send may take only part
		n := 0
		n, err = conn.Send(data)
		data = data[n:]
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
}
