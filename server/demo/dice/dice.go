package dice

import (
	"fmt"
	"strings"
	"time"

	"sockscope/server/socket"
)

// Talk is slow.go with messages and pauses that it rolls. Nothing is
// left to chance: the same seed rolls the same numbers in every run.
func Talk(addr string, messages, largest int, longest time.Duration,
	seed uint32) {
	conn := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	err := conn.Connect(addr) // blocks until the other kernel answers
	text := strings.Repeat("abcdefghijklmnopqrstuvwxyz", largest/26+1)
	dice := roll(seed)
	for n := 0; n < messages && err == nil; n++ {
		dice = roll(dice)
		pause := longest * time.Duration(dice>>16%1000) / 999
		socket.Sleep(pause) // connected, but silent
		dice = roll(dice)
		size := 1 + int(dice>>16)%largest // some take several recvs
		err = ask(conn, text[:size])
	}
	if err != nil {
		fmt.Fprintln(socket.Stdout, err)
	}
	conn.Close()
}

// roll returns the number after this one. Its high bits look random;
// the low ones repeat too soon (a linear congruential generator).
func roll(dice uint32) uint32 { return dice*1664525 + 1013904223 }

// ask sends a message and reads until all of its echo is there.
func ask(conn *socket.Socket, message string) error {
	data := []byte(message)
	for len(data) > 0 { // send may take only part
		n, err := conn.Send(data) // blocks while the buffer is full
		if err != nil {
			return err
		}
		data = data[n:]
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
