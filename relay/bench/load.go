//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sockscope/relay/bridge"
)

// patience is how long all messages of a turn may take before the measurement fails.
const patience = 2 * time.Minute

// load is the connections through one relay.
type load struct {
	relay *process
	conns []*conn
}

// conn is one of them. With sockscope.v1 it grants credit as a page does.
type conn struct {
	ws       *websocket.Conn
	credits  bool
	consumed int
}

// echo starts a server that sends back what comes, and returns its address.
func echo() (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, 64<<10))
			}()
		}
	}()
	return l.Addr().String(), nil
}

// talk sends messages over each connection for so long. Each waits for the echo of the
// one before. talk returns how long each message took there and back.
func (l load) talk(size int, lasting time.Duration) (took []time.Duration, err error) {
	until := time.Now().Add(lasting)
	return l.each(size, func() bool { return time.Now().Before(until) })
}

// once sends one message over each connection.
func (l load) once(size int) error {
	_, err := l.each(size, func() bool { return false })
	return err
}

// each sends messages over each connection: one, and further ones while more says so.
func (l load) each(size int, more func() bool) ([]time.Duration, error) {
	took, failed := make([][]time.Duration, len(l.conns)), make(chan error, len(l.conns))
	var all sync.WaitGroup
	for i, c := range l.conns {
		all.Go(func() {
			sent := bytes.Repeat([]byte{byte(i)}, size)
			got := make([]byte, size)
			c.ws.SetReadDeadline(time.Now().Add(patience))
			for again := true; again; again = more() {
				began := time.Now()
				if err := c.trip(sent, got); err != nil {
					failed <- err
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	close(failed)
	return slices.Concat(took...), <-failed
}

// trip sends a message and reads its echo.
func (c *conn) trip(sent, got []byte) error {
	if err := c.ws.WriteMessage(websocket.BinaryMessage, sent); err != nil {
		return err
	}
	for n := 0; n < len(got); {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return err
		}
		if kind != websocket.BinaryMessage {
			continue // the relay grants credit
		}
		m, err := io.ReadFull(r, got[n:])
		if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
			return err
		}
		n += m
		if c.consumed += m; c.credits && c.consumed >= bridge.Window/2 {
			grant := fmt.Sprintf(`{"type":"credit","bytes":%d}`, c.consumed)
			c.consumed = 0
			if err := c.ws.WriteMessage(websocket.TextMessage, []byte(grant)); err != nil {
				return err
			}
		}
	}
	if !bytes.Equal(got, sent) {
		return fmt.Errorf("the echo of %d bytes differs", len(sent))
	}
	return nil
}

func (l load) close() {
	for _, c := range l.conns {
		c.ws.Close()
	}
}
