package caller

import (
	"fmt"
	"time"

	"sockscope/server/socket"
)

// Talk is client.go for a conversation: before each entry it reads a
// line of the robot's. An entry goes in pieces, with pauses between.
func Talk(addr string, entries [][]string, pause time.Duration) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	for n := 0; n < len(entries) && err == nil; n++ {
		if err = hear(conn); err == nil {
			err = say(conn, entries[n], pause)
		}
	}
	conn.Shutdown(socket.SHUT_WR) // nothing more to say
	for err == nil {
		err = hear(conn) // what the robot still says
	}
	fmt.Fprintln(socket.Stdout, err)
	conn.Close()
}

// hear reads and prints what the robot says, to the end of a line.
func hear(conn *socket.Socket) error {
	for {
		data, err := conn.Recv(1024) // blocks until bytes arrive
		if err != nil {
			return err
		}
		if len(data) == 0 {
			return fmt.Errorf("the robot has hung up")
		}
		fmt.Fprint(socket.Stdout, string(data))
		if data[len(data)-1] == '\n' {
			return nil
		}
	}
}

// say sends an entry, piece by piece.
func say(conn *socket.Socket, entry []string,
	pause time.Duration) error {
	for i, piece := range entry {
		if i > 0 {
			socket.Sleep(pause) // the robot has half a line
		}
		for data := []byte(piece); len(data) > 0; {
			n, err := conn.Send(data) // may take only a part
			if err != nil {
				return err
			}
			data = data[n:]
		}
	}
	return nil
}
