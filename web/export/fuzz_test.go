package export

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// Whatever a file holds, what is written of it is of its format.
func FuzzExport(f *testing.F) {
	f.Add([]byte("7 1700000000.000001 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>\n7 1700000000.1 recvfrom(3,  <unfinished ...>\n"))
	f.Add([]byte("7 socket(AF_UNIX, SOCK_STREAM, 0) = 3\n7 connect(3, {sa_family=AF_UNIX, sun_path=\"<&\\n\\377\"}, 7) = 0\n8 accept(3, NULL, NULL) = 4\n7 +++ killed by SIGKILL +++\n"))
	for _, r := range recordings(f)[:2] {
		frames, err := trace.AppendFrame(nil, &trace.Message{Header: r.file.Header})
		for _, m := range r.file.Messages {
			if err == nil {
				frames, err = trace.AppendFrame(frames, m)
			}
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frames)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		opened, _ := trace.Open(file)
		run := reopened(string(file))
		if opened.Header != nil {
			run = runOf(opened.Header, opened.Messages)
			Pcapng(io.Discard, &opened)
		}
		var text, events bytes.Buffer
		if err := Strace(&text, run); err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text.Bytes()) {
			if line[len(line)-1] != '\n' || bytes.ContainsFunc(line[:len(line)-1], func(c rune) bool { return c < ' ' }) {
				t.Fatalf("a line is %q", line)
			}
		}
		if text.Len() > 0 && !strace.IsLog(text.Bytes()) {
			t.Fatalf("no log: %.500q", text.Bytes())
		}
		if err := Perfetto(&events, run); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(events.Bytes()) {
			t.Fatalf("no JSON: %.500q", events.Bytes())
		}
		elements(t, drawing(t, run, run.Len()/2, []Head{{string(file), "x"}}))
	})
}
