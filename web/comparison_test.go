package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play/playtest"
)

// contest returns a session of lab compare with a server that answers nothing;
// what it was asked is in the slice.
func contest(t *testing.T, query string) (*session, *[]trace.Request) {
	t.Helper()
	l, err := lab.Find("compare")
	if err != nil {
		t.Fatal(err)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	v, complaints := setup(l, q)
	if len(complaints) > 0 {
		t.Fatal(complaints)
	}
	var asked []trace.Request
	s := &session{send: func(r *trace.Request) error { asked = append(asked, *r); return nil }}
	s.open(l, v)
	s.hear(hello())
	return s, &asked
}

// answers lets the server take the run under way: echoes of the clients in the
// order given, and how it ended.
func answers(s *session, lab string, order []int, end *trace.End) {
	script := playtest.New(2)
	script.Header.Lab = lab
	script.Listen()
	script.Connect(1, true)
	script.Connect(2, true)
	for _, c := range order {
		script.Echo(c, "This is the message")
	}
	s.hear(say(trace.Message{Header: script.Header}))
	s.hear(say(trace.Message{Events: script.Events}))
	if end != nil {
		s.hear(say(trace.Message{End: end}))
	}
	s.align()
}

var done = &trace.End{Reason: trace.EndDone}

func TestRunsAreTakenInTurn(t *testing.T) {
	s, asked := contest(t, "servers=iterative,select,iterative&clients=2&pause=20ms&rounds=1")
	if len(*asked) != 0 {
		t.Fatalf("asked %v before Run", *asked)
	}
	if labels := s.lanes(); len(labels) != 9 || labels[3].band != "select" || labels[6].band != "iterative 2" || labels[1].of != nil {
		t.Errorf("before a run: %+v", labels)
	}
	s.bet(1)
	s.run()
	s.run() // pressed twice
	if n := len(*asked); n != 1 || (*asked)[0].Lab != "iterative" || (*asked)[0].Knobs["pause"] != "20ms" || s.outcome(1) != "waits for its turn" {
		t.Fatalf("asked %v, second %q", *asked, s.outcome(1))
	}
	s.hear(say(trace.Message{Queued: &trace.Queued{Place: 2}}))
	if got := s.headline(); got != "run 1 of 3, iterative 1: all workers are busy, place 2 in the queue" {
		t.Errorf("%q", got)
	}
	answers(s, "iterative", []int{1, 2}, nil)
	if s.Player == nil || s.pos() == 0 || !s.busy() || s.outcome(0) != "running" {
		t.Fatalf("at %d, %q: what has come shows", s.pos(), s.outcome(0))
	}
	s.hear(say(trace.Message{End: done}))
	answers(s, "select", []int{2, 1}, done)
	if n := len(*asked); n != 3 || (*asked)[1].Knobs["timeout"] != "520ms" || !strings.HasPrefix(s.headline(), "run 3 of 3") {
		t.Fatalf("asked %v, %q", *asked, s.headline())
	}
	answers(s, "iterative", []int{1, 2}, done)
	if s.busy() || s.headline() != "3 runs, with other settings than those above: Run takes them" {
		t.Errorf("busy %v, %q", s.busy(), s.headline()) // the traces of this test have no knobs
	}
	if p := s.versus.part; p == nil || p.A != 0 || p.B != 1 {
		t.Errorf("they part: %+v", p)
	}
	if _, head, rest := s.versus.verdict(); !s.revealed() || !strings.HasPrefix(head, "You said select. ") || strings.Contains(rest, "one time in") {
		t.Errorf("revealed %v: %q %q", s.revealed(), head, rest)
	}
	for k := range figures {
		for _, c := range s.versus.row(k) {
			if c.level > 20 || c.text == "" || c.spread != "" {
				t.Errorf("%s: %+v", figures[k].label, c)
			}
			if c.best {
				t.Errorf("%s: one run of each has a best one", figures[k].label)
			}
		}
	}
	// Every step can be gone to, and every lane says what its thread does.
	for n := range s.Player.Len() + 1 {
		s.seek(n)
		if len(s.lanes()) != 9 {
			t.Fatalf("%d lanes at %d", len(s.lanes()), n)
		}
	}
}

// Each round has a run of each server, and begins with another.
func TestRounds(t *testing.T) {
	s, asked := contest(t, "servers=iterative,select&clients=2") // 5 rounds
	s.bet(1)
	s.run()
	took := func(lab string) []int { // select serves client 2 first, and is quicker
		if lab == "select" {
			return []int{2, 1}
		}
		return []int{1, 2, 1, 2}
	}
	want := strings.Fields("iterative select select iterative iterative select select iterative iterative select")
	for k, lab := range want {
		if n := len(*asked); n != k+1 || (*asked)[k].Lab != lab || !s.busy() || s.revealed() {
			t.Fatalf("run %d: asked %v, busy %v", k, *asked, s.busy())
		}
		if head, say := s.headline(), fmt.Sprintf("round %d of 5, %s", k/2+1, lab); head != say {
			t.Errorf("run %d: %q, want %q", k, head, say)
		}
		answers(s, lab, took(lab), done)
	}
	c := s.versus
	if s.busy() || !s.revealed() || len(*asked) != 10 || !strings.Contains(s.headline(), " of 5, ") {
		t.Fatalf("busy %v, %d runs: %q", s.busy(), len(*asked), s.headline())
	}
	first, head, rest := c.verdict()
	if first != 1 || !strings.HasPrefix(head, "As you said: select was first in all 5 rounds, by ") || !strings.Contains(rest, "one time in 16") {
		t.Errorf("%d %q %q", first, head, rest)
	}
	if cells := c.row(lastReply); cells[0].best || !cells[1].best {
		t.Errorf("last reply: %+v", cells)
	}
	if c.part == nil || c.part.Divergence.A != "client 1's first recv returns before client 2's" {
		t.Errorf("they part: %+v", c.part)
	}
	// Another round can be shown; the place in time stays.
	s.seek(20)
	at, shown := s.Player.Now(), c.shown
	other := (shown + 1) % 5
	s.showRound(other)
	if c.shown != other || s.Player.Now() != at || c.joined.Runs[0] != c.rounds[other].runs[0].run || c.part == nil {
		t.Errorf("round %d shows, at %d ns, want %d at %d", c.shown, s.Player.Now(), other, at)
	}
	if s.showRound(5); c.shown != other {
		t.Error("a sixth round shows")
	}
}

// What comes and goes from round to round is not told as the servers' doing.
func TestRoundsThatDoNotAgree(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=4")
	s.bet(0)
	s.run()
	long, short := []int{1, 2, 1, 2}, []int{2, 1}
	for _, r := range []struct {
		lab   string
		order []int
	}{{"iterative", long}, {"select", short}, {"select", long}, {"iterative", short}, {"iterative", long}, {"select", short}, {"select", long}, {"iterative", short}} {
		answers(s, r.lab, r.order, done)
	}
	first, head, _ := s.versus.verdict()
	if first != -1 || head != "You said iterative. The rounds do not tell them apart: iterative was first in 2 of 4, select in 2." {
		t.Errorf("%d %q", first, head)
	}
	for k := range figures {
		for _, c := range s.versus.row(k) {
			if c.best {
				t.Errorf("%s has a best server", figures[k].label)
			}
		}
	}
	if cells := s.versus.row(lastReply); cells[0].spread == "" {
		t.Errorf("no spread: %+v", cells)
	}
	if s.versus.part != nil || s.versus.alike {
		t.Errorf("they part: %+v, alike %v", s.versus.part, s.versus.alike)
	}
}

// Of runs that are too long for all to be kept, those of later rounds leave their
// figures only.
func TestLongRunsAreLetGo(t *testing.T) {
	s, _ := contest(t, "servers=iterative,select&clients=2&rounds=3")
	s.run()
	one := make([]int, 4000)
	for i := range one {
		one[i] = 1 + i%2
	}
	for _, lab := range []string{"iterative", "select", "select", "iterative", "iterative", "select"} {
		answers(s, lab, one, done)
	}
	c, kept := s.versus, 0
	for r, rd := range c.rounds {
		for i := range rd.runs {
			if o := &rd.runs[i]; o.run != nil {
				kept += len(o.run.Steps)
			} else if !rd.gone || o.tally.Replies != len(one) {
				t.Errorf("round %d, run %d: gone %v, %d replies", r, i, rd.gone, o.tally.Replies)
			}
		}
	}
	if c.rounds[0].gone || !c.rounds[2].gone || kept > keptSteps+50*len(one) || c.shown == 2 {
		t.Errorf("gone %v %v, %d steps kept, round %d shows", c.rounds[0].gone, c.rounds[2].gone, kept, c.shown)
	}
	if s.showRound(2); c.shown == 2 {
		t.Error("a round shows that was let go")
	}
	if _, _, _, n := spread(c.values(lastReply, 0)); n != 3 {
		t.Errorf("%d figures of three rounds", n)
	}
}

func TestTheOutcomeIsHiddenUntilItIsGuessed(t *testing.T) {
	s, _ := contest(t, "clients=2&rounds=2")
	s.apply(answer)
	if s.veiled() {
		t.Error("hidden before there is anything")
	}
	s.run()
	answers(s, "iterative", []int{1, 2}, done)
	answers(s, "select", []int{2, 1}, done)
	if s.apply(checkAnswer); !s.veiled() || s.pos() != 0 {
		t.Error("told between two rounds")
	}
	answers(s, "select", []int{2, 1}, done)
	answers(s, "iterative", []int{1, 2}, done)
	if s.apply(stepOn); !s.veiled() || s.pos() != 0 || s.revealed() {
		t.Fatalf("veiled %v, at %d", s.veiled(), s.pos())
	}
	if s.apply(checkAnswer); !s.veiled() {
		t.Error("told without a guess")
	}
	s.digit(2)
	if s.apply(checkAnswer); s.veiled() || s.pos() == 0 || s.versus.guess != 1 {
		t.Errorf("veiled %v, at %d, guess %d", s.veiled(), s.pos(), s.versus.guess)
	}
	s.bet(0)
	if s.versus.guess != 1 {
		t.Error("another guess after the answer")
	}
	// The next run is asked about again; skipping shows it as well.
	s.run()
	if s.versus.guess != 1 {
		t.Error("the guess is forgotten")
	}
	s.bet(1) // taken back
	for _, lab := range []string{"iterative", "select", "select", "iterative"} {
		answers(s, lab, []int{1}, done)
	}
	if s.apply(skipQuestion); s.veiled() || !s.revealed() {
		t.Error("skipped, and still hidden")
	}
}

// Of one program that runs twice there is nothing to guess.
func TestTheSameServerTwice(t *testing.T) {
	s, _ := contest(t, "servers=select,epoll&clients=2&rounds=1")
	s.bet(1)
	s.apply(answer)
	for range 2 {
		if err := s.set("servers", "epoll,epoll"); err != nil {
			t.Fatal(err)
		}
		s.digit(1)
		s.run()
		answers(s, "epoll", []int{1, 2}, done)
		if s.veiled() || s.versus.guess >= 0 {
			t.Errorf("veiled %v, guess %d", s.veiled(), s.versus.guess)
		}
		answers(s, "epoll", []int{1}, done)
		_, head, rest := s.versus.verdict()
		if !s.revealed() || !strings.HasPrefix(head, "epoll 2 was first, by ") || rest != "The same program runs twice: what differs is not the server's doing." {
			t.Errorf("revealed %v: %q %q", s.revealed(), head, rest)
		}
	}
}

// A comparison that was cut off, or in which nobody can be first, hides nothing.
func TestNothingIsAskedOfACutComparison(t *testing.T) {
	for name, do := range map[string]func(*session){
		"stopped": func(s *session) {
			s.stop()
			s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		},
		"the relay goes away": func(s *session) { s.hear(link.Event{State: link.Gone}) },
		"only one finishes": func(s *session) {
			s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}}))
		},
	} {
		s, _ := contest(t, "servers=iterative,select&clients=2&rounds=1")
		s.apply(answer)
		s.run()
		answers(s, "iterative", []int{1, 2}, done)
		answers(s, "select", []int{2}, nil)
		if !s.veiled() {
			t.Errorf("%s: nothing is hidden while it runs", name)
		}
		do(s)
		s.align()
		if s.veiled() || !s.revealed() || s.pos() == 0 {
			t.Errorf("%s: veiled %v, revealed %v, at %d", name, s.veiled(), s.revealed(), s.pos())
		}
		if got := s.outcome(0); !strings.HasSuffix(got, " after the first connect") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAPartialComparison(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*session)
		want []string
	}{
		{"a run reaches a limit", func(s *session) {
			s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}}))
			answers(s, "epoll", []int{1, 2}, done)
		}, []string{"select: The run reached a limit: 200,000 calls."}},
		{"the relay goes away", func(s *session) { s.hear(link.Event{State: link.Gone}) },
			[]string{"select: The run ended early: the relay went away.", "epoll: Not run: the relay went away."}},
		{"it is stopped", func(s *session) {
			s.stop()
			s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		}, []string{"select: The run was stopped.", "epoll: Not run: the comparison was stopped."}},
		{"a run is refused", func(s *session) {
			s.hear(say(trace.Message{End: done}))
			s.hear(say(trace.Message{Error: &trace.Error{Text: "no room"}}))
		}, []string{"epoll: No room."}},
	} {
		s, _ := contest(t, "servers=iterative,spin,select,epoll&clients=2&pause=200ms&rounds=1")
		s.run()
		answers(s, "iterative", []int{1, 2}, done)
		answers(s, "select", []int{2}, nil)
		c.do(s)
		s.align()
		if s.busy() || !s.revealed() {
			t.Errorf("%s: busy %v", c.name, s.busy())
		}
		for _, want := range append(c.want, "spin: Lab spin: knob pause is \"200ms\"") {
			if got := s.troubles(); !strings.Contains(got, want) {
				t.Errorf("%s: %q does not say %q", c.name, got, want)
			}
		}
		if _, head, _ := s.versus.verdict(); c.name[0] == 't' && head != "Only iterative finished." || c.name == "it is stopped" && head != "Only iterative finished." {
			t.Errorf("%s: %q", c.name, head)
		}
		if h := s.versus.heading(2); (h == "select, part") != (c.name != "a run is refused") {
			t.Errorf("%s: the figures of a run that was cut are headed %q", c.name, h)
		}
		if s.versus.row(0)[1].text != "–" {
			t.Errorf("%s: a server that was not run has the figure %q", c.name, s.versus.row(0)[1].text)
		}
	}
}

// In a later round the ones before it count.
func TestAComparisonEndsInItsSecondRound(t *testing.T) {
	limit := &trace.End{Reason: trace.EndLimit, Message: "200,000 calls"}
	for _, c := range []struct {
		name string
		do   func(*session)
		asks int    // of the server
		want string // that it says
		head string
	}{
		{"the relay goes away", func(s *session) {
			answers(s, "select", []int{2}, nil)
			s.hear(link.Event{State: link.Gone})
		}, 3, "select: round 2: The run ended early: the relay went away. The relay went away in round 2 of 3.", "was first, by "},
		{"it is stopped in the queue", func(s *session) {
			s.hear(say(trace.Message{Queued: &trace.Queued{Place: 1}}))
			s.stop()
			s.hear(say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
		}, 4, "The comparison was stopped in round 2 of 3.", "was first, by "},
		{"a run reaches a limit", func(s *session) {
			answers(s, "select", []int{2}, limit)
			answers(s, "iterative", []int{1, 2, 1}, done)
			answers(s, "iterative", []int{1, 2, 1}, done) // select has no third run
		}, 5, "select: round 2: The run reached a limit: 200,000 calls.", "was first, by "},
		{"a run is refused", func(s *session) {
			s.hear(say(trace.Message{Error: &trace.Error{Text: "no room"}}))
			answers(s, "iterative", []int{1, 2, 1}, done)
			answers(s, "iterative", []int{1, 2, 1}, done)
		}, 5, "select: No room.", "was first, by "},
	} {
		s, asked := contest(t, "servers=iterative,select&clients=2&rounds=3")
		s.run()
		answers(s, "iterative", []int{1, 2, 1}, done)
		answers(s, "select", []int{2, 1}, done)
		c.do(s)
		s.align()
		_, head, _ := s.versus.verdict()
		if s.busy() || !s.revealed() || len(*asked) != c.asks || s.troubles() != c.want || !strings.Contains(head, c.head) {
			t.Errorf("%s: busy %v, asked %d times, %q, %q", c.name, s.busy(), len(*asked), s.troubles(), head)
		}
		if c := s.versus; c.shown != 0 || c.heading(1) != fmt.Sprintf("select, 1 of %d", len(c.rounds)) {
			t.Errorf("round %d shows, which some server has no run in; %q", c.shown, c.heading(1))
		}
	}
}

func TestTheListOfServers(t *testing.T) {
	for _, c := range []struct {
		i    int
		id   string
		want string
	}{
		{0, "poll", "poll,select,epoll"}, {1, noItem, "iterative,epoll"}, {3, "edge", "iterative,select,epoll,edge"}, {2, "select", "iterative,select,select"},
	} {
		if got := item("iterative,select,epoll", c.i, c.id); got != c.want {
			t.Errorf("item(%d, %q) = %s, want %s", c.i, c.id, got, c.want)
		}
	}
	s, _ := contest(t, "servers=edge,poll&pause=20ms")
	if got := query(s.Lab, s.Values); got != "servers=edge,poll&pause=20ms" {
		t.Errorf("the link is %q", got)
	}
	if err := s.set("servers", "poll,edge,threads"); err != nil || len(s.versus.servers) != 3 || s.versus.servers[2].lab.ID != "threads" {
		t.Errorf("%v, %d runs", err, len(s.versus.servers))
	}
	if got := address(s.versus.servers[0].lab, s.versus.servers[0].values); got != "/lab/poll?timeout=520ms&pauses=0s&pause=20ms" {
		t.Errorf("poll alone is at %s", got)
	}
}

func TestTheServerBeside(t *testing.T) {
	l, err := lab.Find("spin")
	if err != nil {
		t.Fatal(err)
	}
	var asked []trace.Request
	s := &session{send: func(r *trace.Request) error { asked = append(asked, *r); return nil }}
	v, _ := setup(l, url.Values{"clients": {"2"}, "pauses": {"1ms"}})
	s.open(l, v)
	s.hear(hello())
	s.beside() // there is nothing to set beside
	s.run()
	script := func(lab string) {
		run := playtest.New(2)
		run.Header.Lab, run.Header.Knobs = lab, v
		run.Listen()
		run.Connect(1, true)
		run.Echo(1, "a")
		s.hear(say(trace.Message{Header: run.Header}))
		s.hear(say(trace.Message{Events: run.Events}))
	}
	script("spin")
	s.beside() // it is under way
	s.hear(say(trace.Message{End: done}))
	shown, n := s.Player, len(asked)
	s.beside()
	s.run() // there is one at a time
	if len(asked) != n+1 || asked[n].Lab != "select" || asked[n].Knobs["pauses"] != "1ms" || asked[n].Knobs["clients"] != "2" || !s.busy() {
		t.Fatalf("asked %v", asked[n:])
	}
	script("select")
	s.hear(say(trace.Message{End: done}))
	if s.busy() || s.aside.run == nil || s.aside.why != "" || s.Player != shown || s.Phase != over {
		t.Errorf("busy %v, %+v", s.busy(), s.aside)
	}
	if got := s.besideSetup(); got != "/lab/compare?servers=spin,select&clients=2&messages=1&pause=1ms&pauses=1ms" {
		t.Errorf("compared at %s", got)
	}
	s.beside()
	s.hear(link.Event{State: link.Gone})
	if s.busy() || s.aside.why == "" || s.Player != shown {
		t.Errorf("without the relay: busy %v, %+v", s.busy(), s.aside)
	}
	s.hear(hello())
	s.beside()
	s.hear(say(trace.Message{Error: &trace.Error{Text: "no room"}}))
	if s.busy() || s.aside.why != "No room." {
		t.Errorf("refused: busy %v, %+v", s.busy(), s.aside)
	}
}
