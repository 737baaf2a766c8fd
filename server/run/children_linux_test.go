package run

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sockscope/server/ring"
	"sockscope/server/trace"
)

// A child's records wait until its parent's fork has returned, and none of its
// events comes before its start.
func TestMergeKnowsWhoseChildItIs(t *testing.T) {
	const ms = 1_000_000
	a := testArea(t)
	put := func(r *ring.Ring, rec ring.Record) {
		slot, ok := r.Reserve(&rec)
		if !ok {
			t.Fatal("the ring is full")
		}
		slot.Publish()
	}
	_, parent := a.Claim()
	_, child := a.Claim()
	_, second := a.Claim() // a thread of the child
	m := newTestMerge(a)
	var born []int
	m.born = func(parent, pid int) { born = append(born, parent, pid) }

	put(parent, ring.Record{Kind: trace.Start, Time: 1 * ms})
	put(parent, ring.Record{Kind: trace.Enter, Call: trace.Fork, Time: 2 * ms, FD: -1})
	put(child, ring.Record{Kind: trace.Start, Time: 3 * ms, NArgs: 2, Args: [3]int64{77, 1077}})
	put(child, ring.Record{Kind: trace.Enter, Call: trace.Close, Time: 4 * ms, FD: 3})
	put(second, ring.Record{Kind: trace.Start, Time: 6 * ms, NArgs: 2, Args: [3]int64{77, 1077}})
	if _, _, err := m.read(20 * ms); err != nil {
		t.Fatal(err)
	}
	if got := times(m.take(4 * ms)); !equal(got, 1*ms, 2*ms) {
		t.Fatalf("before fork returned: %v", got)
	}
	put(parent, ring.Record{Kind: trace.Return, Call: trace.Fork, Time: 5 * ms, FD: -1, Result: 77})
	if _, _, err := m.read(20 * ms); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range m.take(never) {
		got = append(got, fmt.Sprintf("%d ms: %d.%d kind %d %v", e.Time/ms, e.Proc, e.Thread, e.Kind, e.Args))
	}
	want := []string{"5 ms: 0.0 kind 4 []", "5 ms: 1.0 kind 1 [0 77]", "5 ms: 1.0 kind 3 []", "6 ms: 1.1 kind 1 []"}
	if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(born) != "[0 77]" || m.late != 1 || m.areas[1].host != 1077 {
		t.Errorf("got  %q\nwant %q\nborn %v, late %d, host %d", got, want, born, m.late, m.areas[1].host)
	}
}

// find returns the index of the first event from i on that is meant.
func (r *result) find(t *testing.T, i int, what string, is func(e *trace.Event) bool) int {
	t.Helper()
	for ; i < len(r.events); i++ {
		if is(&r.events[i]) {
			return i
		}
	}
	t.Fatalf("no event: %s", what)
	return -1
}

// The end of file comes when the last fd of the connection is closed: the child's,
// or that which the parent forgot, and that is when the parent ends.
func TestTheLastCloseEndsTheConnection(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	for _, parent := range []string{"closes", "forgets"} {
		v.send(&trace.Request{Op: trace.OpRun, Lab: "processes", Knobs: map[string]string{"clients": "1", "parent": parent}})
		r := v.run()
		checkTrace(t, r)
		if r.end.Reason != trace.EndDone || len(r.header.Procs) != 3 {
			t.Fatalf("%s: %+v, processes %+v", parent, r.end, r.header.Procs)
		}
		c := &r.header.Procs[2]
		if c.Name != "child 1" || c.Parent != 1 || c.PID == 0 || c.Role != trace.RoleServer || c.Program != "processes" || c.File != r.header.Procs[0].File {
			t.Errorf("the child is %+v", c)
		}
		forked := r.find(t, 0, "fork", returns(0, trace.Fork, -1))
		if e := &r.events[forked]; e.Result != int64(c.PID) {
			t.Errorf("fork returned %d, the child is %d", e.Result, c.PID)
		}
		if e := &r.events[forked+1]; e.Kind != trace.Start || e.Proc != 2 || fmt.Sprint(e.Args) != fmt.Sprint([]int{0, c.PID}) {
			t.Errorf("behind the fork comes %+v", e)
		}
		closed := r.find(t, 0, "the child's close", returns(2, trace.Close, 4))
		exit := r.find(t, closed, "the child's exit", func(e *trace.Event) bool { return e.Kind == trace.Exit && e.Proc == 2 && e.Result == 0 })
		told := r.find(t, exit, "waitpid", func(e *trace.Event) bool { return returns(0, trace.Waitpid, -1)(e) && e.Result == int64(c.PID) })
		gone := r.find(t, told, "the parent's exit", func(e *trace.Event) bool { return e.Kind == trace.Exit && e.Proc == 0 })
		end := r.find(t, 0, "end of file", func(e *trace.Event) bool {
			return returns(1, trace.Recv, 3)(e) && e.Result == 0 && e.Errno == 0
		})
		if after := end > gone; after != (parent == "forgets") {
			t.Errorf("%s: end of file at %d, the parent's exit at %d", parent, end, gone)
		}
	}
}

// The children of a run count among its processes.
func TestChildrenAreLimited(t *testing.T) {
	v := dial(t, startTest(t, Config{Limits: Limits{Processes: 4}, Warm: 1}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "processes", Knobs: map[string]string{"clients": "2", "pause": "2s"}})
	r := v.run()
	checkTrace(t, r)
	if r.end.Reason != trace.EndLimit || !strings.Contains(r.end.Message, "5 processes now; the limit is 4") {
		t.Errorf("%+v", r.end)
	}
}

// serving starts a run of which one child is busy for long, and returns that.
func serving(t *testing.T, s *Server) (*viewer, descendant) {
	t.Helper()
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "processes", Knobs: map[string]string{"clients": "1", "pause": "2s", "last": "closes"}})
	var p descendant
	eventually(t, "the list of processes shows the child", func() bool {
		p = aChild()
		return p.pid != 0
	})
	return v, p
}

// aChild returns a process that a program has made; its pid is 0 where there is none.
func aChild() descendant {
	for _, p := range descendants() {
		if strings.HasPrefix(p.line, "server child of ") {
			return p
		}
	}
	return descendant{}
}

func noChild() bool { return aChild().pid == 0 }

// A child has the connection, none of the tracer's fds, no other than its parent
// has, and its parent's limits.
func TestAChildHasItsFDsAndLimits(t *testing.T) {
	_, p := serving(t, startTest(t, Config{Warm: 1, Limits: Limits{Files: 99}}))
	proc := fmt.Sprintf("/proc/%d/", p.pid)
	// others lists the fds of a process but for the trace's memory, the two sockets and
	// those of Go's runtime.
	others := func(pid int) (list string) {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range fds {
			to, _ := os.Readlink(fd)
			if strings.HasPrefix(to, "anon_inode:[event") {
				continue
			}
			if n := filepath.Base(fd); n != "3" && n != "4" && (pid == p.pid || !strings.Contains(to, "memfd:trace")) {
				list += n + " "
			}
		}
		return list
	}
	eventually(t, "the child has closed the listener, and has the connection", func() bool {
		_, listener := os.Lstat(proc + "fd/3")
		_, conn := os.Lstat(proc + "fd/4")
		return os.IsNotExist(listener) && conn == nil
	})
	if child, parent := others(p.pid), others(p.parent); child != parent || !strings.HasPrefix(child, "0 1 ") {
		t.Errorf("the child has fds %s, its parent %s", child, parent)
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil || !regexp.MustCompile(`Max open files +99 +99 `).Match(limits) {
		t.Errorf("%v\n%s", err, limits)
	}
}

func TestARunThatIsStoppedLeavesNoChild(t *testing.T) {
	for _, share := range []bool{false, true} {
		s := startTest(t, Config{Warm: 1, Shared: share})
		v, _ := serving(t, s)
		v.send(&trace.Request{Op: trace.OpStop})
		r := v.run()
		checkTrace(t, r)
		if r.end.Reason != trace.EndStopped {
			t.Errorf("%+v", r.end)
		}
		eventually(t, "the child is gone", noChild)
		ends := r.find(t, 0, "the child's exit", func(e *trace.Event) bool { return e.Kind == trace.Exit && e.Proc == 2 })
		if status := r.events[ends].Result; status != -int64(syscall.SIGKILL) {
			t.Errorf("the child's exit is %d", status)
		}
		s.Close()
	}
}

func TestAWorkerThatDiesLeavesNoChild(t *testing.T) {
	for _, share := range []bool{false, true} {
		s := startTest(t, Config{Warm: 1, Shared: share})
		v, child := serving(t, s)
		var worker int
		for _, p := range descendants() {
			if p.pid == child.parent {
				worker = p.parent
			}
		}
		syscall.Kill(worker, syscall.SIGKILL)
		if r := v.run(); r.end.Reason != trace.EndFailed {
			t.Errorf("%+v", r.end)
		}
		eventually(t, "the child is gone", noChild)
		s.Close()
	}
}

// A child that somebody kills can't record its end; its parent is told of it.
func TestAKilledChildFailsItsRun(t *testing.T) {
	v, p := serving(t, startTest(t, Config{Warm: 1}))
	syscall.Kill(p.pid, syscall.SIGKILL)
	r := v.run()
	checkTrace(t, r)
	ends := r.find(t, 0, "the child's exit", func(e *trace.Event) bool { return e.Kind == trace.Exit && e.Proc == 2 })
	if e := &r.events[ends]; e.Result != -int64(syscall.SIGKILL) || r.end.Reason != trace.EndFailed || !strings.Contains(r.end.Message, "child 1") {
		t.Errorf("its exit is %d, and the run's end %+v", e.Result, r.end)
	}
}
