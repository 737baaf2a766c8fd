package visit

import (
	"testing"

	"sockscope/server/byhand"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
)

// handed is a live run by hand with two sides, of which A has made a socket.
func handed(t *testing.T) (*Run, *[]*trace.Request) {
	t.Helper()
	r, sent := new(Run), new([]*trace.Request)
	r.Relay = &Relay{State: link.Live, Send: func(q *trace.Request) error { *sent = append(*sent, q); return nil }}
	v, _ := lab.Hand.Set(nil)
	r.Open(lab.Hand, v)
	Hear(r, link.Event{State: link.Live, Message: &trace.Message{Hello: &trace.Hello{Version: trace.Version}}})
	r.Start()
	say := func(m *trace.Message) {
		raw, err := trace.AppendFrame(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		Hear(r, link.Event{State: link.Live, Message: m, Raw: raw})
	}
	say(&trace.Message{Header: &trace.Header{Version: trace.Version, Lab: "hand", Procs: Plan(lab.Hand, v)}})
	say(&trace.Message{Events: []trace.Event{
		{Kind: trace.Start, Time: 1, FD: -1}, {Kind: trace.Start, Time: 2, Proc: 1, FD: -1},
		{Kind: trace.Enter, Call: trace.Socket, Time: 3, FD: -1, Args: []int64{2, 1, 0}},
		{Kind: trace.Return, Call: trace.Socket, Time: 4, FD: -1, Args: []int64{2, 1, 0}, Result: 3},
	}})
	return r, sent
}

// A side that was asked, or is in a call, takes no other; the other sides do.
func TestSidesWaitForThemselves(t *testing.T) {
	r, sent := handed(t)
	can := func(want ...bool) {
		t.Helper()
		for i, s := range r.Sides() {
			if s.Can != want[i] || s.Why == "" {
				t.Errorf("%s: %+v", s.Name, s)
			}
		}
	}
	can(true, true)
	form, _ := byhand.Find(trace.Recv)
	a, err := form.Act(0, []string{"3", "10"})
	if err != nil {
		t.Fatal(err)
	}
	r.ByHand(a)
	if last := (*sent)[len(*sent)-1]; last.Op != trace.OpAct || last.Act.FD != 3 {
		t.Errorf("%+v", last)
	}
	can(false, true)
	Hear(r, link.Event{State: link.Live, Message: &trace.Message{Error: &trace.Error{Text: "fd 3 is not open"}}})
	can(true, true)
	r.ByHand(a)
	Hear(r, link.Event{State: link.Live, Message: &trace.Message{Events: []trace.Event{{Kind: trace.Enter, Call: trace.Recv, Time: 5, FD: 3, Size: 10}}}})
	can(false, true)
	Hear(r, link.Event{State: link.Live, Message: &trace.Message{Events: []trace.Event{{Kind: trace.Return, Call: trace.Recv, Time: 6, FD: 3, Result: -1, Errno: trace.ENOTCONN}}}})
	can(true, true)
	Hear(r, link.Event{State: link.Live, Message: &trace.Message{End: &trace.End{Time: 7, Reason: trace.EndStopped}}})
	can(false, false)
}

// A call is first about the fd that it is likely meant for.
func TestLikelyFDs(t *testing.T) {
	s := Side{FDs: []SideFD{{3, trace.FDListener, ""}, {4, trace.FDConn, ""}, {5, trace.FDEpoll, ""}, {6, trace.FDSocket, ""}}}
	for call, want := range map[trace.Call]int{trace.Accept: 3, trace.Recv: 4, trace.Shutdown: 4, trace.EpollWait: 5, trace.Bind: 6, trace.Close: 6} {
		form, err := byhand.Find(call)
		if err != nil {
			t.Fatal(err)
		}
		if fd := s.Likely(call, &form.Fields[0]); fd != want {
			t.Errorf("%v is about fd %d, not %d", call, fd, want)
		}
	}
}

func TestPreviews(t *testing.T) {
	for want, words := range map[string][]string{
		"accept(3, …)":                                               {"accept", "3"},
		"shutdown(3, SHUT_WR)":                                       {"shutdown", "3", "SHUT_WR"},
		"connect(3, {127.0.0.1:9999}, 16)":                           {"connect", "3", "127.0.0.1:9999"},
		"fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK)":                     {"fcntl", "3", "O_NONBLOCK"},
		`send(3, "))", 2)`:                                           {"send", "3", "))", "0"},
		"epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN, data=0x3})": {"epoll_ctl", "4", "EPOLL_CTL_ADD", "3", "EPOLLIN"},
	} {
		for i := range byhand.Forms {
			if f := &byhand.Forms[i]; f.Call.String() == words[0] {
				a, err := f.Act(0, words[1:])
				if err != nil {
					t.Fatal(err)
				}
				if got := Preview(a); got != want {
					t.Errorf("%s\nis not %s", got, want)
				}
			}
		}
	}
}
