// Package playtest writes traces for tests and benchmarks, where the programs
// that make real ones can't run: in a browser, or a hundred thousand events long.
package playtest

import (
	"fmt"
	"math/rand"

	"sockscope/server/trace"
)

// Script is a trace in the making. Every event comes a little later than the
// one before.
type Script struct {
	Header *trace.Header
	Events []trace.Event

	now  int64
	rand *rand.Rand
	open map[[2]int]trace.Event
}

// New returns a Script with one server, process 0, and clients from 1 on.
func New(clients int) *Script {
	h := &trace.Header{Version: trace.Version, Lab: "select", Kernel: "Linux 6.18", Isolation: trace.Namespace}
	h.Procs = append(h.Procs, trace.Proc{Name: "server", Tag: "srv", Role: trace.RoleServer, Program: "select"})
	for i := range clients {
		h.Procs = append(h.Procs, trace.Proc{
			Name: fmt.Sprintf("client %d", i+1), Tag: fmt.Sprintf("c%d", i+1), Role: trace.RoleClient, Program: "client",
		})
	}
	return &Script{Header: h, rand: rand.New(rand.NewSource(1)), open: map[[2]int]trace.Event{}}
}

// Pass lets ns nanoseconds pass.
func (s *Script) Pass(ns int64) { s.now += ns }

func (s *Script) add(e trace.Event) {
	s.now += 2000 + int64(s.rand.Intn(20000))
	e.Time = s.now
	s.Events = append(s.Events, e)
}

// Start begins a process, Exit ends it.
func (s *Script) Start(proc int) { s.add(trace.Event{Kind: trace.Start, Proc: proc, FD: -1}) }

// Fork lets a process make another one, whose number it returns. The trace names it
// among the processes of its header.
func (s *Script) Fork(parent, pid int) (child int) {
	child = len(s.Header.Procs)
	s.Header.Procs = append(s.Header.Procs, trace.Proc{
		Name: fmt.Sprintf("child %d", pid), Tag: fmt.Sprintf("ch%d", pid), Role: trace.RoleServer, Program: "processes",
		Parent: parent + 1, PID: pid,
	})
	s.Do(parent, trace.Fork, -1, int64(pid))
	s.add(trace.Event{Kind: trace.Start, Proc: child, FD: -1, Args: []int64{int64(parent), int64(pid)}})
	return child
}

// Exit ends a process.
func (s *Script) Exit(proc int) { s.add(trace.Event{Kind: trace.Exit, Proc: proc, FD: -1}) }

// Gap leaves out so many calls of the process's first thread.
func (s *Script) Gap(proc int, calls int64) {
	s.add(trace.Event{Kind: trace.Gap, Proc: proc, FD: -1, Result: calls})
}

// Enter enters a call of the process's first thread; e gives its arguments.
func (s *Script) Enter(proc int, call trace.Call, fd int, e trace.Event) {
	e.Kind, e.Proc, e.Call, e.FD = trace.Enter, proc, call, fd
	s.add(e)
	s.open[[2]int{proc, e.Thread}] = e
}

// Return ends the open call; e gives what it returned. Its Sleep is Awake where
// e says nothing.
func (s *Script) Return(proc int, e trace.Event) {
	o := s.open[[2]int{proc, e.Thread}]
	e.Kind, e.Proc, e.Call, e.FD = trace.Return, proc, o.Call, o.FD
	if e.Addr == "" {
		e.Addr = o.Addr // the tracer tells again what changed
	}
	if e.Args == nil {
		e.Args = o.Args
	}
	if e.Sleep == trace.SleepUnknown {
		e.Sleep = trace.Awake
	}
	if e.Errno != 0 {
		e.Result = -1
	}
	s.add(e)
}

// Do is Enter and Return of a call that did not sleep.
func (s *Script) Do(proc int, call trace.Call, fd int, result int64) {
	s.Enter(proc, call, fd, trace.Event{})
	s.Return(proc, trace.Event{Result: result})
}

// Addr is the address of a client's socket in a Script.
func Addr(client int) string { return fmt.Sprintf("127.0.0.1:%d", 40000+client) }

// Listen lets the server open its listener, fd 3.
func (s *Script) Listen() {
	s.Start(0)
	s.Do(0, trace.Socket, -1, 3)
	s.Enter(0, trace.Bind, 3, trace.Event{Addr: "127.0.0.1:10001"})
	s.Return(0, trace.Event{})
	s.Do(0, trace.Listen, 3, 0)
}

// Connect lets a client, from 1 on, connect its fd 3 to the server's fd
// 3+client; the server sleeps in select until then, unless it is busy.
func (s *Script) Connect(client int, busy bool) {
	if !busy {
		s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3}}, Timeout: 20e9})
	}
	s.Start(client)
	s.Do(client, trace.Socket, -1, 3)
	s.Enter(client, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"})
	s.Return(client, trace.Event{Queues: []trace.Queue{{FD: 3, Time: s.now, State: trace.Established, Local: Addr(client)}}})
	if !busy {
		s.Return(0, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Read: []int{3}}})
	}
	s.Enter(0, trace.Accept, 3, trace.Event{})
	s.Return(0, trace.Event{Result: int64(3 + client), Addr: Addr(client)})
	s.Enter(0, trace.Fcntl, 3+client, trace.Event{Args: []int64{4, 0x800}})
	s.Return(0, trace.Event{})
}

// Echo lets a client send a message and get it back through select.
func (s *Script) Echo(client int, message string) {
	data, n, fd := []byte(message), int64(len(message)), 3+client
	s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, fd}}, Timeout: 20e9})
	s.Enter(client, trace.Send, 3, trace.Event{Size: len(data), Data: data})
	s.Return(client, trace.Event{Result: n})
	s.Return(0, trace.Event{Result: 1, Sleep: trace.Slept, Sets: &trace.Sets{Read: []int{fd}}})
	s.Enter(client, trace.Recv, 3, trace.Event{Size: 1024})
	s.Enter(0, trace.Recv, fd, trace.Event{Size: 1024})
	s.Return(0, trace.Event{Result: n, Data: data})
	s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, fd}, Write: []int{fd}}, Timeout: 20e9})
	s.Return(0, trace.Event{Result: 1, Sets: &trace.Sets{Write: []int{fd}}})
	s.Enter(0, trace.Send, fd, trace.Event{Size: len(data), Data: data})
	s.Return(0, trace.Event{Result: n})
	s.Return(client, trace.Event{Result: n, Data: data, Sleep: trace.Slept})
}

// Spin lets the server ask for bytes times over, and be told "not yet".
func (s *Script) Spin(fd, times int) {
	for range times {
		s.Enter(0, trace.Recv, fd, trace.Event{Size: 1024})
		s.Return(0, trace.Event{Errno: trace.EAGAIN})
	}
}

// Pause injects a pause of a client.
func (s *Script) Pause(client int, ns int64) {
	s.Enter(client, trace.Nanosleep, -1, trace.Event{Timeout: ns})
	s.Pass(ns)
	s.Return(client, trace.Event{Sleep: trace.Slept})
}

// Select is a run of the select echo server with so many clients, of at least
// so many events: echoes in turn, sometimes a pause, a spin or a failure.
func Select(clients, events int) *Script {
	s := New(clients)
	s.Listen()
	for c := 1; c <= clients; c++ {
		s.Connect(c, false)
		s.Echo(c, "This is the message")
	}
	for i := 0; len(s.Events) < events; i++ {
		c := 1 + i%clients
		switch {
		case i%40 == 5:
			s.Pause(c, 300_000)
		case i%40 == 15:
			s.Spin(3+c, 2+i%9)
		case i%40 == 25:
			s.Enter(0, trace.Send, 3+c, trace.Event{Size: 4, Data: []byte("late")})
			s.Return(0, trace.Event{Errno: trace.EPIPE})
		default:
			s.Echo(c, "in parts")
		}
	}
	return s
}
