package export

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
)

// recording is a trace that the site ships with.
type recording struct {
	name string
	file trace.File
	run  *play.Run
}

func recordings(t testing.TB) (all []recording) {
	t.Helper()
	names, _ := filepath.Glob("../assets/recordings/*.trace")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := trace.Open(data)
		if err != nil {
			t.Fatal(name, err)
		}
		all = append(all, recording{strings.TrimSuffix(filepath.Base(name), ".trace"), f, runOf(f.Header, f.Messages)})
	}
	if all == nil {
		t.Fatal("no recordings")
	}
	return all
}

func runOf(h *trace.Header, messages []*trace.Message) *play.Run {
	r := play.NewRun(h)
	for _, m := range messages {
		if m.Child != nil {
			r.AddProc(m.Child)
		}
		r.Add(m.Events)
		if m.End != nil {
			r.End = m.End
		}
	}
	return r
}

// reopened reads a log of strace's.
func reopened(log string) *play.Run {
	var g strace.Log
	in := g.Input()
	in.Write([]byte(log))
	in.Close()
	messages := g.End()
	return runOf(g.Header(), messages)
}

// What is written as strace's text is, read again, the same calls in the same threads.
func TestStraceRoundTrip(t *testing.T) {
	for _, r := range recordings(t) {
		if len(r.run.Calls) > 400 {
			continue // of the like there are shorter ones
		}
		var out bytes.Buffer
		if err := Strace(&out, r.run); err != nil {
			t.Fatal(err)
		}
		but := trace.CallNone
		if r.name == "runtime" { // its epoll watches a file, too
			but = trace.EpollWait
		}
		want, got := calls(r.run, but), calls(reopened(out.String()), but)
		if got != want {
			t.Errorf("%s: written and read again it is\n%s\nand was\n%s", r.name, got, want)
		}
	}
}

// calls tells all system calls of a run, by their threads, but those that are left out of a
// log: about files, signals and locks, and what a process prints.
func calls(r *play.Run, but trace.Call) string {
	d, threads, files := newIDs(r), map[string]string{}, map[string]bool{}
	for i := range r.Calls {
		c := &r.Calls[i]
		enter, l := r.Step(c.Enter), &r.Lanes[c.Lane]
		kept := enter.FD >= 0 || enter.Call.MakesFD() || enter.Call.Multiplexes() || slices.Contains([]trace.Call{trace.Nanosleep, trace.Waitpid, trace.Fork}, enter.Call)
		if enter.Call.Told() || enter.Call == but || !kept {
			continue
		}
		var ret *trace.Event
		text := strace.Whole.Line(enter, nil)
		if c.Return >= 0 {
			ret = r.Step(c.Return)
			text = strace.Whole.Line(enter, ret)
			text = text[:strings.LastIndex(text, " <")]
		}
		file := func(fd int) string { return fmt.Sprint(l.Proc, " ", fd) }
		switch {
		case enter.Call == trace.Openat:
			files[file(int(ret.Result))] = true
			continue
		case enter.Call == trace.Write && enter.FD == 1, files[file(enter.FD)]:
			files[file(enter.FD)] = files[file(enter.FD)] && enter.Call != trace.Close
			continue
		}
		threads[fmt.Sprint(l.Proc, " ", l.Thread)] += fmt.Sprintf("%d %s\n", d.pid(l.Proc), strings.ReplaceAll(text, "  ", " "))
	}
	// The numbers of threads are not compared: a log has them in the order of their calls.
	return strings.Join(slices.Sorted(maps.Values(threads)), "\n")
}
