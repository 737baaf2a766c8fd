package foreign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// shown returns what a viewer is shown.
func shown(t *testing.T, s *Session) (all []*trace.Message) {
	t.Helper()
	err := s.Show(t.Context(), func(frame []byte) error {
		m := new(trace.Message)
		all = append(all, m)
		return trace.ReadFrame(bytes.NewReader(frame), trace.MaxFrame, m)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// events are those that messages have, without our notes.
func events(messages []*trace.Message) (all []trace.Event) {
	for _, m := range messages {
		for i := range m.Events {
			if m.Events[i].Kind != trace.Note {
				all = append(all, m.Events[i])
			}
		}
	}
	return all
}

// chatter is a log of n exchanges between processes, with a pid on each line, and calls
// that end later than others begin.
func chatter(n int) io.Reader {
	in, out := io.Pipe()
	go func() {
		us := int64(1_700_000_000_000_000)
		line := func(pid int, text string) bool {
			us += 7
			_, err := fmt.Fprintf(out, "%d %d.%06d %s\n", pid, us/1e6, us%1e6, text)
			return err == nil
		}
		for _, pid := range []int{70, 71} {
			line(pid, "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3 <0.000010>")
		}
		for range n {
			if !line(70, `recvfrom(3,  <unfinished ...>`) ||
				!line(71, `sendto(3, "This is the message", 19, 0, NULL, 0) = 19 <0.000020>`) ||
				!line(70, `<... recvfrom resumed>"This is the message", 1024, 0, NULL, NULL) = 19 <0.000040>`) {
				return
			}
		}
		out.Close()
	}()
	return in
}

// In pieces a log is the same as at once.
func TestLogInPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	text, err := io.ReadAll(chatter(10_000)) // several pieces
	if err != nil {
		t.Fatal(err)
	}
	var whole strace.Log
	in := whole.Input()
	in.Write(text)
	in.Close()
	want := events(whole.End())
	s, last := NewFile(int64(len(text))), int64(0)
	if err := s.ReadFile(t.Context(), bytes.NewReader(text), func(n int64) { last = n }); err != nil {
		t.Fatal(err)
	}
	all := shown(t, s)
	got := events(all)
	if h := all[0].Header; h == nil || h.File != int64(len(text)) || h.Lab != trace.LogLab || h.Kernel != "Linux" {
		t.Errorf("the header is %+v", h)
	}
	if end := all[len(all)-1].End; end == nil || end.Reason != trace.EndDone || end.Message != "" || last != int64(len(text)) {
		t.Errorf("the end is %+v; %d of %d read", end, last, len(text))
	}
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Time != want[i].Time || got[i].Kind != want[i].Kind || got[i].Proc != want[i].Proc || got[i].Call != want[i].Call || got[i].Result != want[i].Result {
			t.Fatalf("event %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// Of a log that is too long the beginning is shown, and that is said; what is held of it
// stays bounded.
func TestLongLog(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a long log")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := NewFile(0)
	s.most = 30_000
	if err := s.ReadFile(t.Context(), chatter(1<<30), func(int64) {}); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 24<<20 {
		t.Errorf("%d MiB are held", grown>>20)
	}
	if !strings.Contains(s.Told(), "30000 events, which there were after") {
		t.Error(s.Told())
	}
	runtime.KeepAlive(s)
}

func TestReadingIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := NewFile(0)
	if err := s.ReadFile(ctx, chatter(1<<30), func(n int64) {
		if n > 1<<20 {
			stop()
		}
	}); err != nil {
		t.Fatal(err)
	}
	all := shown(t, s)
	if end := all[len(all)-1].End; end.Reason != trace.EndStopped || !strings.Contains(end.Message, "reading was stopped after") || len(events(all)) == 0 {
		t.Errorf("%+v", end)
	}
}

// A trace of ours is shown as it is.
func TestTraceIsTakenOver(t *testing.T) {
	file, err := os.ReadFile("../../web/assets/recordings/select.trace")
	if err != nil {
		t.Fatal(err)
	}
	s := NewFile(int64(len(file)))
	if err := s.ReadFile(t.Context(), bytes.NewReader(file), func(int64) {}); err != nil {
		t.Fatal(err)
	}
	var same bytes.Buffer
	if _, err := s.WriteTo(&same); err != nil || !bytes.Equal(same.Bytes(), file) {
		t.Errorf("%d bytes of %d, %v", same.Len(), len(file), err)
	}
	cut := NewFile(0)
	if err := cut.ReadFile(t.Context(), bytes.NewReader(file[:len(file)/2]), func(int64) {}); err != nil {
		t.Fatal(err)
	}
	all := shown(t, cut)
	if end := all[len(all)-1].End; all[0].Header.Lab != "select" || end == nil || !strings.Contains(end.Message, "cut off") || end.Time == 0 {
		t.Errorf("%+v", end)
	}
}

func TestWhatIsNoFileOfOurs(t *testing.T) {
	var wrong *trace.FileError
	for name, text := range map[string]string{"nothing": "", "prose": "Once upon a time\nthere was a\nsocket\n", "zeros": string(make([]byte, 100))} {
		if err := NewFile(0).ReadFile(t.Context(), strings.NewReader(text), func(int64) {}); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
