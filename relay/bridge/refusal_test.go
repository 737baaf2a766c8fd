package bridge

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
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

// A flood of refusals makes eight lines, and then one a minute with how many there were.
func TestRefusalsDontFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := complaints{log: j.log()}
		add := func(from origin) {
			c.add("sessions", slog.LevelInfo, "refused", from, "why", "sessions")
		}
		for range 1000 {
			add(who("203.0.113.1"))
		}
		if got := j.lines(); len(got) != 8 || !strings.HasSuffix(got[0], "level=INFO msg=refused why=sessions client=203.0.113.1") {
			t.Fatalf("at once: %q", got)
		}
		c.add("other", slog.LevelInfo, "refused", who("203.0.113.1"))
		if got := j.lines(); len(got) != 9 {
			t.Errorf("a kind of its own isn't told: %q", got)
		}
		time.Sleep(time.Minute)
		add(origin{client: netip.MustParseAddr("127.0.0.1"), local: true})
		add(who("203.0.113.1"))
		got := j.lines()
		if last := got[len(got)-1]; len(got) != 10 || !strings.HasSuffix(last, "msg=refused why=sessions times=993") {
			t.Errorf("a minute later: %q", got)
		}
	})
}

// The log names a page that isn't let in, and the flag that may have been forgotten.
func TestStrangersAreNamedInTheLog(t *testing.T) {
	var j journal
	r := newRig(t, func(c *Config, _ *limits) { c.Log = j.log() })
	for _, tt := range []struct{ origin, line string }{
		{"https://class.example", `level=WARN msg="refused: origin https://class.example isn't allowed; if this site is hosted there, start with -allow-origin https://class.example"`},
		{"null", `refused: origin \"null\" isn't allowed"`},
	} {
		_, resp, err := websocket.DefaultDialer.Dial(r.url("echo"), http.Header{"Origin": {tt.origin}})
		if err == nil || resp.StatusCode != http.StatusForbidden {
			t.Fatalf("%s: %v", tt.origin, err)
		}
		if got := j.lines(); !strings.Contains(got[len(got)-1], tt.line) {
			t.Errorf("%q lacks %s", got, tt.line)
		}
	}
	if n := r.bridge.Stats().Refused[refusedPage]; n != 2 {
		t.Errorf("%d are counted", n)
	}
}

// A visitor learns that a target can't be reached, and the log where it is.
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
	for range 2 {
		_, controls, end := r.open(protocol).rest()
		wantControls(t, controls, closing)
		wantEnd(t, end, codeNotNow, "echo can't be reached: connection refused")
		if strings.Contains(end.Text, "127.0.0.1") {
			t.Error(end.Text)
		}
	}
	if got := j.lines(); len(got) != 2 || !strings.Contains(got[0], "level=WARN") || !strings.Contains(got[0], "target=echo") || !strings.Contains(got[0], address) {
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
