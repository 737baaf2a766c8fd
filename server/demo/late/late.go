package late

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is slow.go for one message. It waits for no echo.
func Talk(addr string, pause time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	if err == nil {
		socket.Sleep(pause) // whoever waits for the message waits on
		_, err = conn.Send([]byte("This is the message"))
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}
