package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
)

func TestEachStepHasItsSentence(t *testing.T) {
	for _, name := range []string{"first", "iterative", "select", "epoll", "edge", "processes", "runtime", "timeouts"} {
		r := recorded(t, name)
		for i := range r.Len() {
			n := r.Narrate(i)
			if n.Text == "" || strings.HasSuffix(n.Text, ".") || n.Text[:1] != strings.ToUpper(n.Text[:1]) {
				t.Errorf("%s: step %d is told as %q", name, i+1, n.Text)
			}
			if k := r.Gist(i).Kind; k != trace.Note && len(n.Claims) == 0 {
				t.Errorf("%s: %q claims nothing", name, n.Text)
			}
			for _, c := range n.Claims {
				if c.Step > i {
					t.Errorf("%s: at step %d %q tells of step %d", name, i+1, n.Text, c.Step+1)
				}
			}
		}
	}
}

func TestSentencesOfSteps(t *testing.T) {
	r := recorded(t, "first")
	var got []string
	for i := range r.Len() {
		got = append(got, r.Narrate(i).Text)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{
		"The server makes fd 3 a listener, with a backlog of 5",
		"The server calls accept(3): nobody waited in the backlog of fd 3",
		"Client 1 connects fd 3 to 127.0.0.1:80",
		"The server's recv(4) returns 38 bytes: client 1's send(3) brought 38 bytes while it slept",
		"Client 1's recv(3) returns 0: the server's close(4) ended the stream",
		"SIGKILL ends the server",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not told %q, but\n%s", want, all)
		}
	}
}

func TestYouAreSpokenTo(t *testing.T) {
	s := busy(1)
	s.Header.Procs[1].Name, s.Header.Procs[1].Role = "you", trace.RoleAgent
	s.Enter(1, trace.Recv, 3, trace.Event{Size: 10})
	s.Enter(0, trace.Send, 4, trace.Event{Size: 5})
	s.Return(0, trace.Event{Result: 5})
	s.Return(1, trace.Event{Result: 5, Sleep: trace.Slept})
	r := load(s)
	n := r.Len()
	for i, want := range map[int]string{
		n - 4: "You call recv(3)",
		n - 1: "Your recv(3) returns 5 bytes: the server's send(4) brought 5 bytes while it slept",
	} {
		if got := r.Narrate(i).Text; got != want {
			t.Errorf("step %d is told as %q, want %q", i, got, want)
		}
	}
	if got := said(r.Why(n-4, n-3)); !strings.HasPrefix(got, "observed: you have entered recv(3)") {
		t.Errorf("told\n%s", got)
	}
}
