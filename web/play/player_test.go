package play

import (
	"testing"
	"time"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func ended(s *playtest.Script) *Run {
	r := load(s)
	r.End = &trace.End{Time: r.Duration()}
	return r
}

func TestSeekAndStep(t *testing.T) {
	p := NewPlayer(ended(playtest.Select(2, 100)))
	last := p.Len()
	for _, c := range []struct {
		name string
		move func()
		want int
	}{
		{"the start", func() {}, 0},
		{"a step back from there", func() { p.Step(-1) }, 0},
		{"ten steps", func() { p.Step(10) }, 10},
		{"the end", func() { p.Seek(last + 5) }, last},
		{"a step on from there", func() { p.Step(1) }, last},
		{"a time between two steps", func() { p.SeekTime(p.Run.Gist(6).Time + 1) }, 7},
		{"before time", func() { p.SeekTime(-5) }, 0},
		{"after time", func() { p.SeekTime(1 << 60) }, last},
	} {
		c.move()
		if p.Pos() != c.want {
			t.Fatalf("%s: at %d, want %d", c.name, p.Pos(), c.want)
		}
		if got := p.State().Events; got != c.want {
			t.Fatalf("%s: the state has seen %d events, want %d", c.name, got, c.want)
		}
		if n := c.want; n > 0 && p.Now() < p.Run.Gist(n-1).Time {
			t.Fatalf("%s: it is %d, before step %d", c.name, p.Now(), n)
		}
	}
}

func TestNext(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	s.Pause(1, 1000)
	s.Spin(4, 2)
	s.Enter(0, trace.Send, 4, trace.Event{})
	s.Return(0, trace.Event{Errno: trace.EPIPE})
	p := NewPlayer(ended(s))
	at := func() *trace.Event { return p.Run.Step(p.Pos() - 1) }
	if !p.NextWake(1) || at().Call != trace.Select {
		t.Fatalf("the first wake is at %d", p.Pos())
	}
	if p.NextWake(1) {
		t.Errorf("a pause is no wake, but step %d", p.Pos())
	}
	if !p.NextError(1) || at().Errno != trace.EPIPE {
		t.Fatalf("the error is at %d; EAGAIN is none", p.Pos())
	}
	if p.NextError(1) {
		t.Errorf("there is one error, but also step %d", p.Pos())
	}
	if !p.NextWake(-1) || at().Call != trace.Select {
		t.Errorf("the wake before is at %d", p.Pos())
	}
}

func TestPlayingBySteps(t *testing.T) {
	p := NewPlayer(ended(playtest.Select(1, 60)))
	p.SetSpeed(2) // two a second
	p.Play()
	if p.Tick(400 * time.Millisecond) {
		t.Error("0.4 s are no step yet")
	}
	if !p.Tick(100*time.Millisecond) || p.Pos() != 1 {
		t.Errorf("after 0.5 s at %d, want 1", p.Pos())
	}
	if !p.Tick(1700*time.Millisecond) || p.Pos() != 4 {
		t.Errorf("after 2.2 s at %d, want 4", p.Pos())
	}
	p.Tick(350 * time.Millisecond)
	if p.Pos() != 5 {
		t.Errorf("after 2.55 s at %d, want 5: what is left of a step counts", p.Pos())
	}
	p.Tick(time.Hour)
	if p.Pos() != p.Len() || p.Playing {
		t.Errorf("at the end: at %d, playing %v", p.Pos(), p.Playing)
	}
	p.Play()
	if p.Pos() != 0 || !p.Playing {
		t.Errorf("played again from %d", p.Pos())
	}
}

func TestPlayingByTime(t *testing.T) {
	p := NewPlayer(ended(playtest.Select(1, 60)))
	p.Scale = ByTime
	p.SetSpeed(1) // 100 us a second
	p.Play()
	p.Tick(time.Second)
	if p.Now() != 100_000 || p.Pos() != p.Run.StepAt(100_000) {
		t.Errorf("after a second it is %d, at step %d", p.Now(), p.Pos())
	}
	p.Tick(time.Hour)
	if p.Now() != p.Run.Duration() || p.Playing {
		t.Errorf("at the end it is %d, playing %v", p.Now(), p.Playing)
	}
}

func TestFollowingALiveRun(t *testing.T) {
	s := playtest.Select(2, 200)
	r := NewRun(s.Header)
	p := NewPlayer(r)
	p.Follow = true
	r.Add(s.Events[:50])
	p.Grown()
	if p.Pos() != 50 {
		t.Fatalf("follows to %d, want 50", p.Pos())
	}
	p.Step(-1)
	r.Add(s.Events[50:100])
	p.Grown()
	if p.Pos() != 49 {
		t.Errorf("stepped back, the position moved to %d", p.Pos())
	}
	p.Playing, p.Follow = true, false
	p.Seek(100)
	p.Playing = true
	p.Tick(time.Second)
	if !p.Playing {
		t.Error("playing stops at the newest step of a live run")
	}
}

func TestSpeeds(t *testing.T) {
	p := NewPlayer(ended(playtest.Select(1, 10)))
	for _, scale := range []Scale{ByStep, ByTime} {
		p.Scale = scale
		n := len(p.Speeds())
		p.SetSpeed(99)
		if p.Speed() != n-1 {
			t.Errorf("the fastest of %d is %d", n, p.Speed())
		}
		p.SetSpeed(-1)
		if p.Speed() != 0 {
			t.Errorf("the slowest is %d", p.Speed())
		}
	}
}

func BenchmarkSeek(b *testing.B) {
	r := ended(playtest.Select(4, 100_000))
	p := NewPlayer(r)
	n := 0
	for b.Loop() {
		n = (n + 7919*13) % r.Len()
		p.Seek(n)
		p.State()
	}
}

func BenchmarkAdd100k(b *testing.B) {
	s := playtest.Select(4, 100_000)
	for b.Loop() {
		load(s)
	}
}

// A run that is shown by time from its first event on plays in half a minute when it has
// ended, unless the learner has chosen a speed.
func TestSpeedFitsTheRun(t *testing.T) {
	for _, chosen := range []bool{false, true} {
		s := playtest.New(1)
		s.Listen()
		s.Connect(1, false)
		r := NewRun(s.Header)
		p := NewPlayer(r)
		p.SetScale(ByTime)
		slow := p.Speed()
		if chosen {
			p.SetSpeed(slow)
		}
		for range 20 {
			s.Pass(1e9)
			s.Echo(1, "hello")
		}
		r.Add(s.Events)
		r.End = &trace.End{Time: r.Duration()}
		p.Grown()
		if kept := p.Speed() == slow; kept != chosen {
			t.Errorf("chosen %v: %s, then %s", chosen, p.Speeds()[slow], p.Speeds()[p.Speed()])
		}
		next := NewPlayer(r)
		if next.Like(p); next.Speed() != p.Speed() || next.Scale != ByTime {
			t.Errorf("chosen %v: the next is played at %s, this at %s", chosen, next.Speeds()[next.Speed()], p.Speeds()[p.Speed()])
		}
	}
}
