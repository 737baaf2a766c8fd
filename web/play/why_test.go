package play

import (
	"strings"
	"testing"

	"sockscope/server/trace"
)

func said(links []Link) string {
	var s []string
	for _, l := range links {
		s = append(s, l.How.String()+": "+l.Text)
	}
	return strings.Join(s, "\n")
}

func TestAWakeLeadsToWhatTheOtherHadWaitedFor(t *testing.T) {
	r := recorded(t, "iterative")
	for i := range r.Steps {
		if e := &r.Steps[i]; e.Kind != trace.Return || e.Call != trace.Recv || e.Sleep != trace.Slept || e.Proc != 0 {
			continue
		}
		got := said(r.Why(i, i+1))
		for _, want := range []string{
			"in recv(4), which returned 19", "sampled: the Recv-Q of fd 4 was empty",
			"inferred: the send of client 1 brought 19 bytes while it slept", "injected: client 1 was held back for 20 ms by a knob",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("not told %q, but\n%s", want, got)
			}
		}
		return
	}
	t.Fatal("the server never slept in recv")
}

func TestAClientInTheBacklogIsBlockedByAnother(t *testing.T) {
	r := recorded(t, "iterative")
	for i := range r.Steps {
		if e := &r.Steps[i]; e.Kind != trace.Enter || e.Call != trace.Recv || e.Proc != 4 {
			continue
		}
		links := r.Why(i, i+1)
		got := said(links)
		for _, want := range []string{
			"observed: client 4 is in recv(3)", "nobody has accepted this connection: it waits in the backlog of the server",
			"the server is in recv(4)", "only client 1 can wake it",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("not told %q, but\n%s", want, got)
			}
		}
		for _, l := range links {
			if l.Step > i {
				t.Errorf("%q tells of step %d, which has not happened at %d", l.Text, l.Step, i+1)
			}
		}
		if links[0].Line == 0 || links[0].File == 0 {
			t.Errorf("the call has no line: %+v", links[0])
		}
		return
	}
	t.Fatal("client 4 never called recv")
}

func TestWhoWaitForEachOther(t *testing.T) {
	s := busy(1)
	s.Enter(0, trace.Recv, 4, trace.Event{})
	s.Enter(1, trace.Recv, 3, trace.Event{})
	r := load(s)
	if got := said(r.Why(len(r.Steps)-1, len(r.Steps))); !strings.HasSuffix(got, "they wait for each other") {
		t.Errorf("told\n%s", got)
	}
}

func TestBytesLeadToTheOtherSideAndBack(t *testing.T) {
	s := busy(1)
	s.Do(1, trace.Send, 3, 19)
	send := len(s.Events) - 1
	s.Do(0, trace.Recv, 4, 10)
	s.Do(0, trace.Recv, 4, 9)
	recv := len(s.Events) - 1
	r := load(s)
	n := len(r.Steps)
	if got := said(r.Bytes(send, n)); got != "inferred: 10 bytes went to the recv of the server\ninferred: 9 bytes went to the recv of the server" {
		t.Errorf("the send leads to\n%s", got)
	}
	if back := r.Bytes(recv, n); len(back) != 1 || back[0].Step != send {
		t.Errorf("the recv leads back to %+v, want step %d", back, send)
	}
	if early := r.Bytes(send, send+1); len(early) != 0 {
		t.Errorf("before they were read, the bytes went to %+v", early)
	}
}

func TestExplanationsAreBounded(t *testing.T) {
	for _, name := range recordings {
		r := recorded(t, name)
		for i := range r.Steps {
			links := r.Why(i, len(r.Steps))
			if len(links) > maxLinks {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
			if (r.CallAt(i) == nil) != (len(links) == 0) {
				t.Errorf("%s: step %d has %d links", name, i, len(links))
			}
		}
	}
}
