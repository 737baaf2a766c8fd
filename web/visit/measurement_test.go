package visit

import (
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
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
	m := &Measurement{Run{Desk: Desk{Relay: r}}}
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
