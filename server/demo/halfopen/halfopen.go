package halfopen

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go, but its handshake is never finished: what the
// server answers to own is lost on the way. It goes without a word.
func Talk(addr, own string, hold time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	conn.Bind(own)
	conn.SetBlocking(false)
	err := conn.Connect(addr) // sends the SYN, and does not wait
	fmt.Fprintln(socket.Stdout, err)
	socket.Sleep(hold)
	conn.Close()
}
