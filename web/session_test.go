package web

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play/playtest"
)

// sitting returns a session of the select lab with a server that answers
// nothing; what it was asked is in the slice.
func sitting(t *testing.T) (*session, *[]trace.Request) {
	t.Helper()
	l, err := lab.Find("select")
	if err != nil {
		t.Fatal(err)
	}
	var asked []trace.Request
	s := &session{send: func(r *trace.Request) error { asked = append(asked, *r); return nil }}
	v, _ := setup(l, nil)
	s.open(l, v)
	return s, &asked
}

func say(m trace.Message) link.Event { return link.Event{State: link.Live, Message: &m} }

func hello() link.Event {
	return say(trace.Message{Hello: &trace.Hello{Version: trace.Version, Kernel: "Linux 6.18.44", Isolation: trace.Namespace}})
}

// echoed is a small run: two clients, one after the other.
func echoed() *playtest.Script {
	s := playtest.New(2)
	s.Start(0)
	s.Listen()
	s.Start(1)
	s.Connect(1, false)
	s.Echo(1, "This is the message")
	return s
}

// What the relay says about its close stands there until it is back.
func TestNoticeOfTheRelay(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	s.hear(link.Event{State: link.Live, Notice: "the relay was told to stop"})
	if s.Notice != "The relay was told to stop." || s.Hello == nil {
		t.Errorf("notice %q, hello %v", s.Notice, s.Hello)
	}
	s.hear(link.Event{State: link.Gone})
	if s.Notice == "" || s.Link != link.Gone {
		t.Errorf("gone: notice %q, link %v", s.Notice, s.Link)
	}
	s.hear(link.Event{State: link.Refused, Message: &trace.Message{Error: &trace.Error{Text: "the relay has 1 connection open"}}})
	s.open(s.Lab, s.Values) // as a recording does
	if s.Notice != "The relay has 1 connection open." || !s.Link.Off() {
		t.Errorf("refused: notice %q, link %v", s.Notice, s.Link)
	}
	s.hear(hello())
	if s.Notice != "" {
		t.Errorf("back: notice %q", s.Notice)
	}
}

func TestARunFromHelloToEnd(t *testing.T) {
	s, asked := sitting(t)
	s.hear(hello())
	if len(*asked) != 1 || (*asked)[0].Op != trace.OpLook {
		t.Fatalf("after Hello the programs are asked for, not %v", *asked)
	}
	s.run()
	s.run() // pressed twice
	if n := len(*asked); n != 2 || (*asked)[1].Op != trace.OpRun || (*asked)[1].Knobs["clients"] != "4" {
		t.Fatalf("asked: %v", *asked)
	}
	s.hear(say(trace.Message{Queued: &trace.Queued{Place: 3}}))
	if s.Phase != queued || s.headline() != "all workers are busy: place 3 in the queue" {
		t.Errorf("queued: %v %q", s.Phase, s.headline())
	}
	script := echoed()
	s.hear(link.Event{State: link.Live, Message: &trace.Message{Header: script.Header}, Raw: []byte("head")})
	half := len(script.Events) / 2
	s.hear(link.Event{State: link.Live, Message: &trace.Message{Events: script.Events[:half]}, Raw: []byte("one")})
	if s.Phase != live || s.pos() != half {
		t.Fatalf("phase %v, at %d of %d: a live run is followed", s.Phase, s.pos(), half)
	}
	s.apply(stepBack)
	s.hear(link.Event{State: link.Live, Message: &trace.Message{Events: script.Events[half:]}, Raw: []byte("two")})
	if s.pos() != half-1 {
		t.Errorf("moved to %d although the learner had stepped back to %d", s.pos(), half-1)
	}
	s.apply(toEnd)
	s.hear(link.Event{State: link.Live, Message: &trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "10 s of wall time"}}, Raw: []byte("end")})
	if s.Phase != over || string(s.file) != "headonetwoend" {
		t.Errorf("phase %v, file %q", s.Phase, s.file)
	}
	if got := ending(s.Player.Run.End); got != "The run reached a limit: 10 s of wall time." {
		t.Errorf("the end is told as %q", got)
	}
}

func TestTheRelayGoesAway(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	s.run()
	script := echoed()
	s.hear(say(trace.Message{Header: script.Header}))
	s.hear(say(trace.Message{Events: script.Events}))
	s.hear(link.Event{State: link.Gone})
	if got := ending(s.Player.Run.End); s.Phase != over || !strings.Contains(got, "relay went away") || s.Hello != nil {
		t.Errorf("phase %v, %q", s.Phase, got)
	}
	if s.apply(playPause); s.pos() != 0 || !s.Player.Playing {
		t.Errorf("play at the end of what has arrived goes to %d", s.pos())
	}
	if s.apply(toStart); s.pos() != 0 || s.Player.Len() != len(script.Events) {
		t.Error("what has arrived can't be played")
	}
	s.hear(hello())
	if s.run(); s.Phase != asked {
		t.Errorf("after the relay is back: phase %v", s.Phase)
	}
	s.hear(link.Event{State: link.Gone})
	if s.busy() {
		t.Error("still waiting for a run that will not come")
	}
}

func TestARefusedRunIsOver(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	s.run()
	s.hear(say(trace.Message{Error: &trace.Error{Text: "knob clients is \"9\"; it can be a whole number from 1 to 8"}}))
	if s.busy() || s.Problem != `Knob clients is "9"; it can be a whole number from 1 to 8.` {
		t.Errorf("busy %v, %q", s.busy(), s.Problem)
	}
}

// A run that was asked for on another lab's page doesn't show on this one.
func TestAStrayRun(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	script := echoed()
	script.Header.Lab = "first"
	s.hear(say(trace.Message{Header: script.Header}))
	s.hear(say(trace.Message{Events: script.Events}))
	s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
	if s.Player != nil || s.Phase != idle {
		t.Errorf("phase %v, a run of lab %s on the page of %s", s.Phase, script.Header.Lab, s.Lab.ID)
	}
}

func TestSendingFails(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	s.send = func(*trace.Request) error { return errors.New("the relay is not connected") }
	if s.run(); s.busy() || s.Problem != "The relay is not connected." {
		t.Errorf("busy %v, %q", s.busy(), s.Problem)
	}
}

func TestFilesThatAreNoTraces(t *testing.T) {
	end, _ := trace.AppendFrame(nil, &trace.Message{End: &trace.End{Reason: trace.EndDone}})
	other, _ := trace.AppendFrame(nil, &trace.Message{Header: &trace.Header{Version: 99}})
	for name, file := range map[string][]byte{
		"empty": nil, "text": []byte("GET / HTTP/1.1\r\n\r\n"), "no header": end, "another version": other,
	} {
		s, _ := sitting(t)
		if err := s.load(file); !errors.Is(err, errNoTrace) || s.Player != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that breaks off is played as far as it goes.
func TestATornFile(t *testing.T) {
	script := echoed()
	file, _ := trace.AppendFrame(nil, &trace.Message{Header: script.Header})
	file, _ = trace.AppendFrame(file, &trace.Message{Events: script.Events})
	whole := len(file)
	file, _ = trace.AppendFrame(file, &trace.Message{End: &trace.End{Reason: trace.EndDone}})
	s, _ := sitting(t)
	if err := s.load(file[:len(file)-3]); err != nil {
		t.Fatal(err)
	}
	if s.Player.Len() != len(script.Events) || len(s.file) != whole || !strings.Contains(ending(s.Player.Run.End), "breaks off") {
		t.Errorf("%d steps, %d bytes, %q", s.Player.Len(), len(s.file), ending(s.Player.Run.End))
	}
}

func TestLanesSayWhatTheirThreadsDo(t *testing.T) {
	s, _ := sitting(t)
	for _, l := range s.lanes() {
		if l.word != "not started" {
			t.Errorf("before a run %s is %q", l.name, l.word)
		}
	}
	script := playtest.New(1)
	script.Start(0)
	script.Listen()
	script.Enter(0, trace.Accept, 3, trace.Event{})
	script.Start(1)
	script.Do(1, trace.Socket, -1, 3)
	script.Enter(1, trace.Nanosleep, -1, trace.Event{})
	script.Return(1, trace.Event{Sleep: trace.Slept})
	script.Exit(1)
	s.hear(hello())
	s.run()
	s.hear(say(trace.Message{Header: script.Header}))
	s.hear(say(trace.Message{Events: script.Events}))
	words := map[string][]string{}
	for n := range s.Player.Len() + 1 {
		s.seek(n)
		for _, l := range s.lanes() {
			if w := words[l.tag]; len(w) == 0 || w[len(w)-1] != l.word {
				words[l.tag] = append(w, l.word)
			}
		}
	}
	for tag, want := range map[string]string{
		"c1": "not started, running, in socket, running, paused, running, exited",
	} {
		if got := strings.Join(words[tag], ", "); got != want {
			t.Errorf("%s: %s\nwant %s", tag, got, want)
		}
	}
	if got := words["srv"][len(words["srv"])-1]; got != "blocked in accept" {
		t.Errorf("the server, whose accept has not returned, is %q", got)
	}
}

func TestHandsKnowWhatMakesSense(t *testing.T) {
	l, _ := lab.Find("echo")
	v, _ := setup(l, nil)
	s := &session{send: func(*trace.Request) error { return nil }}
	s.open(l, v)
	if h := s.handsNow(); h.socket || h.proc >= 0 {
		t.Errorf("before anything is known: %+v", h)
	}
	s.hear(hello())
	s.run()
	script := playtest.New(1)
	script.Header.Lab = "echo"
	script.Header.Procs[1].Role = trace.RoleAgent
	script.Start(0)
	script.Listen()
	script.Start(1)
	s.hear(say(trace.Message{Header: script.Header}))
	took := 0
	next := func() hands {
		s.hear(say(trace.Message{Events: script.Events[took:]}))
		took = len(script.Events)
		return s.handsNow()
	}
	if h := next(); !h.socket || h.connect || h.io || h.close {
		t.Errorf("without a socket: %+v", h)
	}
	script.Do(1, trace.Socket, -1, 3)
	if h := next(); h.socket || !h.connect || !h.io || !h.close || h.why != "Your socket is not connected." {
		t.Errorf("with a socket: %+v", h)
	}
	script.Do(1, trace.Connect, 3, 0)
	if h := next(); !h.connect || !h.io || !h.close || h.why != "" {
		t.Errorf("connected: %+v", h)
	}
	script.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	if h := next(); h.io || h.close || h.why != "You are in recv until it returns." {
		t.Errorf("in recv: %+v", h)
	}
	s.seek(0)
	if h := s.handsNow(); h.io {
		t.Errorf("looking back gave the learner hands: %+v", h)
	}
}

// A process that another one makes comes into a run under way, and into its file.
func TestAChildComesIntoTheRun(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	s.run()
	script := playtest.New(1)
	script.Listen()
	script.Connect(1, false)
	header := *script.Header
	before := len(script.Events)
	child := script.Fork(0, 77)
	proc := script.Header.Procs[child]
	script.Do(child, trace.Close, 3, 0)
	var file []byte
	for _, m := range []trace.Message{
		{Header: &header}, {Events: script.Events[:before]}, {Child: &proc}, {Events: script.Events[before:]},
		{End: &trace.End{Time: 1 << 40, Reason: trace.EndDone}},
	} {
		raw, err := trace.AppendFrame(nil, &m)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, raw...)
		s.hear(link.Event{State: link.Live, Message: &m, Raw: raw})
	}
	check := func(s *session) {
		t.Helper()
		s.Player.Seek(len(s.Player.Run.Steps))
		lanes := s.lanes()
		if len(lanes) != 3 || lanes[1].name != "child 77" || lanes[1].pid != 77 || lanes[1].big || lanes[2].name != "client 1" {
			t.Fatalf("lanes %+v", lanes)
		}
		s.pickLane(lanes[1].lane)
		state := s.state()
		fds := state.Procs[s.proc()].FDs
		if len(fds) != 1 || fds[0].FD != 4 || s.others(&fds[0]) != " srv" {
			t.Errorf("the child's fds are %+v", fds)
		}
	}
	check(s)
	if !slices.Equal(s.file, file) {
		t.Error("the trace file is not what came")
	}
	other, _ := sitting(t)
	if err := other.load(s.file); err != nil {
		t.Fatal(err)
	}
	check(other)
}

func TestShortTags(t *testing.T) {
	for tag, want := range map[string]string{"srv": "s", "c3": "3", "ch3": "c3", "you": "y", "": ""} {
		if got := shortTag(tag, 0); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
	if got := shortTag("srv", 1); got != "s.2" {
		t.Errorf("a second thread: %q", got)
	}
}

func TestSentences(t *testing.T) {
	for in, want := range map[string]string{"": "", "no relay": "No relay.", "Éa!": "Éa!", "x?": "X?"} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNamesTogether(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"server"}, "server"},
		{[]string{"client 2", "client 3", "client 4"}, "clients 2 to 4"},
		{[]string{"client 1", "client 3"}, "client 1, client 3"},
		{[]string{"server", "you"}, "server, you"},
		{[]string{"server", "child 1", "child 2", "child 3"}, "server, children 1 to 3"},
	} {
		if got := namesTogether(slices.Clone(c.names)); got != c.want {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}

// A run that is asked for while the relay is looked for begins when the server has
// spoken; where there is none, that is said.
func TestARunMayBeAskedForEarly(t *testing.T) {
	s, asked := sitting(t)
	runs := func() (n int) {
		for _, r := range *asked {
			if r.Op == trace.OpRun {
				n++
			}
		}
		return n
	}
	s.want()
	if runs() != 0 || !strings.Contains(s.Notice, "begins when it answers") {
		t.Fatalf("%d runs, notice %q", runs(), s.Notice)
	}
	s.hear(hello())
	if runs() != 1 || s.Notice != "" || !s.busy() {
		t.Errorf("%d runs, notice %q", runs(), s.Notice)
	}
	s.hear(link.Event{State: link.Gone})
	s.want()
	if s.Notice != noRelay {
		t.Errorf("with no relay: %q", s.Notice)
	}
	s.hear(hello())
	if runs() != 1 || s.Notice != "" {
		t.Errorf("one that could not be promised began: %d runs, %q", runs(), s.Notice)
	}
	limit := "Your address has 1 connection open, and may have no more: close a page."
	refused := link.Event{State: link.Refused, Message: &trace.Message{Error: &trace.Error{Text: limit}}}
	s.hear(refused)
	s.want()
	if s.Notice != limit {
		t.Errorf("refused, then asked: %q", s.Notice)
	}
	early, _ := sitting(t)
	early.want()
	early.hear(refused)
	if early.wanted || early.Notice != limit {
		t.Errorf("asked, then refused: wanted %v, %q", early.wanted, early.Notice)
	}
	other, _ := sitting(t)
	other.want()
	other.hear(link.Event{State: link.Gone})
	if other.wanted || other.Notice != noRelay {
		t.Errorf("not found: wanted %v, %q", other.wanted, other.Notice)
	}
}

// Knobs that differ from those of the run that shows are said to be of the next.
func TestChangedKnobsAreOfTheNextRun(t *testing.T) {
	s, _ := sitting(t)
	s.hear(hello())
	script := echoed()
	h := *script.Header
	h.Knobs = map[string]string{}
	for name, value := range s.Values {
		h.Knobs[name] = value
	}
	s.run()
	s.hear(say(trace.Message{Header: &h}))
	if s.pending() != "" {
		t.Errorf("nothing was changed: %q", s.pending())
	}
	if err := s.set("clients", "2"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.pending(), "This run goes on with the settings") {
		t.Errorf("during the run: %q", s.pending())
	}
	s.hear(say(trace.Message{Events: script.Events}))
	s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndDone}}))
	if !strings.HasSuffix(s.pending(), "Run takes those above.") {
		t.Errorf("after it: %q", s.pending())
	}
}
