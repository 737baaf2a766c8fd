package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a test waits for what must come. Only a test that fails waits so
// long, and a busy machine is no reason to fail.
const patience = time.Minute

// rig is a relay with one target, "echo", whose connections the test holds.
type rig struct {
	t        *testing.T
	bridge   *Bridge
	server   *httptest.Server
	accepted chan *net.TCPConn
}

func newRig(t *testing.T, adjust ...func(*Config, *limits)) *rig {
	t.Helper()
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, accepted: make(chan *net.TCPConn, 16)}
	go func() {
		for {
			conn, err := target.Accept()
			if err != nil {
				close(r.accepted)
				return
			}
			r.accepted <- conn.(*net.TCPConn)
		}
	}()
	r.server = httptest.NewUnstartedServer(nil)
	c := Config{
		Targets: map[string]Target{"echo": {Address: target.Addr().String()}, "mux": {Address: target.Addr().String()}},
		Listen:  r.server.Listener.Addr().String(),
		Log:     slog.New(slog.DiscardHandler),
	}
	l := defaultLimits
	l.dial = patience
	for _, f := range adjust {
		f(&c, &l)
	}
	r.bridge = New(c)
	l.idle, l.life = r.bridge.limits.idle, r.bridge.limits.life
	r.bridge.limits = l
	r.server.Config.Handler = r.bridge
	r.server.Start()
	t.Cleanup(func() {
		target.Close()
		for conn := range r.accepted { // those that no test has taken
			conn.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.bridge.Shutdown(ctx); err != nil {
			t.Error("sessions are left:", err)
		}
		r.server.Close()
	})
	return r
}

func (r *rig) url(name string) string {
	return "ws" + strings.TrimPrefix(r.server.URL, "http") + Prefix + name
}

// join opens a session and returns both of its ends.
func (r *rig) join(subprotocols ...string) (*browser, *net.TCPConn) {
	r.t.Helper()
	b := r.open(subprotocols...)
	select {
	case conn := <-r.accepted:
		conn.SetDeadline(time.Now().Add(patience))
		r.t.Cleanup(func() { conn.Close() })
		return b, conn
	case <-time.After(patience):
		r.t.Fatal("the target saw no connection")
		return nil, nil
	}
}

// open opens a session whose target may not be reached.
func (r *rig) open(subprotocols ...string) *browser {
	r.t.Helper()
	dialer := websocket.Dialer{Subprotocols: subprotocols}
	ws, _, err := dialer.Dial(r.url("echo"), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	ws.SetReadDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { ws.Close() })
	return &browser{t: r.t, ws: ws}
}

// browser is a WebSocket client.
type browser struct {
	t       *testing.T
	ws      *websocket.Conn
	writing sync.Mutex
}

func (b *browser) write(kind int, p []byte) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.ws.WriteMessage(kind, p)
}

func (b *browser) send(p []byte) {
	b.t.Helper()
	for piece := range chunks(p, MaxMessage) {
		if err := b.write(websocket.BinaryMessage, piece); err != nil {
			b.t.Fatal("the browser can't send:", err)
		}
	}
}

func (b *browser) control(c control) {
	b.t.Helper()
	if err := b.write(websocket.TextMessage, c.text()); err != nil {
		b.t.Fatal("the browser can't send:", err)
	}
}

// rest reads to the end. It returns the bytes, the control messages but for
// credit, and the close frame.
func (b *browser) rest() (data []byte, controls []string, end *websocket.CloseError) {
	b.t.Helper()
	for {
		b.ws.SetReadDeadline(time.Now().Add(patience)) // for each: 32 MiB may take long
		kind, p, err := b.ws.ReadMessage()
		if err != nil {
			if !errors.As(err, &end) {
				b.t.Fatalf("after %d bytes and %q: %v", len(data), controls, err)
			}
			return data, controls, end
		}
		if kind == websocket.BinaryMessage {
			data = append(data, p...)
			if b.ws.Subprotocol() == protocol {
				b.write(websocket.TextMessage, control{Type: credit, Bytes: len(p)}.text())
			}
			continue
		}
		var c control
		if err := json.Unmarshal(p, &c); err != nil {
			b.t.Fatal(err)
		}
		if c.Type != credit {
			controls = append(controls, c.Type)
		}
	}
}

// read reads binary messages until n bytes have come.
func (b *browser) read(n int) []byte {
	b.t.Helper()
	var data []byte
	for len(data) < n {
		kind, p, err := b.ws.ReadMessage()
		if err != nil {
			b.t.Fatalf("after %d of %d bytes: %v", len(data), n, err)
		}
		if kind == websocket.BinaryMessage {
			data = append(data, p...)
		}
	}
	return data
}

func chunks(p []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(p) > 0 {
			m := min(n, len(p))
			if !yield(p[:m]) {
				return
			}
			p = p[m:]
		}
	}
}

var allNoise = sync.OnceValue(func() []byte {
	p := make([]byte, 32<<20)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
})

// noise returns n bytes that differ everywhere, the same in each run.
func noise(n int) []byte { return allNoise()[:n:n] }

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes arrived, %d were sent, or they differ", what, len(got), len(want))
	}
}

func wantEnd(t *testing.T, end *websocket.CloseError, code int, reason string) {
	t.Helper()
	if end.Code != code || !strings.Contains(end.Text, reason) {
		t.Errorf("closed with %d %q, want %d %q", end.Code, end.Text, code, reason)
	}
}

func wantControls(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("control messages %q, want %q", got, want)
	}
}

// each runs a test with the plain pipe, asked for in both ways, and with
// sockscope.v1.
func each(t *testing.T, f func(t *testing.T, subprotocols []string)) {
	for _, p := range [][]string{nil, {"binary"}, {protocol}} {
		t.Run(strings.Join(append(p, "none")[:1], ""), func(t *testing.T) { f(t, p) })
	}
}

func TestBytesTravelBothWays(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		b.send([]byte("Hello, "))
		b.send([]byte("world"))
		got := make([]byte, 12)
		if _, err := io.ReadFull(program, got); err != nil {
			t.Fatal(err)
		}
		same(t, "to the program", got, []byte("Hello, world"))
		program.Write([]byte("and back"))
		same(t, "to the browser", b.read(8), []byte("and back"))
	})
}

// A browser that takes nothing stops the program's send in the end, and only
// that.
func TestStalledBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		down, up := noise(32<<20), noise(5<<20)
		wrote := make(chan error, 1)
		go func() {
			_, err := program.Write(down)
			program.CloseWrite()
			wrote <- err
		}()
		// The program's bytes are under way while the browser only sends.
		go func() {
			for piece := range chunks(up, MaxMessage) {
				b.write(websocket.BinaryMessage, piece)
			}
		}()
		got := make([]byte, len(up))
		if _, err := io.ReadFull(program, got); err != nil {
			t.Fatal("the other direction stalls too:", err)
		}
		same(t, "to the program", got, up)
		select {
		case err := <-wrote:
			t.Fatalf("32 MiB were taken from the program with nobody reading them (%v)", err)
		default:
		}
		if b.ws.Subprotocol() == protocol {
			b.control(control{Type: credit, Bytes: 1 << 20})
		}
		var all []byte
		for len(all) < len(down) {
			kind, p, err := b.ws.ReadMessage()
			if err != nil {
				t.Fatalf("after %d bytes: %v", len(all), err)
			}
			if kind != websocket.BinaryMessage {
				continue
			}
			all = append(all, p...)
			if b.ws.Subprotocol() == protocol {
				b.control(control{Type: credit, Bytes: len(p)})
			}
		}
		same(t, "to the browser", all, down)
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	})
}

// Without credit no more than the first window reaches the browser.
func TestCreditBoundsWhatTheBrowserGets(t *testing.T) {
	b, program := newRig(t).join(protocol)
	sent := noise(Window + 96<<10)
	go program.Write(sent)
	same(t, "the first window", b.read(Window), sent[:Window])
	b.control(control{Type: credit, Bytes: 7})
	same(t, "the next seven", b.read(7), sent[Window:Window+7])
	b.control(control{Type: credit, Bytes: 96<<10 - 7})
	same(t, "the rest", b.read(96<<10-7), sent[Window+7:])
}

// Credit that is owed comes in front of bytes, long before the window is spent.
func TestCreditComesInFrontOfBytes(t *testing.T) {
	b, program := newRig(t).join(protocol)
	b.send(noise(creditAlong))
	b.send([]byte("!")) // when this has arrived the relay knows what it owes
	if _, err := io.ReadFull(program, make([]byte, creditAlong+1)); err != nil {
		t.Fatal(err)
	}
	program.Write([]byte("echo"))
	kind, p, err := b.ws.ReadMessage()
	var c control
	if err != nil || kind != websocket.TextMessage || json.Unmarshal(p, &c) != nil || c.Type != credit || c.Bytes < creditAlong {
		t.Fatalf("%d %q %v, want credit", kind, p, err)
	}
	if kind, p, err = b.ws.ReadMessage(); err != nil || kind != websocket.BinaryMessage || string(p) != "echo" {
		t.Errorf("%d %q %v, want the bytes", kind, p, err)
	}
}

// Where no bytes come, credit comes by itself before the window is spent.
func TestCreditComesAlone(t *testing.T) {
	b, program := newRig(t).join(protocol)
	go io.Copy(io.Discard, program)
	b.send(noise(creditAlone))
	kind, p, err := b.ws.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(p) != string(control{Type: credit, Bytes: creditAlone}.text()) {
		t.Errorf("%d %q %v, want credit", kind, p, err)
	}
}

// A program that takes nothing stops the reading from the browser in the end,
// and only that.
func TestStalledProgram(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		up, down := noise(32<<20), noise(5<<20)
		wrote := make(chan error, 1)
		go func() {
			for piece := range chunks(up, MaxMessage) {
				if err := b.write(websocket.BinaryMessage, piece); err != nil {
					wrote <- err
					return
				}
			}
			wrote <- nil
		}()
		if b.ws.Subprotocol() == protocol {
			// This browser ignores its own credit, so what it grants comes too
			// late for the relay to see: the program stays within the window.
			down = down[:Window]
		}
		go program.Write(down)
		same(t, "to the browser", b.read(len(down)), down)
		select {
		case err := <-wrote:
			t.Fatalf("32 MiB were taken from the browser with nobody reading them (%v)", err)
		default:
		}
		got := make([]byte, len(up))
		if _, err := io.ReadFull(program, got); err != nil {
			t.Fatal(err)
		}
		same(t, "to the program", got, up)
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	})
}

// A browser that keeps to its credit gets its grants heard although the
// program takes nothing.
func TestStalledProgramLeavesCreditAlone(t *testing.T) {
	b, program := newRig(t).join(protocol)
	down := noise(5 << 20)
	go program.Write(down)
	// All the credit there is: what the kernel's buffers take off comes back.
	owned, got := Window, 0
	for got < len(down) {
		if n := min(owned, MaxMessage); n > 0 {
			b.send(make([]byte, n))
			owned -= n
		}
		kind, p, err := b.ws.ReadMessage()
		if err != nil {
			t.Fatalf("after %d bytes: %v", got, err)
		}
		if kind == websocket.BinaryMessage {
			same(t, "to the browser", p, down[got:got+len(p)])
			got += len(p)
			b.control(control{Type: credit, Bytes: len(p)})
			continue
		}
		var c control
		json.Unmarshal(p, &c)
		owned += c.Bytes
	}
}

func TestShutdownIsAFIN(t *testing.T) {
	b, program := newRig(t).join(protocol)
	up, down := noise(1<<20), noise(3<<20)
	go func() {
		for piece := range chunks(up, MaxMessage) {
			b.write(websocket.BinaryMessage, piece)
		}
		b.write(websocket.TextMessage, control{Type: shutdownWR}.text())
	}()
	got, err := io.ReadAll(program) // to end of file
	if err != nil {
		t.Fatal(err)
	}
	same(t, "to the program", got, up)
	go func() {
		program.Write(down)
		program.Close()
	}()
	data, controls, end := b.rest()
	same(t, "after the FIN, to the browser", data, down)
	wantControls(t, controls, eof)
	wantEnd(t, end, codeDone, "")
}

func TestFINIsEOF(t *testing.T) {
	b, program := newRig(t).join(protocol)
	up, down := noise(3<<20), noise(100<<10)
	program.Write(down)
	program.CloseWrite()
	same(t, "to the browser", b.read(len(down)), down)
	if kind, p, err := b.ws.ReadMessage(); kind != websocket.TextMessage || string(p) != `{"type":"eof"}` {
		t.Fatalf("after the bytes: %d %q %v, want eof", kind, p, err)
	}
	go func() {
		for piece := range chunks(up, MaxMessage) {
			b.write(websocket.BinaryMessage, piece)
		}
		b.write(websocket.TextMessage, control{Type: shutdownWR}.text())
	}()
	got, err := io.ReadAll(program)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "after the FIN, to the program", got, up)
	_, controls, end := b.rest()
	wantControls(t, controls)
	wantEnd(t, end, codeDone, "")
}

// A close by the browser, whatever it speaks, is a FIN after its bytes.
func TestCloseIsAFIN(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		up := noise(2 << 20)
		program.Write(noise(Window)) // which nobody reads: no reason for a RST
		go func() {
			for piece := range chunks(up, MaxMessage) {
				b.write(websocket.BinaryMessage, piece)
			}
			b.ws.WriteControl(websocket.CloseMessage, closeFrame(codeDone, ""), time.Now().Add(patience))
		}()
		got, err := io.ReadAll(program)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "to the program", got, up)
		program.Write(noise(Window)) // dropped
		program.Close()
		if _, _, end := b.rest(); end.Code != codeDone {
			t.Errorf("closed with %d, want %d", end.Code, codeDone)
		}
	})
}

// On a plain pipe the program's FIN is a close after its bytes, and what the
// browser sends until it closes too is delivered.
func TestPlainPipeDeliversAfterFIN(t *testing.T) {
	b, program := newRig(t).join()
	up, down := noise(2<<20), noise(2<<20)
	b.ws.SetCloseHandler(func(int, string) error { return nil })
	go func() {
		program.Write(down)
		program.CloseWrite()
	}()
	data, _, end := b.rest()
	same(t, "to the browser", data, down)
	wantEnd(t, end, codeDone, "")
	go func() {
		for piece := range chunks(up, MaxMessage) {
			b.write(websocket.BinaryMessage, piece)
		}
		b.ws.WriteControl(websocket.CloseMessage, closeFrame(codeDone, ""), time.Now().Add(patience))
	}()
	got, err := io.ReadAll(program)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "after the FIN, to the program", got, up)
}

// A RST of the program's arrives after the bytes before it, as 4001.
func TestRSTFromProgram(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		program.Write([]byte("last words"))
		program.SetLinger(0)
		program.Close()
		data, controls, end := b.rest()
		same(t, "to the browser", data, []byte("last words"))
		if b.ws.Subprotocol() == protocol {
			wantControls(t, controls, reset)
		}
		wantEnd(t, end, codeReset, "connection reset by peer")
	})
}

// The relay is told of a RST by one system call only, and that may be a write:
// the browser must be told of a reset all the same, never of a clean end.
func TestRSTWhileSending(t *testing.T) {
	b, program := newRig(t).join(protocol)
	go func() {
		piece := make([]byte, 1000)
		for b.write(websocket.BinaryMessage, piece) == nil {
		}
	}()
	if _, err := io.ReadFull(program, make([]byte, 300<<10)); err != nil {
		t.Fatal(err)
	}
	program.SetLinger(0)
	program.Close()
	_, controls, end := b.rest()
	wantControls(t, controls, reset)
	wantEnd(t, end, codeReset, "")
}

// After the program's FIN nobody reads from it any longer: a send tells of
// the RST.
func TestRSTAfterFIN(t *testing.T) {
	b, program := newRig(t).join(protocol)
	program.Close()
	if _, p, err := b.ws.ReadMessage(); string(p) != `{"type":"eof"}` {
		t.Fatalf("%q, %v; want eof", p, err)
	}
	go func() {
		for b.write(websocket.BinaryMessage, []byte("anybody there?")) == nil {
		}
	}()
	_, controls, end := b.rest()
	wantControls(t, controls, reset)
	wantEnd(t, end, codeReset, "")
}

func TestResetIsARST(t *testing.T) {
	b, program := newRig(t).join(protocol)
	up := noise(5 << 20)
	go func() {
		for piece := range chunks(up, MaxMessage) {
			b.write(websocket.BinaryMessage, piece)
		}
		b.write(websocket.TextMessage, control{Type: reset}.text())
	}()
	wantRST(t, program, up)
	_, _, end := b.rest()
	wantEnd(t, end, codeDone, "reset")
}

// A browser that vanishes without a close frame is a RST, after its bytes.
func TestVanishedBrowserIsARST(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		up := noise(1 << 20)
		b.send(up)
		b.ws.NetConn().(*net.TCPConn).CloseWrite()
		wantRST(t, program, up)
	})
}

func TestRSTFromBrowser(t *testing.T) {
	each(t, func(t *testing.T, protocols []string) {
		b, program := newRig(t).join(protocols...)
		b.send([]byte("Hello"))
		if _, err := io.ReadFull(program, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		b.ws.NetConn().(*net.TCPConn).SetLinger(0)
		b.ws.NetConn().Close()
		wantRST(t, program, nil)
	})
}

func wantRST(t *testing.T, program *net.TCPConn, before []byte) {
	t.Helper()
	got, err := io.ReadAll(program)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after %d bytes the program reads %v, want ECONNRESET", len(got), err)
	}
	if !bytes.Equal(got, before) {
		t.Errorf("before the RST: %d bytes arrived, %d were sent, or they differ", len(got), len(before))
	}
}

// Whoever goes away in whatever state, the session ends; newRig checks that.
func TestGoingAwayAtAnyStage(t *testing.T) {
	stages := map[string]func(r *rig){
		"program resets at once": func(r *rig) {
			_, program := r.join(protocol)
			program.SetLinger(0)
			program.Close()
		},
		"program resets with bytes unread": func(r *rig) {
			b, program := r.join(protocol)
			b.send(noise(Window))
			program.SetLinger(0)
			program.Close()
		},
		"browser vanishes in a frame": func(r *rig) {
			b, _ := r.join()
			b.ws.NetConn().Write([]byte{0x82, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5})
			b.ws.NetConn().Close()
		},
		"browser sends what is no frame": func(r *rig) {
			b, _ := r.join()
			b.ws.NetConn().Write([]byte("GET / HTTP/1.1\r\n\r\n"))
			b.rest()
		},
		"browser vanishes in the handshake": func(r *rig) {
			conn, err := net.Dial("tcp", r.server.Listener.Addr().String())
			if err != nil {
				r.t.Fatal(err)
			}
			io.WriteString(conn, "GET /relay/echo HTTP/1.1\r\nHost: "+r.server.Listener.Addr().String()+"\r\n"+
				"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		},
		"both at once": func(r *rig) {
			b, program := r.join(protocol)
			program.SetLinger(0)
			go program.Close()
			b.ws.NetConn().Close()
		},
		"browser vanishes while it takes nothing": func(r *rig) {
			b, program := r.join()
			go program.Write(noise(32 << 20))
			b.read(Window)
			b.ws.NetConn().Close()
			io.Copy(io.Discard, program)
		},
	}
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) { stage(newRig(t)) })
	}
}

func TestRefusedMessages(t *testing.T) {
	text := func(s string) func(*browser) {
		return func(b *browser) { b.write(websocket.TextMessage, []byte(s)) }
	}
	tests := []struct {
		name     string
		protocol []string
		send     func(*browser)
		code     int
		reason   string
	}{
		{"text on a plain pipe", nil, text("Hello"), codeText, "binary"},
		{"oversized", nil, func(b *browser) { b.write(websocket.BinaryMessage, make([]byte, MaxMessage+1)) }, codeTooBig, "65536"},
		{"oversized by far", nil, func(b *browser) { go b.write(websocket.BinaryMessage, make([]byte, 64<<20)) }, codeTooBig, "65536"},
		{"no JSON", []string{protocol}, text("Hello"), codeMalformed, "JSON"},
		{"unknown type", []string{protocol}, text(`{"type":"hello"}`), codeMalformed, "shutdown_wr"},
		{"type of the other direction", []string{protocol}, text(`{"type":"eof"}`), codeMalformed, "shutdown_wr"},
		{"no credit", []string{protocol}, text(`{"type":"credit","bytes":0}`), codeMalformed, "from 1"},
		{"too much credit", []string{protocol}, func(b *browser) {
			b.control(control{Type: credit, Bytes: maxCredit})
		}, codeMalformed, "at most"},
		{"bytes after the last", []string{protocol}, func(b *browser) {
			b.control(control{Type: shutdownWR})
			b.send([]byte("one more"))
		}, codeMalformed, "after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, program := newRig(t).join(tt.protocol...)
			b.send([]byte("before"))
			if _, err := io.ReadFull(program, make([]byte, 6)); err != nil {
				t.Fatal(err)
			}
			tt.send(b)
			_, _, end := b.rest()
			wantEnd(t, end, tt.code, tt.reason)
		})
	}
}

func TestLargestMessageIsLetIn(t *testing.T) {
	b, program := newRig(t).join()
	p := noise(MaxMessage)
	b.send(p)
	got := make([]byte, len(p))
	if _, err := io.ReadFull(program, got); err != nil {
		t.Fatal(err)
	}
	same(t, "to the program", got, p)
}

func TestRefusedRequests(t *testing.T) {
	r := newRig(t, func(c *Config, _ *limits) { c.Origins = []string{"https://class.example"} })
	here := r.server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(here)
	tests := []struct {
		name, target, host string
		origin             []string
		status             int
		says               string
	}{
		{"unknown target", "nosuch", here, nil, http.StatusNotFound, "echo, mux"},
		{"address as target", "127.0.0.1:22", here, nil, http.StatusNotFound, "echo, mux"},
		{"other origin", "echo", here, []string{"http://evil.example"}, http.StatusForbidden, "-allow-origin http://evil.example"},
		{"origin of another port", "echo", here, []string{"http://127.0.0.1:1"}, http.StatusForbidden, "-allow-origin http://127.0.0.1:1"},
		{"origin that begins well", "echo", here, []string{"http://" + here + ".evil.example"}, http.StatusForbidden, "doesn't take"},
		{"origin of a file", "echo", here, []string{"null"}, http.StatusForbidden, `doesn't take origin "null"`},
		{"two origins", "echo", here, []string{"http://" + here, "http://evil.example"}, http.StatusForbidden, "doesn't take"},
		{"name that the proxy made up", "echo", "sockscope:1", []string{"https://class.example"}, http.StatusForbidden, "-allow-origin http://sockscope:1"},
		{"no page, and another name", "echo", "evil.example", nil, http.StatusForbidden, "isn't known as evil.example"},
		{"rebound name", "echo", "evil.example:" + port, []string{"http://evil.example:" + port}, http.StatusForbidden, "-allow-origin"},
		{"no WebSocket", "echo", here, nil, http.StatusUpgradeRequired, "WebSocket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest("GET", r.server.URL+Prefix+tt.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tt.host
			req.Header["Origin"] = tt.origin
			resp, err := r.server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.says) {
				t.Errorf("%d %q, want %d and %q", resp.StatusCode, body, tt.status, tt.says)
			}
		})
	}
}

// A page can't read why its WebSocket didn't open, but the answer to a POST.
func TestAPageAsksWhetherItIsLetIn(t *testing.T) {
	r := newRig(t)
	for origin, want := range map[string]int{r.server.URL: http.StatusNoContent, "https://class.example": http.StatusForbidden} {
		req, _ := http.NewRequest("POST", r.server.URL+Prefix+"echo", nil)
		req.Header.Set("Origin", origin)
		resp, err := r.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", origin, resp.StatusCode, want)
		}
	}
}

func TestAllowedOrigins(t *testing.T) {
	r := newRig(t, func(c *Config, _ *limits) { c.Origins = []string{"https://class.example"} })
	here := r.server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(here)
	for _, tt := range []struct{ host, origin string }{
		{here, ""},
		{here, "http://" + here},
		{"localhost:" + port, "http://localhost:" + port},
		{here, "http://LOCALHOST:" + port},
		{"[::1]:" + port, "http://[::1]:" + port},
		{here, "https://class.example"},
		{"class.example", "https://class.example"},
	} {
		header := http.Header{"Host": {tt.host}}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		ws, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), header)
		if err != nil {
			t.Errorf("host %s, origin %q: %v %v", tt.host, tt.origin, err, resp)
			continue
		}
		ws.Close()
	}
}

// Listening on every address, the one a connection came to is let in.
func TestWildcardAddress(t *testing.T) {
	g := newGuard("0.0.0.0:8080", nil)
	local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8080}
	for host, ok := range map[string]bool{"192.0.2.7:8080": true, "localhost:8080": true, "0.0.0.0:8080": false, "192.0.2.8:8080": false} {
		r := &http.Request{Host: host, Header: http.Header{}}
		r = r.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(local)))
		if err := g.allow(r, "http"); (err == nil) != ok {
			t.Errorf("host %s: %v", host, err)
		}
	}
}

func TestSessionLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	r := newRig(t, func(c *Config, _ *limits) { c.Limits.Sessions = 1 })
	first, program := r.join()
	_, _, end := r.open().rest()
	wantEnd(t, end, codeNotNow, "the relay has 1 connection open")
	program.Close()
	first.rest()
	// The place is free once the first session has gone.
	deadline := time.Now().Add(patience)
	for {
		b := r.open()
		select {
		case <-r.accepted:
			return
		case <-time.After(10 * time.Millisecond):
			if _, _, end := b.rest(); time.Now().After(deadline) {
				t.Fatal("the place stays taken:", end)
			}
		}
	}
}

func TestTargetDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	r := newRig(t, func(c *Config, _ *limits) { c.Targets = map[string]Target{"echo": {Address: address}} })
	_, _, end := r.open().rest()
	wantEnd(t, end, codeNotNow, "echo can't be reached: connection refused")
}

func TestShutdown(t *testing.T) {
	r := newRig(t)
	b, program := r.join(protocol)
	down := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		down <- r.bridge.Shutdown(ctx)
	}()
	_, _, end := b.rest()
	wantEnd(t, end, codeShutdown, "shuts down")
	if _, err := program.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the program reads %v, want end of file", err)
	}
	program.Close()
	if err := <-down; err != nil {
		t.Error(err)
	}
	if _, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a session after the shutdown: %v", err)
	}
}

// A browser that takes nothing doesn't hold a shutdown up, though bytes for it are
// under way.
func TestShutdownPastAStalledBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	each(t, func(t *testing.T, protocols []string) {
		r := newRig(t, func(_ *Config, l *limits) { l.answer = 100 * time.Millisecond })
		b, program := r.join(protocols...)
		if b.ws.Subprotocol() == protocol {
			b.control(control{Type: credit, Bytes: maxCredit})
		}
		stalled := make(chan struct{})
		go func() {
			program.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			program.Write(noise(32 << 20))
			close(stalled)
		}()
		<-stalled
		ctx, cancel := context.WithTimeout(context.Background(), patience) // less than limits.stall
		defer cancel()
		if err := r.bridge.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A browser that answers no ping is cut off.
func TestSilentBrowser(t *testing.T) {
	r := newRig(t, func(_ *Config, l *limits) { l.ping, l.pong = 5*time.Millisecond, 50*time.Millisecond })
	_, program := r.join() // which reads nothing, and so answers nothing
	wantRST(t, program, nil)
}

// A browser that needn't have seen the ping yet isn't.
func TestSlowBrowserIsNotSilent(t *testing.T) {
	r := newRig(t, func(_ *Config, l *limits) { l.ping, l.pong = 5*time.Millisecond, 100*time.Millisecond })
	down := noise(32 << 20)
	b, program := r.join()
	wrote := make(chan error, 1)
	go func() {
		_, err := program.Write(down)
		wrote <- err
		program.CloseWrite()
	}()
	select {
	case err := <-wrote:
		t.Fatal("the program's send does not stall:", err)
	case <-time.After(300 * time.Millisecond): // three times what a silent one has
	}
	data, _, _ := b.rest()
	same(t, "to the browser", data, down)
}

// A pong tells only of what came before its ping: a browser owes nothing while
// its next pong waits behind bytes.
func TestOldPongIsNoDebt(t *testing.T) {
	h := newHeartbeat()
	h.sent()
	before := string(h.ping())
	h.sent()
	h.answered(before)
	h.answered("3") // of a ping that there never was
	h.answered("x")
	if h.silent(-1) {
		t.Error("silent while bytes are on their way")
	}
	h.answered(string(h.ping()))
	if !h.silent(-1) {
		t.Error("not silent although all bytes have come")
	}
}

// Pings are answered while the browser takes nothing else, once it does.
func TestPingIsAnswered(t *testing.T) {
	b, _ := newRig(t).join()
	pong := make(chan string, 1)
	b.ws.SetPongHandler(func(s string) error { pong <- s; return nil })
	b.ws.WriteControl(websocket.PingMessage, []byte("there?"), time.Now().Add(patience))
	go b.ws.ReadMessage()
	select {
	case s := <-pong:
		if s != "there?" {
			t.Errorf("pong %q", s)
		}
	case <-time.After(patience):
		t.Error("no pong")
	}
}

func FuzzParseControl(f *testing.F) {
	for _, s := range []string{`{"type":"shutdown_wr"}`, `{"type":"reset"}`, `{"type":"credit","bytes":65536}`, `{"type":"eof"}`, `{"type":1}`, `[]`, ``, `{"type":"credit","bytes":1e30}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseControl(text)
		if err != nil {
			if c != (control{}) {
				t.Errorf("%q: %+v beside an error", text, c)
			}
			return
		}
		if (c.Type == credit) != (c.Bytes > 0) || c.Bytes > maxCredit {
			t.Errorf("%q: %+v", text, c)
		}
		if again, err := parseControl(c.text()); err != nil || again != c {
			t.Errorf("%q: %+v reads back as %+v, %v", text, c, again, err)
		}
	})
}

// A program that has sent its FIN and then its RST ends the session whichever of
// them is heard of first.
func TestFINAndThenRST(t *testing.T) {
	b := New(Config{})
	for range 100 { // select takes either
		s := &session{v1: true, local: true, bridge: b}
		reads, sends, receives := make(chan readEnd, 1), make(chan error, 1), make(chan receiveEnd, 1)
		sends <- syscall.EPIPE
		receives <- receiveEnd{}
		if v := s.judge(reads, sends, receives); v.code != codeReset || !v.reset {
			t.Fatalf("%+v", v)
		}
	}
}
