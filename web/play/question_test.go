package play

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// recorded loads a run that the site carries.
func recorded(t testing.TB, name string) *Run {
	t.Helper()
	file, err := os.ReadFile("../assets/recordings/" + name + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	var r *Run
	rest, err := trace.Frames(file, func(m *trace.Message) {
		switch {
		case m.Header != nil:
			r = NewRun(m.Header)
		case m.End != nil:
			r.End = m.End
		case m.Child != nil:
			r.AddProc(m.Child)
		default:
			r.Add(m.Events)
		}
	})
	if err != nil || len(rest) > 0 || r == nil {
		t.Fatalf("%s: %v, %d bytes left", name, err, len(rest))
	}
	return r
}

var recordings = []string{"first", "echo", "byteorder", "iterative", "select"}

// script is a run of a lab whose moments are not chosen: all count.
func script(clients int) *playtest.Script {
	s := playtest.New(clients)
	s.Header.Lab = "any"
	return s
}

// busy is a script in which so many clients are connected.
func busy(clients int) *playtest.Script {
	s := script(clients)
	s.Listen()
	for c := 1; c <= clients; c++ {
		s.Connect(c, true)
	}
	return s
}

// left is a script in which a server on epoll reads 16 of 19 bytes and waits
// again; returned is what comes of that.
func left(events int64, returned trace.Event) *playtest.Script {
	s := busy(1)
	in := &trace.Sets{Read: []int{4}}
	s.Enter(0, trace.EpollCtl, 9, trace.Event{Args: []int64{1, 4, events}})
	s.Return(0, trace.Event{})
	s.Do(1, trace.Send, 3, 19)
	s.Enter(0, trace.EpollWait, 9, trace.Event{Sets: in, Timeout: 5e8})
	s.Return(0, trace.Event{Result: 1, Sets: in, Queues: []trace.Queue{{FD: 4, Recv: 19, State: trace.Established}}})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 16})
	s.Return(0, trace.Event{Result: 16})
	s.Enter(0, trace.EpollWait, 9, trace.Event{Sets: in, Timeout: 5e8, Queues: []trace.Queue{{FD: 4, Recv: 3, State: trace.Established}}})
	s.Return(0, returned)
	return s
}

// question returns the one of the topic, or nil.
func question(r *Run, s lab.Topic) *Question {
	for _, q := range Questions(r) {
		if q.Topic == s {
			return q
		}
	}
	return nil
}

// What each lab is about is asked in it, and nothing else.
func TestEachLabAsksItsOwn(t *testing.T) {
	for _, l := range lab.All {
		if l.Unrecorded || l.Compares || l.Measures {
			continue
		}
		var asked []lab.Topic
		r := recorded(t, l.ID)
		for _, q := range Questions(r) {
			asked = append(asked, q.Topic)
			if e := r.Step(q.Enter); e.Call.Receives() && r.ConnOf(e.Proc, e.FD, q.Enter) == nil && r.letterAt(q.Enter) == nil {
				t.Errorf("%s asks about a file: %s", l.ID, q.Text)
			}
			if !slices.Contains(l.Asks, q.Topic) {
				t.Errorf("%s asks what it is not about: %s", l.ID, q.Text)
			}
		}
		if len(asked) < 2 || !slices.Contains(asked, l.Asks[0]) && !slices.Contains(asked, l.Asks[1]) {
			t.Errorf("%s asks only %d of its %d questions", l.ID, len(asked), len(l.Asks))
		}
	}
	for name, want := range map[string]lab.Topic{"iterative": lab.AcceptedLater, "spin": lab.AskedOften, "select": lab.WaitCounts, "epoll": lab.ToldAgain} {
		if question(recorded(t, name), want) == nil {
			t.Errorf("%s does not ask what it is about", name)
		}
	}
	// A non-blocking call may sleep for a lock. It was told the same.
	s := busy(1)
	s.Enter(0, trace.Fcntl, 4, trace.Event{Args: []int64{4, 0x800}}) // F_SETFL, O_NONBLOCK
	s.Return(0, trace.Event{})
	s.Spin(4, 3)
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	s.Return(0, trace.Event{Errno: trace.EAGAIN, Sleep: trace.Slept})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	s.Return(0, trace.Event{Result: 19})
	if q := question(load(s), lab.AskedOften); q == nil || !slices.ContainsFunc(q.Offers, func(o Offer) bool { return o.Text == "4 times" }) {
		t.Errorf("told not yet four times, and asked: %+v", q)
	}
	// Who does something else between two calls is not spinning.
	s = busy(1)
	for range 5 {
		s.Spin(4, 1)
		s.Pause(0, 1000)
	}
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	s.Return(0, trace.Event{Result: 19})
	if q := question(load(s), lab.AskedOften); q != nil {
		t.Errorf("asked %q of a program that pauses", q.Text)
	}
}

// Whom the server accepted before the client's own connect had returned counts as
// served, too.
func TestAcceptedBeforeItsConnectReturned(t *testing.T) {
	s := script(3)
	s.Listen()
	in := func(client int) { s.Enter(client, trace.Connect, 3, trace.Event{Addr: "127.0.0.1:10001"}) }
	out := func(client int) {
		s.Return(client, trace.Event{Queues: []trace.Queue{{FD: 3, State: trace.Established, Local: playtest.Addr(client)}}})
	}
	accept := func(client int) {
		s.Enter(0, trace.Accept, 3, trace.Event{})
		s.Return(0, trace.Event{Result: 4, Addr: playtest.Addr(client)})
	}
	in(1)
	accept(1)
	out(1)
	for client := 2; client <= 3; client++ {
		in(client)
		out(client)
	}
	s.Do(0, trace.Close, 4, 0)
	accept(2)
	s.Do(0, trace.Close, 4, 0)
	accept(3)
	q := question(load(s), lab.AcceptedLater)
	if q == nil {
		t.Fatal("nobody asks when client 3 is accepted")
	}
	if got := q.Offers[q.Right.Offer].Text; got != "When client 2 is done" || len(q.Offers) != 3 {
		t.Errorf("right is %q of %+v", got, q.Offers)
	}
}

func TestTheRightAnswerIsWhatTheTraceSays(t *testing.T) {
	for _, c := range []struct {
		name    string
		topic   lab.Topic
		write   func() *playtest.Script
		right   string
		wrong   string // that is offered too; "" for no matter
		because string // in the explanation; "" for no matter
	}{
		{"recv finds 15 bytes where there is room for 1,024", lab.RecvHas, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024, Queues: []trace.Queue{{FD: 4, Recv: 15, State: trace.Established}}})
			s.Return(0, trace.Event{Result: 15})
			return s
		}, "It returns 15 bytes", "It returns 1,024 bytes", "15 bytes sat in the Recv-Q of fd 4"},
		{"recv sleeps", lab.RecvSleeps, func() *playtest.Script {
			s := busy(1)
			s.Echo(1, "hello")
			return s
		}, "It sleeps, until bytes arrive", "It returns 0 at once: there is nothing", ""},
		{"recv wakes to what the peer sent", lab.RecvWoken, func() *playtest.Script {
			s := busy(1)
			s.Echo(1, "hello")
			return s
		}, "5 bytes", "0", "the server's send(4) brought 5 bytes while it slept"},
		{"two sends make one recv", lab.RecvJoined, func() *playtest.Script {
			s := busy(1)
			s.Do(1, trace.Send, 3, 19)
			s.Do(1, trace.Send, 3, 15)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
			s.Return(0, trace.Event{Result: 34})
			return s
		}, "It returns 34 bytes", "It returns 19 bytes", "15 bytes came from client 1's send(3)"},
		{"one send makes two recvs", lab.RecvPart, func() *playtest.Script {
			s := busy(1)
			s.Do(1, trace.Send, 3, 19)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 10})
			s.Return(0, trace.Event{Result: 10})
			return s
		}, "It returns 10 bytes", "It returns 19 bytes", "10 bytes came from client 1's send(3), which moved 19"},
		{"recv returns 0 after the peer's close", lab.RecvEnd, func() *playtest.Script {
			s := busy(1)
			s.Do(1, trace.Close, 3, 0)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
			s.Return(0, trace.Event{})
			return s
		}, "It returns 0: the end of the stream", "It returns -1, with an error", "client 1's close(3) ended the stream"},
		{"a non-blocking recv is told not yet", lab.RecvNotYet, func() *playtest.Script {
			s := busy(1)
			s.Spin(4, 1)
			return s
		}, "It returns -1 EAGAIN: not yet", "It sleeps, until bytes arrive", ""},
		{"a spinning recv is told not yet 40 times", lab.AskedOften, func() *playtest.Script {
			s := busy(1)
			s.Spin(4, 40)
			s.Do(1, trace.Send, 3, 19)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
			s.Return(0, trace.Event{Result: 19})
			return s
		}, "40 times", "Once: its next call waits for them", "19 bytes came from client 1's send(3)"},
		{"edge-triggered epoll_wait does not tell of what is left", lab.ToldAgain, func() *playtest.Script {
			return left(1<<31|5, trace.Event{Sleep: trace.Slept})
		}, "No: it sleeps until something new comes", "Yes, at once: they are unread", "3 bytes sat in the Recv-Q of fd 4"},
		{"level-triggered epoll_wait tells of it again", lab.ToldAgain, func() *playtest.Script {
			return left(1, trace.Event{Result: 1, Sets: &trace.Sets{Read: []int{4}}})
		}, "Yes, at once: they are unread", "No: it has told of them", "fd 4 was put on the interest list level-triggered"},
		{"recv of a connection that was reset", lab.RecvFails, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
			s.Return(0, trace.Event{Errno: trace.ECONNRESET})
			return s
		}, "It returns -1 ECONNRESET: Connection reset by peer", "It returns 0: there is nothing", ""},
		{"send takes part", lab.SendPart, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Send, 4, trace.Event{Size: 4000})
			s.Return(0, trace.Event{Result: 2500})
			return s
		}, "It returns 2,500: it took a part", "It returns 4,000: it takes all, or fails", ""},
		{"a server can send to a client that has shut down its side", lab.SendHalfClosed, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Send, 4, trace.Event{Size: 5, Queues: []trace.Queue{{FD: 4, State: trace.CloseWait}}})
			s.Return(0, trace.Event{Result: 5})
			return s
		}, "It returns 5: it took all", "It returns -1 EPIPE: the connection is closing", ""},
		{"send to a peer that is gone", lab.SendFails, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Send, 4, trace.Event{Size: 5})
			s.Return(0, trace.Event{Errno: trace.EPIPE})
			return s
		}, "It returns -1 EPIPE: Broken pipe", "It returns 5: it took all", ""},
		{"accept makes a new socket", lab.AcceptGives, func() *playtest.Script { return busy(1) },
			"It returns 4: a new socket", "It returns 3: the listener, connected now", ""},
		{"select is woken by a client", lab.WaitListener, func() *playtest.Script {
			s := script(1)
			s.Listen()
			s.Connect(1, false)
			s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, 4}}, Timeout: trace.Forever})
			s.Return(0, trace.Event{Result: 1, Sets: &trace.Sets{Read: []int{3}},
				Queues: []trace.Queue{{FD: 3, Recv: 1, Send: 5, State: trace.Listening}, {FD: 4, State: trace.Established}}})
			return s
		}, "fd 3 readable, at once", "None yet: it sleeps", "1 connection waited in the backlog of fd 3"},
		{"select waits in vain", lab.WaitTimesOut, func() *playtest.Script {
			s := busy(1)
			s.Enter(0, trace.Select, -1, trace.Event{Sets: &trace.Sets{Read: []int{3, 4}}, Timeout: 500e6})
			s.Pass(500e6)
			s.Return(0, trace.Event{Sleep: trace.Slept})
			return s
		}, "0: its time is up", "-1, with an error", "nothing came for 500 ms: its time was up"},
	} {
		r := load(c.write())
		q := question(r, c.topic)
		if q == nil {
			t.Errorf("%s: nobody asks", c.name)
			continue
		}
		if got := r.Happened(q); got != c.right {
			t.Errorf("%s: right is %q, want %q", c.name, got, c.right)
		}
		if c.wrong != "" && !strings.Contains(fmt.Sprint(q.Offers), c.wrong) {
			t.Errorf("%s: nobody offers %q, but %v", c.name, c.wrong, q.Offers)
		}
		if facts := r.Explain(q); !strings.Contains(fmt.Sprint(facts), c.because) {
			t.Errorf("%s: not told that %q, but %v", c.name, c.because, facts)
		}
	}
}

func TestQuestionsOfTheRecordings(t *testing.T) {
	for name, want := range map[string][]string{
		"first":     {"0: the end of the stream", "4: a new socket"},
		"echo":      {"It sleeps, until a client connects", "0: the end of the stream"},
		"byteorder": {"256"},
		"iterative": {"When client 2 is done", "0: it is connected"},
		"select":    {"None yet: it sleeps", "writable, at once", "0: its time is up"},
	} {
		r := recorded(t, name)
		var got []string
		at := 0
		for _, q := range Questions(r) {
			got = append(got, r.Happened(q))
			if q.At < at || q.At > q.Answer || q.Answer >= r.Len() {
				t.Errorf("%s: %q is asked at %d, after %d, and answered at %d", name, q.Text, q.At, at, q.Answer)
			}
			at = q.At
			for i, o := range q.Offers {
				if right := q.Right.Lit == nil && i == q.Right.Offer; right != (o.Belief == "") {
					t.Errorf("%s: %q: the offer %q is right: %v, and corrects %q", name, q.Text, o.Text, right, o.Belief)
				}
			}
			for _, l := range r.Explain(q) {
				if l.Step > q.Answer && q.Asking != AskSleep {
					t.Errorf("%s: %q is explained by step %d, which comes after the answer", name, q.Text, l.Step)
				}
			}
		}
		if len(got) > maxQuestions {
			t.Errorf("%s asks %d questions", name, len(got))
		}
		for _, w := range want {
			if !strings.Contains(strings.Join(got, "\n"), w) {
				t.Errorf("%s: no answer is %q: %q", name, w, got)
			}
		}
	}
}

// Every offer answers the question that it is offered for, as a sentence has it.
func TestOffersFitTheirQuestions(t *testing.T) {
	fits := []struct {
		asks  string
		offer *regexp.Regexp
	}{
		{"Does it return?", regexp.MustCompile(`^(Yes, |No: )`)},
		{"What does it do?", regexp.MustCompile(`^It (sleeps, until|returns|never returns:) `)},
		{"What does it return?", regexp.MustCompile(`^(-?[0-9]|The client's address$)`)},
		{" return?", regexp.MustCompile(`^(-?[0-9]|Nothing yet: it sleeps)`)},
		{" find ready?", regexp.MustCompile(`^None`)},
		{" print?", regexp.MustCompile(`^[0-9]+$`)},
		{"When is it accepted?", regexp.MustCompile(`^(When .* is done|At once: )`)},
		{"How often in this trace, before its bytes come?", regexp.MustCompile(`^(Once|[0-9,]+ times)`)},
		{"return for it again?", regexp.MustCompile(`^(Yes, |No: |Not before)`)},
		{"return for them again?", regexp.MustCompile(`^(Yes, |No: |Not before)`)},
		{"How many recvs get them?", regexp.MustCompile(`^[0-9,]+$`)},
		{"What does the program do?", regexp.MustCompile(`^(It (calls|answers)|Nothing: )`)},
		{"Who receives them?", regexp.MustCompile(`^(Thread|The server|Child|You)`)},
		{"Does that wake it?", regexp.MustCompile(`^(Yes|No)`)},
		{"Does that end it?", regexp.MustCompile(`^(Yes|No)`)},
		{"when getsockopt asks for it?", regexp.MustCompile(`^[0-9]+`)},
		{"What does its connect do?", regexp.MustCompile(`^It (notes|shakes|returns|fails)`)},
		{"How many will it get?", regexp.MustCompile(`^([0-9]+: |All [0-9]+$|None: |Some: )`)},
		{"become of the rest?", regexp.MustCompile(`^(They are gone|The next|None come)`)},
		{"What does that mean?", regexp.MustCompile(`^The (handshake is over|server has)`)},
	}
	files, err := filepath.Glob("../assets/recordings/*.trace")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".trace")
		r := recorded(t, name)
		r.Header.Lab = "" // which asks about everything
		for _, q := range Questions(r) {
			known := false
			for _, f := range fits {
				if known || !strings.HasSuffix(q.Text, f.asks) {
					continue
				}
				known = true
				for _, o := range q.Offers {
					if !f.offer.MatchString(o.Text) {
						t.Errorf("%s: %q is no answer to %q", name, o.Text, q.Text)
					}
				}
			}
			if !known {
				t.Errorf("%s: what fits %q?", name, q.Text)
			}
		}
	}
}

// What a live run asks is what its recording asks.
func TestQuestionsDoNotDependOnHowARunArrives(t *testing.T) {
	for _, name := range recordings {
		whole := recorded(t, name)
		live := NewRun(whole.Header)
		c := newChooser(live)
		for i := range whole.Len() {
			live.Add([]trace.Event{*whole.Step(i)})
			c.grow()
		}
		if want := Questions(whole); !reflect.DeepEqual(c.questions, want) {
			t.Errorf("%s: live it asks %d questions, recorded %d, or others", name, len(c.questions), len(want))
		}
	}
}
