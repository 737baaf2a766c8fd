package visit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/plot"
	"sockscope/web/words"
)

// Measurement is a run that measures how long calls take. Its trace has points, and
// no calls.
type Measurement struct {
	Run
	Plots lab.Quantity

	picked int   // index of the plot's mark that is picked by hand, or -1
	lit    []int // those that the stop of the walk lights
	came   int   // the stop that was lit last
}

// Open starts over with a lab and its set-up.
func (m *Measurement) Open(l *lab.Lab, v knob.Values) {
	m.Run.Open(l, v)
	m.fit()
	m.forget()
	m.walk.plot = func(f *lab.Feature) []int { return plot.Show(plot.Gather(m.Points(), f.Plots), f) }
}

// forget lets go of the marks, which may be those of another run soon.
func (m *Measurement) forget() { m.picked, m.lit = -1, nil }

// Light turns to the plot that the walk has come to, and lights the marks that its stop
// is about.
func (m *Measurement) Light() {
	if m.came == m.Came() {
		return
	}
	m.came = m.Came()
	m.forget()
	if i := m.AtStop(); i >= 0 && i < len(m.walk.marks) && m.walk.marks[i] != nil {
		m.Plots, m.lit = m.walk.stops[i].Plot.Plots, m.walk.marks[i]
	}
}

// Lit returns the marks that the stop of the walk is about, the one that it is most about
// first, as long as what it is about is plotted.
func (m *Measurement) Lit() []int { return slices.Clone(m.lit) }

// Plot chooses what is plotted.
func (m *Measurement) Plot(q lab.Quantity) { m.Plots, m.lit = q, nil }

// Pick picks a mark.
func (m *Measurement) Pick(mark int) { m.picked = mark }

// Picked returns the mark that is picked, -1 for none.
func (m *Measurement) Picked() int { return m.picked }

// Start starts a run with the knobs as they are.
func (m *Measurement) Start() {
	m.forget()
	m.Run.Start()
}

// Load shows a trace of the lab from a file.
func (m *Measurement) Load(t *Tape) {
	m.forget()
	m.Run.Load(t)
}

// Try turns the knobs to a set-up that the lab offers, as far as the server allows, and
// runs it.
func (m *Measurement) Try(t lab.Try) {
	if !m.Busy() && m.turn(t) {
		m.fit()
		m.Start()
	}
}

// Apply does what a command asks: see [Mode]. The arrows go from mark to mark on its page.
func (m *Measurement) Apply(c Command) bool {
	return (c == NextStop || c == LastStop) && m.Run.Apply(c)
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

// Readout says what marks of the plot stand for.
func Readout(marks []*plot.Mark, unit string) string {
	if len(marks) == 0 {
		return "Point at a mark for its figures. Circle, square, triangle: the median; whiskers: the least and the most of the repeats."
	}
	texts := make([]string, len(marks))
	for i, m := range marks {
		texts[i] = plot.Mechanisms[m.Mechanism] + " beside " + words.Thousands(m.Idle) + " idle: "
		switch {
		case m.Repeats == 0:
			texts[i] += m.Why
		case len(marks) > 1:
			texts[i] += words.Span(int64(m.Mid)) + " " + unit
		default:
			texts[i] += fmt.Sprintf("%s %s; from %s to %s in %s", words.Span(int64(m.Mid)), unit,
				words.Span(int64(m.Low)), words.Span(int64(m.High)), words.Count(m.Repeats, "repeat"))
		}
	}
	return strings.Join(texts, "; ")
}
