package visit

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play/playtest"
)

// contest returns a visit of lab compare with a server that answers nothing;
// what it was asked is in the slice.
func contest(t *testing.T, query string) (*Comparison, *[]trace.Request) {
	t.Helper()
	l, err := lab.Find("compare")
	if err != nil {
		t.Fatal(err)
	}
	v, complaints := ReadLink(l, query)
	if len(complaints) > 0 {
		t.Fatal(complaints)
	}
	r, asked := reachable()
	s := &Comparison{Desk: Desk{Relay: r}}
	s.Open(l, v)
	Hear(s, hello())
	return s, asked
}

// answers lets the server take the run under way: echoes of the clients in the order
// given, the slower the more there are, and how it ended.
func answers(s *Comparison, lab string, order []int, end *trace.End) {
	script := playtest.New(2)
	script.Header.Lab = lab
	script.Listen()
	script.Connect(1, true)
	script.Connect(2, true)
	for _, c := range order {
		script.Echo(c, "This is the message")
	}
	for i := range script.Events {
		script.Events[i].Time *= int64(len(order))
	}
	Hear(s, say(trace.Message{Header: script.Header}))
	Hear(s, say(trace.Message{Events: script.Events}))
	if end != nil {
		Hear(s, say(trace.Message{End: end}))
	}
	s.Align()
}

var done = &trace.End{Reason: trace.EndDone}

func TestRunsAreTakenInTurn(t *testing.T) {
	s, asked := contest(t, "servers=iterative,select,iterative&clients=2&pause=20ms&rounds=1")
	if len(*asked) != 0 {
		t.Fatalf("asked %v before Run", *asked)
	}
	if labels := s.Lanes(); len(labels) != 9 || labels[3].Band.Name != "select" || labels[6].Band.Name != "iterative 2" || labels[1].Band != nil {
		t.Errorf("before a run: %+v", labels)
	}
	s.Bet(1)
	s.Start()
	s.Start() // pressed twice
	if n := len(*asked); n != 1 || (*asked)[0].Lab != "iterative" || (*asked)[0].Knobs["pause"] != "20ms" || s.outcome(1) != "waits for its turn" {
		t.Fatalf("asked %v, second %q", *asked, s.outcome(1))
	}
	Hear(s, say(trace.Message{Queued: &trace.Queued{Place: 2}}))
	if got := s.Headline(); got != "run 1 of 3, iterative 1: all workers are busy, place 2 in the queue" {
		t.Errorf("%q", got)
	}
	answers(s, "iterative", []int{1, 2}, nil)
	if s.Player == nil || s.Pos() == 0 || !s.Busy() || s.outcome(0) != "running" {
		t.Fatalf("at %d, %q: what has come shows", s.Pos(), s.outcome(0))
	}
	Hear(s, say(trace.Message{End: done}))
	answers(s, "select", []int{2, 1}, done)
	if n := len(*asked); n != 3 || (*asked)[1].Knobs["timeout"] != "520ms" || !strings.HasPrefix(s.Headline(), "run 3 of 3") {
		t.Fatalf("asked %v, %q", *asked, s.Headline())
	}
	answers(s, "iterative", []int{1, 2}, done)
	if s.Busy() || s.Headline() != "3 runs, with other settings than those above: Run takes them" {
		t.Errorf("busy %v, %q", s.Busy(), s.Headline()) // the traces of this test have no knobs
	}
	if p := s.Part; p == nil || p.A != 0 || p.B != 1 {
		t.Errorf("they part: %+v", p)
	}
	if _, head, rest := s.Verdict(); !s.Revealed() || !strings.HasPrefix(head, "You said select. ") || strings.Contains(rest, "one time in") {
		t.Errorf("revealed %v: %q %q", s.Revealed(), head, rest)
	}
	for k := range Lines {
		for _, c := range s.Row(k) {
			if c.Level > 20 || c.Text == "" || c.Spread != "" {
				t.Errorf("%s: %+v", Lines[k].Label, c)
			}
			if c.Best {
				t.Errorf("%s: one run of each has a best one", Lines[k].Label)
			}
		}
	}
	// Every step can be gone to, and every lane says what its thread does.
	for n := range s.Player.Len() + 1 {
		s.Seek(n)
		if len(s.Lanes()) != 9 {
			t.Fatalf("%d lanes at %d", len(s.Lanes()), n)
		}
	}
}

// Each round has a run of each server, and begins with another.
func TestRounds(t *testing.T) {
	s, asked := contest(t, "servers=iterative,select&clients=2") // 5 rounds
	s.Bet(0)
	s.Start()
	took := func(lab string) []int { // select serves client 2 first, and is quicker
		if lab == "select" {
			return []int{2, 1}
		}
		return []int{1, 2, 1, 2}
	}
	want := strings.Fields("iterative select select iterative iterative select select iterative iterative select")
	for k, lab := range want {
		if n := len(*asked); n != k+1 || (*asked)[k].Lab != lab || !s.Busy() || s.Revealed() {
			t.Fatalf("run %d: asked %v, busy %v", k, *asked, s.Busy())
		}
		if head, say := s.Headline(), fmt.Sprintf("round %d of 5, %s", k/2+1, lab); head != say {
			t.Errorf("run %d: %q, want %q", k, head, say)
		}
		answers(s, lab, took(lab), done)
	}
	c := s
	if s.Busy() || !s.Revealed() || len(*asked) != 10 || !strings.Contains(s.Headline(), " of 5, ") {
		t.Fatalf("busy %v, %d runs: %q", s.Busy(), len(*asked), s.Headline())
	}
	longest, head, rest := c.Verdict()
	if longest != 0 || !strings.HasPrefix(head, "As you said: iterative's client waited longest in all 5 rounds, by ") || !strings.Contains(rest, "one time in 16") {
		t.Errorf("%d %q %q", longest, head, rest)
	}
	if cells := c.Row(longestWait); cells[0].Best || !cells[1].Best || !strings.Contains(cells[0].Whose, "client") {
		t.Errorf("longest wait: %+v", cells)
	}
	if cells := c.Row(lastReply); cells[0].Best || !cells[1].Best || cells[0].Whose != "" {
		t.Errorf("last reply: %+v", cells)
	}
	if c.Part == nil || c.Part.Divergence.A != "client 1's first recv returns before client 2's" {
		t.Errorf("they part: %+v", c.Part)
	}
	// Another round can be shown; the place in time stays.
	s.Seek(20)
	at, shown := s.Player.Now(), c.Shown
	other := (shown + 1) % 5
	s.ShowRound(other)
	if c.Shown != other || s.Player.Now() != at || c.joined.Runs[0] != c.rounds[other].runs[0].Run || c.Part == nil {
		t.Errorf("round %d shows, at %d ns, want %d at %d", c.Shown, s.Player.Now(), other, at)
	}
	if s.ShowRound(5); c.Shown != other {
		t.Error("a sixth round shows")
	}
}

// What comes and goes from round to round is not told as the servers' doing.
func TestRoundsThatDoNotAgree(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=4")
	s.Bet(0)
	s.Start()
	long, short := []int{1, 2, 1, 2}, []int{2, 1}
	for _, r := range []struct {
		lab   string
		order []int
	}{{"iterative", long}, {"select", short}, {"select", long}, {"iterative", short}, {"iterative", long}, {"select", short}, {"select", long}, {"iterative", short}} {
		answers(s, r.lab, r.order, done)
	}
	longest, head, _ := s.Verdict()
	if longest != -1 || head != "You said iterative. The rounds do not tell them apart: iterative's client waited longest in 2 of 4, select's in 2." {
		t.Errorf("%d %q", longest, head)
	}
	for k := range Lines {
		for _, c := range s.Row(k) {
			if c.Best {
				t.Errorf("%s has a best server", Lines[k].Label)
			}
		}
	}
	if cells := s.Row(lastReply); cells[0].Spread == "" {
		t.Errorf("no spread: %+v", cells)
	}
	if s.Part != nil || s.Alike {
		t.Errorf("they part: %+v, alike %v", s.Part, s.Alike)
	}
}

// Of runs that are too long for all to be kept, those of later rounds leave their
// figures only.
func TestLongRunsAreLetGo(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=3")
	s.Start()
	one := make([]int, 4000)
	for i := range one {
		one[i] = 1 + i%2
	}
	for _, lab := range []string{"iterative", "select", "select", "iterative", "iterative", "select"} {
		answers(s, lab, one, done)
	}
	c, kept := s, 0
	for r, rd := range c.rounds {
		for i := range rd.runs {
			if o := &rd.runs[i]; o.Run != nil {
				kept += o.Run.Len()
			} else if !rd.gone || o.tally.Replies != len(one) {
				t.Errorf("round %d, run %d: gone %v, %d replies", r, i, rd.gone, o.tally.Replies)
			}
		}
	}
	if c.rounds[0].gone || !c.rounds[2].gone || kept > keptSteps+50*len(one) || c.Shown == 2 {
		t.Errorf("gone %v %v, %d steps kept, round %d shows", c.rounds[0].gone, c.rounds[2].gone, kept, c.Shown)
	}
	if s.ShowRound(2); c.Shown == 2 {
		t.Error("a round shows that was let go")
	}
	if _, _, _, n := spread(c.values(lastReply, 0)); n != 3 {
		t.Errorf("%d figures of three rounds", n)
	}
}

func TestTheOutcomeIsHiddenUntilItIsGuessed(t *testing.T) {
	s, _ := contest(t, "clients=2&rounds=2")
	s.Apply(Answer)
	if s.Veiled() {
		t.Error("hidden before there is anything")
	}
	s.Start()
	answers(s, "iterative", []int{1, 2}, done)
	answers(s, "select", []int{2, 1}, done)
	if s.Apply(CheckAnswer); !s.Veiled() || s.Pos() != 0 {
		t.Error("told between two rounds")
	}
	answers(s, "select", []int{2, 1}, done)
	answers(s, "iterative", []int{1, 2}, done)
	if s.Apply(StepOn); !s.Veiled() || s.Pos() != 0 || s.Revealed() {
		t.Fatalf("veiled %v, at %d", s.Veiled(), s.Pos())
	}
	if s.Apply(CheckAnswer); !s.Veiled() {
		t.Error("told without a guess")
	}
	s.Letter(1)
	if s.Apply(CheckAnswer); s.Veiled() || s.Pos() == 0 || s.Guess != 1 {
		t.Errorf("veiled %v, at %d, guess %d", s.Veiled(), s.Pos(), s.Guess)
	}
	s.Bet(0)
	if s.Guess != 1 {
		t.Error("another guess after the answer")
	}
	// The next run is asked about again; skipping shows it as well.
	s.Start()
	if s.Guess != 1 {
		t.Error("the guess is forgotten")
	}
	s.Bet(1) // taken back
	for _, lab := range []string{"iterative", "select", "select", "iterative"} {
		answers(s, lab, []int{1}, done)
	}
	if s.Apply(SkipQuestion); s.Veiled() || !s.Revealed() {
		t.Error("skipped, and still hidden")
	}
}

// Of one program that runs twice there is nothing to guess.
func TestTheSameServerTwice(t *testing.T) {
	s, _ := contest(t, "servers=select,epoll&clients=2&rounds=1")
	s.Bet(1)
	s.Apply(Answer)
	for range 2 {
		if err := s.Set("servers", "epoll,epoll"); err != nil {
			t.Fatal(err)
		}
		s.Letter(0)
		s.Start()
		answers(s, "epoll", []int{1, 2}, done)
		if s.Veiled() || s.Guess >= 0 {
			t.Errorf("veiled %v, guess %d", s.Veiled(), s.Guess)
		}
		answers(s, "epoll", []int{1}, done)
		_, head, rest := s.Verdict()
		if !s.Revealed() || !strings.HasPrefix(head, "epoll 1's client waited longest, by ") || rest != "The same program runs twice: what differs is not the server's doing." {
			t.Errorf("revealed %v: %q %q", s.Revealed(), head, rest)
		}
	}
}

// A comparison that was cut off, or in which nobody can be first, hides nothing.
func TestNothingIsAskedOfACutComparison(t *testing.T) {
	for name, do := range map[string]func(*Comparison){
		"stopped": func(s *Comparison) {
			s.Stop()
			Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		},
		"the relay goes away": func(s *Comparison) { Hear(s, link.Event{State: link.Gone}) },
		"only one finishes": func(s *Comparison) {
			Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}}))
		},
	} {
		s, _ := contest(t, "servers=iterative,select&clients=2&rounds=1")
		s.Apply(Answer)
		s.Start()
		answers(s, "iterative", []int{1, 2}, done)
		answers(s, "select", []int{2}, nil)
		if !s.Veiled() {
			t.Errorf("%s: nothing is hidden while it runs", name)
		}
		do(s)
		s.Align()
		if s.Veiled() || !s.Revealed() || s.Pos() == 0 {
			t.Errorf("%s: veiled %v, revealed %v, at %d", name, s.Veiled(), s.Revealed(), s.Pos())
		}
		if got := s.outcome(0); !strings.HasSuffix(got, " after the first connect") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAPartialComparison(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Comparison)
		want []string
	}{
		{"a run reaches a limit", func(s *Comparison) {
			Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}}))
			answers(s, "epoll", []int{1, 2}, done)
		}, []string{"select: The run reached a limit: 200,000 calls."}},
		{"the relay goes away", func(s *Comparison) { Hear(s, link.Event{State: link.Gone}) },
			[]string{"select: The run ended early: the relay went away.", "epoll: Not run: the relay went away."}},
		{"it is stopped", func(s *Comparison) {
			s.Stop()
			Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		}, []string{"select: The run was stopped.", "epoll: Not run: the comparison was stopped."}},
		{"a run is refused", func(s *Comparison) {
			Hear(s, say(trace.Message{End: done}))
			Hear(s, say(trace.Message{Error: &trace.Error{Text: "no room"}}))
		}, []string{"epoll: No room."}},
	} {
		s, _ := contest(t, "servers=iterative,spin,select,epoll&clients=2&pause=200ms&rounds=1")
		s.Start()
		answers(s, "iterative", []int{1, 2}, done)
		answers(s, "select", []int{2}, nil)
		c.do(s)
		s.Align()
		if s.Busy() || !s.Revealed() {
			t.Errorf("%s: busy %v", c.name, s.Busy())
		}
		for _, want := range append(c.want, "spin: Lab spin: knob pause is \"200ms\"") {
			if got := s.Trouble(); !strings.Contains(got, want) {
				t.Errorf("%s: %q does not say %q", c.name, got, want)
			}
		}
		if _, head, _ := s.Verdict(); c.name[0] == 't' && head != "Only iterative finished." || c.name == "it is stopped" && head != "Only iterative finished." {
			t.Errorf("%s: %q", c.name, head)
		}
		if h := s.Heading(2); (h == "select, part") != (c.name != "a run is refused") {
			t.Errorf("%s: the figures of a run that was cut are headed %q", c.name, h)
		}
		if s.Row(0)[1].Text != "–" {
			t.Errorf("%s: a server that was not run has the figure %q", c.name, s.Row(0)[1].Text)
		}
	}
}

// In a later round the ones before it count.
func TestAComparisonEndsInItsSecondRound(t *testing.T) {
	limit := &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}
	for _, c := range []struct {
		name string
		do   func(*Comparison)
		asks int    // of the server
		want string // that it says
		head string
	}{
		{"the relay goes away", func(s *Comparison) {
			answers(s, "select", []int{2}, nil)
			Hear(s, link.Event{State: link.Gone})
		}, 3, "select: round 2: The run ended early: the relay went away. The relay went away in round 2 of 3.", "'s client waited longest, by "},
		{"it is stopped in the queue", func(s *Comparison) {
			Hear(s, say(trace.Message{Queued: &trace.Queued{Place: 1}}))
			s.Stop()
			Hear(s, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		}, 4, "The comparison was stopped in round 2 of 3.", "'s client waited longest, by "},
		{"a run reaches a limit", func(s *Comparison) {
			answers(s, "select", []int{2}, limit)
			answers(s, "iterative", []int{1, 2, 1}, done)
			answers(s, "iterative", []int{1, 2, 1}, done) // select has no third run
		}, 5, "select: round 2: The run reached a limit: 200,000 calls.", "'s client waited longest, by "},
		{"a run is refused", func(s *Comparison) {
			Hear(s, say(trace.Message{Error: &trace.Error{Text: "no room"}}))
			answers(s, "iterative", []int{1, 2, 1}, done)
			answers(s, "iterative", []int{1, 2, 1}, done)
		}, 5, "select: No room.", "'s client waited longest, by "},
	} {
		s, asked := contest(t, "servers=iterative,select&clients=2&rounds=3")
		s.Start()
		answers(s, "iterative", []int{1, 2, 1}, done)
		answers(s, "select", []int{2, 1}, done)
		c.do(s)
		s.Align()
		_, head, _ := s.Verdict()
		if s.Busy() || !s.Revealed() || len(*asked) != c.asks || s.Trouble() != c.want || !strings.Contains(head, c.head) {
			t.Errorf("%s: busy %v, asked %d times, %q, %q", c.name, s.Busy(), len(*asked), s.Trouble(), head)
		}
		if c := s; c.Shown != 0 || c.Heading(1) != fmt.Sprintf("select, 1 of %d", len(c.rounds)) {
			t.Errorf("round %d shows, which some server has no run in; %q", c.Shown, c.Heading(1))
		}
	}
}

func TestTheListOfServers(t *testing.T) {
	for _, c := range []struct {
		i    int
		id   string
		want string
	}{
		{0, "poll", "poll,select,epoll"}, {1, NoItem, "iterative,epoll"}, {3, "edge", "iterative,select,epoll,edge"}, {2, "select", "iterative,select,select"},
	} {
		if got := Item("iterative,select,epoll", c.i, c.id); got != c.want {
			t.Errorf("Item(%d, %q) = %s, want %s", c.i, c.id, got, c.want)
		}
	}
	s, _ := contest(t, "servers=edge,poll&pause=20ms")
	if got := Query(s.Lab, s.Values, false); got != "servers=edge,poll&pause=20ms" {
		t.Errorf("the link is %q", got)
	}
	if err := s.Set("servers", "poll,edge,threads"); err != nil || len(s.servers) != 3 || s.servers[2].lab.ID != "threads" {
		t.Errorf("%v, %d runs", err, len(s.servers))
	}
	if got := address(s.servers[0].lab, s.servers[0].values); got != "/lab/poll?timeout=520ms&pauses=0s&pause=20ms" {
		t.Errorf("poll alone is at %s", got)
	}
}

func TestTheServerBeside(t *testing.T) {
	l, err := lab.Find("spin")
	if err != nil {
		t.Fatal(err)
	}
	r, all := reachable()
	s := &Run{Desk: Desk{Relay: r}}
	v, _ := ReadLink(l, "clients=2&pauses=1ms")
	s.Open(l, v)
	Hear(s, hello())
	s.RunBeside() // there is nothing to set beside
	s.Start()
	script := func(lab string) {
		run := playtest.New(2)
		run.Header.Lab, run.Header.Knobs = lab, v
		run.Listen()
		run.Connect(1, true)
		run.Echo(1, "a")
		Hear(s, say(trace.Message{Header: run.Header}))
		Hear(s, say(trace.Message{Events: run.Events}))
	}
	script("spin")
	s.RunBeside() // it is under way
	Hear(s, say(trace.Message{End: done}))
	shown, n := s.Player, len(*all)
	s.RunBeside()
	s.Start() // there is one at a time
	asked := *all
	if len(asked) != n+1 || asked[n].Lab != "select" || asked[n].Knobs["pauses"] != "1ms" || asked[n].Knobs["clients"] != "2" || !s.Busy() {
		t.Fatalf("asked %v", asked[n:])
	}
	script("select")
	Hear(s, say(trace.Message{End: done}))
	if s.Busy() || s.Aside.Spent() == "" || s.Aside.Why != "" || s.Player != shown || s.Phase != Over {
		t.Errorf("busy %v, %+v", s.Busy(), s.Aside)
	}
	if got := s.Compared(); got != "/lab/compare?servers=spin,select&clients=2&messages=1&pause=1ms&pauses=1ms&arrive=1ms" {
		t.Errorf("compared at %s", got)
	}
	s.RunBeside()
	Hear(s, link.Event{State: link.Gone})
	if s.Busy() || s.Aside.Why == "" || s.Player != shown {
		t.Errorf("without the relay: busy %v, %+v", s.Busy(), s.Aside)
	}
	Hear(s, hello())
	s.RunBeside()
	Hear(s, say(trace.Message{Error: &trace.Error{Text: "no room"}}))
	if s.Busy() || s.Aside.Why != "No room." {
		t.Errorf("refused: busy %v, %+v", s.Busy(), s.Aside)
	}
}

// The walk of a comparison leads to where the runs part, and to whom each server lets
// wait longest.
func TestTheWalkOfAComparison(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=1")
	s.Start()
	answers(s, "iterative", []int{1, 2, 1, 2}, done)
	if s.Stops() != nil {
		t.Error("a comparison that is under way has stops")
	}
	answers(s, "select", []int{2, 1}, done)
	stops := s.Stops()
	if len(stops) != 3 || !strings.HasPrefix(stops[0].Say, "Here they part first: client 1's first recv returns before client 2's in iterative") {
		t.Fatalf("the stops: %+v", stops)
	}
	run := s.Player.Run
	for i, name := range []string{"iterative", "select"} {
		if !strings.HasPrefix(stops[i+1].Say, "With "+name+", client ") || !strings.Contains(stops[i+1].Say, " The others wait up to ") {
			t.Errorf("stop %d: %q", i+2, stops[i+1].Say)
		}
		s.GoToStop(i + 1)
		e := run.Step(s.Pos() - 1)
		if at, _ := s.Lit(); at == nil || run.Band(e.Proc) != i || !e.Call.Receives() || run.Lanes[s.Lane].Proc != e.Proc {
			t.Errorf("stop %d is at %v of process %d, lane %d", i+2, e.Call, e.Proc, s.Lane)
		}
	}
	s.Apply(NextStop)
	if !s.AtRecap() {
		t.Error("behind the last stop there is no recap")
	}
}
