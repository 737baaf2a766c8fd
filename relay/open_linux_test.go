package main

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sockscope/web/browser"
)

// said is what a command has written so far.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

// await waits until the command has written text, and returns all.
func (s *said) await(t *testing.T, text string) string {
	t.Helper()
	late := time.After(browser.Patience)
	for {
		s.mu.Lock()
		all := s.text.String()
		s.mu.Unlock()
		if strings.Contains(all, text) {
			return all
		}
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("it has not said %q, but %q", text, all)
		}
	}
}

// opened runs `relay open` until the test ends, and returns the page's address.
func opened(t *testing.T, file string, in io.Reader) string {
	t.Helper()
	relay, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	cmd, says := exec.Command(relay, "open", "-http", "127.0.0.1:0", file), &said{more: make(chan struct{}, 1)}
	cmd.Stdin, cmd.Stderr = in, says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	_, at, _ := strings.Cut(says.await(t, "its page stays until ^C"), "relay open: ")
	at, _, _ = strings.Cut(at, "\n")
	return at
}

// A trace of a lab shows on the lab's page, a log of strace's on its own.
func TestOpenOnThePage(t *testing.T) {
	t.Parallel()
	chromium := browser.Start(t)
	t.Run("trace", func(t *testing.T) {
		tab := chromium.Open(t, opened(t, recordingsDir+"select.trace", nil), browser.Desk)
		tab.WaitText("h1", "select")
		tab.WaitText(".state", "a recording, made")
	})
	t.Run("log", func(t *testing.T) {
		log, _, err := exported(t, "", "-as", "strace", recordingsDir+"echo.trace")
		if err != nil {
			t.Fatal(err)
		}
		tab := chromium.Open(t, opened(t, "-", strings.NewReader(log)), browser.Desk)
		tab.WaitText(".p-log", "recv(4")
		tab.WaitText(".state", "events")
	})
}

// A page from elsewhere sees nothing of the file, under whatever name it asks for this
// machine.
func TestOpenIsForItsOwnPage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	at, err := url.Parse(opened(t, recordingsDir+"echo.trace", nil))
	if err != nil {
		t.Fatal(err)
	}
	own := "http://" + at.Host
	for _, c := range []struct {
		origin, host string
		status       int
	}{
		{own, at.Host, http.StatusSwitchingProtocols},
		{"https://elsewhere.example", at.Host, http.StatusForbidden},
		{"http://elsewhere.example", "elsewhere.example", http.StatusForbidden}, // a name that leads here
		{"null", at.Host, http.StatusForbidden},
	} {
		header := http.Header{"Origin": {c.origin}, "Host": {c.host}}
		conn, answer, err := websocket.DefaultDialer.Dial("ws://"+at.Host+"/relay/lab", header)
		if err == nil {
			conn.Close()
		}
		if answer == nil || answer.StatusCode != c.status {
			t.Errorf("from %s, as %s: %v, %v", c.origin, c.host, answer, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"which file?":                           {},
		"can be reached from other machines":    {"-http", ":8080", "x"},
		"an ADDR is HOST:PORT":                  {"-http", "8080", "x"},
		"flag provided but not defined: -watch": {"-watch", "x"},
	} {
		if _, err := parseOpen(args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
	dir := t.TempDir()
	prose := filepath.Join(dir, "prose")
	if err := os.WriteFile(prose, []byte("Once upon a time\nthere was a\nsocket\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{dir: "is a folder", filepath.Join(dir, "none"): "no such file", prose: "is not a trace"} {
		o, err := parseOpen([]string{"-http", "127.0.0.1:0", file}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.run(nil, io.Discard, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}
