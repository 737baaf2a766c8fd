package demo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockscope/server/trace"
)

// serve starts a server and returns its address.
func serve(t *testing.T, program string, files int, settings map[string]string) (*process, string) {
	t.Helper()
	addr := freePort(t)
	p := start(t, job{Program: program, Addr: addr, Settings: settings, Files: files}).listening()
	return p, addr
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn.(*net.TCPConn)
}

// echoServers are those with nothing but their waiting different.
var echoServers = map[string]map[string]string{
	"echo": nil, "spin": nil, "threads": nil, "watchful": nil, "processes": nil, "select": {"timeout": "0s"}, "poll": {"timeout": "0s"},
	"epoll": {"timeout": "0s"}, "edge": {"timeout": "0s", "size": "16"},
	"two-ports": {"timeout": "0s", "other": "127.0.0.1:0"},
}

// Five megabytes come back byte for byte through a reader of small pieces, and
// so does what is on its way when the client half-closes.
func TestEchoIsByteForByte(t *testing.T) {
	sent := make([]byte, 5<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(sent)
	for program, settings := range echoServers {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			_, addr := serve(t, program, 0, settings)
			conn := dial(t, addr)
			wrote := make(chan error, 1)
			go func() {
				_, err := conn.Write(sent)
				if err == nil {
					err = conn.CloseWrite()
				}
				wrote <- err
			}()
			got := make([]byte, 0, len(sent))
			for {
				n, err := conn.Read(got[len(got):min(len(got)+1+len(got)%5000, cap(got))])
				got = got[:len(got)+n]
				if err == io.EOF || len(got) == cap(got) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := <-wrote; err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, sent) {
				t.Fatalf("%d bytes came back, %d were sent, and they differ", len(got), len(sent))
			}
			if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Fatalf("after all of it: %d, %v", n, err)
			}
		})
	}
}

// A client that never reads costs the select server a bounded queue, and costs
// the others nothing.
func TestSelectBoundsItsQueues(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, "select", 0, echoServers["select"])
	hog := dial(t, addr)
	hog.SetReadBuffer(4 << 10)
	go io.Copy(hog, rand.NewChaCha8([32]byte{2})) // ends when the test closes it

	// The server has stopped reading from it when it asks about the listener
	// and the other client only, and whether the hog takes bytes. Each echo of
	// the other is proof that nobody waits for the hog.
	other := dial(t, addr)
	got := make([]byte, 5)
	p.await("the server to leave the hog alone", func() bool {
		if _, err := other.Write([]byte("Hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(other, got); err != nil || string(got) != "Hello" {
			t.Fatalf("beside the hog: %q, %v", got, err)
		}
		p.collect()
		last := p.events[len(p.events)-1]
		return last.Kind == trace.Enter && last.Call == trace.Select &&
			len(last.Sets.Read) == 2 && len(last.Sets.Write) == 1
	})
}

// A peer may break off at any stage; the server goes on to serve the next.
func TestResetsAtEveryStage(t *testing.T) {
	big := make([]byte, 1<<20)
	stages := map[string]func(t *testing.T, conn *net.TCPConn){
		"after connect":           func(*testing.T, *net.TCPConn) {},
		"after send":              func(_ *testing.T, conn *net.TCPConn) { conn.Write([]byte("x")) },
		"after send, much unread": func(_ *testing.T, conn *net.TCPConn) { conn.SetReadBuffer(4 << 10); conn.Write(big[:256<<10]) },
		"while it sends": func(t *testing.T, conn *net.TCPConn) {
			go conn.Write(big)
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
		},
		"after half-close": func(_ *testing.T, conn *net.TCPConn) { conn.Write([]byte("x")); conn.CloseWrite() },
		"after the echo": func(t *testing.T, conn *net.TCPConn) {
			conn.Write([]byte("x"))
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
		},
		"in a number": func(_ *testing.T, conn *net.TCPConn) { conn.Write([]byte("GET")) },
	}
	servers := map[string]map[string]string{"byteorder": nil, "web": nil}
	for program, settings := range echoServers {
		servers[program] = settings
	}
	for program, settings := range servers {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			_, addr := serve(t, program, 0, settings)
			for name, stage := range stages {
				if program == "web" && name != "after connect" && name != "in a number" && name != "after half-close" {
					continue // it has nothing to say to those
				}
				if program == "byteorder" && (name == "after the echo") {
					continue
				}
				conn := dial(t, addr)
				conn.SetLinger(0)
				stage(t, conn)
				conn.Close()
			}
			conn := dial(t, addr)
			ask, want := "GET /\r\n\r\n", "HTTP"
			switch {
			case program != "byteorder" && program != "web":
				ask, want = "Hello", "Hello"
			case program == "byteorder":
				ask, want = "\x00\x00\x00\x01", "\x00\x00\x00\x01\x01\x00\x00\x00"
			}
			if _, err := io.WriteString(conn, ask); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
				t.Fatalf("the client after them got %q, %v", got, err)
			}
		})
	}
}

// Numbers may come in any pieces, from several clients at once.
func TestByteOrderTakesPieces(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "byteorder", 0, nil)
	rnd := rand.New(rand.NewPCG(3, 4))
	silent := dial(t, addr)
	silent.Write([]byte{1, 2}) // half a number keeps nobody waiting
	for range 3 {
		conn := dial(t, addr)
		conn.SetNoDelay(true)
		var ask, want []byte
		for range 2000 {
			n := rnd.Uint32()
			ask = binary.BigEndian.AppendUint32(ask, n)
			want = binary.BigEndian.AppendUint32(want, n)
			want = binary.LittleEndian.AppendUint32(want, n)
		}
		go func(seed uint64) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			for len(ask) > 0 {
				n := min(1+rnd.IntN(40), len(ask))
				if _, err := conn.Write(ask[:n]); err != nil {
					return
				}
				ask = ask[n:]
			}
		}(rnd.Uint64())
		got := make([]byte, len(want))
		if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("wrong answers, %v", err)
		}
	}
}

// A server that spins never sleeps in recv: it asks until the bytes are there,
// and the processor time it takes for that is in the trace.
func TestSpinBurnsProcessorTime(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, "spin", 0, nil)
	conn := dial(t, addr)
	var asked []trace.Event // the recvs that have come back
	seen := 0
	look := func() int {
		for ; seen < len(p.events); seen++ {
			if e := &p.events[seen]; e.Kind == trace.Return && e.Call == trace.Recv {
				asked = append(asked, *e)
			}
		}
		return len(asked)
	}
	// The kernel brings the time that it tells up to date at its ticks.
	p.await("a hundred calls, and processor time spent on them", func() bool {
		return look() > 100 && asked[len(asked)-1].CPU > asked[0].CPU
	})
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	for _, e := range asked {
		if e.Sleep != trace.Awake {
			t.Fatalf("it slept in %+v", e)
		}
	}
}

// A request may come in any pieces, with either end of line, and anything may
// follow it: the page comes back.
func TestWebTakesAnyRequest(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "web", 0, nil)
	rnd := rand.New(rand.NewPCG(6, 7))
	oneOf := func(s ...string) string { return s[rnd.IntN(len(s))] }
	for n := range 300 {
		request := oneOf("GET / HTTP/1.0", "POST /a HTTP/1.1", "GET /")
		for range rnd.IntN(4) {
			request += oneOf("\r\n", "\n") + oneOf("Host: a", "Accept: */*", "X: "+strings.Repeat("x", rnd.IntN(1500)))
		}
		request += oneOf("\r\n", "\n") + oneOf("\r\n", "\n")
		request += oneOf("", "a=b", "\n", "GET / HTTP/1.0\r\n\r\n", string(make([]byte, rnd.IntN(3000))))
		conn := dial(t, addr)
		most := []int{3, 4000}[rnd.IntN(2)]
		for rest := request; rest != ""; {
			piece := 1 + rnd.IntN(min(len(rest), most))
			if _, err := io.WriteString(conn, rest[:piece]); err != nil {
				break // it has answered, and reads no more
			}
			rest = rest[piece:]
		}
		got, err := io.ReadAll(conn) // unless the rest was read, close resets
		if !strings.HasSuffix(string(got), "\r\n\r\nHello, World") || err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("request %d, %q, is answered with %q, %v", n, request, got, err)
		}
		conn.Close()
	}
}
