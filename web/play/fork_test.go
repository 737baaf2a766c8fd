package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// forked is a server that has accepted client 1, fd 4, and made a child for it,
// while the client waits in recv.
func forked() (s *playtest.Script, child int) {
	s = playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	child = s.Fork(0, 77)
	s.Enter(1, trace.Send, 3, trace.Event{Size: 5, Data: []byte("Hello")})
	s.Return(1, trace.Event{Result: 5})
	s.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	return s, child
}

// reply lets the child answer the client, which then waits for more.
func reply(s *playtest.Script, child int) {
	s.Enter(child, trace.Recv, 4, trace.Event{Size: 1024})
	s.Return(child, trace.Event{Result: 5, Data: []byte("Hello")})
	s.Enter(child, trace.Send, 4, trace.Event{Size: 5, Data: []byte("Hello")})
	s.Return(child, trace.Event{Result: 5})
	s.Return(1, trace.Event{Result: 5, Data: []byte("Hello"), Sleep: trace.Slept})
	s.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
}

func TestAChildServesItsParentsConnection(t *testing.T) {
	s, child := forked()
	s.Do(0, trace.Close, 4, 0)
	reply(s, child)
	r := load(s)
	n := r.Len()
	if len(r.Conns) != 1 || len(r.Conns[0].Flows[0].Recvs) != 1 || len(r.Conns[0].Flows[1].Sends) != 1 {
		t.Fatalf("connections %+v", r.Conns)
	}
	if c := r.ConnOf(child, 4, n); c != &r.Conns[0] || r.Peer(1, 3, n) != "child 77" || r.Peer(child, 4, n) != "client 1" {
		t.Errorf("the child's fd 4 is %+v, the client's peer %q", c, r.Peer(1, 3, n))
	}
	if r.ConnOf(0, 4, n) != nil {
		t.Error("the parent has closed its fd")
	}
	expect(t, arrows(r), "c1 connect -> srv select", "srv fork -> ch77 start", "ch77 send -> c1 recv")
}

// The close of one fd wakes nobody while another one of the same side is open.
func TestTheLastFDEndsTheConnection(t *testing.T) {
	before := []string{"c1 connect -> srv select", "srv fork -> ch77 start", "ch77 send -> c1 recv"}
	ends := func(s *playtest.Script) { s.Return(1, trace.Event{Sleep: trace.Slept}) }
	for name, c := range map[string]struct {
		do   func(s *playtest.Script, child int)
		want string
	}{
		"the child closes last": {func(s *playtest.Script, child int) {
			s.Do(0, trace.Close, 4, 0)
			s.Do(child, trace.Close, 4, 0)
		}, "ch77 close -> c1 recv"},
		"the parent closes last": {func(s *playtest.Script, child int) {
			s.Do(child, trace.Close, 4, 0)
			s.Do(0, trace.Close, 4, 0)
		}, "srv close -> c1 recv"},
		"its close has not returned": {func(s *playtest.Script, child int) {
			s.Do(child, trace.Close, 4, 0)
			s.Enter(0, trace.Close, 4, trace.Event{})
		}, "srv close -> c1 recv"},
		"the parent forgets, and ends": {func(s *playtest.Script, child int) {
			s.Do(child, trace.Close, 4, 0)
			s.Exit(child)
			s.Exit(0)
		}, "srv exit -> c1 recv"},
		"the child only ends": {func(s *playtest.Script, child int) {
			s.Do(0, trace.Close, 4, 0)
			s.Exit(child)
		}, "ch77 exit -> c1 recv"},
		"a second child has it too": {func(s *playtest.Script, child int) {
			second := s.Fork(0, 78)
			s.Do(0, trace.Close, 4, 0)
			s.Do(child, trace.Close, 4, 0)
			s.Exit(second)
		}, "ch78 exit -> c1 recv"},
	} {
		s, child := forked()
		reply(s, child)
		c.do(s, child)
		ends(s)
		got := arrows(load(s))
		if last := got[len(got)-1]; last != c.want || strings.Join(got[:3], "|") != strings.Join(before, "|") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheEndOfAChildWakesItsParent(t *testing.T) {
	s, child := forked()
	s.Enter(0, trace.Waitpid, -1, trace.Event{Args: []int64{-1, 0, 0}})
	s.Exit(child)
	s.Return(0, trace.Event{Result: 77, Sleep: trace.Slept})
	r := load(s)
	got := arrows(r)
	if got[len(got)-1] != "ch77 exit -> srv waitpid" {
		t.Errorf("%q", got)
	}
	links := r.Why(r.Len()-1, r.Len())
	if len(links) < 2 || !strings.Contains(links[1].Text, "child 77 ended, and its parent is told") {
		t.Errorf("why: %+v", links)
	}
}

func TestWhyAForkTellsWhatItCost(t *testing.T) {
	s, child := forked()
	s.Do(child, trace.Close, 3, 0)
	r := load(s)
	for i := range r.Len() {
		if e := r.Step(i); e.Kind == trace.Return && e.Call == trace.Fork {
			links := r.Why(i, r.Len())
			if n := len(links); n != 3 || !strings.Contains(links[1].Text, "child 77 has a copy of each fd") || !strings.Contains(links[2].Text, "child 77 made its first call") {
				t.Errorf("%+v", links)
			}
			if links := r.Why(i, i+1); len(links) != 1 {
				t.Errorf("what had not happened is told: %+v", links)
			}
		}
	}
}

// A child counts as a process of its side.
func TestChildrenAreTallied(t *testing.T) {
	s, child := forked()
	reply(s, child)
	s.Enter(child, trace.Close, 4, trace.Event{})
	s.Return(child, trace.Event{CPU: 7e6})
	if got := NewTally(load(s)); got.Servers.Processes != 2 || got.Servers.Threads != 2 || got.Clients.Processes != 1 || got.Servers.CPU != 7e6 {
		t.Errorf("%+v", got)
	}
}

// In joined runs the children are those of their own run's server.
func TestJoinedRunsKeepTheirFamilies(t *testing.T) {
	a, _ := forked()
	b, child := forked()
	j := Join([]*Run{load(a), load(b)})
	procs := j.Run.Header.Procs
	if len(procs) != 6 || procs[2].Parent != 1 || procs[3+child].Parent != 4 {
		t.Errorf("%+v", procs)
	}
}
