package run

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sockscope/server/trace"
	"sockscope/server/trace/tracetest"
)

// checkTrace holds every trace to what is true of all of them.
func checkTrace(t testing.TB, r *result) {
	t.Helper()
	if r.header == nil || r.end == nil {
		t.Fatalf("header %v, end %v", r.header, r.end)
	}
	for _, text := range wrong(r) {
		t.Errorf("%s %v: %s", r.header.Lab, r.header.Knobs, text)
	}
	missing := int64(0)
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Gap {
			missing += e.Result
		}
	}
	if missing != r.end.Dropped {
		t.Errorf("the gaps leave out %d calls, the end says %d", missing, r.end.Dropped)
	}
	sent, received := map[string]*bytes.Buffer{}, map[string]*bytes.Buffer{}
	offered := map[[2]int]*trace.Event{} // the send of a thread
	for i := range r.events {
		e := &r.events[i]
		if e.Kind == trace.Sample || e.Kind == trace.Note || e.Kind == trace.Packet {
			continue
		}
		if e.Proc < 0 || e.Proc >= len(r.header.Procs) {
			t.Fatalf("event %d is of process %d, of %d", i, e.Proc, len(r.header.Procs))
		}
		straced := r.header.Procs[e.Proc].Tracer != "" && e.Thread >= trace.KernelThread
		if e.Kind == trace.Enter && (e.Line == 0 && !straced && r.header.Procs[e.Proc].Program != "" || e.File > len(r.header.Sources)) {
			t.Errorf("%v has no place in the sources", e)
		}
		name := fmt.Sprint(e.Proc)
		switch {
		case e.Kind == trace.Enter && e.Call == trace.Send:
			offered[[2]int{e.Proc, e.Thread}] = e
		case e.Kind != trace.Return || e.Errno != 0:
		case e.Call == trace.Send:
			data := offered[[2]int{e.Proc, e.Thread}].Data
			buffer(sent, name).Write(data[:min(int64(len(data)), e.Result)]) // a trace has the first bytes only
		case e.Call == trace.Recv:
			buffer(received, name).Write(e.Data)
		}
	}
	if n := len(r.events); n > 0 && r.end.Time < r.events[n-1].Time {
		t.Errorf("the end at %d ns is before the last event at %d ns", r.end.Time, r.events[n-1].Time)
	}
	if r.header.Lab != "dead" { // there the second message gets lost
		checkEcho(t, r, sent, received)
	}
	checkWire(t, r)
}

// wrong returns what the events of a run can't be, and what would be said of them
// that is not so.
func wrong(r *result) []string {
	said := untrue(r)
	if r.end.Dropped > 0 {
		return said // without them nothing else is certain
	}
	check := tracetest.Check{Echoes: func(proc int) bool {
		p := &r.header.Procs[proc]
		return p.Role == trace.RoleServer && (p.Program == "edge" || slices.Contains(echoes, p.Program))
	}}
	check.Straced = func(proc int) bool { return r.header.Procs[proc].Tracer != "" }
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Note && strings.Contains(e.Note, "recorded late") {
			check.Late()
		}
		check.Add(&r.events[i])
	}
	return append(said, check.End(r.end.Reason == trace.EndDone)...)
}

func buffer(m map[string]*bytes.Buffer, name string) *bytes.Buffer {
	if m[name] == nil {
		m[name] = new(bytes.Buffer)
	}
	return m[name]
}

// echoes are the programs that send back all that they receive. With its bug the
// edge-triggered one does not.
var echoes = []string{"echo", "spin", "select", "poll", "epoll", "threads", "watchful", "processes", "prefork", "herd", "exclusive", "reuseport", "two-ports", "timeouts"}

// checkEcho makes sure that an echo's clients got every byte once, in order.
func checkEcho(t testing.TB, r *result, sent, received map[string]*bytes.Buffer) {
	t.Helper()
	if !slices.Contains(echoes, r.header.Procs[0].Program) || r.end.Reason != trace.EndDone {
		return
	}
	for i, p := range r.header.Procs[1:] {
		if p.Program == "many" || p.Program == "unread" {
			continue // its connections take turns as they please; it leaves the echo unread
		}
		name := fmt.Sprint(i + 1)
		if out, in := buffer(sent, name).String(), buffer(received, name).String(); out != in {
			t.Errorf("%s %v: %s, process %s, sent %q and received %q", r.header.Lab, r.header.Knobs, p.Name, name, out, in)
		}
	}
}

// output returns what a process wrote to standard output.
func (r *result) output(proc int) string {
	var b strings.Builder
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Return && e.Proc == proc && e.Call == trace.Write && e.FD == 1 {
			b.Write(e.Data)
		}
	}
	return b.String()
}

func (r *result) notes() (all []string) {
	for i := range r.events {
		if r.events[i].Kind == trace.Note {
			all = append(all, r.events[i].Note)
		}
	}
	return all
}

func TestLabsRunToTheirEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every lab")
	}
	if raced {
		withoutDetector(t)
		return
	}
	for _, mode := range []struct {
		name   string
		shared bool
	}{{trace.Namespace, false}, {trace.Shared, true}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			s := startTest(t, Config{Shared: mode.shared})
			if s.Isolation() != mode.name {
				t.Skipf("this system gives %s", s.Isolation())
			}
			all := []struct {
				lab   string
				knobs map[string]string
			}{
				{"first", nil},
				{"first", map[string]string{"port": "8080"}},
				{"echo", map[string]string{"client": "program"}},
				{"echo", map[string]string{"client": "program", "message": strings.Repeat("x", 64)}},
				{"udp", nil},
				{"udp", map[string]string{"pause": "0s", "datagrams": "60", "buffer": "0", "size": "1024"}},
				{"options", nil},
				{"families", nil},
				{"iterative", nil},
				{"iterative", map[string]string{"clients": "1", "messages": "1", "pause": "0s", "backlog": "16"}},
				{"iterative", map[string]string{"clients": "8", "messages": "8", "pause": "3ms"}},
				{"spin", nil},
				{"spin", map[string]string{"messages": "4", "pause": "300us"}},
				{"spin", map[string]string{"clients": "4", "messages": "2", "seed": "7"}},
				{"select", nil},
				{"select", map[string]string{"clients": "8", "messages": "8", "pauses": "0s", "timeout": "500ms"}},
				{"select", map[string]string{"last": "half-closes", "timeout": "500ms"}},
				{"poll", nil},
				{"poll", map[string]string{"clients": "8", "messages": "8", "pauses": "0s", "last": "half-closes", "timeout": "500ms"}},
				{"epoll", nil},
				{"epoll", map[string]string{"clients": "8", "messages": "8", "size": "1", "timeout": "500ms"}},
				{"edge", nil},
				{"edge", map[string]string{"clients": "8", "size": "1024"}},
				{"edge", map[string]string{"clients": "8", "size": "1024", "seed": "1", "pauses": "3ms"}},
				{"threads", nil},
				{"threads", map[string]string{"clients": "8", "messages": "8", "pause": "3ms"}},
				{"threads", map[string]string{"first": "select", "pause": "3ms"}},
				{"processes", nil},
				{"processes", map[string]string{"clients": "8", "messages": "8", "pause": "3ms"}},
				{"processes", map[string]string{"parent": "forgets", "clients": "3"}},
				{"runtime", nil},
				{"runtime", map[string]string{"clients": "8", "messages": "8", "pauses": "0s"}},
				{"two-ports", nil},
				{"two-ports", map[string]string{"clients": "2", "messages": "8", "timeout": "500ms"}},
				{"timeouts", nil},
				{"timeouts", map[string]string{"pause": "0s", "timeout": "2s"}},
				{"selectors", nil},
				{"selectors", map[string]string{"connections": "16", "messages": "8"}},
				{"framing", nil},
				{"framing", map[string]string{"framing": "none", "piece": "1", "reads": "0s"}},
				{"framing", map[string]string{"framing": "fixed", "piece": "7"}},
				{"framing", map[string]string{"framing": "delimiter", "pause": "1ms", "reads": "0s"}},
				{"framing", map[string]string{"framing": "type", "piece": "33"}},
				{"framing", map[string]string{"framing": "end", "piece": "256"}},
				{"robot", map[string]string{"client": "program"}},
				{"upload", map[string]string{"client": "program"}},
				{"upload", map[string]string{"client": "program", "ack": "skip", "bytes": "102400"}},
				{"upload", map[string]string{"client": "program", "ack": "skip", "holds": "digits"}},
				{"upload", map[string]string{"client": "program", "ack": "skip", "end": "newline", "bytes": "1048576"}},
				{"robot", map[string]string{"client": "program", "entry": "recv", "pieces": "bytes", "pause": "1ms"}},
				{"robot", map[string]string{"client": "program", "say": "exit,0,,", "pieces": "all"}},
				{"short", nil},
				{"short", map[string]string{"send": "blocking", "size": "16384", "pause": "0s"}},
				{"short", map[string]string{"bytes": "2097152", "buffer": "4096", "pause": "0s"}},
				{"deadlock", nil},
				{"deadlock", map[string]string{"cure": "select"}},
				{"deadlock", map[string]string{"cure": "a thread"}},
				{"flush", nil},
				{"flush", map[string]string{"flush": "yes"}},
				{"flush", map[string]string{"buffer": "8"}},
				{"ascii", nil},
				{"ascii", map[string]string{"count": "1000", "most": "4294967295", "spread": "even", "bits": "64"}},
				{"nagle", nil},
				{"nagle", map[string]string{"client": "TCP_NODELAY", "requests": "8"}},
				{"nagle", map[string]string{"client": "one writev", "acks": "TCP_QUICKACK"}},
				{"nagle", map[string]string{"acks": "TCP_QUICKACK"}},
				{"backlog", nil},
				{"backlog", map[string]string{"half": "5", "clients": "3", "pause": "100ms"}},
				{"backlog", lateACK("2")},
				{"backlog", lateACK("0")},
				{"dead", map[string]string{"retries": "1"}},
				{"dead", map[string]string{"how": "TCP_USER_TIMEOUT", "limit": "500ms"}},
				{"dead", map[string]string{"how": "only receives", "patience": "300ms"}},
				{"dead", map[string]string{"how": "keepalive"}},
				{"byteorder", nil},
				{"byteorder", map[string]string{"number": "4294967295", "bits": "32", "receiver": "host"}},
				{"linger", nil},
				{"linger", map[string]string{"second": "closes", "third": "leaves bytes unread"}},
				{"emfile", nil},
				{"emfile", map[string]string{"cure": "listener off"}},
				{"emfile", map[string]string{"cure": "spare fd"}},
				{"wake", nil},
				{"wake", map[string]string{"how": "shutdown"}},
				{"wake", map[string]string{"how": "eventfd"}},
				{"wake", map[string]string{"how": "signal"}},
				{"errors", nil},
				{"errors", map[string]string{"server": "starts twice"}},
				{"errors", map[string]string{"server": "starts twice", "first": "not set"}},
				{"race", nil},
				{"race", map[string]string{"by": "threads with a lock"}},
				{"race", map[string]string{"by": "processes"}},
				{"race", map[string]string{"by": "processes, shared memory"}},
				{"race", map[string]string{"by": "a pool of threads"}},
				{"race", map[string]string{"join": "no"}},
				{"herd", nil},
				{"herd", map[string]string{"wait": "accept"}},
				{"herd", map[string]string{"wait": "EPOLLEXCLUSIVE"}},
				{"herd", map[string]string{"wait": "SO_REUSEPORT"}},
				{"sigpipe", nil},
				{"sigpipe", map[string]string{"guard": "MSG_NOSIGNAL"}},
				{"halfclose", nil},
				{"halfclose", map[string]string{"client": "closes"}},
			}
			var sampled atomic.Int64 // runs
			end := func(v *viewer, i int) {
				c := &all[i]
				v.send(&trace.Request{Op: trace.OpRun, Lab: c.lab, Knobs: c.knobs})
				r := v.run()
				// A program that never sleeps can call faster than a busy machine reads.
				if r.end.Reason != trace.EndDone || r.end.Dropped != 0 && c.lab != "spin" {
					t.Errorf("%s %v ends: %+v; notes %q", c.lab, c.knobs, r.end, r.notes())
				}
				checkTrace(t, r)
				if h := r.header; h.Lab != c.lab || h.Isolation != mode.name || h.TraceCost <= 0 || h.Began == 0 {
					t.Errorf("header %+v", h)
				}
				if c.lab == "select" && !strings.Contains(r.output(0), "Time out!") {
					t.Errorf("select printed %q", r.output(0))
				}
				samples := 0
				for _, e := range r.events {
					if e.Kind == trace.Sample {
						samples++
					}
				}
				switch {
				case mode.shared && samples > 0:
					t.Errorf("%s: %d samples of a table that others have, too", c.lab, samples)
				case samples > 0:
					sampled.Add(1)
				}
			}
			next := make(chan int)
			var viewers sync.WaitGroup
			for range 3 {
				v := dial(t, s)
				viewers.Go(func() {
					for i := range next {
						end(v, i)
					}
				})
			}
			for i := range all {
				if why := s.Cannot(all[i].lab); why != "" {
					t.Logf("%s: %s", all[i].lab, why)
					continue
				}
				next <- i
			}
			close(next)
			viewers.Wait()
			// On a busy machine a short run may be over before the table is read.
			if n := int(sampled.Load()); !mode.shared && n < len(all)*9/10 {
				t.Errorf("the kernel's table is in %d of %d runs only", n, len(all))
			}
		})
	}
}

func TestLastClientResets(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"last": "resets", "timeout": "500ms"}})
	r := v.run()
	checkTrace(t, r)
	if r.end.Reason != trace.EndDone {
		t.Errorf("%+v", r.end)
	}
}

// The ports of the tutorials are free in every namespace, for all at once.
func TestRunsDoNotMeet(t *testing.T) {
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("runs share one loopback here")
	}
	var viewers []*viewer
	for range 4 {
		v := dial(t, s)
		v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
		viewers = append(viewers, v)
	}
	for _, v := range viewers {
		r := v.run()
		checkTrace(t, r)
		if r.end.Reason != trace.EndDone || r.header.Procs[0].Addr != "127.0.0.1:80" {
			t.Errorf("%+v at %s", r.end, r.header.Procs[0].Addr)
		}
	}
}

func TestSamplesShowTheListener(t *testing.T) {
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("the table is not the run's own here")
	}
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "iterative"})
	states := map[trace.TCPState]bool{}
	for _, e := range v.run().events {
		for _, sock := range e.Sockets {
			states[sock.State] = true
			if sock.State == trace.Listening && (sock.Local != "127.0.0.1:9999" || sock.Send != 5) {
				t.Errorf("listener %+v", sock)
			}
		}
	}
	if !states[trace.Listening] || !states[trace.Established] || !states[trace.TimeWait] {
		t.Errorf("states seen: %v", states)
	}
}

func TestFirstSocketIsFD3(t *testing.T) {
	v := dial(t, startTest(t, Config{}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	for _, e := range v.run().events {
		if e.Kind == trace.Return && e.Call == trace.Socket && e.Result != 3 {
			t.Errorf("the first socket of process %d is fd %d", e.Proc, e.Result)
		}
	}
}
