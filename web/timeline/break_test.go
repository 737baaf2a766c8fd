package timeline

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// lull is a run of some microseconds in which the server then sleeps for 20 s.
func lull() *playtest.Script {
	s := shapes()
	s.Pass(20e9)
	s.Do(1, 0, 3, 0)
	s.Exit(1)
	return s
}

// A long time in which nothing happens is left out of the time axis, which says so. Each
// place is still one moment, for who looks, points and seeks.
func TestATornAxis(t *testing.T) {
	p := player(lull(), 0)
	p.SeekTime(p.Run.Duration())
	p.Scale = play.ByTime
	tl := timelineOf(p)
	ops := read(t, tl.Layout().Bytes())
	if said := words(ops); !slices.Contains(said, "20.0 s left out") {
		t.Fatalf("it isn't said that time is left out: %q", said)
	}
	s := tl.View.Scale(p)
	x0, x1 := s.X(s.Torn.from), s.X(s.Torn.to)
	if x0 < 100 || x1-x0 < 100 || x1-x0 > 300 || x1 > tl.View.Width-30 {
		t.Fatalf("the tear is from %.0f to %.0f px", x0, x1)
	}
	for i := range p.Run.Len() {
		if x := s.Step(p.Run, i); x > x0+1 && x < x1-1 {
			t.Errorf("step %d is in the tear", i+1)
		}
		x := s.Step(p.Run, i) + 0.01
		at := p.Run.StepAt(p.Run.Gist(i).Time)
		if hit := tl.Hit(x, 5); hit.Step < at {
			t.Errorf("at step %d is step %d", at, hit.Step)
		}
		tl.Gesture(Gesture{Action: Press, X: x, Y: 5})
		tl.Gesture(Gesture{Action: Lift, X: x, Y: 5})
		if p.Pos() < at {
			t.Errorf("a click on step %d leads to %d", at, p.Pos())
		}
	}
	last := math.Inf(-1)
	for x := 0.0; x < tl.View.Width; x++ {
		u := s.At(x)
		if u <= last || math.Abs(s.X(u)-x) > 1e-3 {
			t.Fatalf("at %.0f px is %.0f ns, which is at %.3f px; before it was %.0f ns", x, u, s.X(u), last)
		}
		last = u
	}
	o := &Overview{Of: tl}
	o.Layout(700, 34)
	for i := range p.Run.Len() {
		o.Gesture(Gesture{Action: Press, X: o.scale().Step(p.Run, i) + 1e-3})
		if at := p.Run.StepAt(p.Run.Gist(i).Time); p.Pos() < at {
			t.Errorf("in the overview step %d leads to %d", at, p.Pos())
		}
	}
	for range 40 { // however near one looks, the numbers of a screen are few
		tl.View.Zoom(p, 1.5, x0+10)
		ops := read(t, tl.Layout().Bytes())
		if n := count(ops, opRect, Line2); n > 400 {
			t.Fatalf("the ruler has %d divisions", n)
		}
	}
}

// On a phone, too, the axis says what it leaves out, wherever the playhead's flag is.
func TestTheFlagHidesNoTear(t *testing.T) {
	p := player(lull(), 0)
	p.Scale = play.ByTime
	tl := timelineOf(p)
	tl.View.Size = Narrow
	tl.View.Width = 344
	beneath := 0
	for at := range p.Run.Len() {
		p.Seek(at + 1)
		tl.View.Fit(p)
		var tear, flag *drawn
		ops := read(t, tl.Layout().Bytes())
		for i := range ops {
			switch o := &ops[i]; {
			case o.op != opText:
			case strings.HasPrefix(o.text, "20.0 s"):
				tear = o
			case font(o.args[1]) == bold:
				flag = o
			}
		}
		if tear == nil || flag == nil {
			t.Fatalf("at step %d there are %q", at+1, words(ops))
		}
		apart := math.Abs(tear.args[3]-flag.args[3]) - float64(len(tear.text)+len(flag.text))/2*charWidth
		switch down := tear.args[4] - flag.args[4]; {
		case down > 10:
			beneath++
		case apart < 0:
			t.Errorf("at step %d the flag covers the tear: %v, %v", at+1, flag, tear)
		}
	}
	if beneath == 0 {
		t.Error("the flag is never in the way")
	}
}

func TestAnAxisIsWhole(t *testing.T) {
	for name, p := range map[string]*play.Player{
		"busy":    player(playtest.Select(2, 100), 10),
		"by step": player(lull(), 10),
		"live":    player(lull(), 10),
		"hidden":  player(lull(), 3),
	} {
		p.Scale = play.ByTime
		tl := timelineOf(p)
		switch name {
		case "by step":
			p.Scale = play.ByStep
		case "live":
			p.Run.End = nil
		case "hidden":
			tl.View.Veil = true
		}
		for _, said := range words(read(t, tl.Layout().Bytes())) {
			if strings.Contains(said, "left out") {
				t.Errorf("%s: %s", name, said)
			}
		}
	}
}
