package bridge

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Split(strings.TrimSuffix(j.text.String(), "\n"), "\n")
}

func (j *journal) log() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// who is a client elsewhere.
func who(address string) origin { return origin{client: netip.MustParseAddr(address)} }

func TestRefusalsAreToldTogether(t *testing.T) {
	var j journal
	c := newComplaints(j.log())
	c.pause = time.Hour
	for range 1000 {
		c.add(about{why: "sessions"}, slog.LevelInfo, "refused", who("203.0.113.1"), "why", "sessions")
	}
	for i := range 200 {
		c.add(about{why: "sessions"}, slog.LevelInfo, "refused", who(fmt.Sprintf("198.51.100.%d", i)), "why", "sessions")
	}
	c.add(about{why: "sessions"}, slog.LevelInfo, "refused", origin{client: netip.MustParseAddr("127.0.0.1"), local: true}, "why", "sessions")
	if got := j.lines(); len(got) != 1 || !strings.HasSuffix(got[0], "level=INFO msg=refused why=sessions client=203.0.113.1") {
		t.Fatalf("at once: %q", got)
	}
	c.end()
	got := j.lines()
	if len(got) != 2 {
		t.Fatalf("%q", got)
	}
	for _, says := range []string{`msg="refused again" why=sessions times=1200`, `clients="203.0.113.1 (999), 198.51.100.0 (1), `, "and others"} {
		if !strings.Contains(got[1], says) {
			t.Errorf("%s lacks %s", got[1], says)
		}
	}
	if strings.Contains(got[1], "127.0.0.1") {
		t.Error("a client of this machine is named")
	}
}

// What keeps coming is told after longer and longer pauses; what doesn't come any
// more is forgotten, and would be told at once.
func TestRefusalsThatGoOn(t *testing.T) {
	var j journal
	c := newComplaints(j.log())
	c.pause = time.Millisecond
	add := func() { c.add(about{why: "x"}, slog.LevelWarn, "refused", who("203.0.113.1")) }
	add()
	eventually(t, "a second line", func() bool { add(); return len(j.lines()) >= 2 })
	eventually(t, "what is quiet to be forgotten", func() bool { return c.known() == 0 })
	c.mu.Lock()
	k := &kind{pause: 45 * time.Minute, times: 1, timer: time.AfterFunc(time.Hour, func() {})}
	c.kinds[about{why: "y"}] = k
	c.mu.Unlock()
	c.sum(about{why: "y"}, k)
	if k.pause != longestPause || k.times != 0 {
		t.Errorf("after a pause of 45 minutes: %+v", k)
	}
	c.end()
}

func (c *complaints) known() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kinds)
}

// A flag that was forgotten is named in the log, once for each origin and host.
func TestStrangersAreNamedInTheLog(t *testing.T) {
	var j journal
	r := newRig(t, func(c *Config, _ *limits) { c.Log = j.log() })
	knock := func(origin string) {
		_, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), http.Header{"Origin": {origin}})
		if err == nil || resp.StatusCode != http.StatusForbidden {
			t.Fatalf("%s: %v", origin, err)
		}
	}
	for range 5 {
		knock("https://class.example")
	}
	knock("null")
	got := j.lines()
	if len(got) != 2 ||
		!strings.Contains(got[0], `level=WARN msg="refused: origin https://class.example isn't allowed; if that is where this site is hosted, start with -allow-origin https://class.example"`) ||
		!strings.Contains(got[1], `refused: origin \"null\" isn't allowed"`) {
		t.Errorf("%q", got)
	}
	for i := range 5 * maxNamed {
		knock(fmt.Sprintf("https://%d.example", i))
	}
	got = j.lines()
	if last := got[len(got)-1]; len(got) != maxNamed+1 || !strings.Contains(last, "more origins and hosts") || !strings.Contains(last, "-allow-origin ORIGIN") {
		t.Errorf("many origins make %d lines, at last %q", len(got), last)
	}
	if n := r.bridge.Stats().Refused[refusedPage]; n != 6+5*maxNamed {
		t.Errorf("%d are counted", n)
	}
}

// Of a target that can't be reached a visitor learns that it can't, and the log
// where it is.
func TestAddressesAreForTheLog(t *testing.T) {
	var j journal
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	r := newRig(t, func(c *Config, _ *limits) {
		c.Log = j.log()
		c.Targets = map[string]Target{"echo": {Address: address}}
	})
	for range 10 {
		_, controls, end := r.open(protocol).rest()
		wantControls(t, controls, closing)
		wantEnd(t, end, codeNotNow, "echo can't be reached: connection refused")
		if strings.Contains(end.Text, "127.0.0.1") {
			t.Error(end.Text)
		}
	}
	if got := j.lines(); len(got) != 1 || !strings.Contains(got[0], "level=WARN") || !strings.Contains(got[0], "target=echo") || !strings.Contains(got[0], address) {
		t.Errorf("%q", got)
	}
	for _, err := range []error{
		&net.DNSError{Err: "no such host", Name: "inside.example", Server: "10.0.0.2:53"},
		&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 3)}, Err: syscall.EHOSTUNREACH},
		errors.New("dial tcp 10.0.0.3:7000: odd"),
	} {
		if words := cause(err); words == "" || strings.ContainsAny(words, "0123456789:") || strings.Contains(words, "inside") {
			t.Errorf("%v: %s", err, words)
		}
	}
}
