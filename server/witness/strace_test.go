package witness

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sockscope/server/confine"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

func TestMisread(t *testing.T) {
	for log, says := range map[string]string{
		"": "no call",
		"7 1700000000.000001 write(1, \"\\x61\", 1) = 1 <0.000001>\n":                            "",
		"7 1700000000.000001 openat(AT_FDCWD, \"\\x61\", O_NOVEL) = 3 <0.000001>\n":              "",
		"7 1700000000.000001 write(1, \"\\x61\", 1) returned 1\n":                                "no known form: 7 17",
		"{\"pid\": 7, \"call\": \"write\"}\n":                                                    "no known form: {",
		"7 1700000000.000001 munmap(0x1, 1) = 0 <0.000001>\n7 1700000000.000002 --- SIGIO ---\n": "no call",
	} {
		var r strace.Reader
		io.WriteString(&r, log)
		if got := misread(&r); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%q: %q, want %q", log, got, says)
		}
	}
}

func TestTheStraceHereIsUnderstood(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace(1) is not installed")
	}
	if why := Lacks(confine.Shared); why != "" {
		if strings.Contains(why, "may not") {
			t.Skip(why)
		}
		t.Error(why)
	}
}

// strace never waits for who reads it, whatever it writes.
func TestReadTakesAll(t *testing.T) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	done := make(chan error)
	go func() {
		defer in.Close()
		for range strace.Marks {
			io.WriteString(in, "7 1700000000.000001 close(-1) = -1 EBADF (Bad file descriptor) <0.000001>\n")
		}
		for _, line := range []string{"a line of another kind", strings.Repeat("x", 100<<10), "7 1700000000.000001 socket(AF_MARS, SOCK_STREAM, 0) = 3 <0.000001>"} {
			for range 200 {
				if _, err := io.WriteString(in, line+"\n"); err != nil {
					done <- err
					return
				}
			}
		}
		done <- nil
	}()
	var notes []string
	events := 0
	r := Reader{Out: out, Take: func(e []trace.Event) { events += len(e) }, Note: func(s string) { notes = append(notes, s) }}
	read := make(chan bool)
	go func() { r.Read(); close(read) }()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-read
	all := strings.Join(notes, "\n")
	for _, says := range []string{"a line of no known form, which isn't understood", "a line of no known form 200 times", "65536 bytes 200 times", "AF_MARS in socket 200 times"} {
		if !strings.Contains(all, says) {
			t.Errorf("nobody says %q in\n%.2000s", says, all)
		}
	}
	if events != 400 {
		t.Errorf("%d events of 200 calls", events)
	}
}
