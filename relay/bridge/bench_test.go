package bridge

import (
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// BenchmarkEcho compares 64-byte round trips over 50 connections through the
// relay with the same over TCP alone. The two alternate within one run, so
// that whatever else the machine does hits both; ratio is how many times
// longer the relay takes.
func BenchmarkEcho(b *testing.B) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer target.Close()
	go func() {
		for {
			conn, err := target.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.Copy(conn, struct{ io.Reader }{conn})
			}()
		}
	}()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = New(Config{
		Targets: map[string]Target{"echo": {Address: target.Addr().String()}},
		Listen:  server.Listener.Addr().String(),
	})
	server.Start()
	defer server.Close()

	const connections = 50
	var direct, relayed [connections]func() error
	for i := range connections {
		conn, err := net.Dial("tcp", target.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		direct[i] = tcpRoundTrip(conn)
		dialer := websocket.Dialer{Subprotocols: []string{protocol}}
		ws, _, err := dialer.Dial("ws://"+server.Listener.Addr().String()+Prefix+"echo", nil)
		if err != nil {
			b.Fatal(err)
		}
		defer ws.Close()
		relayed[i] = wsRoundTrip(ws)
	}

	const slice = 200 // round trips of each connection before it is the other's turn
	var took [2]time.Duration
	trips := 0
	for b.Loop() {
		for way, trip := range []*[connections]func() error{&direct, &relayed} {
			began := time.Now()
			var all sync.WaitGroup
			for _, f := range trip {
				all.Go(func() {
					for range slice {
						if err := f(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			took[way] += time.Since(began)
		}
		trips += connections * slice
	}
	b.ReportMetric(float64(trips)/took[0].Seconds(), "direct/s")
	b.ReportMetric(float64(trips)/took[1].Seconds(), "relay/s")
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "ratio")
}

func tcpRoundTrip(conn net.Conn) func() error {
	p := make([]byte, 64)
	return func() error {
		if _, err := conn.Write(p); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, p)
		return err
	}
}

// wsRoundTrip is a browser that grants credit as a page does: half of the window at
// a time.
func wsRoundTrip(ws *websocket.Conn) func() error {
	p := make([]byte, 64)
	consumed := 0
	return func() error {
		if err := ws.WriteMessage(websocket.BinaryMessage, p); err != nil {
			return err
		}
		for got := 0; got < len(p); {
			kind, r, err := ws.NextReader()
			if err != nil {
				return err
			}
			if kind != websocket.BinaryMessage {
				continue
			}
			n, err := io.ReadFull(r, p[got:])
			if err != nil && err != io.ErrUnexpectedEOF {
				return err
			}
			got += n
			consumed += n
		}
		if consumed < Window/2 {
			return nil
		}
		grant := control{Type: credit, Bytes: consumed}
		consumed = 0
		return ws.WriteMessage(websocket.TextMessage, grant.text())
	}
}
