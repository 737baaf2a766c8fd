package main

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// 200 WebSockets come to the standing mux at once and nothing is lost. Each sends its
// bytes in two segments: where the accept queue is full, the kernel answers the
// second by a RST.
func TestACrowdAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const crowd = 200
	_, address := start(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1250) // 20,000 bytes
	talk := func() error {
		ws, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/relay/mux", nil)
		if err != nil {
			return err
		}
		defer ws.Close()
		ws.SetReadDeadline(time.Now().Add(patience))
		for _, part := range [][]byte{sent[:16_000], sent[16_000:]} {
			if err := ws.WriteMessage(websocket.BinaryMessage, part); err != nil {
				return err
			}
		}
		var got []byte
		for len(got) < len(sent) {
			_, p, err := ws.ReadMessage()
			if err != nil {
				return fmt.Errorf("after %d of %d bytes: %w", len(got), len(sent), err)
			}
			got = append(got, p...)
		}
		if !bytes.Equal(got, sent) {
			return fmt.Errorf("the echo differs")
		}
		return nil
	}
	lost := make(chan error, crowd)
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			if err := talk(); err != nil {
				lost <- err
			}
		})
	}
	all.Wait()
	close(lost)
	if n := len(lost); n > 0 {
		t.Errorf("%d of %d were lost, the first by: %v", n, crowd, <-lost)
	}
}
