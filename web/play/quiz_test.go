package play

import (
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

func asking(t *testing.T, name string) (*Player, *Quiz) {
	p := NewPlayer(recorded(t, name))
	q := NewQuiz(p)
	q.Switch(true)
	return p, q
}

func TestMovesForwardStopAtAQuestion(t *testing.T) {
	for name, move := range map[string]func(*Player){
		"steps":         func(p *Player) { p.Step(1000) },
		"the next wake": func(p *Player) { p.Step(9); p.NextWake(1); p.NextWake(1) },
		"playing":       func(p *Player) { p.Play(); p.Tick(time.Hour); p.Tick(time.Hour) },
		"playing by time": func(p *Player) {
			p.Scale = ByTime
			p.Play()
			p.Tick(time.Hour)
			p.Tick(time.Hour)
		},
	} {
		p, q := asking(t, "select")
		move(p)
		if first := q.Questions()[0]; p.Pos() != first.At || q.Open() != first || p.Playing {
			t.Errorf("%s: at %d, playing %v; want to stop at %d", name, p.Pos(), p.Playing, first.At)
		}
		q.Switch(false)
		if p.Step(1000); p.Pos() != p.Len() {
			t.Errorf("%s: switched off, the quiz stops at %d", name, p.Pos())
		}
	}
}

func TestGuessAndWhatHappenedStayVisible(t *testing.T) {
	p, q := asking(t, "select")
	var asked []*Question
	for p.Step(1000); q.Open() != nil; p.Step(1000) {
		open := q.Open()
		asked = append(asked, open)
		if q.Check() != nil {
			t.Fatal("there is no guess to check")
		}
		wrong := len(asked)%2 == 0
		switch {
		case wrong && open.Right.Offer == 0 && len(open.Offers) == 1:
			q.Toggle(0) // it sleeps
		case wrong:
			q.Choose((open.Right.Offer + 1) % len(open.Offers))
		case open.Right.Lit == nil:
			q.Choose(open.Right.Offer)
		}
		for i, lit := range open.Right.Lit {
			if lit && !wrong {
				q.Toggle(i)
			}
		}
		if a := q.Check(); a == nil || a.Question != open || a.Right() == wrong {
			t.Fatalf("%q: the answer is %+v, want right: %v", open.Text, a, !wrong)
		}
		if a := q.Shown(); q.Open() == nil && (a == nil || a.Question.At > p.Pos()) {
			t.Errorf("%q: after the answer %+v is shown", open.Text, a)
		}
	}
	if len(asked) != len(q.Questions()) || p.Pos() != p.Len() {
		t.Errorf("%d of %d questions were asked; at %d", len(asked), len(q.Questions()), p.Pos())
	}
	if s := q.Score(); len(q.History()) != len(asked) || s.Made != len(asked) || s.Asked != len(asked) || s.Right != (s.Made+1)/2 || len(s.Missed) != s.Made-s.Right {
		t.Errorf("the score is %+v, %d in the history", s, len(q.History()))
	}
	for _, a := range asked {
		p.Seek(a.At)
		if shown := q.Shown(); shown == nil || shown.Question.At > p.Pos() {
			t.Errorf("back at %d, %+v is shown", a.At, shown)
		}
	}
	q.Again(asked[0])
	if q.Open() != asked[0] || q.Ready() {
		t.Error("asked again, the first question is not open as it was at first")
	}
}

// guess answers the open question, rightly or not.
func guess(q *Quiz, right bool) *Answer {
	open := q.Open()
	for i := range open.Offers {
		if (open.Right.Lit == nil && i == open.Right.Offer) == right {
			q.Choose(i)
			break
		}
	}
	if right {
		for i, lit := range open.Right.Lit {
			if lit {
				q.Toggle(i)
			}
		}
	}
	return q.Check()
}

// Two questions at one step: the first has its verdict before the second is asked.
func TestEachQuestionHasItsVerdictBeforeTheNext(t *testing.T) {
	p, q := asking(t, "first")
	q.chooser.questions[1].At = q.chooser.questions[0].At
	p.Step(1000)
	at := p.Pos()
	first := q.Open()
	a := guess(q, true)
	if q.Shown() != a || q.Open() != nil || a.Question != first {
		t.Fatalf("after the first answer %+v is shown, %+v is open", q.Shown(), q.Open())
	}
	if !q.Next() || p.Pos() != at || q.Open() != q.Questions()[1] || q.Shown() != nil {
		t.Fatalf("next, at %d, %+v is open, %+v is shown", p.Pos(), q.Open(), q.Shown())
	}
	b := guess(q, false)
	if q.Shown() != b {
		t.Errorf("after the second answer %+v is shown", q.Shown())
	}
	for q.Next() {
		q.Skip()
	}
	s := q.Score()
	if s.Right != 1 || s.Made != 2 || s.Asked != len(q.Questions()) || len(s.Missed) != s.Asked-1 || s.Missed[0] != b {
		t.Errorf("the score is %+v", s)
	}
}

// Whatever moves a player that asks, it does not pass a question without an answer.
func TestNothingIsShownBehindAQuestion(t *testing.T) {
	p := NewPlayer(recorded(t, "iterative"))
	q := NewQuiz(p)
	p.Seek(p.Len())
	if q.Hides() || q.Horizon() != p.Len() {
		t.Fatalf("switched off, it hides what comes after %d", q.Horizon())
	}
	q.Switch(true)
	first := q.Questions()[0].At
	if p.Pos() != 0 || !q.Hides() || q.Horizon() != first {
		t.Fatalf("asked after the run, the player is at %d, and hides what comes after %d", p.Pos(), q.Horizon())
	}
	for name, move := range map[string]func(){
		"seek":      func() { p.Seek(p.Len()) },
		"seek time": func() { p.SeekTime(p.Run.Duration()) },
		"step":      func() { p.Step(p.Len()) },
		"error":     func() { p.NextError(1) },
		"follow":    func() { p.Follow = true; p.Grown() },
	} {
		if move(); p.Pos() > first || p.Now() > p.Run.Gist(first).Time {
			t.Errorf("%s: at %d, %d ns", name, p.Pos(), p.Now())
		}
	}
	p.Seek(first)
	guess(q, true)
	p.Seek(p.Len())
	if second := q.Questions()[1]; p.Pos() != second.At || q.Open() != second {
		t.Errorf("after the first answer the player comes to %d", p.Pos())
	}
	q.Again(q.Questions()[0])
	if q.Horizon() != first || p.Pos() != first {
		t.Errorf("asked again, the player is at %d, and hides what comes after %d", p.Pos(), q.Horizon())
	}
}

// What a live run has shown is asked when it is gone through again.
func TestPassedQuestionsComeAtTheEnd(t *testing.T) {
	whole := recorded(t, "iterative")
	live := NewRun(whole.Header)
	p := NewPlayer(live)
	q := NewQuiz(p)
	q.Switch(true)
	p.Follow = true
	live.Add(whole.Steps()[:40])
	p.Grown()
	for q.Open() != nil {
		q.Skip()
	}
	p.Seek(40)
	for _, s := range whole.Steps()[40:] {
		live.Add([]trace.Event{s})
		p.Follow = true
		p.Grown()
		for q.Open() != nil {
			q.Skip()
		}
	}
	live.End = whole.End
	p.Grown()
	left := len(q.Questions()) - len(q.History())
	if left == 0 {
		t.Fatal("none was passed")
	}
	for ; left > 0; left-- {
		if !q.Next() || q.Open() == nil {
			t.Fatalf("%d are left, and none is asked", left)
		}
		q.Skip()
	}
	if q.Next() {
		t.Errorf("all are answered, and %+v is asked", q.Open())
	}
}

func TestSkippingGoesOn(t *testing.T) {
	p, q := asking(t, "first")
	p.Play()
	p.Tick(time.Hour)
	q.Skip()
	if !p.Playing || q.Open() != nil {
		t.Fatalf("skipped: playing %v, open %v", p.Playing, q.Open())
	}
	p.Tick(time.Hour)
	if q.Open() == nil || q.Open() != q.Questions()[1] {
		t.Errorf("the next question is not open at %d", p.Pos())
	}
	if h := q.History(); len(h) != 1 || !h[0].Skipped || h[0].Right() {
		t.Errorf("the history is %+v", h)
	}
}

// A tick may end right at a question: the player is not stopped yet, and goes on
// when that is skipped.
func TestSkippingWhereATickEnds(t *testing.T) {
	p, q := asking(t, "first")
	p.Seek(q.Questions()[0].At - 1)
	p.SetSpeed(1) // a step a second
	p.Play()
	p.Tick(time.Second)
	if q.Open() == nil {
		t.Fatalf("nothing is asked at %d", p.Pos())
	}
	q.Skip()
	if !p.Playing || q.Open() != nil {
		t.Errorf("skipped: playing %v, open %v", p.Playing, q.Open())
	}
}

func TestALiveRunWaitsForTheAnswer(t *testing.T) {
	whole := recorded(t, "first")
	live := NewRun(whole.Header)
	p := NewPlayer(live)
	q := NewQuiz(p)
	q.Switch(true)
	p.Follow = true
	add := func(from, to int) { live.Add(whole.Steps()[from:to]); p.Grown() }
	add(0, 10)
	if p.Pos() != 10 || q.Open() != nil {
		t.Fatalf("at %d, open %v: accept has not returned, so nobody knows what is right", p.Pos(), q.Open())
	}
	add(10, 20)
	if p.Pos() != 10 || q.Open() == nil || p.Follow {
		t.Fatalf("at %d, open %v; want to lag behind at the accept", p.Pos(), q.Open())
	}
	q.Skip()
	add(20, 22)
	if !p.Follow && q.Open() == nil || p.Pos() <= 10 {
		t.Errorf("skipped, it stays at %d", p.Pos())
	}
}

// A run that is hidden while it is live passes no question: all come in the run's order.
func TestARunIsHiddenUntilItsQuestionsAreKnown(t *testing.T) {
	whole := recorded(t, "backlog")
	live := NewRun(whole.Header)
	p := NewPlayer(live)
	q := NewQuiz(p)
	q.Waits = true
	p.Follow = true
	steps := whole.Steps()
	live.Add(steps[:30])
	if p.Grown(); p.Pos() != 30 {
		t.Fatalf("nothing is asked, and it is at %d", p.Pos())
	}
	q.Switch(true)
	for i, s := range steps[30:] {
		live.Add([]trace.Event{s})
		if p.Grown(); p.Pos() != 0 || !q.Hides() || q.Open() != nil {
			t.Fatalf("with %d steps it is at %d, asks %v", 31+i, p.Pos(), q.Open())
		}
	}
	live.End = whole.End
	p.Grown()
	for i, want := range q.Questions() {
		if got := q.Open(); got != want || i > 0 && want.At < q.Questions()[i-1].At {
			t.Fatalf("question %d: it is at %d and asks %v", i, p.Pos(), got)
		}
		if q.Skip(); !p.Playing || p.Follow {
			t.Errorf("skipped, it doesn't go on by itself: the run has ended")
		}
		p.Step(p.Len())
		p.Playing = true
	}
	if q.Hides() || p.Pos() != p.Len() {
		t.Errorf("after the last question it is at %d of %d", p.Pos(), p.Len())
	}
}

func FuzzQuestions(f *testing.F) {
	f.Add([]byte("\x03\x00\x00\x05\x03\x04\x00\x00\x05\x04"))
	f.Add([]byte("\x03\x00\x00\x44\x03\x04\x00\x00\x44\x04\x03\x01\x00\x45\x03\x04\x01\x00\x45\x03\x03\x00\x00\x47\x04\x04\x30\x00\x47\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		header := script(2).Header
		r := NewRun(header)
		for len(data) >= 5 && r.Len() < 2000 {
			b := data[:5]
			data = data[5:]
			e := trace.Event{
				Kind: trace.Kind(b[0] % 8), Time: int64(int8(b[4])) << (b[2] % 50), Proc: int(int8(b[1] & 0x83)), Thread: int(int8(b[2] & 0x81)),
				Call: trace.Call(b[3] % 32), FD: int(int8(b[4] & 0x87)), Result: int64(int8(b[4])), Errno: trace.Errno(b[2] & 0x70),
				Sleep: trace.Sleep(b[1] >> 4 & 3), Addr: "127.0.0.1:" + string('0'+b[2]&3), Data: b, Size: int(int8(b[3])), Timeout: int64(int8(b[0])),
			}
			if b[3]&0x40 != 0 {
				e.Sets = &trace.Sets{Read: []int{int(b[4] & 7)}, Write: []int{int(int8(b[2]))}}
				e.Queues = []trace.Queue{{FD: int(b[4] & 7), Local: "127.0.0.1:" + string('0'+b[1]&3), State: trace.TCPState(b[0] & 15), Recv: int(int8(b[1]))}}
			}
			r.Add([]trace.Event{e})
		}
		p := NewPlayer(r)
		q := NewQuiz(p)
		q.Switch(true)
		for range 3 * maxQuestions {
			p.Step(r.Len() + 1)
			if open := q.Open(); open != nil {
				r.Happened(open)
				r.Explain(open)
				q.Skip()
			}
		}
		if p.Pos() != r.Len() {
			t.Errorf("all questions skipped, the player is at %d of %d", p.Pos(), r.Len())
		}
		for i := range r.Len() {
			r.Carried(i, r.Len())
			if n := len(r.Why(i, i+1)) + len(r.Why(i, r.Len())); n > 2*maxLinks {
				t.Errorf("step %d has %d links", i, n)
			}
		}
		for i := range r.Len() {
			if n := r.Narrate(i); n.Text == "" && len(n.Claims) > 0 {
				t.Errorf("step %d is told without words", i)
			}
		}
		for _, l := range lab.All {
			for k := range l.Stops {
				if f, ok := r.Find(&l.Stops[k].At); ok && (f.Step < 0 || f.Step >= r.Len()) {
					t.Errorf("a stop of %s is at step %d", l.ID, f.Step)
				}
			}
		}
		NewTally(r)
		if d, alike := Diverge(hear(r), hear(r)); d != nil || !alike {
			t.Errorf("a run differs from itself: %+v, alike %v", d, alike)
		}
	})
}
