package timeouts

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Serve is echo.go for four messages of one client. It waits for each
// in another way; the later the client, the more that matters.
func Serve(addr string, timeout time.Duration) {
	server := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	server.Bind(addr)
	server.Listen(5)
	conn, err := server.Accept()
	if err != nil {
		return // the client gave up first
	}
	ways := []func(*socket.Socket, time.Duration) []byte{
		sleepInRecv, askAndGoOn, sleepInRecvFor, sleepInSelect,
	}
	for _, receive := range ways {
		data := receive(conn, timeout)
		if len(data) == 0 {
			break // reset, or end of file
		}
		for len(data) > 0 { // send may take only part
			n, err := conn.Send(data)
			if err != nil {
				return
			}
			data = data[n:]
		}
	}
	conn.Close()
}

// sleepInRecv waits for as long as it takes.
func sleepInRecv(conn *socket.Socket, _ time.Duration) []byte {
	data, _ := conn.Recv(1024)
	return data
}

// askAndGoOn does not wait: it asks, does something else, asks again.
func askAndGoOn(conn *socket.Socket, pause time.Duration) []byte {
	conn.SetBlocking(false)
	defer conn.SetBlocking(true)
	for {
		data, err := conn.Recv(1024) // EAGAIN at once
		if err != socket.EAGAIN {
			return data
		}
		socket.Sleep(pause) // the bytes may come meanwhile
	}
}

// sleepInRecvFor waits up to a limit, says so, and waits again.
func sleepInRecvFor(conn *socket.Socket, limit time.Duration) []byte {
	conn.SetRecvTimeout(limit)
	defer conn.SetRecvTimeout(0)
	for {
		data, err := conn.Recv(1024) // EAGAIN when the time is up
		if err != socket.EAGAIN {
			return data
		}
		fmt.Fprintln(socket.Stdout, "recv: not yet")
	}
}

// sleepInSelect does the same in a call for any number of sockets.
func sleepInSelect(conn *socket.Socket, limit time.Duration) []byte {
	for {
		inputs := socket.Set{conn: true}
		readable, _ := socket.Select(inputs, nil, limit)
		if len(readable) > 0 {
			data, _ := conn.Recv(1024) // does not block now
			return data
		}
		fmt.Fprintln(socket.Stdout, "select: not yet")
	}
}
