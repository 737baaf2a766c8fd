package timeline

import (
	"testing"

	"sockscope/web/play/playtest"
)

// A click tells what it was on: a bar, an arrow, or nothing.
func TestAClickTellsWhatItWasOn(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	s.Echo(1, "This is the message")
	p := player(s, len(s.Events))
	tl := timelineOf(p)
	r := p.Run
	tl.View.Fit(p)
	var got []Target
	tl.Clicked = func(h Target) { got = append(got, h) }
	click := func(x, y float64) Target {
		t.Helper()
		got = nil
		tl.Gesture(Gesture{Action: Press, X: x, Y: y})
		tl.Gesture(Gesture{Action: Lift, X: x, Y: y})
		if len(got) != 1 {
			t.Fatalf("a click is told %d times", len(got))
		}
		return got[0]
	}

	tl.Layout()
	f := tl.frame(tl.View.Scale(p))
	w := r.Wakes[len(r.Wakes)-1] // the client's recv, by the server's send
	var c curve
	if !tl.curve(&f, w, &c) {
		t.Fatal("the arrow has no shape")
	}
	before := p.Pos()
	x, y := (c.xy[0]+3*c.xy[2]+3*c.xy[4]+c.xy[6])/8, (c.xy[1]+3*c.xy[3]+3*c.xy[5]+c.xy[7])/8
	if h := click(x, y); h.Wake() != w.Effect || h.Call() != -1 || p.Pos() != before {
		t.Errorf("on the arrow to step %d: arrow %d, call %d, and the position went from %d to %d", w.Effect, h.Wake(), h.Call(), before, p.Pos())
	}

	call := r.CallIndex(w.Effect)
	row := tl.Rows()[1]
	mid := tl.middle(&f, &row)
	inside := f.Step(r, r.Calls[call].Enter) + 4
	if h := click(inside, mid); h.Call() != call || h.Wake() != -1 || p.Pos() > w.Effect {
		t.Errorf("on the bar of call %d: call %d, arrow %d, at %d", call, h.Call(), h.Wake(), p.Pos())
	}
	if h := click(inside, 5); h.Call() != -1 || h.Lane() != -1 {
		t.Errorf("on the ruler: %+v", h)
	}

	got = nil
	tl.View.Veil = true
	tl.Gesture(Gesture{Action: Press, X: inside, Y: mid})
	tl.Gesture(Gesture{Action: Lift, X: inside, Y: mid})
	if got != nil {
		t.Error("a click tells something while a question is open")
	}
}

// What is followed stays drawn, however many arrows there are.
func TestTheChainIsDrawnAmongMany(t *testing.T) {
	p := player(playtest.Select(4, 4000), 0)
	p.Seek(p.Len())
	tl := timelineOf(p)
	tl.View.Fit(p)
	count := func() (n int) {
		for _, o := range read(t, tl.Layout().Bytes()) {
			if o.op == opCurve {
				n++
			}
		}
		return n
	}
	before := count()
	tl.View.Chain = p.Run.Wakes[10:12]
	tl.View.Picked = p.Run.CallIndex(p.Run.Wakes[10].Effect) + 1
	if after := count(); after != before+2 {
		t.Errorf("%d arrows, and %d with two to follow", before, after)
	}
}
