package run

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// straceHere skips a test where strace can't be.
func straceHere(t *testing.T, s *Server) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace(1) is not installed")
	}
	if why := s.Cannot("runtime"); why != "" {
		// A system may forbid it (ptrace_scope(5)), to all.
		if out, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
			t.Skipf("%s: %s", why, out)
		}
		t.Fatal(why)
	}
}

// What the program says and what the kernel saw agree: every byte that a Read or a
// Write tells went through a read or a write of the same fd, the clients got their
// echoes, and what waited in the program never blocked a thread in read.
func TestStraceAndTheProgramTellTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, mode := range []string{trace.Namespace, trace.Shared} {
		t.Run(mode, func(t *testing.T) {
			s := startTest(t, Config{Warm: 1, Shared: mode == trace.Shared})
			if s.Isolation() != mode {
				t.Skipf("this system gives %s", s.Isolation())
			}
			straceHere(t, s)
			v := dial(t, s)
			v.send(&trace.Request{Op: trace.OpRun, Lab: "runtime", Knobs: map[string]string{"clients": "3", "pauses": "3ms"}})
			r := v.run()
			if r.end.Reason != trace.EndDone || r.end.Dropped != 0 {
				t.Fatalf("%+v; notes %q", r.end, r.notes())
			}
			checkTrace(t, r)
			if p := r.header.Procs[0]; p.Tracer != trace.StraceTracer || p.Program != "net" {
				t.Errorf("the server is %+v", p)
			}
			agreeWithKernel(t, r)
			if all := strings.Join(r.notes(), "\n"); !strings.Contains(all, "strace takes the server's calls") {
				t.Errorf("nobody says what strace costs: %q", all)
			}
		})
	}
}

// agreeWithKernel compares what the first process tells with its system calls.
func agreeWithKernel(t *testing.T, r *result) {
	t.Helper()
	type way struct {
		fd     int
		writes bool
	}
	told, seen := map[way]*bytes.Buffer{}, map[way]*bytes.Buffer{}
	add := func(m map[way]*bytes.Buffer, e *trace.Event, writes bool) {
		k := way{e.FD, writes}
		if m[k] == nil {
			m[k] = new(bytes.Buffer)
		}
		m[k].Write(e.Data)
	}
	again, woke, threads, goroutines := 0, 0, map[int]bool{}, map[int]bool{}
	open, files := map[int]*trace.Event{}, map[int]bool{}
	for i := range r.events {
		e := &r.events[i]
		if e.Proc != 0 || e.Kind != trace.Enter && e.Kind != trace.Return {
			continue
		}
		if e.Thread >= trace.KernelThread == e.Call.Told() {
			t.Errorf("%v by thread %d", e.Call, e.Thread)
		}
		if e.Kind == trace.Enter {
			open[e.Thread] = e
			if e.Call.Told() {
				goroutines[e.Thread] = true
			} else {
				threads[e.Thread] = true
			}
			continue
		}
		enter := open[e.Thread]
		if enter.Call.Told() && e.Line == 0 && enter.Line == 0 {
			t.Errorf("%v has no place in the source", e.Call)
		}
		switch {
		case e.Call == trace.Openat:
			files[int(e.Result)] = true
		case e.Call == trace.Close:
			delete(files, e.FD)
		case files[e.FD]: // the runtime looks something up
		case e.Call == trace.NetRead && e.Errno == 0:
			add(told, e, false)
		case e.Call == trace.NetWrite && e.Errno == 0:
			add(told, e, true)
		case e.Call == trace.Read && e.Errno == 0:
			add(seen, e, false)
		case e.Call == trace.Write && e.Errno == 0:
			add(seen, e, true)
		case e.Call == trace.Read && e.Errno == trace.EAGAIN:
			again++
			if e.Sleep != trace.Awake {
				t.Errorf("a read of a non-blocking fd: %+v", e)
			}
		case e.Call == trace.EpollWait && enter.Timeout == trace.Untold && e.Timeout == 0:
		case e.Call == trace.EpollWait && enter.Timeout != 0:
			woke++
			if e.Sleep != trace.SleepUnknown || e.Timeout != trace.Forever || e.Size == 0 || e.Result > 0 && e.Sets.Len() == 0 {
				t.Errorf("%+v entered as %+v", e, enter)
			}
		}
	}
	for k, b := range told {
		if seen[k] == nil || b.String() != seen[k].String() {
			t.Errorf("fd %d, writes %v: the program tells %q, the kernel saw %q", k.fd, k.writes, b, seen[k])
		}
	}
	if len(told) == 0 || len(told) != len(seen) {
		t.Errorf("the program tells of %d ways, the kernel of %d", len(told), len(seen))
	}
	if again == 0 || woke == 0 || len(threads) == 0 || len(goroutines) < 2 {
		t.Errorf("%d EAGAIN, %d epoll_wait that might sleep, %d threads, %d goroutines", again, woke, len(threads), len(goroutines))
	}
}
