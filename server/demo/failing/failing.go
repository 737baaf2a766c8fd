package failing

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go with calls that fail, each for a reason of its own.
// At the address nobody there is nobody.
func Talk(addr, nobody string) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	_, err := conn.Getpeername()
	tell("getpeername", err)              // ENOTCONN
	tell("connect", conn.Connect(nobody)) // ECONNREFUSED
	conn.Close()

	conn = socket.New(socket.AF_INET, socket.SOCK_STREAM)
	conn.SetBlocking(false)
	tell("connect", conn.Connect(addr)) // EINPROGRESS
	socket.Poll(socket.Interest{conn: socket.POLLOUT})
	_, err = conn.Recv(1024)
	tell("recv", err) // EAGAIN
	conn.SetBlocking(true)
	conn.Send([]byte("goodbye")) // after which the server resets
	_, err = conn.Recv(1024)
	tell("recv", err) // ECONNRESET
	_, err = conn.Send([]byte("and one more"))
	tell("send", err) // EPIPE
	conn.Close()
	tell("connect", unanswered()) // ETIMEDOUT
}

// unanswered connects to a listener that has no place left in its
// backlog: the kernel drops the SYN, and nobody answers.
func unanswered() error {
	full := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	full.Bind("127.0.0.1:0")
	full.Listen(0) // Linux lets in one
	first := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	first.Connect(full.Getsockname())

	second := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	second.SetOption(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
	return second.Connect(full.Getsockname()) // sleeps for a second
}

// tell prints which call failed, and why.
func tell(call string, err error) {
	fmt.Fprintln(socket.Stdout, call+":", err)
}
