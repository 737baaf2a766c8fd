package visit

import (
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// What an emulated machine's clock can't tell isn't told, and its processor time isn't
// taken for a server's.
func TestEmulatedRun(t *testing.T) {
	for _, clock := range []string{"", trace.EmulatedClock} {
		run := play.NewRun(&trace.Header{Clock: clock, Procs: []trace.Proc{{Name: "server", Tag: "srv", Role: trace.RoleServer}}})
		run.Add([]trace.Event{
			{Kind: trace.Enter, Call: trace.Listen, FD: 3, Args: []int64{5}, Time: 1000},
			{Kind: trace.Return, Call: trace.Listen, FD: 3, Args: []int64{5}, Time: 8000, CPU: 1_000_000},
			{Kind: trace.Enter, Call: trace.Listen, FD: 3, Args: []int64{5}, Time: 1_000_000},
			{Kind: trace.Return, Call: trace.Listen, FD: 3, Args: []int64{5}, Time: 4_000_000, CPU: 3_000_000},
		})
		l := newLog(run)
		l.grow()
		short, long, cpu, spent := "<0.000007>", "<0.003000>", int64(2_000_000), "2 ms in 2 calls"
		if clock != "" {
			short, cpu, spent = "<under 0.0001>", -1, "processor time that is not shown, as it would be the emulator's, in 2 calls"
		}
		if got := l.Whole(0, 4); !strings.HasSuffix(got, short) {
			t.Errorf("clock %q: %s", clock, got)
		}
		if got := l.Whole(1, 4); !strings.HasSuffix(got, long) {
			t.Errorf("clock %q: %s", clock, got)
		}
		if tally := play.NewTally(run); tally.Servers.CPU != cpu {
			t.Errorf("clock %q: %d ns of processor time", clock, tally.Servers.CPU)
		}
		f := Focus{}
		f.show(run)
		f.began, f.Player.Follow = time.Now(), true
		if ticks := f.Tick(time.Now().Add(time.Minute)); ticks != (clock == "") {
			t.Errorf("clock %q: its time goes on with ours: %v", clock, ticks)
		}
		if got := Spent(run); got != spent {
			t.Errorf("clock %q: %s", clock, got)
		}
		if got, want := run.Instant(1_234_567)+", "+run.Span(1_299_000)+", "+run.Age(5000, 12_000)+", "+run.Age(12_000, 12_000), map[string]string{
			"":                  "1.235 ms, 1.3 ms, −7 µs, +0 ns",
			trace.EmulatedClock: "1.2 ms, 1.2 ms, −<100 µs, +<100 µs",
		}[clock]; got != want {
			t.Errorf("clock %q: %s, not %s", clock, got, want)
		}
		if got, want := run.Span(99_999), map[string]string{"": "100 µs", trace.EmulatedClock: "less than 100 µs"}[clock]; got != want || run.Span(3e6) != "3 ms" {
			t.Errorf("clock %q: %s, %s", clock, got, run.Span(3e6))
		}
	}
}
