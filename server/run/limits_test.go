package run

import (
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"
)

func TestEveryLimitEndsTheRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		lab    string
		knobs  map[string]string
		says   string
	}{
		{"wall", Limits{Wall: 100 * time.Millisecond}, "select", map[string]string{"timeout": "20s"}, "100ms"},
		{"idle", Limits{Idle: 50 * time.Millisecond}, "echo", nil, "50ms"},
		{"calls", Limits{Calls: 20}, "select", nil, "20 calls"},
		{"processes", Limits{Processes: 2}, "select", nil, "5 processes; the limit is 2"},
		{"files", Limits{Files: 4}, "select", nil, "4 open files"},
		{"memory", Limits{Memory: 1 << 10}, "select", map[string]string{"timeout": "20s"}, "1 KiB of memory"},
		{"bytes", Limits{Bytes: 100}, "select", nil, "100 bytes"},
		{"trace", Limits{Trace: 16 << 10}, "select", map[string]string{"messages": "8", "pauses": "0s"}, "16 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startTest(t, Config{Limits: c.limits, Warm: 1})
			v := dial(t, s)
			v.send(&trace.Request{Op: trace.OpRun, Lab: c.lab, Knobs: c.knobs})
			r := v.run()
			if r.end.Reason != trace.EndLimit || !strings.Contains(r.end.Message, c.says) {
				t.Errorf("%+v", r.end)
			}
			checkTrace(t, r)
		})
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{300: "300 bytes", 2 << 10: "2 KiB", 8 << 20: "8 MiB", 1<<20 + 1: "1048577 bytes"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
}
