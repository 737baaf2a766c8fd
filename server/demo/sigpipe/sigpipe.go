package sigpipe

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go, but it goes on sending when its peer has closed.
// The first send succeeds, and fetches an RST. The second one finds no
// connection: SIGPIPE ends the process, unless that is seen to.
func Talk(addr, guard string) {
	socket.Signal(socket.SIGPIPE, socket.SIG_DFL) // as in C
	flags := 0
	switch guard {
	case "MSG_NOSIGNAL":
		flags = socket.MSG_NOSIGNAL // for each send
	case "SIG_IGN":
		socket.Signal(socket.SIGPIPE, socket.SIG_IGN) // for all sends
	}

	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		err = talk(conn, flags)
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, "send:", err) // EPIPE
	}
	conn.Close()
}

// talk says goodbye, and then something more, twice.
func talk(conn *socket.Socket, flags int) error {
	if _, err := conn.Send([]byte("goodbye"), flags); err != nil {
		return err
	}
	data, err := conn.Recv(1024) // 0: the peer has closed
	if err != nil || len(data) > 0 {
		return err // or it has something to say
	}
	if _, err := conn.Send([]byte("and one more"), flags); err != nil {
		return err
	}
	// It asks for urgent data. Errors are told without being asked for.
	socket.Poll(socket.Interest{conn: socket.POLLPRI}) // until the RST
	_, err = conn.Send([]byte("and another"), flags)
	return err
}
