package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sockscope/server/trace"
)

// abusing is how many visitors come under each attack, and as many without, one
// after another; their times are printed.
var abusing = flag.Int("abuse", 0, "fresh visitors under each attack of TestAbuse, at full size; 0 is a small form")

// attacker is the client that does what no page does.
const attacker = "203.0.113.66"

// attack is something that a client does to a relay until ctx is done. It calls
// under when it is under way, and is n times something.
type attack struct {
	name    string
	n, full int
	do      func(ctx context.Context, t *testing.T, address string, n int, under func())
}

var attacks = []attack{
	{"requests that never end", 50, 400, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		var conns []net.Conn
		for range n {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				break
			}
			defer conn.Close()
			fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nX-Slow: ", address)
			conns = append(conns, conn)
		}
		under()
		repeat(ctx, 20*time.Millisecond, func() {
			for _, conn := range conns {
				conn.Write([]byte("a"))
			}
		})
	}},
	{"frames that never end", 20, 120, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		many(ctx, t, address, "mux", n, under, func(ws *websocket.Conn, _ int) {
			ws.NetConn().Write(frame(websocket.BinaryMessage, 60_000, []byte("a beginning")))
			repeat(ctx, 20*time.Millisecond, func() { ws.NetConn().Write([]byte("a")) })
		})
	}},
	{"idle connections of one address", 300, 10_000, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		let := 0
		for range n {
			ws, wait, err := enter(ctx, address, attacker, "mux")
			switch {
			case ws != nil:
				let++
				defer ws.Close()
			case wait == 0:
				t.Errorf("refused without a limit that says so: %v", err)
			}
			if err != nil {
				break
			}
		}
		if let > 128 {
			t.Errorf("%d were let in", let)
		}
		under()
		<-ctx.Done()
	}},
	{"clients that never read", 10, 60, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		many(ctx, t, address, "mux", n, under, func(ws *websocket.Conn, _ int) {
			for data := make([]byte, 32<<10); ws.WriteMessage(websocket.BinaryMessage, data) == nil; {
			}
		})
	}},
	{"giant frames", 4, 16, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		again(ctx, t, address, "mux", n, under, func(ws *websocket.Conn) {
			ws.NetConn().Write(frame(websocket.BinaryMessage, 1<<62, make([]byte, 1<<20)))
			io.Copy(io.Discard, ws.NetConn())
		})
	}},
	{"floods of pings", 2, 8, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		pings := []byte(strings.Repeat(string(frame(websocket.PingMessage, 4, []byte("ping"))), 1000))
		again(ctx, t, address, "mux", n, under, func(ws *websocket.Conn) {
			go io.Copy(io.Discard, ws.NetConn())
			for {
				if _, err := ws.NetConn().Write(pings); err != nil {
					return
				}
			}
		})
	}},
	{"floods of requests", 2, 8, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		request, _ := trace.AppendFrame(nil, &trace.Request{Op: trace.OpLook, Lab: "select"})
		requests := []byte(strings.Repeat(string(request), 100))
		again(ctx, t, address, "lab", n, under, func(ws *websocket.Conn) {
			go io.Copy(io.Discard, ws.NetConn())
			for ws.WriteMessage(websocket.BinaryMessage, requests) == nil {
			}
		})
	}},
	{"runs up to their limits", 2, 8, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		runs(ctx, t, address, n, under, "spin", map[string]string{"clients": "8", "messages": "8", "pauses": "3ms"})
	}},
	{"runs that take long", 6, 60, func(ctx context.Context, t *testing.T, address string, n int, under func()) {
		runs(ctx, t, address, n, under, "select", map[string]string{"timeout": "20s"})
	}},
}

// runs has n clients run a lab, each again and again.
func runs(ctx context.Context, t *testing.T, address string, n int, under func(), lab string, knobs map[string]string) {
	run, err := trace.AppendFrame(nil, &trace.Request{Op: trace.OpRun, Lab: lab, Knobs: knobs})
	if err != nil {
		t.Error(err)
	}
	again(ctx, t, address, "lab", n, under, func(ws *websocket.Conn) {
		ws.WriteMessage(websocket.BinaryMessage, run)
		var left []byte
		for over := false; !over; {
			_, p, err := ws.ReadMessage()
			if err != nil {
				return
			}
			var refused error
			left, err = trace.Frames(append(left, p...), func(m *trace.Message) {
				over = over || m.End != nil
				if m.Error != nil {
					refused = errors.New(m.Error.Text)
				}
			})
			if err := errors.Join(err, refused); err != nil {
				t.Error(err)
				return
			}
		}
	})
}

// repeat does it, again and again with a pause between, until ctx is done.
func repeat(ctx context.Context, pause time.Duration, f func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		f()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// many opens n WebSockets and does something with each of them; they are closed
// when ctx is done.
func many(ctx context.Context, t *testing.T, address, target string, n int, under func(), do func(*websocket.Conn, int)) {
	var all sync.WaitGroup
	for i := range n {
		ws, _, err := enter(ctx, address, attacker, target)
		if ws == nil {
			t.Errorf("the attacker can't connect: %v", err)
			break
		}
		defer ws.Close()
		defer context.AfterFunc(ctx, func() { ws.Close() })()
		all.Go(func() { do(ws, i) })
	}
	under()
	<-ctx.Done()
	all.Wait()
}

// again has n clients open a WebSocket and do something with it until it is
// closed, and begin anew, until ctx is done.
func again(ctx context.Context, t *testing.T, address, target string, n int, under func(), do func(*websocket.Conn)) {
	var all, begun sync.WaitGroup
	for range n {
		begun.Add(1)
		all.Go(func() {
			first := sync.OnceFunc(begun.Done)
			for ctx.Err() == nil {
				ws, wait, err := enter(ctx, address, attacker, target)
				first()
				if ws == nil {
					if wait == 0 && ctx.Err() == nil {
						t.Errorf("the attacker can't connect: %v", err)
						return
					}
					select { // a limit on how often is what this meets
					case <-time.After(wait):
					case <-ctx.Done():
					}
					continue
				}
				stop := context.AfterFunc(ctx, func() { ws.Close() })
				do(ws)
				stop()
				ws.Close()
			}
		})
	}
	begun.Wait()
	under()
	all.Wait()
}

// frame returns the beginning of a masked frame that is said to hold size bytes
// (RFC 6455, section 5.2); the mask is zeros.
func frame(opcode int, size uint64, data []byte) []byte {
	const fin, masked = 0x80, 0x80
	b := []byte{fin | byte(opcode)}
	switch {
	case size < 126:
		b = append(b, masked|byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), size)
	}
	return append(append(b, 0, 0, 0, 0), data...)
}

// fresh is the time that n visitors took who came one after another, each from
// an address of its own: for the page, and for a run to its end.
func fresh(t *testing.T, address string, n int) (took []time.Duration) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for i := range n {
		began := time.Now()
		req, _ := http.NewRequest("GET", "http://"+address+"/", nil)
		req.Header = by(person(i))
		resp, err := client.Do(req)
		if err != nil {
			t.Fatalf("a fresh visitor gets no page: %v", err)
		}
		resp.Body.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		v, err := visitAs(ctx, address, person(i), "first", nil)
		cancel()
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("a fresh visitor: status %d, %+v, %v", resp.StatusCode, v, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took
}

// Whatever one client does, a visitor from elsewhere is served.
func TestAbuse(t *testing.T) {
	if testing.Short() {
		t.Skip("attacks a relay for a while")
	}
	visits := max(*abusing, 1)
	address := startBy(t, relay("-trusted-proxy=127.0.0.1")) // what it logs of attacks is nobody's interest
	fresh(t, address, 3)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			before := fresh(t, address, visits)
			n := a.n
			if *abusing > 0 {
				n = a.full
			}
			ctx, cancel := context.WithCancel(t.Context())
			under := make(chan struct{})
			var attacking sync.WaitGroup
			attacking.Go(func() { a.do(ctx, t, address, n, sync.OnceFunc(func() { close(under) })) })
			<-under
			during := fresh(t, address, visits)
			cancel()
			attacking.Wait()
			compare(t, n, before, during)
		})
	}
}

// compare prints how long visitors took without an attack and under it.
func compare(t *testing.T, n int, before, during []time.Duration) {
	p := func(took []time.Duration, percent int) time.Duration { return took[len(took)*percent/100] }
	t.Logf("%d of them; a fresh visitor's p50 %v, before %v; p99 %v, before %v: %.1f times",
		n, p(during, 50).Round(100*time.Microsecond), p(before, 50).Round(100*time.Microsecond),
		p(during, 99).Round(100*time.Microsecond), p(before, 99).Round(100*time.Microsecond), float64(p(during, 99))/float64(p(before, 99)))
}

// Ten thousand idle WebSockets, on a relay whose limits allow them: they take
// memory, and nothing else from a fresh visitor.
func TestIdleCrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("opens hundreds of connections")
	}
	n, visits := 200, 1
	if *abusing > 0 {
		n, visits = 10_000, *abusing
	}
	// Each has one fd here as a client and one as the target, and two in the relay.
	const others = 500
	need := syscall.Rlimit{Cur: uint64(2*n + others), Max: uint64(2*n + others)}
	var had syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &had)
	if had.Cur < need.Cur {
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &need) != nil {
			n = (int(had.Cur) - others) / 2
			t.Logf("%d open files are the limit here, enough for %d", had.Cur, n)
		} else {
			defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &had)
		}
	}
	quiet, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	go func() {
		for {
			conn, err := quiet.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}
	}()
	some := fmt.Sprint(n + 100)
	cmd := relay("-trusted-proxy=127.0.0.1", "-target=quiet="+quiet.Addr().String(), "-sessions="+some, "-connections="+some)
	address := startBy(t, cmd)
	fresh(t, address, 3)
	before, rest := fresh(t, address, visits), pss(cmd.Process.Pid)
	for i := range n {
		dialer := websocket.Dialer{NetDial: from(fmt.Sprintf("127.0.%d.%d", 1+i/200, 1+i%200)).Dial, HandshakeTimeout: time.Minute}
		ws, _, err := dialer.Dial("ws://"+address+"/relay/quiet", nil)
		if err != nil {
			t.Fatalf("number %d: %v", i, err)
		}
		defer ws.Close()
	}
	full := pss(cmd.Process.Pid)
	compare(t, n, before, fresh(t, address, visits))
	t.Logf("the relay has %d MiB with them, %d without: %.1f KiB each", full>>20, rest>>20, float64(full-rest)/1024/float64(n))
}

// from returns what dials from an address of this machine.
func from(ip string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
}
