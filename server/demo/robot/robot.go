package robot

import (
	"strings"
	"time"

	"sockscope/server/socket"
)

// Serve is threads.go for a call-centre robot. How far a conversation
// is, is where its thread is in talk, and what that holds in rest.
func Serve(addr string, backlog int, lines bool, idle time.Duration) {
	server := socket.NewListener(addr, backlog)
	for {
		conn, err := server.Accept() // blocks this thread only
		if err != nil {
			socket.Sleep(100 * time.Millisecond) // no fd, perhaps
			continue
		}
		socket.Go(func() { talk(conn, lines, idle) })
	}
}

// talk answers each entry, until the caller leaves or is silent.
func talk(conn *socket.Socket, lines bool, idle time.Duration) {
	conn.SetRecvTimeout(idle) // after that, recv returns EAGAIN
	reply := "Welcome to call 10086: 0 for an agent, exit to leave\n"
	for entry, rest, ok := "", "", true; ok && entry != "exit"; {
		say(conn, reply)
		entry, rest, ok = listen(conn, rest, lines)
		reply = "please re-enter\n"
		if entry == "0" {
			reply = "An agent comes. This call may be recorded\n"
		}
	}
	conn.Close()
}

// listen returns the next entry, which is a line, and what has come
// behind it. Without lines, what one recv returns is an entry.
func listen(conn *socket.Socket, rest string, lines bool) (
	entry, more string, ok bool) {
	for {
		line, more, whole := strings.Cut(rest, "\n")
		if whole || len(rest) > 4096 { // or it is too long for one
			return strings.TrimSpace(line), more, true
		}
		data, err := conn.Recv(1024) // behind half a line: for the rest
		if err != nil {
			return "", "", false // reset; or EAGAIN
		}
		rest += string(data)
		if len(data) == 0 || !lines { // end of file ends a line, too
			return strings.TrimSpace(rest), "", rest != ""
		}
	}
}

// say sends a line. Whether the caller is gone the next recv tells.
func say(conn *socket.Socket, line string) {
	for data := []byte(line); len(data) > 0; { // send may take a part
		n, err := conn.Send(data)
		if err != nil {
			return
		}
		data = data[n:]
	}
}
