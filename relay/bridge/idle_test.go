package bridge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// An idle session holds no buffer, though it has carried as much as fits in one.
func TestIdleSessionsAreSmall(t *testing.T) {
	const sessions = 1000
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = New(Config{
		Targets: map[string]Target{"echo": {Address: target.Addr().String()}},
		Listen:  server.Listener.Addr().String(),
		Limits:  Limits{Sessions: sessions + 10},
	})
	server.Start()
	defer server.Close()
	request := fmt.Sprintf("GET /relay/echo HTTP/1.1\r\nHost: %s\r\n%s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		server.Listener.Addr(), strings.Join(asAsked, "\r\n"), protocol)
	var kept []net.Conn
	defer func() {
		for _, c := range kept {
			c.Close()
		}
	}()
	bytes := noise(MaxMessage)
	sent := frame{fin | opBin, bytes}.wire()
	in := bufio.NewReader(nil)
	open := func() {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(patience))
		io.WriteString(conn, request)
		in.Reset(conn)
		if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(err, resp)
		}
		program, err := target.Accept()
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, conn, program)
		// A message each way.
		var all sync.WaitGroup
		all.Go(func() { conn.Write(sent) })
		if _, err := io.ReadFull(program, make([]byte, len(bytes))); err != nil {
			t.Fatal(err)
		}
		all.Go(func() { program.Write(bytes) })
		all.Wait()
	}
	var m runtime.MemStats
	measure := func() (heap, stack uint64) {
		runtime.GC()
		runtime.GC() // what was pooled is gone
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	for range 10 {
		open()
	}
	heap0, stack0 := measure()
	for range sessions {
		open()
	}
	heap, stack := measure()
	t.Logf("heap %d, stacks %d bytes each", (heap-heap0)/sessions, (stack-stack0)/sessions)
	// Some 2 KB are of the two connections that are the test's own.
	if each := (heap - heap0) / sessions; each > 14<<10 {
		t.Errorf("an idle session holds %d bytes of heap", each)
	}
}
