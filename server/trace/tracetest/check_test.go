package tracetest

import (
	"slices"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// script writes a trace, an event each 10 ns.
type script struct {
	events []trace.Event
	now    int64
}

func (s *script) put(e trace.Event) {
	s.now += 10
	e.Time = s.now
	s.events = append(s.events, e)
}

// call adds both events of a call that is made and returns at once.
func (s *script) call(proc int, call trace.Call, fd int, result int64, edit func(enter, ret *trace.Event)) {
	enter := trace.Event{Kind: trace.Enter, Proc: proc, Call: call, FD: fd}
	ret := trace.Event{Kind: trace.Return, Proc: proc, Call: call, FD: fd, Result: result}
	if edit != nil {
		edit(&enter, &ret)
	}
	s.put(enter)
	s.put(ret)
}

// echoed is the trace of a server that echoes 5 bytes to one client: process 0
// with the listener 3 and the connection 4, and process 1 with the connection 3.
func echoed() []trace.Event {
	const server, client = "127.0.0.1:9999", "127.0.0.1:40000"
	size := func(n int) func(enter, ret *trace.Event) {
		return func(enter, ret *trace.Event) { enter.Size = n }
	}
	send := func(text string) func(enter, ret *trace.Event) {
		return func(enter, ret *trace.Event) { enter.Size, enter.Data = len(text), []byte(text) }
	}
	recv := func(text string) func(enter, ret *trace.Event) {
		return func(enter, ret *trace.Event) { enter.Size, ret.Data = 1024, []byte(text) }
	}
	s := new(script)
	s.put(trace.Event{Kind: trace.Start, Proc: 0, FD: -1})
	s.call(0, trace.Socket, -1, 3, nil)
	s.call(0, trace.Bind, 3, 0, func(enter, ret *trace.Event) { enter.Addr = server })
	s.call(0, trace.Listen, 3, 0, nil)
	s.put(trace.Event{Kind: trace.Start, Proc: 1, FD: -1})
	s.call(1, trace.Socket, -1, 3, nil)
	s.call(1, trace.Connect, 3, 0, func(enter, ret *trace.Event) {
		enter.Addr, ret.Queues = server, []trace.Queue{{FD: 3, Local: client}}
	})
	s.call(0, trace.Select, -1, 1, func(enter, ret *trace.Event) {
		enter.Timeout = 1000
		enter.Sets, ret.Sets = &trace.Sets{Read: []int{3}}, &trace.Sets{Read: []int{3}}
	})
	s.call(0, trace.Accept, 3, 4, func(enter, ret *trace.Event) { ret.Addr = client })
	s.call(1, trace.Send, 3, 5, send("Hello"))
	s.call(0, trace.Recv, 4, 5, recv("Hello"))
	s.call(0, trace.Send, 4, 5, send("Hello"))
	s.call(1, trace.Recv, 3, 5, recv("Hello"))
	s.call(1, trace.Close, 3, 0, nil)
	s.put(trace.Event{Kind: trace.Exit, Proc: 1, FD: -1})
	s.call(0, trace.Recv, 4, 0, size(1024))
	s.call(0, trace.Close, 4, 0, nil)
	s.put(trace.Event{Kind: trace.Exit, Proc: 0, FD: -1})
	return s.events
}

func check(events []trace.Event) []string {
	c := Check{Echoes: func(proc int) bool { return proc == 0 }}
	for i := range events {
		c.Add(&events[i])
	}
	return c.End(true)
}

func TestTraceAsItShouldBe(t *testing.T) {
	if wrong := check(echoed()); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
}

// Each thing that can't be is found, and said.
func TestWhatCannotBe(t *testing.T) {
	// at finds the nth event of a kind, of a call of a process.
	at := func(events []trace.Event, kind trace.Kind, proc int, call trace.Call, nth int) int {
		for i := range events {
			if e := &events[i]; e.Kind == kind && e.Proc == proc && e.Call == call {
				if nth--; nth == 0 {
					return i
				}
			}
		}
		t.Fatalf("no such event: %v of %v", kind, call)
		return 0
	}
	const enter, ret = trace.Enter, trace.Return
	type events = []trace.Event
	for _, c := range []struct {
		name, says string
		edit       func(all events) events
	}{
		{"out of order", "comes after an event", func(all events) events {
			all[3].Time = 1
			return all
		}},
		{"a return too many", "not in that call", func(all events) events {
			i := at(all, ret, 0, trace.Listen, 1)
			return slices.Insert(all, i+1, all[i])
		}},
		{"a call within a call", "is in another call", func(all events) events {
			i := at(all, enter, 0, trace.Listen, 1)
			return slices.Insert(all, i+1, all[i])
		}},
		{"a call that never returns", "never returns", func(all events) events {
			i := at(all, enter, 0, trace.Close, 1)
			return all[:i+1]
		}},
		{"a call after the exit", "has ended", func(all events) events {
			last := all[at(all, enter, 0, trace.Listen, 1)]
			last.Time = all[len(all)-1].Time
			return append(all, last)
		}},
		{"closed twice", "fd 4 is not open", func(all events) events {
			i := at(all, enter, 0, trace.Close, 1)
			twice := events{all[i], all[i+1]}
			twice[0].Time, twice[1].Time = all[i+1].Time, all[i+1].Time
			return slices.Insert(all, i+2, twice...)
		}},
		{"a number that is taken", "is open already", func(all events) events {
			all[at(all, ret, 0, trace.Accept, 1)].Result = 3
			return all
		}},
		{"a list with a closed fd", "asks about fd 7", func(all events) events {
			all[at(all, enter, 0, trace.Select, 1)].Sets.Read = []int{3, 7}
			return all
		}},
		{"ready without being asked about", "was not asked about", func(all events) events {
			all[at(all, ret, 0, trace.Select, 1)].Sets.Read = []int{5}
			return all
		}},
		{"ready, and nothing named", "returns 1 and names", func(all events) events {
			all[at(all, ret, 0, trace.Select, 1)].Sets = new(trace.Sets)
			return all
		}},
		{"no patience", "gives up after 10 ns of 1000", func(all events) events {
			e := &all[at(all, ret, 0, trace.Select, 1)]
			e.Result, e.Sets = 0, new(trace.Sets)
			return all
		}},
		{"EBADF", "EBADF", func(all events) events {
			e := &all[at(all, ret, 0, trace.Send, 1)]
			e.Result, e.Errno = -1, trace.EBADF
			return all
		}},
		{"nobody connected", "nobody has called connect", func(all events) events {
			i := at(all, enter, 1, trace.Connect, 1)
			return slices.Delete(all, i, i+2)
		}},
		{"another echo", "not what it received", func(all events) events {
			all[at(all, enter, 0, trace.Send, 1)].Data = []byte("HELLO")
			return all
		}},
		{"an echo before the bytes", "not what it received", func(all events) events {
			e := &all[at(all, ret, 0, trace.Recv, 1)]
			e.Data, e.Result = e.Data[:4], 4
			return all
		}},
		{"less than all comes back", "sent 4 back", func(all events) events {
			all[at(all, ret, 0, trace.Send, 1)].Result = 4
			return all
		}},
		{"more comes than was sent", "its peer has sent 3", func(all events) events {
			all[at(all, ret, 1, trace.Send, 1)].Result = 3
			return all
		}},
		{"other bytes come", "not what its peer sent", func(all events) events {
			all[at(all, ret, 0, trace.Recv, 1)].Data = []byte("hello")
			return all
		}},
		{"an end from nowhere", "its peer has ended nothing", func(all events) events {
			i := at(all, enter, 1, trace.Close, 1)
			return slices.Delete(all, i, i+3) // the exit, too
		}},
		{"bytes lost before the end", "of 5 sent", func(all events) events {
			i := at(all, enter, 0, trace.Recv, 1)
			return slices.Delete(all, i, i+4) // the echo, too
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong := check(c.edit(echoed()))
			if !strings.Contains(strings.Join(wrong, "\n"), c.says) {
				t.Errorf("%q does not say %q", wrong, c.says)
			}
		})
	}
}

// When a trace says itself that events stand late, nothing that depends on
// their order is held against it; the bytes are all the same.
func TestLateEvents(t *testing.T) {
	events := echoed()
	var c Check
	for i := range events {
		if e := &events[i]; e.Proc == 1 && e.Call == trace.Close {
			continue
		}
		c.Add(&events[i])
	}
	c.Late()
	if wrong := c.End(true); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
}

// strace's returns can stand too early. What they rest on has to have come by their
// thread's next call, in any other process at once.
func TestEarlyReturns(t *testing.T) {
	straced := func(events []trace.Event) []string {
		c := Check{Straced: func(proc int) bool { return proc == 0 }}
		for i := range events {
			if e := &events[i]; e.Proc == 0 && e.Call != trace.CallNone {
				e.Thread = trace.KernelThread
			}
			c.Add(&events[i])
		}
		return c.End(true)
	}
	// swapped has the server's first recv return before the client's send, and with
	// more after the server's next call.
	swapped := func(more int) []trace.Event {
		events := echoed()
		i := slices.IndexFunc(events, func(e trace.Event) bool { return e.Call == trace.Send })
		times := []int64{}
		for _, e := range events {
			times = append(times, e.Time)
		}
		sends := slices.Clone(events[i : i+2])
		n := 2 + more // the recv's events
		copy(events[i:], events[i+2:i+2+n])
		copy(events[i+n:], sends)
		for k := range events {
			events[k].Time = times[k]
		}
		return events
	}
	if wrong := check(swapped(0)); len(wrong) == 0 {
		t.Error("bytes come before they are sent, and nothing is said")
	}
	if wrong := straced(swapped(0)); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
	if wrong := straced(swapped(1)); len(wrong) == 0 {
		t.Error("the server has gone on before the bytes are sent, and nothing is said")
	}
}
