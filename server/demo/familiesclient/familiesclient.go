package familiesclient

import (
	"fmt"

	"sockscope/server/socket"
)

// Talk is client.go for every family of addresses and type of socket.
// A name may stand for several addresses, as localhost does for ::1 and
// 127.0.0.1: it takes the first that answers.
func Talk(addrs []string, kind int, messages []string) {
	conn, err := dial(addrs, kind)
	missing, recvs := 0, 0
	for n := 0; n < len(messages) && err == nil; n++ {
		_, err = conn.Send([]byte(messages[n]))
		missing += len(messages[n])
	}
	for missing > 0 && err == nil {
		var data []byte
		data, err = conn.Recv(1024) // one message, or what is there
		missing -= len(data)
		recvs++
		if err == nil && len(data) == 0 {
			break // the end
		}
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
		return
	}
	sends := len(messages)
	fmt.Fprintf(socket.Stdout, "sends: %d, recvs: %d\n", sends, recvs)
	conn.Close()
}

// dial connects a socket of its own to each address, until one answers.
func dial(addrs []string, kind int) (*socket.Socket, error) {
	var last error
	for _, addr := range addrs {
		domain := socket.Domain(addr)
		conn, err := socket.Try(domain, kind)
		if err != nil { // not every family has every type
			last = err
			continue
		}
		if domain == socket.AF_UNIX && kind == socket.SOCK_DGRAM {
			conn.Bind("@") // any name: else nobody can answer it
		}
		if last = conn.Connect(addr); last == nil {
			return conn, nil
		}
		fmt.Fprintln(socket.Stdout, addr, last)
		conn.Close()
	}
	return nil, last
}
