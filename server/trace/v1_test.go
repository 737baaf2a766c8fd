package trace_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

var update = flag.Bool("update", false, "write testdata/v1 anew")

// The numbers of the wire stay what they are, for ever: saved traces have them.
func TestNumbersOfTheWire(t *testing.T) {
	for want, names := range map[string]string{
		"calls": "0 call0, 1 socket, 2 bind, 3 listen, 4 accept, 5 connect, 6 send, 7 recv, 8 sendto, 9 recvfrom, 10 shutdown, 11 close, 12 select, " +
			"13 poll, 14 epoll_create1, 15 epoll_ctl, 16 epoll_wait, 17 fcntl, 18 setsockopt, 19 getsockopt, 20 getsockname, 21 getpeername, 22 read, " +
			"23 write, 24 nanosleep, 25 fork, 26 waitpid, 27 kqueue, 28 kevent, 29 kevent, 30 eventfd2, 31 openat, 32 Accept, 33 Read, 34 Write, 35 Close",
		"states": "1 ESTABLISHED, 2 SYN-SENT, 3 SYN-RECEIVED, 4 FIN-WAIT-1, 5 FIN-WAIT-2, 6 TIME-WAIT, 7 CLOSED, 8 CLOSE-WAIT, 9 LAST-ACK, 10 LISTEN, 11 CLOSING",
	} {
		for pair := range strings.SplitSeq(names, ", ") {
			var n int
			var name string
			fmt.Sscan(pair, &n, &name)
			got := trace.Call(n).String()
			if want == "states" {
				got = trace.TCPState(n).String()
			}
			if got != name {
				t.Errorf("%s: number %d is %s, was %s", want, n, got, name)
			}
		}
	}
	if got := fmt.Sprint(trace.Start, trace.Exit, trace.Enter, trace.Return, trace.Sample, trace.Note, trace.Gap, trace.Packet); got != "1 2 3 4 5 6 7 8" {
		t.Errorf("the kinds of events are %s", got)
	}
	if got := fmt.Sprint(uint8(trace.SleepUnknown), uint8(trace.Awake), uint8(trace.Slept)); got != "0 1 2" {
		t.Errorf("unknown, awake, slept are %s", got)
	}
	if got := fmt.Sprint(trace.Forever, trace.Untold, trace.KernelThread, trace.Version); got != "-1 -2 32 1" {
		t.Errorf("forever, untold, the first kernel thread and the version are %s", got)
	}
}

// Traces that version 1 saved open in this one, and say what they said. The .txt
// beside each has its calls and where they led; it may change in how strace's text is
// written, and in nothing else.
func TestTracesOfVersion1(t *testing.T) {
	paths, err := filepath.Glob("testdata/v1/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := trace.Open(file)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got := told(f)
		golden := strings.TrimSuffix(path, ".trace") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			out := filepath.Join(os.TempDir(), "got-"+filepath.Base(golden))
			os.WriteFile(out, []byte(got), 0o666)
			t.Errorf("%s says something else now:\n\tdiff server/trace/%s %s", path, golden, out)
		}
	}
}

// told writes what a trace says: what it is about, its first calls, what came of all.
func told(f trace.File) string {
	var b strings.Builder
	h := f.Header
	fmt.Fprintf(&b, "%s, format %d, %s, %s\n", h.Lab, h.Version, h.Kernel, h.Isolation)
	procs := h.Procs
	type lane struct{ proc, thread int }
	open := map[lane]*trace.Event{}
	s, calls := new(trace.State), 0
	for _, m := range f.Messages {
		if m.Child != nil {
			procs = append(procs, *m.Child)
		}
		if p := m.Point; p != nil {
			fmt.Fprintf(&b, "%s, %d idle: %d messages, %d ns, %d ns of CPU\n", p.Mechanism, p.Idle, p.Messages, p.RoundTrip, p.CPU)
		}
		for i := range m.Events {
			e := &m.Events[i]
			s.Apply(e)
			at := lane{e.Proc, e.Thread}
			switch e.Kind {
			case trace.Enter:
				open[at] = e
			case trace.Return:
				if calls++; calls <= 60 && open[at] != nil {
					place := ""
					if e.File > 0 {
						place = fmt.Sprintf("%s:%d ", h.Sources[e.File-1].Name, e.Line)
					}
					fmt.Fprintf(&b, "%s/%d %s%s\n", procs[e.Proc].Tag, e.Thread, place, strace.API.Line(open[at], e))
				}
			case trace.Note:
				fmt.Fprintf(&b, "note %s\n", e.Note)
			}
		}
		if m.End != nil {
			fmt.Fprintf(&b, "%s after %d ns: %s\n", m.End.Reason, m.End.Time, m.End.Message)
		}
	}
	fmt.Fprintf(&b, "%d events, %d calls, %d sockets in the kernel's table\n", s.Events, calls, len(s.Sockets))
	for i := range s.Procs {
		p := &s.Procs[i]
		fmt.Fprintf(&b, "%s: exited %v with %d, %d threads, printed %q\n", procs[i].Name, p.Exited, p.Status, len(p.Threads), p.Output)
		for _, fd := range p.FDs {
			fmt.Fprintf(&b, "  fd %d: %v %s to %s, %d in, %d out\n", fd.FD, fd.State, fd.Local, fd.Peer, fd.In, fd.Out)
		}
		for k, th := range p.Threads {
			fmt.Fprintf(&b, "  thread %d: %v on fd %d, %d calls, %d sleeps, %d errors, %d ns of CPU\n", k, th.Call, th.FD, th.Calls, th.Sleeps, th.Errors, th.CPU)
		}
	}
	return b.String()
}
