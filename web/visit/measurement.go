package visit

import (
	"fmt"
	"strconv"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/plot"
	"sockscope/web/words"
)

// Measurement is a run that measures how long calls take. Its trace has points, and
// no calls.
type Measurement struct{ Run }

// Open starts over with a lab and its set-up.
func (m *Measurement) Open(l *lab.Lab, v knob.Values) {
	m.Run.Open(l, v)
	m.fit()
}

func (m *Measurement) greet() {
	m.fit()
	m.Run.greet()
}

// Set changes a knob, as far as the server allows.
func (m *Measurement) Set(name, value string) error {
	err := m.Run.Set(name, value)
	m.fit()
	return err
}

// fit has the set-up ask for no more idle connections than the server allows.
func (m *Measurement) fit() {
	if h := m.Relay.Hello; h != nil && h.Most > 0 && m.Values.Int(lab.Largest) > h.Most {
		m.Values[lab.Largest] = strconv.Itoa(h.Most)
		m.Problem = "Who hosts this server allows up to " + words.Thousands(h.Most) + " idle connections."
	}
}

// Points are the measurements that have come.
func (m *Measurement) Points() []trace.Point { return m.tape.Points }

// Newest returns the last word of the run about its measurements.
func (m *Measurement) Newest() trace.Point {
	if n := len(m.tape.Points); n > 0 {
		return m.tape.Points[n-1]
	}
	return trace.Point{}
}

// Headline says in one line how far the measurements have come.
func (m *Measurement) Headline() string {
	switch {
	case m.Phase == Queued:
		return fmt.Sprintf("another measurement is under way: place %d in the queue", m.Place)
	case m.Phase == Asked || m.Player == nil:
		return m.Run.Headline()
	}
	return m.describe(m.progress())
}

func (m *Measurement) progress() string {
	p := m.Newest()
	text := fmt.Sprintf("%d of %d measurements", p.Done, p.Of)
	switch {
	case p.Of == 0:
		return "no measurement yet"
	case m.Phase != Live:
	case p.Mechanism == "":
		text += ", opening connections: " + words.Thousands(p.Idle)
	default:
		text += ", beside " + words.Thousands(p.Idle) + " idle connections"
	}
	return text
}

// Largest is where the axis of connections ends: as the run says, else the
// set-up.
func (m *Measurement) Largest() int {
	if m.Player != nil {
		return knob.Values(m.tape.Run.Header.Knobs).Int(lab.Largest)
	}
	return m.Values.Int(lab.Largest)
}

// Circumstances says how it was measured, and where: figures without that mean
// nothing.
func (m *Measurement) Circumstances() string {
	if m.Player == nil {
		return ""
	}
	h := m.tape.Run.Header
	v := knob.Values(h.Knobs)
	isolation := "in a network namespace of its own"
	if h.Isolation == trace.Shared {
		isolation = "on the loopback that all share"
	}
	repeats := words.Count(v.Int("repeats"), "repeat")
	if end := m.tape.Run.End; end == nil || end.Reason != trace.EndDone {
		repeats = "up to " + repeats // some are not over, or never will be
	}
	return fmt.Sprintf("Observed: the median of %s, and from the least to the most; %s of %s each. %s, %s.",
		repeats, words.Count(v.Int("messages"), "message"), words.Count(v.Int("payload"), "byte"), m.Where(), isolation)
}

// Where says on what machine the run was made, and when.
func (m *Measurement) Where() string {
	if m.Player == nil {
		return ""
	}
	h := m.tape.Run.Header
	return fmt.Sprintf("Measured %s on %s, %s", words.Date(h.Began), h.Kernel, words.Count(h.CPUs, "processor"))
}

// Readout says what a mark of the plot stands for; nil is none.
func Readout(mark *plot.Mark, unit string) string {
	if mark == nil {
		return "Point at a mark for its figures. Circle, square, triangle: the median; whiskers: the least and the most of the repeats."
	}
	text := plot.Mechanisms[mark.Mechanism] + " beside " + words.Thousands(mark.Idle) + " idle: "
	if mark.Repeats == 0 {
		return text + mark.Why
	}
	return text + fmt.Sprintf("%s %s; from %s to %s in %s", words.Span(int64(mark.Mid)), unit,
		words.Span(int64(mark.Low)), words.Span(int64(mark.High)), words.Count(mark.Repeats, "repeat"))
}
