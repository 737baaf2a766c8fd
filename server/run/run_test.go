package run

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/audit"
)

func TestMain(m *testing.M) {
	Child()
	code := m.Run()
	fmt.Println("what the page would say of these runs:", &said.Report)
	os.Exit(code)
}

// said is what came of holding what the page would say of all runs against them.
var said struct {
	sync.Mutex
	audit.Report
}

// loaded is a run as the page has it.
func loaded(r *result) *play.Run {
	run := play.NewRun(r.header)
	run.Add(r.events)
	run.End = r.end
	return run
}

// untrue returns what the page would say of a run, at any of its steps, and is not
// so.
func untrue(r *result) []string {
	if slices.ContainsFunc(r.events, func(e trace.Event) bool { return e.Kind == trace.Note && strings.Contains(e.Note, "recorded late") }) {
		return nil // its order is not certain
	}
	run := loaded(r)
	report := audit.Some(run, 2_000) // one that spins says the same at most of its steps
	said.Lock()
	said.Add(report)
	said.Unlock()
	_, states := audit.States(run, r.events)
	return append(report.False, states...)
}

// testWriter logs to a test until it is over.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

// startTest starts a server on free ports that ends with the test.
func startTest(t testing.TB, cfg Config) *Server {
	t.Helper()
	cfg.Control, cfg.Echo, cfg.Mux, cfg.Byteorder = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
