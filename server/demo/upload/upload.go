package upload

import (
	"strconv"
	"strings"
	"time"

	"sockscope/server/socket"
	"sockscope/server/store"
)

// Serve is robot.go for files. A header, "post|name|size", is answered
// with "ok", and the file follows. Sent at once the two may stick.
func Serve(addr string, files *store.Store, pause, idle time.Duration) {
	server := socket.NewListener(addr, 5)
	for {
		conn, err := server.Accept() // blocks this thread only
		if err != nil {
			socket.Sleep(100 * time.Millisecond) // no fd, perhaps
			continue
		}
		conn.SetRecvTimeout(idle) // after that, recv returns EAGAIN
		socket.Go(func() {
			socket.Sleep(pause) // busy, and bytes come meanwhile
			conn.Send([]byte(take(conn, files)))
			leave(conn)
		})
	}
}

// take receives files to the end of the stream, or to one that it does
// not want, and returns what has become of them.
func take(conn *socket.Socket, files *store.Store) (said string) {
	for head, _ := conn.Recv(1024); len(head) > 0; { // with no error
		line, rest, _ := strings.Cut(string(head), "\n") // if it has one
		file, err := files.Create(Header(line))
		if err != nil {
			return said + "error: " + err.Error() + "\n"
		}
		conn.Send([]byte("ok\n"))
		for data := []byte(rest); file.Write(data) > 0; { // are left
			data, _ = conn.Recv(min(1024, file.Left()))
			if len(data) == 0 {
				break // it is short
			}
		}
		said += file.End() + "\n"
		head, _ = conn.Recv(1024)
	}
	return said
}

// Header returns what a header says; of what is none, a size of -1.
func Header(text string) (name string, size int64) {
	parts := strings.Split(strings.TrimSpace(text), "|")
	if len(parts) == 3 && parts[0] == "post" {
		if n, err := strconv.ParseInt(parts[2], 10, 64); err == nil {
			return parts[1], n
		}
	}
	return "", -1
}

// leave closes when the client has: else what was said may be lost.
func leave(conn *socket.Socket) {
	conn.Shutdown(socket.SHUT_WR)
	for data, _ := conn.Recv(1024); len(data) > 0; {
		data, _ = conn.Recv(1024)
	}
	conn.Close()
}
