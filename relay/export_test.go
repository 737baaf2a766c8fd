package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const recordingsDir = "../web/assets/recordings/"

// exported runs `relay export` without a process.
func exported(t *testing.T, in string, args ...string) (out, says string, err error) {
	t.Helper()
	e, err := parseExport(args, new(bytes.Buffer))
	if err != nil {
		return "", "", err
	}
	var o, s bytes.Buffer
	err = e.run(strings.NewReader(in), &o, &s)
	return o.String(), s.String(), err
}

func TestExport(t *testing.T) {
	t.Parallel()
	trace := recordingsDir + "select.trace"
	for as, want := range map[string]string{
		"strace":   "pselect6(4, [3], [], ",
		"perfetto": `"traceEvents":[`,
		"svg":      "<svg xmlns=",
	} {
		out, says, err := exported(t, "", "-as", as, trace)
		if err != nil || says != "" || !strings.Contains(out, want) {
			t.Errorf("%s: %v %q %.200q", as, err, says, out)
		}
	}
	for as, want := range map[string]string{
		"go": "package main\n", "python": "import socket\n", "c": "#include <sys/socket.h>\n",
	} {
		out, says, err := exported(t, "", "-as", as, "../web/export/testdata/hand-tcp.trace")
		if err != nil || says != "" || !strings.Contains(out, want) {
			t.Errorf("%s: %v %q %.200q", as, err, says, out)
		}
	}
	log, _, err := exported(t, "", "-as", "strace", trace)
	if err != nil {
		t.Fatal(err)
	}
	// A log from standard input, into a file.
	name := filepath.Join(t.TempDir(), "out.svg")
	if out, _, err := exported(t, log, "-as", "svg", "-by-time", "-width", "500", "-o", name, "-"); err != nil || out != "" {
		t.Error(out, err)
	}
	if svg, err := os.ReadFile(name); err != nil || !strings.Contains(string(svg), `width="628"`) {
		t.Errorf("%v: %.200q", err, svg)
	}
	// What is whole of a file that was cut off is written, and told.
	file, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if out, says, err := exported(t, string(file[:len(file)/2]), "-as", "strace", "-"); err != nil || !strings.Contains(says, "cut off") || out == "" {
		t.Errorf("%v %q %.100q", err, says, out)
	}
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	trace := recordingsDir + "select.trace"
	for want, args := range map[string][]string{
		"-as is one of strace, perfetto, pcapng, html, svg": {trace},
		`not "pdf"`:                     {"-as", "pdf", trace},
		"which file?":                   {"-as", "svg"},
		"-width is from 200":            {"-as", "svg", "-width", "7", trace},
		"are for -as svg":               {"-as", "html", "-by-time", trace},
		"no such file":                  {"-as", "svg", "nowhere.trace"},
		"is not a trace":                {"-as", "svg", "export.go"},
		"has no packets":                {"-as", "pcapng", "-"},
		"only what was done by hand":    {"-as", "python", trace},
		"measures, and has no timeline": {"-as", "svg", recordingsDir + "scaling.trace"},
	} {
		const log = "7 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n"
		if out, _, err := exported(t, log, args...); err == nil || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("%q: %v %.100q, want %q", args, err, out, want)
		}
	}
}
