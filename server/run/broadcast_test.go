package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"
)

// watching is what a viewer knows of a standing server: the fold of where it
// began and of what has come since.
type watching struct {
	*viewer
	header *trace.Header
	state  trace.State
	events []trace.Event // since the last Now
	nows   int
	missed int64
	end    *trace.End
}

// watch asks for a standing server, and reads until its state is known.
func (v *viewer) watch(name string) *watching {
	v.t.Helper()
	v.send(&trace.Request{Op: trace.OpWatch, Lab: name})
	w := &watching{viewer: v}
	w.wait(func() bool { return w.nows > 0 })
	return w
}

// wait reads messages until is says that it is so.
func (w *watching) wait(is func() bool) {
	w.t.Helper()
	for !is() {
		switch m := w.next(); {
		case m.Header != nil:
			w.header, w.end = m.Header, nil
		case m.Now != nil:
			w.state, w.events = *m.Now.State(), nil
			w.nows++
			w.missed += m.Now.Missed
		case m.Events != nil:
			for i := range m.Events {
				if n := len(w.events); n > 0 && m.Events[i].Time < w.events[n-1].Time {
					w.t.Fatalf("%+v comes behind %+v", m.Events[i], w.events[n-1])
				}
				w.state.Apply(&m.Events[i])
				w.events = append(w.events, m.Events[i])
			}
		case m.End != nil:
			w.end = m.End
		default:
			w.t.Fatalf("%+v", m)
		}
	}
}

// asleepIn reports whether the server is in a call and has served so many fds.
func (w *watching) asleepIn(call trace.Call, fds int) bool {
	if len(w.state.Procs) == 0 {
		return false
	}
	p := &w.state.Procs[0]
	return p.Threads[0].InCall && p.Threads[0].Call == call && len(p.FDs) == fds
}

// peer returns the fd of the connection from addr, or nil.
func (w *watching) peer(addr string) *trace.FDState {
	if len(w.state.Procs) == 0 {
		return nil
	}
	for i := range w.state.Procs[0].FDs {
		if f := &w.state.Procs[0].FDs[i]; f.Peer == addr {
			return f
		}
	}
	return nil
}

// now returns the life that the program has.
func (s *standing) now() *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.life
}

// client connects to a standing server.
func client(t *testing.T, s *Server, name string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addrs()[name])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestWatchShowsAnyClient(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	early := client(t, s, "mux") // before anybody watches
	fmt.Fprint(early, "first")
	io.ReadFull(early, make([]byte, 5))

	one := dial(t, s).watch("mux")
	one.wait(func() bool {
		f := one.peer(early.LocalAddr().String())
		return f != nil && f.In == 5 && f.Out == 5 && one.asleepIn(trace.Select, 2)
	})
	if h := one.header; h.Lab != "standing:mux" || h.Procs[0].Addr != s.Addrs()["mux"] || !strings.Contains(h.Sources[0].Text, "func Serve") {
		t.Errorf("%+v", h)
	}

	late := client(t, s, "mux")
	two := dial(t, s).watch("mux")
	fmt.Fprint(late, "Hello")
	for _, w := range []*watching{one, two} {
		w.wait(func() bool {
			f := w.peer(late.LocalAddr().String())
			return f != nil && f.In == 5 && f.Out == 5 && w.asleepIn(trace.Select, 3)
		})
		woke, got := false, false
		for _, e := range w.events {
			woke = woke || e.Kind == trace.Return && e.Call == trace.Select && e.Sleep == trace.Slept
			got = got || e.Kind == trace.Return && e.Call == trace.Recv && string(e.Data) == "Hello" && e.Line > 0
		}
		if !woke || !got {
			t.Errorf("select woke: %v, recv got the bytes: %v", woke, got)
		}
	}
	late.Close()
	two.wait(func() bool { return two.asleepIn(trace.Select, 2) })

	// The kernel's table has this server's sockets and nobody else's.
	if one.state.Sockets == nil {
		one.wait(func() bool { return one.state.Sockets != nil })
	}
	port := portOf(s.Addrs()["mux"])
	for _, k := range one.state.Sockets {
		if portOf(k.Local) != port && portOf(k.Peer) != port {
			t.Errorf("a socket of somebody else: %+v", k)
		}
	}

	one.send(&trace.Request{Op: trace.OpStop})
	one.wait(func() bool { return one.end != nil })
	if one.end.Reason != trace.EndStopped {
		t.Errorf("%+v", one.end)
	}
	one.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := one.run(); r.end.Reason != trace.EndDone {
		t.Errorf("a run after watching: %+v", r.end)
	}
}

// Of the standing servers the bytes of an echo that blocks are seen too, and a
// client in its backlog.
func TestWatchShowsWhoWaits(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	w := dial(t, s).watch("echo")
	client(t, s, "echo")
	w.wait(func() bool { return w.asleepIn(trace.Recv, 2) })
	second := client(t, s, "echo")
	fmt.Fprint(second, "is anybody there?")
	w.wait(func() bool {
		return slices.ContainsFunc(w.state.Sockets, func(k trace.Sock) bool {
			return k.Peer == second.LocalAddr().String() && k.Recv == len("is anybody there?")
		})
	})
	if !w.asleepIn(trace.Recv, 2) {
		t.Errorf("the server is %+v", w.state.Procs[0].Threads[0])
	}
}

// A viewer that takes nothing loses events, is told how many calls that were,
// and knows the present all the same. The server and others don't wait for it.
func TestSlowViewerLosesEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	// It is slow for as long as the fast one takes, however busy the machine is.
	s := startTest(t, Config{Warm: 1, WriteTimeout: 5 * time.Minute})
	slow, fast := dial(t, s).watch("mux"), dial(t, s).watch("mux")
	conn := client(t, s, "mux")
	echoed := func(data []byte) error {
		if _, err := conn.Write(data); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, make([]byte, len(data)))
		return err
	}
	seen, done := make(chan struct{}), make(chan error, 1)
	go func() {
		// More than the buffers between the server and the slow viewer hold.
		for range 6 << 10 {
			if err := echoed(make([]byte, 2048)); err != nil {
				done <- err
				return
			}
		}
		for { // again and again, as any one call may be lost to everybody
			select {
			case <-seen:
				done <- nil
				return
			default:
			}
			if err := echoed([]byte("last")); err != nil {
				done <- err
				return
			}
		}
	}()
	for _, w := range []*watching{fast, slow} {
		w.wait(func() bool {
			return slices.ContainsFunc(w.events, func(e trace.Event) bool { return string(e.Data) == "last" }) &&
				w.peer(conn.LocalAddr().String()) != nil
		})
		t.Logf("began %d times, missed %d calls", w.nows, w.missed)
	}
	close(seen)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if slow.nows < 2 || slow.missed == 0 {
		t.Errorf("the slow viewer began %d times and missed %d calls", slow.nows, slow.missed)
	}
}

func TestWatchGoesOnAfterADeath(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	w := dial(t, s).watch("mux")
	i := slices.IndexFunc(s.standing, func(st *standing) bool { return st.name == "mux" })
	s.standing[i].now().proc.Kill()
	w.wait(func() bool { return w.end != nil })
	if w.end.Reason != trace.EndFailed || !w.state.Procs[0].Exited || w.state.Procs[0].Status >= 0 {
		t.Errorf("%+v, %+v", w.end, w.state.Procs[0])
	}
	w.wait(func() bool { return w.end == nil && w.asleepIn(trace.Select, 1) })
	conn := client(t, s, "mux")
	w.wait(func() bool { return w.peer(conn.LocalAddr().String()) != nil })
}

func TestWatchingCanBeOff(t *testing.T) {
	v := dial(t, startTest(t, Config{Warm: 1, Watch: WatchNever}))
	v.send(&trace.Request{Op: trace.OpWatch, Lab: "mux"})
	if text := v.refusal(); !strings.Contains(text, "everyone's bytes") {
		t.Errorf("%q", text)
	}
	for addr, want := range map[string]bool{"127.0.0.1:0": true, "0.0.0.0:0": false} {
		l, err := net.Listen("tcp4", addr)
		if err != nil {
			t.Fatal(err)
		}
		if Loopback(l) != want {
			t.Errorf("only this machine connects to %s: %v", addr, !want)
		}
		l.Close()
	}
}

// Where user namespaces can be had, a standing program of root's is nobody.
func TestStandingProgramsAreNobody(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	for _, st := range s.standing {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", st.now().proc.PID))
		if err != nil {
			t.Skip(err)
		}
		if os.Getuid() == 0 && s.Isolation() == trace.Namespace && !strings.Contains(string(status), "Uid:\t65534\t65534") {
			t.Errorf("%s: %s", st.name, status)
		}
	}
}

// What a broadcast keeps stays bounded, and a viewer who comes at any time
// begins at a moment when no call is open.
func TestBroadcastForgets(t *testing.T) {
	b := &broadcast{header: new(trace.Header)}
	b.tell([]trace.Event{{Kind: trace.Enter, Call: trace.Socket, FD: -1}, {Kind: trace.Return, Call: trace.Socket, FD: -1, Result: 3}})
	for i := range 5000 {
		b.tell([]trace.Event{{Kind: trace.Enter, Call: trace.Recv, FD: 3, Time: int64(i)}})
		if i%3 == 0 {
			b.tell([]trace.Event{{Kind: trace.Note, Time: int64(i)}, {Kind: trace.Sample, Time: int64(i)}})
		}
		b.tell([]trace.Event{{Kind: trace.Return, Call: trace.Recv, FD: 3, Time: int64(i), Result: 1}})
		if len(b.recent) > 2*keepRecent+3 {
			t.Fatalf("%d events are kept", len(b.recent))
		}
		if k := b.recent[0].Kind; k == trace.Return {
			t.Fatal("a call is under way before the events that are kept")
		}
	}
	state := b.before.now().State()
	for i := range b.recent {
		state.Apply(&b.recent[i])
	}
	if f := state.Procs[0].FD(3); f == nil || f.In != 5000 {
		t.Errorf("after all: %+v", f)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.came = make(chan struct{}, 1)
	var frames []byte
	b.watch(ctx, func(frame []byte) error {
		frames = append(frames, frame...)
		if len(frames) > 1000 {
			cancel()
		}
		return nil
	})
	var first []*trace.Message
	trace.Frames(frames, func(m *trace.Message) { first = append(first, m) })
	if len(first) < 3 || first[0].Header == nil || first[1].Now == nil || first[1].Now.Missed != 0 || first[2].Events == nil {
		t.Errorf("%d messages", len(first))
	}
}

// After a gap a connection that the kernel has no more is forgotten, and the fd
// of one whose close was not recorded may be another's.
func TestRootsAfterAGap(t *testing.T) {
	var r roots
	accept := func(fd int64, peer string) {
		r.apply(&trace.Event{Kind: trace.Return, Call: trace.Accept, FD: 3, Result: fd, Addr: peer})
	}
	r.apply(&trace.Event{Kind: trace.Return, Call: trace.Socket, FD: -1, Result: 3})
	for i := range int64(4) {
		accept(4+i, fmt.Sprintf("10.0.0.%d:50", i))
	}
	r.apply(&trace.Event{Kind: trace.Return, Call: trace.Close, FD: 4})
	accept(5, "10.0.0.9:50")
	r.keep([]trace.Sock{
		{Peer: "10.0.0.2:50", State: trace.TimeWait}, {Peer: "10.0.0.3:50", State: trace.CloseWait}, {Peer: "10.0.0.9:50", State: trace.Established},
	})
	var got []string
	for _, f := range r.now().State().Procs[0].FDs {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s", f.FD, f.Peer)))
	}
	if want := []string{"3", "5 10.0.0.9:50", "7 10.0.0.3:50"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
