package visit

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play/playtest"
	"sockscope/web/words"
)

// sitting returns a visit of the select lab with a server that answers
// nothing; what it was asked is in the slice.
func sitting(t *testing.T) (*Run, *[]trace.Request) {
	t.Helper()
	l, err := lab.Find("select")
	if err != nil {
		t.Fatal(err)
	}
	r, asked := reachable()
	s := &Run{Desk: Desk{Relay: r}}
	v, _ := ReadLink(l, "")
	s.Open(l, v)
	return s, asked
}

// reachable returns a relay that answers nothing, and what it was asked.
func reachable() (*Relay, *[]trace.Request) {
	asked := new([]trace.Request)
	return &Relay{Send: func(r *trace.Request) error { *asked = append(*asked, *r); return nil }}, asked
}

func say(m trace.Message) link.Event { return link.Event{State: link.Live, Message: &m} }

func hello() link.Event {
	return say(trace.Message{Hello: &trace.Hello{Version: trace.Version, Kernel: "Linux 6.18.44", Isolation: trace.Namespace}})
}

// load shows a trace file.
func load(t *testing.T, s *Run, file []byte) {
	t.Helper()
	tape, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	s.Load(tape)
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
	Hear(s, hello())
	Hear(s, link.Event{State: link.Live, Notice: "the relay was told to stop"})
	if s.Relay.Notice != "The relay was told to stop." || s.Relay.Hello == nil {
		t.Errorf("notice %q, hello %v", s.Relay.Notice, s.Relay.Hello)
	}
	Hear(s, link.Event{State: link.Gone})
	if s.Relay.Notice == "" || s.Relay.State != link.Gone {
		t.Errorf("gone: notice %q, link %v", s.Relay.Notice, s.Relay.State)
	}
	Hear(s, link.Event{State: link.Refused, Message: &trace.Message{Error: &trace.Error{Text: "the relay has 1 connection open"}}})
	s.Open(s.Lab, s.Values) // as a recording does
	if s.Relay.Notice != "The relay has 1 connection open." || !s.Relay.State.Off() {
		t.Errorf("refused: notice %q, link %v", s.Relay.Notice, s.Relay.State)
	}
	Hear(s, hello())
	if s.Relay.Notice != "" {
		t.Errorf("back: notice %q", s.Relay.Notice)
	}
}

func TestARunFromHelloToEnd(t *testing.T) {
	s, asked := sitting(t)
	Hear(s, hello())
	if len(*asked) != 1 || (*asked)[0].Op != trace.OpLook {
		t.Fatalf("after Hello the programs are asked for, not %v", *asked)
	}
	s.Start()
	s.Start() // pressed twice
	if n := len(*asked); n != 2 || (*asked)[1].Op != trace.OpRun || (*asked)[1].Knobs["clients"] != "4" {
		t.Fatalf("asked: %v", *asked)
	}
	Hear(s, say(trace.Message{Queued: &trace.Queued{Place: 3}}))
	if s.Phase != Queued || s.Headline() != "all workers are busy: place 3 in the queue" {
		t.Errorf("queued: %v %q", s.Phase, s.Headline())
	}
	script := echoed()
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{Header: script.Header}, Raw: []byte("head")})
	half := len(script.Events) / 2
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{Events: script.Events[:half]}, Raw: []byte("one")})
	if s.Phase != Live || s.Pos() != half {
		t.Fatalf("phase %v, at %d of %d: a live run is followed", s.Phase, s.Pos(), half)
	}
	s.Apply(StepBack)
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{Events: script.Events[half:]}, Raw: []byte("two")})
	if s.Pos() != half-1 {
		t.Errorf("moved to %d although the learner had stepped back to %d", s.Pos(), half-1)
	}
	s.Apply(ToEnd)
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "10 s of wall time"}}, Raw: []byte("end")})
	if s.Phase != Over || string(s.tape.file) != "headonetwoend" {
		t.Errorf("phase %v, file %q", s.Phase, s.tape.file)
	}
	if got := ending(s.Player.Run.End); got != "The run reached a limit: 10 s of wall time." {
		t.Errorf("the end is told as %q", got)
	}
}

// A run that goes on beyond what a page holds is watched no more, and says why.
func TestALiveRunIsBounded(t *testing.T) {
	s, asked := sitting(t)
	Hear(s, hello())
	s.Start()
	script := echoed()
	s.tape.most = len(script.Events) / 2
	Hear(s, say(trace.Message{Header: script.Header}))
	for i := range script.Events {
		Hear(s, say(trace.Message{Events: script.Events[i : i+1]}))
	}
	const want = "The run reached a limit: a page holds 16 events: what follows is left out."
	if got := ending(s.Player.Run.End); s.Phase != Over || s.Player.Len() != s.tape.most+1 || got != want {
		t.Errorf("phase %v, %d events of %d, %q", s.Phase, s.Player.Len(), len(script.Events), got)
	}
	if last := (*asked)[len(*asked)-1]; last.Op != trace.OpStop {
		t.Errorf("asked last: %v", last)
	}
	Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
	if got := ending(s.Player.Run.End); got != want {
		t.Errorf("it was stopped: %q", got)
	}
}

func TestTheRelayGoesAway(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
	script := echoed()
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	Hear(s, link.Event{State: link.Gone})
	if got := ending(s.Player.Run.End); s.Phase != Over || !strings.Contains(got, "relay went away") || s.Relay.Hello != nil {
		t.Errorf("phase %v, %q", s.Phase, got)
	}
	if s.Apply(PlayPause); s.Pos() != 0 || !s.Player.Playing {
		t.Errorf("play at the end of what has arrived goes to %d", s.Pos())
	}
	if s.Apply(ToStart); s.Pos() != 0 || s.Player.Len() != len(script.Events) {
		t.Error("what has arrived can't be played")
	}
	Hear(s, hello())
	if s.Start(); s.Phase != Asked {
		t.Errorf("after the relay is back: phase %v", s.Phase)
	}
	Hear(s, link.Event{State: link.Gone})
	if s.Busy() {
		t.Error("still waiting for a run that will not come")
	}
}

func TestARefusedRunIsOver(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
	Hear(s, say(trace.Message{Error: &trace.Error{Text: "knob clients is \"9\"; it can be a whole number from 1 to 8"}}))
	if s.Busy() || s.Problem != `Knob clients is "9"; it can be a whole number from 1 to 8.` {
		t.Errorf("busy %v, %q", s.Busy(), s.Problem)
	}
}

// A run that was asked for on another lab's page doesn't show on this one.
func TestAStrayRun(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	script := echoed()
	script.Header.Lab = "first"
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
	if s.Player != nil || s.Phase != Idle {
		t.Errorf("phase %v, a run of lab %s on the page of %s", s.Phase, script.Header.Lab, s.Lab.ID)
	}
}

func TestSendingFails(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Relay.Send = func(*trace.Request) error { return errors.New("the relay is not connected") }
	if s.Start(); s.Busy() || s.Problem != "The relay is not connected." {
		t.Errorf("busy %v, %q", s.Busy(), s.Problem)
	}
}

// What is wrong with a file is said, each fault in a sentence of its own; what is
// whole of it is played.
func TestFilesWithFaults(t *testing.T) {
	script := echoed()
	frame := func(file []byte, m trace.Message) []byte {
		file, err := trace.AppendFrame(file, &m)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	head := frame(nil, trace.Message{Header: script.Header})
	whole := frame(head, trace.Message{Events: script.Events})
	file := frame(whole, trace.Message{End: &trace.End{Reason: trace.EndDone}})
	damaged := slices.Clone(file)
	damaged[len(whole)] = 0x7f // the length of the last message
	for _, c := range []struct {
		name  string
		file  []byte
		steps int // -1 for nothing
		says  string
	}{
		{"whole", file, len(script.Events), ""},
		{"empty", nil, -1, "is not a trace"},
		{"text", []byte("GET / HTTP/1.1\r\n\r\n"), -1, "is not a trace"},
		{"no header", frame(nil, trace.Message{End: &trace.End{}}), -1, "is not a trace"},
		{"newer", frame(nil, trace.Message{Header: &trace.Header{Version: 99}}), -1, "a newer version of Sockscope wrote this trace"},
		{"cut off in a message", file[:len(file)-3], len(script.Events), "This trace is cut off"},
		{"cut off between two", whole, len(script.Events), "This trace is cut off"},
		{"only a header", head, 0, "This trace is cut off"},
		{"damaged", damaged, len(script.Events), "This trace is damaged at byte"},
		{"with changed line ends", bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), len(script.Events), ""},
	} {
		tape, err := ReadTape(c.file)
		if c.steps < 0 {
			if tape != nil || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		s, _ := sitting(t)
		s.Load(tape)
		if s.Player.Len() != c.steps || s.Phase != Over || (c.says == "") != (s.Trouble() == "") || !strings.HasPrefix(s.Trouble(), c.says) {
			t.Errorf("%s: %d steps, phase %d, %q", c.name, s.Player.Len(), s.Phase, s.Trouble())
		}
		if _, saved := s.File(); c.says != "" && len(saved) >= len(file) {
			t.Errorf("%s: %d bytes are saved of %d", c.name, len(saved), len(file))
		}
	}
}

func TestLanesSayWhatTheirThreadsDo(t *testing.T) {
	s, _ := sitting(t)
	for _, l := range s.Lanes() {
		if l.Word != "not started" {
			t.Errorf("before a run %s is %q", l.Name, l.Word)
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
	Hear(s, hello())
	s.Start()
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	words := map[string][]string{}
	for n := range s.Player.Len() + 1 {
		s.Seek(n)
		for _, l := range s.Lanes() {
			if w := words[l.Tag]; len(w) == 0 || w[len(w)-1] != l.Word {
				words[l.Tag] = append(w, l.Word)
			}
		}
	}
	for tag, want := range map[string]string{
		"c1": "not started, in no call, in socket, in no call, paused, in no call, exited",
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
	v, _ := ReadLink(l, "")
	r, _ := reachable()
	s := &Run{Desk: Desk{Relay: r}}
	s.Open(l, v)
	if h := s.Hands(); h.Socket || h.Why == "" {
		t.Errorf("before anything is known: %+v", h)
	}
	Hear(s, hello())
	s.Start()
	script := playtest.New(1)
	script.Header.Lab = "echo"
	script.Header.Procs[1].Role = trace.RoleAgent
	script.Start(0)
	script.Listen()
	script.Start(1)
	Hear(s, say(trace.Message{Header: script.Header}))
	took := 0
	next := func() Hands {
		Hear(s, say(trace.Message{Events: script.Events[took:]}))
		took = len(script.Events)
		return s.Hands()
	}
	if h := next(); !h.Socket || h.Connect || h.IO || h.Close {
		t.Errorf("without a socket: %+v", h)
	}
	script.Do(1, trace.Socket, -1, 3)
	if h := next(); h.Socket || !h.Connect || !h.IO || !h.Close || h.Why != "Your socket is not connected." {
		t.Errorf("with a socket: %+v", h)
	}
	script.Do(1, trace.Connect, 3, 0)
	if h := next(); !h.Connect || !h.IO || !h.Close || h.Why != "" {
		t.Errorf("connected: %+v", h)
	}
	script.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	if h := next(); h.IO || h.Close || h.Why != "You are in recv until it returns. Stop ends the run." {
		t.Errorf("in recv: %+v", h)
	}
	s.Seek(0)
	if h := s.Hands(); h.IO {
		t.Errorf("looking back gave the learner hands: %+v", h)
	}
}

// Where the learner and the server wait for each other, Stop is named as the way out.
func TestHandsThatWaitForWhoWaitsForThem(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
	script := playtest.New(1)
	script.Header.Procs[1].Role = trace.RoleAgent
	script.Listen()
	script.Connect(1, false)
	script.Enter(0, trace.Fcntl, 4, trace.Event{Args: []int64{4, 0}}) // blocking again
	script.Return(0, trace.Event{})
	script.Enter(0, trace.Recv, 4, trace.Event{Size: 1024})
	script.Pass(1e6)
	script.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	if h := s.Hands(); h.IO || !strings.HasSuffix(h.Why, "Stop is the way out.") {
		t.Errorf("in recv as the server is: %+v", h)
	}
}

// A process that another one makes comes into a run under way, and into its file.
func TestAChildComesIntoTheRun(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
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
		Hear(s, link.Event{State: link.Live, Message: &m, Raw: raw})
	}
	check := func(s *Run) {
		t.Helper()
		s.Player.Seek(s.Player.Run.Len())
		lanes := s.Lanes()
		if len(lanes) != 3 || lanes[1].Name != "child 77" || lanes[1].PID != 77 || lanes[1].Big || lanes[2].Name != "client 1" {
			t.Fatalf("lanes %+v", lanes)
		}
		s.PickLane(lanes[1].Index)
		state := s.State()
		fds := state.Procs[s.Proc()].FDs
		if len(fds) != 1 || fds[0].FD != 4 || s.Others(&fds[0]) != " srv" {
			t.Errorf("the child's fds are %+v", fds)
		}
	}
	check(s)
	if !slices.Equal(s.tape.file, file) {
		t.Error("the trace file is not what came")
	}
	other, _ := sitting(t)
	load(t, other, s.tape.file)
	check(other)
}

func TestShortTags(t *testing.T) {
	for tag, want := range map[string]string{"srv": "s", "c3": "3", "ch3": "ch3", "you": "y", "": ""} {
		if got := ShortTag(tag, 0); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
	if got := ShortTag("srv", 1); got != "s.2" {
		t.Errorf("a second thread: %q", got)
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
		if got := together(slices.Clone(c.names)); got != c.want {
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
	s.Start()
	if runs() != 0 || !strings.Contains(s.Relay.Notice, "begins as soon as") {
		t.Fatalf("%d runs, notice %q", runs(), s.Relay.Notice)
	}
	Hear(s, hello())
	if runs() != 1 || s.Relay.Notice != "" || !s.Busy() {
		t.Errorf("%d runs, notice %q", runs(), s.Relay.Notice)
	}
	Hear(s, link.Event{State: link.Gone})
	s.Start()
	if s.Relay.Notice != noRelay {
		t.Errorf("with no relay: %q", s.Relay.Notice)
	}
	Hear(s, hello())
	if runs() != 1 || s.Relay.Notice != "" {
		t.Errorf("one that could not be promised began: %d runs, %q", runs(), s.Relay.Notice)
	}
	limit := "Your address has 1 connection open, and may have no more: close a page."
	refused := link.Event{State: link.Refused, Message: &trace.Message{Error: &trace.Error{Text: limit}}}
	Hear(s, refused)
	s.Start()
	if s.Relay.Notice != limit {
		t.Errorf("refused, then asked: %q", s.Relay.Notice)
	}
	early, _ := sitting(t)
	early.Start()
	Hear(early, refused)
	if early.wanted || early.Relay.Notice != limit {
		t.Errorf("asked, then refused: wanted %v, %q", early.wanted, early.Relay.Notice)
	}
	other, _ := sitting(t)
	other.Start()
	Hear(other, link.Event{State: link.Gone})
	if other.wanted || other.Relay.Notice != noRelay {
		t.Errorf("not found: wanted %v, %q", other.wanted, other.Relay.Notice)
	}
}

// Knobs that differ from those of the run that shows are said to be of the next.
func TestChangedKnobsAreOfTheNextRun(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	script := echoed()
	h := *script.Header
	h.Knobs = map[string]string{}
	for name, value := range s.Values {
		h.Knobs[name] = value
	}
	s.Start()
	Hear(s, say(trace.Message{Header: &h}))
	if s.Pending() != "" {
		t.Errorf("nothing was changed: %q", s.Pending())
	}
	if err := s.Set("clients", "2"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.Pending(), "This run goes on with the settings") {
		t.Errorf("during the run: %q", s.Pending())
	}
	Hear(s, say(trace.Message{Events: script.Events}))
	Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndDone}}))
	if !strings.HasSuffix(s.Pending(), "Run takes those above.") {
		t.Errorf("after it: %q", s.Pending())
	}
}

// While a live run sleeps its time goes on: in the clock, in what is said, and not
// where the learner has stepped back or the run is over.
func TestTimeGoesOnWhileALiveRunSleeps(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
	script := playtest.New(1)
	script.Start(0)
	script.Listen()
	script.Enter(0, trace.Accept, 3, trace.Event{})
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{Header: script.Header}, Raw: []byte("head")})
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{Events: script.Events}, Raw: []byte("one")})
	heard := time.Now()
	if !s.Tick(heard.Add(3 * time.Second)) {
		t.Fatal("a live run that is followed doesn't tick")
	}
	if now := time.Duration(s.Player.Now()); now < 3*time.Second || now > 4*time.Second {
		t.Errorf("the clock is at %v after 3 s", now)
	}
	if said := s.Chain().Links[0].Text; !strings.Contains(said, "for 3") || !strings.Contains(said, " s so far") {
		t.Errorf("after 3 s: %q", said)
	}
	if s.Tick(heard); time.Duration(s.Player.Now()) < 3*time.Second {
		t.Error("time went back")
	}
	s.Apply(StepBack)
	if s.Tick(heard.Add(9*time.Second)) || time.Duration(s.Player.Now()) > time.Second {
		t.Errorf("time goes on where the learner has stepped back: %v", time.Duration(s.Player.Now()))
	}
	s.Follow()
	Hear(s, link.Event{State: link.Live, Message: &trace.Message{End: &trace.End{Time: int64(4 * time.Second), Reason: trace.EndStopped}}, Raw: []byte("end")})
	if s.Tick(heard.Add(9 * time.Second)) {
		t.Error("the time of a run that is over goes on")
	}
}

// A run that nobody has saved says so: it goes with the page. What is pointed at says
// how long it took.
func TestARunIsNotSavedUntilItIs(t *testing.T) {
	s, _ := sitting(t)
	Hear(s, hello())
	s.Start()
	script := echoed()
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	if strings.Contains(s.Headline(), "saved") {
		t.Errorf("while it runs: %q", s.Headline())
	}
	Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndDone}}))
	if !strings.Contains(s.Headline(), "recorded, not saved, ") { // it has come without its bytes
		t.Errorf("at its end: %q", s.Headline())
	}
	if s.Kept = true; strings.Contains(s.Headline(), "saved") {
		t.Errorf("saved: %q", s.Headline())
	}
	s.Seek(s.Player.Len())
	c := &s.Player.Run.Calls[0]
	took := words.Span(s.Player.Run.Gist(c.Return).Time - s.Player.Run.Gist(c.Enter).Time)
	if told := s.Tell(0); !strings.HasSuffix(told, ", after "+took) {
		t.Errorf("pointed at: %q, which took %s", told, took)
	}
}

// Lanes are lower where a run has too many of them to be in view.
func TestManyLanesAreCrowded(t *testing.T) {
	s, _ := sitting(t)
	for clients, want := range map[string]bool{"4": false, "6": false, "8": true} {
		if err := s.Set("clients", clients); err != nil {
			t.Fatal(err)
		}
		if s.Crowded() != want {
			t.Errorf("%s clients: crowded %v", clients, s.Crowded())
		}
	}
}
