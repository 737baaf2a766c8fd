package bridge

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// elsewhere has a rig believe that its clients are on other machines: the
// tests' own X-Forwarded-For says on which.
func elsewhere(c *Config, _ *limits) {
	c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
}

// as opens a session as the client with the address. Without a session it
// returns the answer.
func (r *rig) as(address string, subprotocols ...string) (*browser, *http.Response) {
	r.t.Helper()
	dialer := websocket.Dialer{Subprotocols: subprotocols}
	ws, resp, err := dialer.Dial(r.url("echo"), http.Header{"X-Forwarded-For": {address}})
	if err != nil {
		if resp == nil {
			r.t.Fatal(err)
		}
		return nil, resp
	}
	ws.SetReadDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { ws.Close() })
	return &browser{t: r.t, ws: ws}, resp
}

// wantRefusal is for a client that has too much: a status, and a close code for
// a browser that can be told by one.
func wantRefusal(t *testing.T, r *rig, address, says string) {
	t.Helper()
	b, resp := r.as(address)
	if b != nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("%s gets status %d, want 429", address, resp.StatusCode)
	}
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || n < 1 || n > 60 {
		t.Errorf("Retry-After is %q", resp.Header.Get("Retry-After"))
	}
	if b, _ = r.as(address, protocol); b == nil {
		t.Fatalf("%s isn't told by a close code", address)
	}
	_, controls, end := b.rest()
	wantControls(t, controls, closing)
	wantEnd(t, end, codeTooMany, says)
}

// One is said as one.
func TestOneClientSession(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.ClientSessions = 1 })
	r.as("2001:db8::1")
	wantRefusal(t, r, "2001:db8::1", "1 connection open")
}

func TestClientSessions(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.ClientSessions = 2 })
	var last *browser
	for range 2 {
		last, _ = r.as("2001:db8::1")
	}
	wantRefusal(t, r, "2001:db8::1", "2 connections open")
	wantRefusal(t, r, "2001:db8::2", "2 connections open")
	if b, _ := r.as("2001:db8:0:1::1"); b == nil {
		t.Error("another network is refused too")
	}
	if b, _ := r.as("198.51.100.1, 203.0.113.1"); b == nil {
		t.Error("another address is refused too")
	}
	if b, resp := r.as("2001:db8::1, unknown"); b == nil {
		t.Errorf("the proxy itself is refused: %v", resp.Status)
	}
	last.ws.Close()
	eventually(t, "the place of a closed session to be free", func() bool {
		b, _ := r.as("2001:db8::3")
		return b != nil
	})
	eventually(t, "the last session to be counted, which its client may know of sooner", func() bool {
		s := r.bridge.Stats()
		return s.Refused[refusedClientSessions] >= 4 && s.Sessions["echo"] == 6
	})
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited in vain for", what)
		}
	}
}

func TestClientStarts(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.ClientStarts = 3 })
	for range 3 {
		b, _ := r.as("203.0.113.1")
		if b == nil {
			t.Fatal("refused too early")
		}
		b.ws.Close()
	}
	wantRefusal(t, r, "203.0.113.1", "more than 3 connections in a minute")
	if b, _ := r.as("203.0.113.2"); b == nil {
		t.Error("another address is refused too")
	}
}

// Whoever is on this machine, as on a relay of one's own, has the limit of all.
func TestThisMachineIsFree(t *testing.T) {
	r := newRig(t, func(c *Config, _ *limits) {
		c.Limits = Limits{ClientSessions: 1, ClientStarts: 1, ClientBytes: 1, Bytes: 1, Idle: time.Nanosecond, Lifetime: time.Nanosecond}
	})
	var all []*browser
	for range 5 {
		b, program := r.join(protocol)
		program.Write(noise(Window))
		all = append(all, b)
	}
	for _, b := range all {
		same(t, "to the browser", b.read(Window), noise(Window))
	}
}

// More bytes than a client has a right to come late, and all come.
func TestClientBytes(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.ClientBytes = 256 << 10 })
	began := time.Now()
	b, _ := r.as("203.0.113.1")
	program := <-r.accepted
	defer program.Close()
	down := noise(384 << 10) // a burst of a second's worth, and half as much
	go func() {
		program.Write(down)
		program.CloseWrite()
	}()
	data, _, end := b.rest()
	same(t, "to the browser", data, down)
	wantEnd(t, end, codeDone, "")
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("384 KiB at 256 KiB a second took %v", took)
	}
	if s := r.bridge.Stats(); s.Down != uint64(len(down)) || s.Up != 0 {
		t.Errorf("%d bytes up, %d down are counted", s.Up, s.Down)
	}
}

// A session that ends doesn't go on waiting for its turn.
func TestPacedSessionEnds(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.ClientBytes = 1 })
	b, _ := r.as("203.0.113.1")
	program := <-r.accepted
	go program.Write(noise(1 << 20))
	b.read(1)
	b.ws.Close()
	wantRST(t, program, nil)
}

func TestIdleSession(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Limits.Idle = 50 * time.Millisecond })
	b, _ := r.as("203.0.113.1", protocol)
	program := <-r.accepted
	defer program.Close()
	_, controls, end := b.rest()
	wantControls(t, controls, closing)
	wantEnd(t, end, codeIdle, "50ms")
}

// Bytes in either direction keep a session from being idle, and nothing keeps it
// from getting old.
func TestLifetime(t *testing.T) {
	r := newRig(t, elsewhere, func(c *Config, _ *limits) {
		c.Limits.Idle, c.Limits.Lifetime = time.Second, 1500*time.Millisecond
	})
	b, _ := r.as("203.0.113.1", protocol)
	program := <-r.accepted
	defer program.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			program.Write([]byte("x"))
			<-tick.C
		}
	}()
	_, controls, end := b.rest()
	wantControls(t, controls, closing)
	wantEnd(t, end, codeAge, "1.5s")
}

// The table of clients is bounded, and forgets those who have left.
func TestManyClients(t *testing.T) {
	c := newClients(Limits{Sessions: 2 * maxKnown}.withDefaults())
	enter := func(i int) (seat, *refusal) {
		return c.enter(origin{client: netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))})
	}
	var seats []seat
	for i := range maxKnown {
		s, no := enter(i)
		if no != nil {
			t.Fatalf("client %d: %v", i, no)
		}
		seats = append(seats, s)
	}
	if _, no := enter(maxKnown); no == nil || no.why != refusedFull {
		t.Fatalf("one client too many: %v", no)
	}
	for _, s := range seats {
		s.leave()
	}
	eventually(t, "the clients to be forgotten", func() bool {
		_, no := enter(maxKnown)
		return no == nil
	})
	if len(c.known) != 1 {
		t.Errorf("%d clients are known", len(c.known))
	}
}

// When too many are being told why not, the others get a status.
func TestRefusalsAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config, _ *limits) { c.Limits.Sessions = 1 })
	r.join()
	for range maxTelling {
		r.open() // and doesn't answer the close
	}
	_, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%v %v", resp, err)
	}
}

// A crowd that finds all places taken comes again bit by bit.
func TestACrowdIsSpread(t *testing.T) {
	c := newClients(Limits{Sessions: 1}.withDefaults())
	if _, no := c.enter(origin{local: true}); no != nil {
		t.Fatal(no.reason)
	}
	times := map[time.Duration]int{}
	for range 10 * spread {
		_, no := c.enter(origin{local: true})
		if no == nil || no.why != refusedFull {
			t.Fatalf("refused as %+v", no)
		}
		times[no.retry]++
	}
	for s := 1; s <= spread; s++ {
		if n := times[time.Duration(s)*time.Second]; n != 10 {
			t.Errorf("%d of %d come again after %d s", n, 10*spread, s)
		}
	}
}

func TestDrain(t *testing.T) {
	r := newRig(t)
	b, program := r.join(protocol)
	plain, _ := r.join()
	drained := make(chan struct{})
	go func() {
		r.bridge.Drain(context.Background(), time.Hour)
		close(drained)
	}()
	kind, p, err := b.ws.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(p) != `{"type":"closing","code":1001,"reason":"the relay was told to stop; connections end in 3600 seconds"}` {
		t.Fatalf("%d %s %v", kind, p, err)
	}
	b.send([]byte("still")) // what is open goes on
	got := make([]byte, 5)
	if _, err := program.Read(got); err != nil || string(got) != "still" {
		t.Errorf("%q %v", got, err)
	}
	if _, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a session during the drain: %v", err)
	}
	b.ws.Close()
	plain.ws.Close()
	select {
	case <-drained:
	case <-time.After(patience):
		t.Error("all sessions have ended, and the drain goes on")
	}
}

// Pings count against a client's bytes, so that a flood of them is answered slowly;
// those of this machine are not.
func TestPingsArePaced(t *testing.T) {
	const most = 8 // pings at once
	for _, local := range []bool{false, true} {
		r := newRig(t, func(c *Config, l *limits) {
			c.Limits.ClientBytes = most * controlCost
			if !local {
				elsewhere(c, l)
			}
		})
		var b *browser
		if local {
			b = r.open()
		} else {
			b, _ = r.as("203.0.113.1")
		}
		pongs := make(chan struct{}, 1)
		b.ws.SetPongHandler(func(string) error { pongs <- struct{}{}; return nil })
		go b.ws.ReadMessage()
		began := time.Now()
		for range 2 * most { // each is answered, since the next waits for that
			if err := b.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			select {
			case <-pongs:
			case <-time.After(patience):
				t.Fatal("a ping isn't answered")
			}
		}
		took := time.Since(began)
		// The first few at once, the others at so many a second.
		if !local && took < 900*time.Millisecond {
			t.Errorf("%d pings took %v", 2*most, took)
		}
		if local && took > patience/4 {
			t.Errorf("%d pings of this machine took %v", 2*most, took)
		}
	}
}

// Whose connection just breaks has no close code, and the log makes none up.
func TestAClientThatIsGoneIsLoggedAsThat(t *testing.T) {
	var j journal
	r := newRig(t, elsewhere, func(c *Config, _ *limits) { c.Log = j.log() })
	gone, _ := r.as("203.0.113.1")
	gone.ws.NetConn().Close()
	eventually(t, "the session's line", func() bool { return strings.Contains(j.lines()[0], "msg=session") })
	if line := j.lines()[0]; !strings.HasSuffix(line, ` reason="the client is gone"`) || strings.Contains(line, "code=") {
		t.Error(line)
	}
}
