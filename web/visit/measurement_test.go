package visit

import (
	"slices"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/link"
)

// measuring returns a visit of the lab that measures, with a server that answers
// nothing.
func measuring(t *testing.T) *Measurement {
	t.Helper()
	l, err := lab.Find("scaling")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := reachable()
	m := &Measurement{Run: Run{Desk: Desk{Relay: r}}}
	v, _ := ReadLink(l, "")
	m.Open(l, v)
	return m
}

func TestThePageAsksForNoMoreThanTheHostAllows(t *testing.T) {
	s := measuring(t)
	m := hello().Message
	m.Hello.Most = 1000
	Hear(s, say(*m))
	if s.Values[lab.Largest] != "1000" || !strings.Contains(s.Problem, "up to 1,000") {
		t.Errorf("largest is %s; %q", s.Values[lab.Largest], s.Problem)
	}
	if err := s.Set(lab.Largest, "3000"); err != nil || s.Values[lab.Largest] != "1000" {
		t.Errorf("set to 3000 it is %s, %v", s.Values[lab.Largest], err)
	}
	if err := s.Set(lab.Largest, "300"); err != nil || s.Values[lab.Largest] != "300" {
		t.Errorf("set to 300 it is %s, %v", s.Values[lab.Largest], err)
	}
}

func TestAMeasurementSaysHowFarItIs(t *testing.T) {
	s := measuring(t)
	Hear(s, hello())
	s.Start()
	Hear(s, say(trace.Message{Queued: &trace.Queued{Place: 2}}))
	if got := s.Headline(); got != "another measurement is under way: place 2 in the queue" {
		t.Error(got)
	}
	Hear(s, say(trace.Message{Header: &trace.Header{Lab: "scaling", Procs: make([]trace.Proc, 2)}}))
	for _, c := range []struct {
		point trace.Point
		want  string
	}{
		{trace.Point{Idle: 1000, Of: 18}, "live, 0 of 18 measurements, opening connections: 1,000"},
		{trace.Point{Mechanism: "poll", Idle: 1000, Done: 1, Of: 18}, "live, 1 of 18 measurements, beside 1,000 idle connections"},
	} {
		Hear(s, say(trace.Message{Point: &c.point}))
		if got := s.Headline(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if n := len(s.Points()); n != 2 {
		t.Errorf("%d points are kept", n)
	}
	Hear(s, link.Event{State: link.Gone})
	if s.Busy() || !strings.Contains(s.Trouble(), "the relay went away") {
		t.Errorf("busy %v, %q", s.Busy(), s.Trouble())
	}
}

// The walk of what was measured leads to marks: in the lab's recording each stop has
// some, and beside few connections most have none.
func TestAMeasurementIsWalked(t *testing.T) {
	file, err := assets.Files.ReadFile("recordings/scaling.trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	s := measuring(t)
	s.Drawn = s.Light
	s.Load(tape)
	if n := len(s.Stops()); n < 4 || n > 6 || s.AtStop() != 0 {
		t.Fatalf("at stop %d of %d", s.AtStop(), n)
	}
	for i, stop := range s.Stops() {
		s.GoToStop(i)
		if lit := s.Lit(); !stop.Is || len(lit) == 0 || s.Plots != s.Lab.Stops[i].Plot.Plots {
			t.Errorf("stop %d: %v of plot %d are lit: %s", i+1, lit, s.Plots, stop.Say)
		}
	}
	s.Plot(lab.RoundTrip)
	if s.Lit() != nil {
		t.Error("marks of another plot are lit")
	}
	s.Apply(LastStop)
	s.Apply(NextStop)
	if s.Lit() == nil || s.Plots != lab.Ask {
		t.Error("the keys lead nowhere")
	}
	s.Apply(NextStop)
	if !s.AtRecap() || s.Lit() != nil {
		t.Error("there is no recap")
	}

	few, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	few.Points = slices.DeleteFunc(few.Points, func(p trace.Point) bool { return p.Idle > 10 })
	s.Load(few)
	for i, stop := range s.Stops() {
		if s.GoToStop(i); stop.Is != (s.Lit() != nil) || stop.Is && i > 0 && i < 5 {
			t.Errorf("beside 10 connections stop %d is %v, lights %v: %s", i+1, stop.Is, s.Lit(), stop.Say)
		}
	}
}

// A set-up that the lab offers is run as far as the host allows it.
func TestAMeasurementIsTried(t *testing.T) {
	s := measuring(t)
	m := hello().Message
	m.Hello.Most = 200
	Hear(s, say(*m))
	s.Try(s.Lab.Tries[0])
	if s.Phase != Asked || s.Values[lab.Largest] != "200" {
		t.Errorf("phase %d with up to %s", s.Phase, s.Values[lab.Largest])
	}
}
