// Package told has a program that uses package net tell what it does, beside the
// system calls that somebody else takes: when it called a method, and when that
// returned. Nothing else about a listener or a connection differs.
//
// The word of a program is its own: its clock is read in the goroutine, before and
// after. How long the goroutine then waited for a processor is in it.
package told

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"sockscope/server/ring"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// first is the voice of the program's first goroutine; nil where nobody listens.
var first *socket.Voice

// Attach has the programs of this process tell what they do into area.
func Attach(area *ring.Area) (err error) {
	first, err = socket.Tell(area)
	return err
}

// Exit ends the process when its program has: with status 0, or 1 after a line on
// standard error.
func Exit(err error) {
	first.Exit()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Listener returns l, telling. It is for the program's first goroutine; each of its
// connections is for one goroutine of its own, which is at its end when it closes the
// connection.
func Listener(l net.Listener) net.Listener { return &listener{Listener: l, fd: fileno(l)} }

type listener struct {
	net.Listener
	fd int
}

func (l *listener) Accept() (net.Conn, error) {
	first.Enter(trace.NetAccept, l.fd, 0, nil)
	c, err := l.Listener.Accept()
	if err != nil {
		first.Return(trace.NetAccept, l.fd, 0, -1, errno(err), "", nil)
		return c, err
	}
	fd := fileno(c)
	first.Return(trace.NetAccept, l.fd, 0, fd, 0, c.RemoteAddr().String(), nil)
	return &conn{Conn: c, fd: fd}, nil
}

type conn struct {
	net.Conn
	fd      int
	voice   *socket.Voice
	spoken  bool // there was a first word, and the voice is known
	stopped bool
}

// speaks returns the voice of the goroutine that uses the connection.
func (c *conn) speaks() *socket.Voice {
	if !c.spoken {
		c.voice, c.spoken = socket.NewVoice(), true
	}
	return c.voice
}

func (c *conn) Read(b []byte) (int, error) {
	c.speaks().Enter(trace.NetRead, c.fd, len(b), nil)
	n, err := c.Conn.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		c.voice.Return(trace.NetRead, c.fd, 0, -1, errno(err), "", nil)
		return n, err
	}
	c.voice.Return(trace.NetRead, c.fd, len(b), n, 0, "", b[:n])
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	c.speaks().Enter(trace.NetWrite, c.fd, len(b), b)
	n, err := c.Conn.Write(b)
	if err != nil {
		c.voice.Return(trace.NetWrite, c.fd, 0, -1, errno(err), "", nil)
		return n, err
	}
	c.voice.Return(trace.NetWrite, c.fd, 0, n, 0, "", b[:n])
	return n, err
}

func (c *conn) Close() error {
	if c.stopped {
		return c.Conn.Close() // its goroutine has said its last word
	}
	c.stopped = true
	c.speaks().Enter(trace.NetClose, c.fd, 0, nil)
	err := c.Conn.Close()
	result := 0
	if err != nil {
		result = -1
	}
	c.voice.Return(trace.NetClose, c.fd, 0, result, errno(err), "", nil)
	c.voice.Exit()
	return err
}

// errno returns the kernel's error number in an error of package net's; EBADF stands
// for use after Close, which never reaches the kernel.
func errno(err error) socket.Errno {
	var n syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &n):
		return socket.Errno(n)
	}
	return socket.EBADF
}

// fileno returns the fd of a listener or a connection, -1 when it has none.
func fileno(v any) int {
	n := -1
	if sc, ok := v.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { n = int(fd) })
		}
	}
	return n
}
