package play

import (
	"testing"
	"time"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

func TestALullIsMostOfARunThatIsOver(t *testing.T) {
	for _, c := range []struct {
		pass int64
		over bool
		is   bool
	}{{20e9, true, true}, {20e9, false, false}, {10e3, true, false}} {
		s := playtest.New(1)
		s.Listen()
		s.Connect(1, false)
		s.Echo(1, "hello")
		n := len(s.Events)
		s.Pass(c.pass)
		s.Exit(1)
		r := NewRun(s.Header)
		r.Add(s.Events)
		if c.over {
			r.End = &trace.End{Time: r.Duration()}
		}
		from, to := r.Lull()
		if is := from < to; is != c.is || is && (from != r.Gist(n-1).Time || to != r.Gist(n).Time) {
			t.Errorf("%+v: from %d to %d", c, from, to)
		}
		if !c.is {
			continue
		}
		p := NewPlayer(r)
		p.SetScale(ByTime)
		p.SeekTime(from)
		p.Playing = true
		played := 0
		for ; p.Now() < to && played < 100; played++ {
			p.Tick(time.Second / 50)
		}
		if played < 45 || played > 55 || p.Now() != to {
			t.Errorf("the lull is played in %d fiftieths of a second, to %d of %d", played, p.Now(), to)
		}
	}
}
