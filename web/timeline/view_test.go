package timeline

import (
	"bytes"
	"math"
	"testing"

	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

var scales = []play.Scale{play.ByStep, play.ByTime}

func TestZoomLeavesWhatIsUnderThePointer(t *testing.T) {
	p := player(playtest.Select(2, 3000), 1500)
	for _, by := range scales {
		p.Scale = by
		tl := timelineOf(p)
		tl.View.Center(p)
		tl.View.Scale(p)
		tl.View.Center(p)
		for _, factor := range []float64{1.2, 2, 0.7, 1 / 1.7} {
			before := tl.View.Scale(p)
			tl.View.Zoom(p, factor, 400)
			after := tl.View.Scale(p)
			if math.Abs(after.X(before.At(400))-400) > 0.01 {
				t.Errorf("by %d: what was at 400 px is at %.2f", by, after.X(before.At(400)))
			}
		}
	}
}

func TestTheWindowStaysOnTheRun(t *testing.T) {
	p := player(playtest.Select(2, 3000), 0)
	for _, by := range scales {
		p.Scale = by
		v := &timelineOf(p).View
		v.Scale(p)
		for _, do := range []func(){
			func() { v.Pan(p, 1e9, 0) }, func() { v.Pan(p, -1e9, 0) }, func() { v.Zoom(p, 1e9, 10) },
			func() { v.Zoom(p, 1e-9, 1300) }, func() { v.Pan(p, -1e9, 5) }, func() { v.Fit(p) },
		} {
			do()
			s := v.Scale(p)
			if s.X(0) > pad+0.01 || s.X(extent(p.Run, by)) < v.Width/2-0.01 && s.From > -pad/s.Px+1e-6 {
				t.Errorf("by %d: the run lies from %.0f to %.0f px", by, s.X(0), s.X(extent(p.Run, by)))
			}
		}
		if s := v.Scale(p); math.Abs(s.X(extent(p.Run, by))-(v.Width-pad)) > 0.5 {
			t.Errorf("by %d: fitted, the run ends at %.1f px, want %.0f", by, s.X(extent(p.Run, by)), v.Width-pad)
		}
	}
}

func TestFollowMovesOnlyWhenItMust(t *testing.T) {
	p := player(playtest.Select(2, 3000), 0)
	v := &timelineOf(p).View
	v.Scale(p)
	p.Seek(20) // in the middle of the first screen
	before := v.Scale(p)
	v.Follow(p)
	if v.Scale(p) != before {
		t.Error("the playhead is in view, and the window moves")
	}
	for _, pos := range []int{40, 41, 900, 899, 2999, 0} {
		p.Seek(pos)
		v.Follow(p)
		if x := v.Scale(p).X(float64(pos)); x < 0 || x > v.Width {
			t.Errorf("at %d the playhead is at %.0f px", pos, x)
		}
	}
}

func TestFollowLeavesAWindowThatShowsAll(t *testing.T) {
	for _, by := range scales {
		p := player(playtest.Select(2, 3000), 0)
		p.Scale = by
		v := &timelineOf(p).View
		v.Fit(p)
		before := v.Scale(p)
		for _, pos := range []int{2999, 5, 1500} {
			p.Seek(pos)
			v.Follow(p)
			if v.Scale(p) != before {
				t.Errorf("by %d: all was in view, and at %d the window moved", by, pos)
			}
		}
	}
}

func TestTheOtherScaleShowsThePlayhead(t *testing.T) {
	p := player(playtest.Select(2, 3000), 2000)
	v := &timelineOf(p).View
	for range 3 {
		for _, by := range scales {
			p.Scale = by
			if x := v.Scale(p).X(head(p)); x < 0 || x > v.Width {
				t.Errorf("by %d the playhead is at %.0f px", by, x)
			}
			v.Zoom(p, 3, 1000)
		}
	}
}

func TestHit(t *testing.T) {
	s := playtest.New(1)
	s.Listen() // start, then socket at steps 2 and 3, bind at 4 and 5, listen at 6 and 7
	s.Start(1)
	p := player(s, 3)
	for _, by := range scales {
		p.Scale = by
		tl := timelineOf(p)
		sc := tl.View.Scale(p)
		socket := p.Run.Calls[0]
		mid := (sc.Step(p.Run, socket.Enter) + sc.Step(p.Run, socket.Return)) / 2
		hit := tl.Hit(mid, Ruler+32)
		if hit.Lane() != 0 || hit.Call() != 0 {
			t.Errorf("by %d: on socket's bar are lane %d and call %d", by, hit.Lane(), hit.Call())
		}
		if hit := tl.Hit(mid, Ruler-5); hit.Lane() != -1 || hit.Call() != -1 {
			t.Errorf("by %d: on the ruler are lane %d and call %d", by, hit.Lane(), hit.Call())
		}
		if hit := tl.Hit(mid, Ruler+64+20); hit.Lane() != 1 || hit.Call() != -1 {
			t.Errorf("by %d: on the client are lane %d and call %d", by, hit.Lane(), hit.Call())
		}
		for i := range p.Run.Len() {
			if hit := tl.Hit(sc.Step(p.Run, i)+0.01, 5); hit.Step != i+1 {
				t.Errorf("by %d: at step %d is step %d", by, i+1, hit.Step)
			}
		}
		tl.View.Veil = true
		listen := p.Run.Calls[2]
		mid = (sc.Step(p.Run, listen.Enter) + sc.Step(p.Run, listen.Return)) / 2
		if hit := tl.Hit(mid, Ruler+32); hit.Call() != -1 {
			t.Errorf("by %d: beneath the veil call %d is found", by, hit.Call())
		}
	}
}

func TestGestures(t *testing.T) {
	s := playtest.Select(8, 3000)
	p := player(s, 500)
	tl := timelineOf(p)
	tl.View.Scale(p)
	tl.View.Center(p)
	moved := 0
	tl.Moved = func() { moved++ }
	at := func(step int) float64 { return tl.View.Scale(p).X(float64(step)) }
	do := func(gs ...Gesture) {
		for _, g := range gs {
			tl.Gesture(g)
		}
	}

	x := at(510)
	do(Gesture{Action: Press, X: x, Y: 100}, Gesture{Action: Drag, X: x + 2, Y: 100, DX: 2}, Gesture{Action: Lift, X: x, Y: 100})
	if p.Pos() != 510 || moved != 1 {
		t.Errorf("a click on step 510 leads to %d and is told %d times", p.Pos(), moved)
	}

	from := tl.View.Scale(p).From
	do(Gesture{Action: Press, X: 300, Y: 100}, Gesture{Action: Drag, X: 252, Y: 100, DX: -48}, Gesture{Action: Lift, X: 252, Y: 100})
	if got := tl.View.Scale(p).From; math.Abs(got-from-2) > 1e-6 || p.Pos() != 510 {
		t.Errorf("dragged by two steps, the window moved by %.2f and the position is %d", got-from, p.Pos())
	}

	do(Gesture{Action: Press, X: at(515), Y: 8}, Gesture{Action: Drag, X: at(520), Y: 8, DX: 120}, Gesture{Action: Lift, X: at(520), Y: 8})
	if p.Pos() != 520 {
		t.Errorf("scrubbed on the ruler to 520, the position is %d", p.Pos())
	}

	do(Gesture{Action: Scroll, DY: 30})
	if tl.View.Top != 30 {
		t.Errorf("nine lanes scrolled by 30 px are at %v", tl.View.Top)
	}
	do(Gesture{Action: Scroll, DY: 1e6})
	tl.Layout()
	if want := RowsHeight(tl.Rows()) - (tl.View.Height - Ruler); tl.View.Top != want {
		t.Errorf("scrolled to the end, the lanes are at %v, want %v", tl.View.Top, want)
	}

	for _, row := range tl.Rows() {
		tl.ShowLane(row.Lane)
		if y := row.Top - tl.View.Top; y < 0 || y+row.Height > tl.View.Height-Ruler {
			t.Errorf("lane %d is shown from %v to %v px", row.Lane, y, y+row.Height)
		}
	}

	var pointed []Target
	tl.Pointed = func(h Target) { pointed = append(pointed, h) }
	do(Gesture{Action: Move, X: 400, Y: 100}, Gesture{Action: Move, X: 400, Y: 100}, Gesture{Action: Leave})
	if len(pointed) != 2 || pointed[1] != (Target{}) {
		t.Errorf("pointed at %+v; want one thing, then nothing", pointed)
	}

	tl.View.Veil = true
	before := p.Pos()
	do(Gesture{Action: Press, X: at(600), Y: 8}, Gesture{Action: Lift, X: at(600), Y: 8})
	if p.Pos() != before {
		t.Errorf("while a question is open a click moved to %d", p.Pos())
	}
}

func TestOverviewSeeks(t *testing.T) {
	p := player(playtest.Select(2, 1000), 0)
	tl := timelineOf(p)
	o := &Overview{Of: tl}
	o.Layout(700, 34)
	o.Gesture(Gesture{Action: Press, X: 350})
	if want := p.Len() / 2; p.Pos() < want-1 || p.Pos() > want+1 {
		t.Errorf("the middle leads to %d, want %d", p.Pos(), want)
	}
	if x := tl.View.Scale(p).X(head(p)); x < 0 || x > tl.View.Width {
		t.Errorf("the timeline does not show it: the playhead is at %.0f px", x)
	}
	if o.Gesture(Gesture{Action: Move, X: 10}) || p.Pos() < 400 {
		t.Error("only pointing, and it seeks")
	}
}

// The lanes are drawn where their names are: there is one offset, and who can't be
// scrolled that far keeps the other back.
func TestLanesAreDrawnWhereTheirNamesAre(t *testing.T) {
	tl := timelineOf(player(playtest.Select(8, 500), 100))
	tl.Paint(800, 200, 0)
	names := 0.0
	for _, c := range []struct{ most, want float64 }{{0, 0}, {17, 17}, {1e6, 60}} {
		tl.Scrolled = func(top float64) float64 {
			names = min(top, c.most)
			return names
		}
		tl.View.Top = 60
		frame, _ := tl.Paint(800, 200, 0)
		frame = append([]byte(nil), frame...)
		if tl.View.Top != c.want || names != c.want {
			t.Errorf("the lanes are scrolled by %v, their names by %v, want %v", tl.View.Top, names, c.want)
		}
		if !bytes.Equal(frame, tl.Layout().Bytes()) {
			t.Errorf("scrolled by %v, the lanes are drawn elsewhere", c.want)
		}
	}
}

// By time all of a run shows, also of one that goes on, until somebody looks closer.
func TestAllOfAGrowingRunShows(t *testing.T) {
	script := playtest.Select(2, 300)
	p := play.NewPlayer(play.NewRun(script.Header))
	p.SetScale(play.ByTime)
	v := &timelineOf(p).View
	whole := func() bool {
		scale := v.Scale(p)
		width, _ := shown(p)
		return scale.X(0) >= 0 && scale.X(width) <= v.Width && scale.X(width) > v.Width/2
	}
	for n, at := len(script.Events)/3, 0; at+n <= len(script.Events); at += n {
		p.Run.Add(script.Events[at : at+n])
		p.Grown()
		p.Seek(p.Len())
		v.Follow(p)
		if !whole() {
			t.Errorf("after %d events not all shows", at+n)
		}
	}
	v.Zoom(p, 4, 400)
	p.Seek(0)
	v.Follow(p)
	if whole() {
		t.Error("who looks closer sees all again")
	}
}
