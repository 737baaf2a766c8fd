package run

import (
	"io"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// A connection may say first for whom it is; then it goes on as any other.
func TestConnectionForAClient(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	v := dial(t, s)
	io.WriteString(v.conn, "PROXY TCP4 192.0.2.1 127.0.0.1 0 7000\r\n")
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("%+v", r.end)
	}
	for _, line := range []string{"PROXY me\r\n", "P" + strings.Repeat("x", 5000)} {
		v := dial(t, s)
		io.WriteString(v.conn, line)
		if text := v.refusal(); !strings.Contains(text, "PROXY protocol") {
			t.Errorf("%.20q: %s", line, text)
		}
	}
}

func TestProxyLine(t *testing.T) {
	for line, want := range map[string]string{
		"PROXY TCP4 192.0.2.1 127.0.0.1 5000 7000\r\n":   "192.0.2.1",
		"PROXY TCP6 2001:db8:0:1::2 ::1 5000 7000\r\n":   "2001:db8:0:1::/64",
		"PROXY TCP6 ::ffff:192.0.2.1 ::1 5000 7000\r\n":  "192.0.2.1",
		"PROXY UNKNOWN\r\n":                              "",
		"PROXY UNKNOWN ffff:f::1 ::1 1 2\r\n":            "",
		"PROXY TCP4 192.0.2.1 127.0.0.1 5000 7000\n":     "error",
		"PROXY TCP4 2001:db8::1 127.0.0.1 5000 7000\r\n": "error",
		"PROXY TCP6 fe80::1%eth0 ::1 5000 7000\r\n":      "error",
		"PROXY TCP4 192.0.2.1\r\n":                       "error",
		"PRAXY TCP4 192.0.2.1 127.0.0.1 5000 7000\r\n":   "error",
		"PROXY TCP4 example.org 127.0.0.1 5000 7000\r\n": "error",
		"PROXY TCP4 192.0.2.1  127.0.0.1 5000 7000\r\n":  "error",
		"P\n": "error",
	} {
		got, err := proxyLine(line)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q is %q, %v; want %q", line, got, err, want)
		}
	}
}

func FuzzProxyLine(f *testing.F) {
	f.Add("PROXY TCP4 192.0.2.1 127.0.0.1 5000 7000\r\n")
	f.Fuzz(func(t *testing.T, line string) {
		if who, err := proxyLine(line); err != nil && who != "" {
			t.Errorf("%q: %q and %v", line, who, err)
		}
	})
}
