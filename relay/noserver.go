package main

import (
	"net"
	"time"

	"sockscope/server/trace"
)

// noServer listens in place of a native server's control port, and tells each page why
// there is none. It runs for as long as the process.
func noServer(why string) (map[string]string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetWriteDeadline(time.Now().Add(time.Second))
			trace.WriteFrame(conn, trace.Message{Error: &trace.Error{Text: why}})
			conn.Close() // no RST: a page sends nothing before it hears the server
		}
	}()
	return map[string]string{"lab": l.Addr().String()}, nil
}
