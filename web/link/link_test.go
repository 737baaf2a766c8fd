package link

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sockscope/relay/bridge"
	"sockscope/server/trace"
)

// patience is how long a test waits for something that should happen soon.
const patience = 20 * time.Second

// server is a native server's control port with a relay before it. Each
// connection to it is handed to the test.
type server struct {
	*testing.T
	conns chan net.Conn
	relay *bridge.Bridge
	url   string
}

func serve(t *testing.T, limits ...bridge.Limits) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &server{T: t, conns: make(chan net.Conn, 8)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.conns <- conn
		}
	}()
	web := httptest.NewUnstartedServer(nil)
	c.relay = bridge.New(bridge.Config{
		Targets: map[string]bridge.Target{"lab": {Address: l.Addr().String()}},
		Listen:  web.Listener.Addr().String(),
		Limits:  append(limits, bridge.Limits{})[0],
	})
	web.Config.Handler = c.relay
	web.Start()
	t.Cleanup(func() {
		l.Close()
		web.CloseClientConnections()
		web.Close()
	})
	c.url = "ws://" + web.Listener.Addr().String() + bridge.Prefix + "lab"
	return c
}

// accept returns the next connection that the relay makes.
func (c *server) accept() net.Conn {
	c.Helper()
	select {
	case conn := <-c.conns:
		c.Cleanup(func() { conn.Close() })
		return conn
	case <-time.After(patience):
		c.Fatal("nobody connects")
		return nil
	}
}

// start runs a link until the test ends, and then sees that Run returns.
func (c *server) start() (*Link, <-chan Event) {
	events := make(chan Event, 4096)
	l := New(c.url, func(e Event) { events <- e })
	done := make(chan struct{})
	go func() {
		l.Run()
		close(done)
	}()
	c.Cleanup(func() {
		l.Close()
		l.Close() // twice is once
		select {
		case <-done:
		case <-time.After(patience):
			c.Error("Run goes on after Close")
		}
	})
	return l, events
}

func (c *server) next(events <-chan Event) Event {
	c.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		c.Fatal("nothing happens")
		return Event{}
	}
}

func (c *server) say(conn net.Conn, m *trace.Message) []byte {
	c.Helper()
	frame, err := trace.AppendFrame(nil, m)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := conn.Write(frame); err != nil {
		c.Fatal(err)
	}
	return frame
}

var hello = &trace.Message{Hello: &trace.Hello{Version: trace.Version, Kernel: "Linux"}}

func TestMessagesComeAndRequestsGo(t *testing.T) {
	c := serve(t)
	l, events := c.start()
	conn := c.accept()
	frame := c.say(conn, hello)
	e := c.next(events)
	if e.State != Live || e.Message == nil || e.Message.Hello == nil || string(e.Raw) != string(frame) {
		t.Fatalf("first event %+v", e)
	}
	if err := l.Send(&trace.Request{Op: trace.OpRun, Lab: "select"}); err != nil {
		t.Fatal(err)
	}
	var r trace.Request
	if err := trace.ReadFrame(conn, trace.MaxRequest, &r); err != nil || r.Op != trace.OpRun || r.Lab != "select" {
		t.Fatalf("the server got %+v, %v", r, err)
	}
}

// A relay that is about to close says why. Without a run there is nothing to
// stay for.
func TestNoticeOfAClose(t *testing.T) {
	for _, busy := range []bool{false, true} {
		c := serve(t)
		l, events := c.start()
		l.Busy.Store(busy)
		conn := c.accept()
		c.say(conn, hello)
		c.next(events)
		drained := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			c.relay.Drain(ctx, time.Hour)
			close(drained)
		}()
		if e := c.next(events); e.State != Live || e.Notice != "the relay was told to stop; connections end in 3600 seconds" {
			t.Fatalf("busy %v: %+v", busy, e)
		}
		if busy {
			c.say(conn, hello)
			if e := c.next(events); e.State != Live || e.Message == nil {
				t.Errorf("a run isn't heard to its end: %+v", e)
			}
			cancel()
		} else {
			if e := c.next(events); e.State != Gone || e.Notice != "" {
				t.Errorf("after the notice: %+v", e)
			}
			conn.Close()
		}
		select {
		case <-drained:
		case <-time.After(patience):
			t.Error("the relay waits in vain")
		}
		cancel()
	}
}

// A run counts from when it is asked for: a relay that then begins to close is
// listened to before the server has said a word of the run.
func TestNoticeAfterARunWasAskedFor(t *testing.T) {
	c := serve(t)
	l, events := c.start()
	conn := c.accept()
	c.say(conn, hello)
	c.next(events)
	if err := l.Send(&trace.Request{Op: trace.OpRun, Lab: "select"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go c.relay.Drain(ctx, time.Hour)
	if e := c.next(events); e.State != Live || e.Notice == "" {
		t.Fatalf("%+v", e)
	}
	c.say(conn, &trace.Message{Queued: &trace.Queued{Place: 1}})
	if e := c.next(events); e.State != Live || e.Message == nil || e.Message.Queued == nil {
		t.Errorf("the run isn't heard: %+v", e)
	}
}

// Where a WebSocket doesn't open, the link asks why, and tells it if anyone knows.
func TestWhyAWebSocketDoesNotOpen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for why, want := range map[string]State{"": Gone, "not from there": Refused} {
		events := make(chan Event, 64)
		link := New("ws://"+l.Addr().String()+"/relay/lab", func(e Event) { events <- e })
		link.Why = func() string { return why }
		go link.Run()
		e := (&server{T: t}).next(events)
		if e.State != want || why != "" && e.Message.Error.Text != why {
			t.Errorf("%q: %+v", why, e)
		}
		link.Close()
	}
}

// A relay that takes no more says so.
func TestNoticeOfARefusal(t *testing.T) {
	c := serve(t, bridge.Limits{Sessions: 1})
	_, first := c.start()
	c.say(c.accept(), hello)
	c.next(first)
	_, events := c.start()
	if e := c.next(events); e.State != Refused || e.Message == nil || e.Message.Error == nil || e.Message.Error.Text != "the relay has 1 connection open, and may have no more; try again later" {
		t.Errorf("%+v", e)
	}
}

// More than the relay's window arrives, whole and in order: the link grants
// credit for what it has taken.
func TestALongRunArrivesWhole(t *testing.T) {
	c := serve(t)
	_, events := c.start()
	conn := c.accept()
	const n, size = 24, 64 << 10
	go func() {
		for i := range n {
			frame, _ := trace.AppendFrame(nil, &trace.Message{Events: []trace.Event{{Kind: trace.Note, Time: int64(i), Note: strings.Repeat("x", size)}}})
			conn.Write(frame)
		}
	}()
	if n*size < 4*bridge.Window {
		t.Fatal("this test needs more than the window")
	}
	for i := range n {
		e := c.next(events)
		if e.Message == nil || len(e.Message.Events) != 1 || e.Message.Events[0].Time != int64(i) || len(e.Message.Events[0].Note) != size {
			t.Fatalf("message %d: %.100v", i, e)
		}
	}
}

func TestABrokenLinkIsMadeAgain(t *testing.T) {
	c := serve(t)
	_, events := c.start()
	for range 2 {
		conn := c.accept()
		c.say(conn, hello)
		if e := c.next(events); e.State != Live {
			t.Fatalf("event %+v", e)
		}
		conn.Close()
		if e := c.next(events); e.State != Gone || e.Message != nil {
			t.Fatalf("after the end: %+v", e)
		}
	}
}

// Bytes that are no frames end the connection, and the next one is tried.
func TestNoise(t *testing.T) {
	c := serve(t)
	_, events := c.start()
	conn := c.accept()
	c.say(conn, hello)
	c.next(events)
	conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	if e := c.next(events); e.State != Gone {
		t.Fatalf("event %+v", e)
	}
	c.say(c.accept(), hello)
	if e := c.next(events); e.State != Live {
		t.Fatalf("event %+v", e)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	c := &server{T: t, url: "ws://" + addr + "/relay/lab"}
	link, events := c.start()
	if e := c.next(events); e.State != Gone {
		t.Fatalf("event %+v", e)
	}
	if err := link.Send(&trace.Request{Op: trace.OpStop}); !errors.Is(err, ErrNotLive) {
		t.Errorf("Send without a connection: %v", err)
	}
}

// Frames may be cut anywhere, and several may come at once; those that were given
// away stay as they were.
func TestFramesMayBeCutAnywhere(t *testing.T) {
	c := serve(t)
	_, events := c.start()
	conn := c.accept()
	var all []byte
	var ends []int
	for i := range 5 {
		all, _ = trace.AppendFrame(all, &trace.Message{Queued: &trace.Queued{Place: i + 1}})
		ends = append(ends, len(all))
	}
	var kept []Event
	for cut := range len(all) {
		conn.Write(all[:cut])
		for whole := 0; whole < 5 && ends[whole] <= cut; whole++ { // it has come, before the rest is sent
			kept = append(kept, c.next(events))
		}
		conn.Write(all[cut:])
		for len(kept) < 5*(cut+1) {
			kept = append(kept, c.next(events))
		}
	}
	for i, e := range kept {
		from := 0
		if i%5 > 0 {
			from = ends[i%5-1]
		}
		if e.Message == nil || e.Message.Queued == nil || e.Message.Queued.Place != i%5+1 || string(e.Raw) != string(all[from:ends[i%5]]) {
			t.Fatalf("event %d, after a cut at %d, is %+v", i%5, i/5, e)
		}
	}
}

// A server that takes nobody says why, and the link isn't live.
func TestAServerThatTakesNobody(t *testing.T) {
	c := serve(t)
	_, events := c.start()
	conn := c.accept()
	c.say(conn, &trace.Message{Error: &trace.Error{Text: "full"}})
	conn.Close()
	if e := c.next(events); e.State != Refused || e.Message == nil || e.Message.Error == nil || e.Message.Error.Text != "full" {
		t.Errorf("the link says %+v", e)
	}
}

// Over a stream of another kind, the link is the same: it is made, spoken over, broken and
// made again.
func TestOverAStream(t *testing.T) {
	far := make(chan net.Conn, 8)
	opened := 0
	events := make(chan Event, 64)
	l := Over(func() (io.ReadWriteCloser, error) {
		if opened++; opened == 2 {
			return nil, errors.New("not now")
		}
		near, other := net.Pipe()
		far <- other
		return near, nil
	}, func(e Event) { events <- e })
	go l.Run()
	defer l.Close()
	c := &server{T: t}
	for range 2 {
		conn := <-far
		frame := c.say(conn, hello)
		if e := c.next(events); e.State != Live || e.Message == nil || string(e.Raw) != string(frame) {
			t.Fatalf("first event %+v", e)
		}
		asked := make(chan error)
		go func() { asked <- l.Send(&trace.Request{Op: trace.OpRun, Lab: "select"}) }()
		var r trace.Request
		if err := trace.ReadFrame(conn, trace.MaxRequest, &r); err != nil || r.Lab != "select" || <-asked != nil {
			t.Fatalf("the server got %+v, %v", r, err)
		}
		conn.Close()
		if e := c.next(events); e.State != Gone {
			t.Fatalf("after the end: %+v", e)
		}
	}
	conn := <-far
	c.say(conn, hello)
	c.next(events)
	go conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	if e := c.next(events); e.State != Gone {
		t.Fatalf("after bytes that are no frames: %+v", e)
	}
}
