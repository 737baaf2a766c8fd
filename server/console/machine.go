package console

import (
	"io"
	"net"
)

// Serve is the machine's end. It reads the stream until that ends, joins each
// connection to one that dial makes, and has set take what the page says of time and
// chance.
func Serve(stream io.ReadWriter, dial func() (net.Conn, error), set func(Setting)) error {
	e := &end{
		conns:  map[byte]*Conn{},
		write:  func(frame []byte) { stream.Write(frame) }, // where that fails, so does the next Read
		accept: func(c *Conn) { go join(c, dial) },
		set:    set,
	}
	buf := make([]byte, 4096)
	for {
		n, err := stream.Read(buf)
		if n > 0 {
			e.mu.Lock()
			e.write(appendCount(nil, taken, 0, n))
			e.mu.Unlock()
			if err := e.take(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			return e.fail(err)
		}
	}
}

// join copies both ways between the page's connection and one to the server.
func join(c *Conn, dial func() (net.Conn, error)) {
	server, err := dial()
	if err != nil {
		c.Close()
		return
	}
	go func() {
		io.Copy(server, c)
		server.Close() // the page has closed, and wants no answer
	}()
	io.Copy(c, server)
	c.Close()
}
