package udpclient

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go over UDP. It sends all of its messages, and then
// takes what comes back, until nothing has come for the timeout. What
// is lost stays lost: nobody sends it again.
func Talk(addr string, messages []string, timeout time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_DGRAM)
	conn.SetRecvTimeout(timeout)
	err := conn.Connect(addr) // notes the address, and asks nobody
	for n := 0; n < len(messages) && err == nil; n++ {
		_, err = conn.Send([]byte(messages[n])) // one datagram
	}
	came := 0
	for err == nil {
		_, err = conn.Recv(1024) // one datagram, whole
		if err == nil {
			came++
		}
	}
	total := len(messages)
	fmt.Fprintf(socket.Stdout, "%d of %d came back\n", came, total)
	fmt.Fprintln(socket.Stdout, leave(conn, err))
	conn.Close()
}

// leave says "exit" until the kernel there answers that nobody has the
// port any more. Any one of these may be lost, too.
func leave(conn *socket.Socket, err error) error {
	for n := 0; n < 9 && (err == nil || err == socket.EAGAIN); n++ {
		_, err = conn.Send([]byte("exit"))
		if err == nil {
			_, err = conn.Recv(1024) // EAGAIN, or ECONNREFUSED
		}
	}
	return err
}
