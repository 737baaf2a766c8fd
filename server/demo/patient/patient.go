package patient

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go for one message. Then it waits for more, and the
// peer is gone. The kernel gives up or, at last, this program.
func Talk(addr, message string, alive, sends bool,
	limit, pause, patience time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if alive {
		keepalive(conn)
	}
	if limit > 0 { // for what is sent and not acknowledged
		ms := int(limit.Milliseconds())
		conn.SetOption(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ms)
	}
	if err == nil {
		err = ask(conn, message)
	}

	socket.Sleep(pause) // meanwhile the peer vanishes
	if sends && err == nil {
		_, err = conn.Send([]byte(message)) // the kernel takes it
	}
	if err == nil {
		conn.SetRecvTimeout(patience)
		_, err = conn.Recv(1024) // blocks until somebody gives up
	}
	fmt.Fprintln(socket.Stdout, err)
	conn.Close()
}

// keepalive has the kernel ask if the peer is there, after a second
// of silence and each second from then on, until two are unanswered.
func keepalive(conn *socket.Socket) {
	conn.SetOption(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
	conn.SetOption(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
}

// ask sends a message and reads until all of its echo is there.
func ask(conn *socket.Socket, message string) error {
	if _, err := conn.Send([]byte(message)); err != nil {
		return err
	}
	for missing := len(message); missing > 0; {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("end of file, %d bytes missing", missing)
		}
		missing -= len(data) // one echo may come in several pieces
	}
	return nil
}
