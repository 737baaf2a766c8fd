package run

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockscope/server/byhand"
	"sockscope/server/trace"
)

// sides drives a run by hand.
type sides struct {
	*viewer
	*result
	read int   // events that were looked at
	back []int // by side: its Returns so far
	in   []int // by side: its Enters so far
}

// sideways starts a run by hand with n sides.
func sideways(t testing.TB, s *Server, n string) *sides {
	t.Helper()
	h := &sides{viewer: dial(t, s), result: new(result), back: make([]int, byhand.MaxSides), in: make([]int, byhand.MaxSides)}
	h.viewer.send(&trace.Request{Op: trace.OpRun, Lab: "hand", Knobs: map[string]string{"sides": n}})
	started := 0
	h.wait("the sides' start", func(e *trace.Event) {
		if e.Kind == trace.Start {
			started++
		}
	}, func() bool { return started == int(n[0]-'0') })
	return h
}

// wait reads events until it is so, and shows each to look.
func (h *sides) wait(what string, look func(*trace.Event), is func() bool) {
	h.t.Helper()
	refused := len(h.errors)
	h.until(h.result, func() bool {
		for ; h.read < len(h.events); h.read++ {
			e := &h.events[h.read]
			switch e.Kind {
			case trace.Enter:
				h.in[e.Proc]++
			case trace.Return:
				h.back[e.Proc]++
			}
			look(e)
		}
		return is() || len(h.errors) > refused
	})
	if !is() && len(h.errors) > refused {
		h.t.Fatalf("%s: %s", what, h.errors[refused])
	}
	if !is() {
		h.t.Fatalf("the run ended before %s: %+v", what, h.end)
	}
}

// called returns the call that a name stands for.
func called(t testing.TB, name string) trace.Call {
	for _, f := range byhand.Forms {
		if f.Call.String() == name {
			return f.Call
		}
	}
	t.Fatalf("no call %s", name)
	return 0
}

// act asks a side for a call: "B connect 3 127.0.0.1:9999", where ~ is a text with nothing
// in it. It waits until the call has returned; with & behind it, until it has entered.
func (h *sides) act(line string) {
	h.t.Helper()
	words := strings.Fields(line)
	stays := words[len(words)-1] == "&"
	if stays {
		words = words[:len(words)-1]
	}
	side := int(words[0][0] - 'A')
	if words[1] == "reply" { // to whom the side has heard of last
		words[1] = "sendto"
		for i := range h.events {
			if e := &h.events[i]; e.Proc == side && e.Kind == trace.Return && e.Call == trace.Recvfrom && e.Addr != "" {
				words = append(words[:4:4], e.Addr)
			}
		}
	}
	form, _ := byhand.Find(called(h.t, words[1]))
	for i := range words {
		if words[i] == "~" {
			words[i] = ""
		}
	}
	a, err := form.Act(side, words[2:])
	if err != nil {
		h.t.Fatalf("%s: %v", line, err)
	}
	entered, returned := h.in[side], h.back[side]
	h.viewer.send(&trace.Request{Op: trace.OpAct, Act: a})
	h.wait(line, func(*trace.Event) {}, func() bool {
		if stays {
			return h.in[side] > entered
		}
		return h.back[side] > returned
	})
}

// returns waits until the call that a side is in has returned.
func (h *sides) returns(side string) {
	h.t.Helper()
	i := side[0] - 'A'
	h.wait("the return of "+side, func(*trace.Event) {}, func() bool { return h.back[i] == h.in[i] })
}

// stop stops the run, and checks its trace.
func (h *sides) stop() {
	h.t.Helper()
	h.viewer.send(&trace.Request{Op: trace.OpStop})
	h.until(h.result, func() bool { return h.end != nil })
	if h.end.Reason != trace.EndStopped {
		h.t.Errorf("%+v", h.end)
	}
	for _, text := range wrong(h.result) {
		h.t.Error(text)
	}
}

// results lists a side's returns as "accept 4" or "recv EAGAIN".
func (h *sides) results(side string) string {
	var all []string
	for i := range h.events {
		e := &h.events[i]
		if e.Proc != int(side[0]-'A') || e.Kind != trace.Return {
			continue
		}
		word := e.Call.String() + " "
		if e.Errno != 0 {
			word += e.Errno.String()
		} else {
			word += strconv.FormatInt(e.Result, 10)
		}
		all = append(all, word)
	}
	return strings.Join(all, ", ")
}

// handy are sessions by hand, and what their sides' calls return.
var handy = []struct {
	name, sides string
	script      string
	want        []string
}{
	{"tcp", "2", `
A socket AF_INET SOCK_STREAM
A setsockopt 3 SO_REUSEADDR 1
A setsockopt 3 SO_RCVTIMEO 20ms
A bind 3 127.0.0.1:9999
A listen 3 5
A accept 3
A setsockopt 3 SO_RCVTIMEO 0
A accept 3 &
B socket AF_INET SOCK_STREAM
B connect 3 127.0.0.1:9999
<A
A recv 4 1024 &
B send 3 Hello\n 0
<A
A send 4 Hello\n 0
B recv 3 1024
B shutdown 3 SHUT_WR
A recv 4 1024
A close 4
B recv 3 1024
B close 3
B socket AF_INET6 SOCK_DGRAM
B bind 3 [::1]:7
B recv 3 10 &
A close 3`, []string{
		"socket 3, setsockopt 0, setsockopt 0, bind 0, listen 0, accept EAGAIN, setsockopt 0, accept 4, recv 6, send 6, recv 0, close 0, close 0",
		"socket 3, connect 0, send 6, recv 6, shutdown 0, recv 0, close 0, socket 3, bind 0",
	}},
	{"refused", "2", `
A socket AF_INET SOCK_STREAM
A connect 3 127.0.0.1:9999
A bind 3 127.0.0.1:80
B socket AF_INET SOCK_STREAM
B bind 3 127.0.0.1:80
B connect 3 127.0.0.1:80
B getpeername 3
B recv 3 10
A listen 3 5`, []string{
		"socket 3, connect ECONNREFUSED, bind 0, listen 0",
		"socket 3, bind EADDRINUSE, connect ECONNREFUSED, getpeername ENOTCONN, recv ENOTCONN",
	}},
	{"udp", "2", `
A socket AF_INET SOCK_DGRAM
A bind 3 127.0.0.1:5353
A recvfrom 3 1024 0 &
B socket AF_INET SOCK_DGRAM
B sendto 3 ping 127.0.0.1:5353
<A
B getsockname 3
A recvfrom 3 4 MSG_DONTWAIT
A reply 3 pong
B recv 3 100
B sendto 3 seven77 127.0.0.1:5353
A recvfrom 3 4 MSG_TRUNC`, []string{
		"socket 3, bind 0, recvfrom 4, recvfrom EAGAIN, sendto 4, recvfrom 7",
		"socket 3, sendto 4, getsockname 0, recv 4, sendto 7",
	}},
	{"nonblocking", "2", `
A socket AF_INET SOCK_STREAM
A bind 3 127.0.0.1:9999
A listen 3 5
A fcntl 3 O_NONBLOCK
A accept 3
B socket AF_INET SOCK_STREAM|SOCK_NONBLOCK
B connect 3 127.0.0.1:9999
B poll ~ 3 1s
B getsockopt 3 SO_ERROR
B recv 3 10
A accept 3
A writev 4 Hello|,|world
B recv 3 1024
A setsockopt 4 SO_LINGER 0
A close 4
B recv 3 1024`, []string{
		"socket 3, bind 0, listen 0, fcntl 0, accept EAGAIN, accept 4, writev 11, setsockopt 0, close 0",
		"socket 3, connect EINPROGRESS, poll 1, getsockopt 0, recv EAGAIN, recv 11, recv ECONNRESET",
	}},
	{"select", "3", `
A socket AF_INET SOCK_STREAM
A bind 3 127.0.0.1:9999
A listen 3 5
A select 3 ~ 10ms
A select 3 ~ none &
B socket AF_INET SOCK_STREAM
B connect 3 127.0.0.1:9999
<A
A accept 3
A select 3,4 4 none
C socket AF_INET SOCK_STREAM
C connect 3 127.0.0.1:9999
B send 3 x 0
A select 3,4 ~ none
A accept 3
A recv 4 10
A close 4
B recv 3 10`, []string{
		"socket 3, bind 0, listen 0, select 0, select 1, accept 4, select 1, select 2, accept 5, recv 1, close 0",
		"socket 3, connect 0, send 1, recv 0",
		"socket 3, connect 0",
	}},
	{"epoll", "2", `
A socket AF_UNIX SOCK_STREAM
A bind 3 @hand
A listen 3 5
A epoll_create1
A epoll_ctl 4 EPOLL_CTL_ADD 3 EPOLLIN
A epoll_wait 4 none &
B socket AF_UNIX SOCK_STREAM
B connect 3 @hand
<A
A accept 3
A epoll_ctl 4 EPOLL_CTL_ADD 5 EPOLLIN|EPOLLET
B send 3 abc 0
A epoll_wait 4 none
A epoll_ctl 4 EPOLL_CTL_DEL 3 0
A epoll_wait 4 10ms
A recv 5 2
A eventfd2
A write 6
A epoll_ctl 4 EPOLL_CTL_ADD 6 EPOLLIN
A epoll_wait 4 1s
A epoll_ctl 4 EPOLL_CTL_ADD 6 EPOLLIN
A nanosleep 1ms
A close 4
B getpeername 3`, []string{
		"socket 3, bind 0, listen 0, epoll_create1 4, epoll_ctl 0, epoll_wait 1, accept 5, epoll_ctl 0, epoll_wait 1, epoll_ctl 0, epoll_wait 0, recv 2, eventfd2 6, write 8, epoll_ctl 0, epoll_wait 1, epoll_ctl EEXIST, nanosleep 0, close 0",
		"socket 3, connect 0, send 3, getpeername 0",
	}},
}

// keep is a folder for the traces of the sessions, from which the tests of package export
// make programs.
var keep = flag.String("keep", "", "write the traces of the sessions by hand to this `folder`")

// save writes the trace as a file.
func (h *sides) save(path string) {
	h.t.Helper()
	var file bytes.Buffer
	for _, m := range []*trace.Message{{Header: h.header}, {Events: h.events}, {End: h.end}} {
		if err := trace.WriteFrame(&file, m); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
		h.t.Fatal(err)
	}
}

// By hand the learner is on all sides. Each side's calls are the kernel's, and one that
// blocks holds up no other side.
func TestByHand(t *testing.T) {
	s := startTest(t, Config{})
	if why := s.Cannot("hand"); why != "" {
		t.Skip(why)
	}
	for _, c := range handy {
		t.Run(c.name, func(t *testing.T) {
			h := sideways(t, s, c.sides)
			h.play(c.script)
			h.stop()
			if *keep != "" {
				h.save(filepath.Join(*keep, "hand-"+c.name+".trace"))
			}
			for i, want := range c.want {
				if got := h.results(string(rune('A' + i))); got != want {
					t.Errorf("side %c\n    %s\nnot %s", 'A'+i, got, want)
				}
			}
		})
	}
}

// play makes the calls of a script, and waits where it says <A for what side A is in.
func (h *sides) play(script string) {
	h.t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		if side, ok := strings.CutPrefix(line, "<"); ok {
			h.returns(side)
			continue
		}
		h.act(line)
	}
}

// What can't be asked of a side is refused in words, and the run goes on.
func TestActsByHandThatAreNone(t *testing.T) {
	s := startTest(t, Config{})
	if why := s.Cannot("hand"); why != "" {
		t.Skip(why)
	}
	h := sideways(t, s, "2")
	h.act("A socket AF_INET SOCK_STREAM")
	h.act("A epoll_create1")
	for _, c := range []struct {
		act  trace.Act
		says string
	}{
		{trace.Act{Call: trace.Fork}, "can't be called by hand"},
		{trace.Act{Call: trace.Close, FD: 1}, "begin at 3"},
		{trace.Act{Call: trace.Close, FD: 7}, "not open"},
		{trace.Act{Call: trace.Listen, FD: 3, Args: []int64{5}, Side: 2}, "no side 2"},
		{trace.Act{Call: trace.Listen, FD: 3, Args: []int64{5}, Side: -1}, "no side -1"},
		{trace.Act{Call: trace.Listen, FD: 3, Args: []int64{5}, Side: 1}, "has no socket"},
		{trace.Act{Call: trace.Listen, FD: 3, Args: []int64{5000}}, "0 to 4096"},
		{trace.Act{Call: trace.Listen, FD: 3}, "numbers among its arguments: 1"},
		{trace.Act{Call: trace.Connect, FD: 3, Addr: "/run/docker.sock"}, "out of reach"},
		{trace.Act{Call: trace.Connect, FD: 3, Addr: "localhost:80"}, "no address"},
		{trace.Act{Call: trace.Socket, Args: []int64{16, 3, 0}}, "AF_INET"},
		{trace.Act{Call: trace.Socket, Args: []int64{2, 3, 0}}, "SOCK_STREAM"},
		{trace.Act{Call: trace.Recv, FD: 4, Size: 10, Args: []int64{0}}, "takes a socket"},
		{trace.Act{Call: trace.EpollWait, FD: 3, Timeout: 1e6}, "no epoll's"},
		{trace.Act{Call: trace.Select, Timeout: 5}, "1ms"},
		{trace.Act{Call: trace.Select, Sets: &trace.Sets{Read: []int{9}}, Timeout: trace.Forever}, "not open"},
		{trace.Act{Call: trace.Writev, FD: 3, Data: []byte("abc"), Args: []int64{1 << 40}}, "a piece of"},
		{trace.Act{Call: trace.Setsockopt, FD: 3, Args: []int64{1, 26, 1}}, "it is SO_REUSEADDR"},
	} {
		n := len(h.errors)
		h.viewer.send(&trace.Request{Op: trace.OpAct, Act: &c.act})
		h.wait("a refusal", func(*trace.Event) {}, func() bool { return len(h.errors) > n })
		if text := h.errors[n]; !strings.Contains(text, c.says) {
			t.Errorf("%+v: %q does not say %q", c.act, text, c.says)
		}
	}
	h.act("A getsockname 3") // it goes on
	h.stop()
}

// Without a network of its own a run by hand could reach whatever listens on the machine.
func TestByHandTakesANamespace(t *testing.T) {
	v := dial(t, startTest(t, Config{Shared: true}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "hand"})
	if text := v.refusal(); !strings.Contains(text, "network namespace") {
		t.Errorf("%q", text)
	}
	if v.hello.Cannot["hand"] == "" {
		t.Error("Hello does not say so")
	}
}

// The acts of a client in a lab are few: they name no fd, no address and no other side.
func TestAClientsActsStayFew(t *testing.T) {
	h := handed(t, startTest(t, Config{}))
	h.act(trace.Act{Call: trace.Bind, FD: 3, Addr: "127.0.0.1:80"})
	if text := h.refused(); !strings.Contains(text, "no call of the agent's") {
		t.Errorf("%q", text)
	}
}

// A run by hand that nobody does anything in ends.
func TestByHandEndsWhenIdle(t *testing.T) {
	s := startTest(t, Config{Limits: Limits{Idle: 100 * time.Millisecond}})
	if why := s.Cannot("hand"); why != "" {
		t.Skip(why)
	}
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "hand", Knobs: map[string]string{"sides": "3"}})
	r := v.run()
	if r.end.Reason != trace.EndLimit || !strings.Contains(r.end.Message, "any side") {
		t.Errorf("%+v", r.end)
	}
}
