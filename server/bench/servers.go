package main

import (
	"log"
	"net"

	"sockscope/server/demo"
	"sockscope/server/socket"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
)

// servers are the echo servers, by the names in the table. Each serves for ever.
var servers = []struct {
	name  string
	most  int // connections it can have, 0 for any number
	serve func(addr string)
}{
	{"select", 1000, ours("select")},
	{"poll", 0, ours("poll")},
	{"epoll", 0, ours("epoll")},
	{"edge", 0, ours("edge")},
	{"net", 0, standard},
	{"gnet", 0, others},
}

// ours returns one of the programs, whose calls nobody traces.
func ours(name string) func(addr string) {
	return func(addr string) {
		program, err := demo.Find(name)
		if err != nil {
			log.Fatal(err)
		}
		settings, err := program.Check(map[string]string{"timeout": "0s"})
		if err != nil {
			log.Fatal(err)
		}
		socket.Main(func() { program.Run(addr, settings) })
	}
}

// standard is the echo that a Go program would have: a goroutine a connection.
func standard(addr string) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 1024)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if _, err := conn.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// others is the echo of gnet's own documentation, on one event loop.
func others(addr string) {
	log.Fatal(gnet.Run(new(echo), "tcp://"+addr, gnet.WithNumEventLoop(1),
		gnet.WithReuseAddr(true), gnet.WithLogLevel(logging.ErrorLevel)))
}

type echo struct{ gnet.BuiltinEventEngine }

func (*echo) OnTraffic(c gnet.Conn) gnet.Action {
	data, _ := c.Next(-1)
	c.Write(data)
	return gnet.None
}
