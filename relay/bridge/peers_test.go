package bridge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// libraries are WebSocket clients that are neither ours nor by the library that
// the relay uses.
var libraries = []struct {
	name    string
	needs   []string // a command that succeeds where the library is there
	command []string
}{
	{"ws of npm", []string{"node", "-e", `require("ws")`}, []string{"node", "testdata/peer.js"}},
	{"websockets of Debian", []string{"/usr/bin/python3", "-c", "import websockets.legacy"}, []string{"/usr/bin/python3", "testdata/peer.py"}},
}

// peer is a process with such a client, which has one session at a time.
type peer struct {
	*testing.T
	orders *json.Encoder
	told   chan event

	session int
	owned   int // credit for bytes to the relay, of sockscope.v1
	v1      bool
}

// order is what a peer shall do, on a line of its stdin.
type order struct {
	Do   string `json:"do"` // bytes, text, ping, close, vanish; or open, which what follows is for
	Data []byte `json:"data,omitempty"`
	Text string `json:"text,omitempty"`

	Session      int               `json:"session"`
	URL          string            `json:"url,omitempty"`
	Subprotocols []string          `json:"subprotocols"`
	Headers      map[string]string `json:"headers"`
}

// event is what a peer tells, on a line of its stdout.
type event struct {
	Session int
	Is      string // open, bytes, text, ping, pong, close; refused, which Code is the status of; error
	Data    []byte
	Text    string // of open the subprotocol, of close the reason
	Code    int
}

// withPeers runs f with each library.
func withPeers(t *testing.T, f func(p *peer)) {
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			env := append(os.Environ(), "NODE_PATH=../../.build/npm/node_modules")
			needs := exec.Command(l.needs[0], l.needs[1:]...)
			needs.Env = env
			if out, err := needs.CombinedOutput(); err != nil {
				t.Skipf("needs %s, which .ci/need gets: %v %s", l.name, err, out)
			}
			cmd := exec.Command(l.command[0], l.command[1:]...)
			cmd.Env = env
			var said bytes.Buffer
			cmd.Stderr = &said
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			p := &peer{T: t, orders: json.NewEncoder(in), told: make(chan event, 1<<12)}
			over := make(chan bool)
			go func() {
				defer close(over)
				defer close(p.told)
				for lines := json.NewDecoder(bufio.NewReader(out)); ; {
					var e event
					if lines.Decode(&e) != nil {
						return
					}
					p.told <- e
				}
			}()
			defer func() {
				in.Close()
				cmd.Process.Kill()
				for range p.told {
				}
				<-over
				cmd.Wait()
				if t.Failed() {
					t.Logf("%s", &said)
				}
			}()
			f(p)
		})
	}
}

// as runs a part of the test under a name of its own.
func (p *peer) as(name string, f func(p *peer)) {
	p.Run(name, func(t *testing.T) {
		outer := p.T
		p.T = t
		defer func() { p.T = outer }()
		f(p)
	})
}

func (p *peer) do(o order) {
	p.Helper()
	if err := p.orders.Encode(o); err != nil {
		p.Fatal("the peer takes no orders:", err)
	}
}

// next returns the next event of the session. What the relay grants is noted,
// and what comes is granted anew.
func (p *peer) next() event {
	p.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case e, ok := <-p.told:
			if !ok {
				p.Fatal("the peer has ended")
			}
			if e.Session != p.session {
				continue // an earlier one's, which failed
			}
			if p.v1 && e.Is == "bytes" {
				p.control(control{Type: credit, Bytes: len(e.Data)})
			}
			if p.v1 && e.Is == "text" {
				var c control
				if err := json.Unmarshal([]byte(e.Text), &c); err != nil {
					p.Fatal(err)
				}
				if c.Type == credit {
					p.owned += c.Bytes
				}
			}
			return e
		case <-late.C:
			p.Fatal("the peer tells nothing")
		}
	}
}

// dial opens a session, or is refused.
func (p *peer) dial(r *rig, headers map[string]string, subprotocols ...string) event {
	p.Helper()
	p.session++
	p.owned, p.v1 = Window, slices.Contains(subprotocols, protocol)
	p.do(order{Do: "open", Session: p.session, URL: r.url("echo"), Subprotocols: append([]string{}, subprotocols...), Headers: headers})
	e := p.next()
	if want := strings.Join(subprotocols, ""); e.Is == "open" && e.Text != want {
		p.Errorf("subprotocol %q, want %q", e.Text, want)
	}
	return e
}

// join opens a session and returns the program's end of it.
func (p *peer) join(r *rig, headers map[string]string, subprotocols ...string) *net.TCPConn {
	p.Helper()
	if e := p.dial(r, headers, subprotocols...); e.Is != "open" {
		p.Fatalf("the session doesn't open: %+v", e)
	}
	select {
	case conn := <-r.accepted:
		conn.SetDeadline(time.Now().Add(patience))
		p.Cleanup(func() { conn.Close() })
		return conn
	case <-time.After(patience):
		p.Fatal("the target saw no connection")
		return nil
	}
}

func (p *peer) control(c control) {
	p.Helper()
	p.do(order{Do: "text", Text: string(c.text())})
}

// send sends bytes, in messages as long as may be. It keeps to the credit, and
// returns what came meanwhile.
func (p *peer) send(data []byte) (came []byte) {
	p.Helper()
	for piece := range chunks(data, MaxMessage) {
		for p.v1 && p.owned < len(piece) {
			e := p.next()
			if e.Is == "close" {
				p.Fatalf("closed too early: %+v", e)
			}
			came = append(came, e.Data...)
		}
		p.owned -= len(piece)
		p.do(order{Do: "bytes", Data: piece})
	}
	return came
}

// read reads until n bytes have come.
func (p *peer) read(n int) (data []byte) {
	p.Helper()
	for len(data) < n {
		e := p.next()
		if e.Is == "close" {
			p.Fatalf("closed after %d of %d bytes: %+v", len(data), n, e)
		}
		data = append(data, e.Data...)
	}
	return data
}

// rest reads to the end. It returns the bytes, the control messages but for
// credit, and the close.
func (p *peer) rest() (data []byte, controls []string, end event) {
	p.Helper()
	for {
		switch e := p.next(); e.Is {
		case "bytes":
			data = append(data, e.Data...)
		case "text":
			var c control
			if err := json.Unmarshal([]byte(e.Text), &c); err != nil {
				p.Fatal(err)
			}
			if c.Type != credit {
				controls = append(controls, c.Type)
			}
		case "close":
			return data, controls, e
		}
	}
}

// wantClose is for the code of the relay's close frame: 1006 stands for a
// connection that ended without one.
func (p *peer) wantClose(end event, code int, reason string) {
	p.Helper()
	if end.Code != code || !strings.Contains(end.Text, reason) {
		p.Errorf("closed with %d %q, want %d %q", end.Code, end.Text, code, reason)
	}
}

var threeWays = map[string][]string{"none": nil, "binary": {"binary"}, protocol: {protocol}}

func TestPeersBytesAndClose(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	withPeers(t, func(p *peer) {
		for name, subprotocols := range threeWays {
			p.as(name, func(p *peer) {
				program := p.join(newRig(p.T), nil, subprotocols...)
				over := make(chan error, 1)
				go func() {
					_, err := io.Copy(program, struct{ io.Reader }{program})
					program.Close()
					over <- err
				}()
				p.send([]byte("Hello"))
				same(p.T, "a small echo", p.read(5), []byte("Hello"))
				long := noise(1 << 20)
				came := p.send(long)
				came = append(came, p.read(len(long)-len(came))...)
				same(p.T, "a long echo", came, long)
				p.do(order{Do: "close"})
				if err := <-over; err != nil {
					p.Error("the close isn't a FIN:", err)
				}
				_, _, end := p.rest()
				p.wantClose(end, codeDone, "")
			})
		}
	})
}

func TestPeersEnds(t *testing.T) {
	withPeers(t, func(p *peer) {
		long := noise(1 << 20)
		p.as("shutdown_wr", func(p *peer) {
			program := p.join(newRig(p.T), nil, protocol)
			read := make(chan []byte, 1)
			go func() {
				got, err := io.ReadAll(program)
				if err != nil {
					p.Error(err)
				}
				read <- got
				program.Write(long)
				program.Close()
			}()
			p.send(long)
			p.control(control{Type: shutdownWR})
			same(p.T, "before the FIN, to the program", <-read, long)
			data, controls, end := p.rest()
			same(p.T, "after the FIN, to the peer", data, long)
			wantControls(p.T, controls, eof)
			p.wantClose(end, codeDone, "")
		})
		p.as("eof first", func(p *peer) {
			program := p.join(newRig(p.T), nil, protocol)
			program.Write([]byte("so long"))
			program.CloseWrite()
			same(p.T, "to the peer", p.read(7), []byte("so long"))
			if e := p.next(); e.Text != string(control{Type: eof}.text()) {
				p.Fatalf("%+v, want eof", e)
			}
			read := make(chan []byte, 1)
			go func() {
				got, err := io.ReadAll(program)
				if err != nil {
					p.Error(err)
				}
				read <- got
			}()
			p.send(long)
			p.control(control{Type: shutdownWR})
			same(p.T, "after the FIN, to the program", <-read, long)
			_, _, end := p.rest()
			p.wantClose(end, codeDone, "")
		})
		p.as("reset by the peer", func(p *peer) {
			program := p.join(newRig(p.T), nil, protocol)
			p.send([]byte("last words"))
			p.control(control{Type: reset})
			wantRST(p.T, program, []byte("last words"))
			_, _, end := p.rest()
			p.wantClose(end, codeDone, "reset")
		})
		for name, subprotocols := range threeWays {
			p.as("reset by the program, "+name, func(p *peer) {
				program := p.join(newRig(p.T), nil, subprotocols...)
				program.Write([]byte("last words"))
				program.SetLinger(0)
				program.Close()
				data, controls, end := p.rest()
				same(p.T, "to the peer", data, []byte("last words"))
				if p.v1 {
					wantControls(p.T, controls, reset)
				}
				p.wantClose(end, codeReset, "connection reset by peer")
			})
		}
		p.as("FIN on a plain pipe", func(p *peer) {
			program := p.join(newRig(p.T), nil, "binary")
			go func() {
				program.Write(long)
				program.Close()
			}()
			data, _, end := p.rest()
			same(p.T, "to the peer", data, long)
			p.wantClose(end, codeDone, "")
		})
		p.as("gone without a close", func(p *peer) {
			program := p.join(newRig(p.T), nil)
			p.send([]byte("last words"))
			got := make([]byte, 10)
			if _, err := io.ReadFull(program, got); err != nil {
				p.Fatal(err)
			}
			p.do(order{Do: "vanish"})
			wantRST(p.T, program, nil)
		})
	})
}

func TestPeersPings(t *testing.T) {
	withPeers(t, func(p *peer) {
		for name, subprotocols := range threeWays {
			p.as(name, func(p *peer) {
				r := newRig(p.T, func(_ *Config, l *limits) { l.ping = 5 * time.Millisecond })
				program := p.join(r, nil, subprotocols...)
				for heard := 0; heard < 3; {
					if e := p.next(); e.Is == "ping" {
						heard++
					} else if e.Is == "close" {
						p.Fatalf("%+v", e)
					}
				}
				p.do(order{Do: "ping", Text: "there?"})
				for e := p.next(); e.Is != "pong"; e = p.next() {
					if e.Is == "close" {
						p.Fatalf("%+v", e)
					}
				}
				program.Write([]byte("Hello"))
				same(p.T, "among pings", p.read(5), []byte("Hello"))
				p.do(order{Do: "close"})
				program.Close()
				_, _, end := p.rest()
				p.wantClose(end, codeDone, "")
			})
		}
	})
}

// A peer sees each code that a session or the lack of one can end with, and
// its library takes the closing handshake for a clean one.
func TestPeersCloseCodes(t *testing.T) {
	away := map[string]string{"X-Forwarded-For": "203.0.113.1"}
	text := func(s string) func(*peer, *rig) {
		return func(p *peer, _ *rig) { p.do(order{Do: "text", Text: s}) }
	}
	nothing := func(*peer, *rig) {}
	v1, plain := []string{protocol}, []string(nil)
	rows := []struct {
		name         string
		subprotocols []string
		adjust       func(*Config, *limits)
		do           func(*peer, *rig)
		code         int
		reason       string
	}{
		{"the relay stops", v1, nil, func(p *peer, r *rig) {
			go r.bridge.Shutdown(p.Context())
		}, codeShutdown, "shuts down"},
		{"text on a plain pipe", plain, nil, text("Hello"), codeText, "binary"},
		{"a message of too many bytes", plain, nil, func(p *peer, _ *rig) {
			p.do(order{Do: "bytes", Data: make([]byte, MaxMessage+1)})
		}, codeTooBig, "65536"},
		{"no control message", v1, nil, text("Hello"), codeMalformed, "JSON"},
		{"bytes after the last", v1, nil, func(p *peer, r *rig) {
			p.control(control{Type: shutdownWR})
			p.send([]byte("one more"))
		}, codeMalformed, "after"},
		{"no target", v1, func(c *Config, _ *limits) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			c.Targets = map[string]Target{"echo": {Address: l.Addr().String()}}
		}, nothing, codeNotNow, "connection refused"},
		{"idle", v1, func(c *Config, _ *limits) { c.Limits.Idle = time.Millisecond }, nothing, codeIdle, "nothing was sent"},
		{"old", plain, func(c *Config, _ *limits) { c.Limits.Lifetime = time.Millisecond }, nothing, codeAge, "may last"},
		{"too many", v1, func(c *Config, _ *limits) { c.Limits.ClientStarts = 1 }, func(p *peer, r *rig) {
			p.do(order{Do: "close"})
			(<-r.accepted).Close()
			p.rest()
			if e := p.dial(r, away, "binary"); e.Is != "refused" || e.Code != http.StatusTooManyRequests {
				p.Errorf("on a plain pipe %+v, want status 429", e)
			}
			p.dial(r, away, protocol)
		}, codeTooMany, "in a minute"},
	}
	withPeers(t, func(p *peer) {
		for _, row := range rows {
			p.as(row.name, func(p *peer) {
				adjust := []func(*Config, *limits){elsewhere}
				if row.adjust != nil {
					adjust = append(adjust, row.adjust)
				}
				r := newRig(p.T, adjust...)
				if e := p.dial(r, away, row.subprotocols...); e.Is != "open" {
					p.Fatalf("%+v", e)
				}
				row.do(p, r)
				_, _, end := p.rest()
				p.wantClose(end, row.code, row.reason)
			})
		}
	})
}
