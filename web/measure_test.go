package web

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/plot"
)

// measuring returns a session of the lab that measures, and a small trace of it.
func measuring(t *testing.T) (*session, []byte) {
	t.Helper()
	l, err := lab.Find("scaling")
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Set(map[string]string{"largest": "3000", "repeats": "2"})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for _, m := range []trace.Message{
		{Header: &trace.Header{Version: trace.Version, Lab: l.ID, Knobs: v, Began: 1_700_000_000_000, Kernel: "Linux <6>", CPUs: 2, Procs: make([]trace.Proc, 2)}},
		{Point: &trace.Point{Idle: 10, Of: 18}},
		{Point: &trace.Point{Mechanism: "poll", Idle: 10, Repeat: 1, Messages: 10, CPU: 70_000, RoundTrip: 90_000, Asks: 10, Ask: 1200, Done: 1, Of: 18}},
		{Point: &trace.Point{Mechanism: "poll", Idle: 10, Repeat: 2, Messages: 10, CPU: 90_000, RoundTrip: 90_000, Asks: 10, Ask: 1200, Done: 2, Of: 18}},
		{Point: &trace.Point{Mechanism: "select", Idle: 3000, Repeat: 1, Why: "<no bit>", Done: 3, Of: 18}},
		{End: &trace.End{Time: 5, Reason: trace.EndDone}},
	} {
		if err := trace.WriteFrame(&file, &m); err != nil {
			t.Fatal(err)
		}
	}
	s := new(session)
	v, _ = setup(l, nil)
	s.open(l, v)
	return s, file.Bytes()
}

// A saved trace, and a recording, draws what was measured.
func TestATraceOfMeasurementsIsPlotted(t *testing.T) {
	s, file := measuring(t)
	page := &labPage{ID: "scaling"}
	engine := app.NewTestEngine()
	if err := engine.Load(page); err != nil {
		t.Fatal(err)
	}
	engine.ConsumeAll()
	if html := app.HTMLString(page); !strings.Contains(html, "The plot appears here") {
		t.Error("nothing invites to a run")
	}
	if err := page.s.load(file); err != nil {
		t.Fatal(err)
	}
	html := app.HTMLString(page.Render())
	for _, want := range []string{
		"a recording, made 2023-11-14 on Linux &lt;6&gt;, 3 of 18 measurements",
		`<td class="r">8 µs <span class="note">7 µs–9 µs</span></td>`,
		"select beside 3,000: &lt;no bit&gt;.",
		"Measured 2023-11-14 on Linux &lt;6&gt;, 2 processors",
		">poll</text>", "idle connections</text>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(html, "<no bit>") || strings.Contains(html, "<6>") {
		t.Error("text from a file is markup")
	}
	if got := page.s.circumstances(); !strings.Contains(got, "the median of 2 repeats,") {
		t.Errorf("%q", got)
	}
	if err := s.load(file[:len(file)-3]); err != nil || len(s.Points) != 4 || s.Player.Run.End.Reason != trace.EndFailed {
		t.Errorf("a file that breaks off: %v, %d points", err, len(s.Points))
	}
	if got := s.circumstances(); !strings.Contains(got, "the median of up to 2 repeats,") {
		t.Errorf("of a file that breaks off: %q", got)
	}
}

func TestThePageAsksForNoMoreThanTheHostAllows(t *testing.T) {
	s, _ := measuring(t)
	s.send = func(*trace.Request) error { return nil }
	m := hello().Message
	m.Hello.Most = 1000
	s.hear(say(*m))
	if s.Values[lab.Largest] != "1000" || !strings.Contains(s.Problem, "up to 1,000") {
		t.Errorf("largest is %s; %q", s.Values[lab.Largest], s.Problem)
	}
	if err := s.set(lab.Largest, "3000"); err != nil || s.Values[lab.Largest] != "1000" {
		t.Errorf("set to 3000 it is %s, %v", s.Values[lab.Largest], err)
	}
	if err := s.set(lab.Largest, "300"); err != nil || s.Values[lab.Largest] != "300" {
		t.Errorf("set to 300 it is %s, %v", s.Values[lab.Largest], err)
	}
}

// Any figures can be drawn, those of a file that somebody made up too.
func FuzzMeasurements(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, _ := lab.Find("scaling")
		v, _ := l.Set(nil)
		s := new(session)
		s.open(l, v)
		s.begin(&trace.Header{Lab: l.ID, Procs: make([]trace.Proc, 2)}, nil)
		next := func() int64 {
			var word [8]byte
			b = b[copy(word[:], b):]
			return int64(binary.LittleEndian.Uint64(word[:]))
		}
		largest := int(next())
		for len(b) > 0 {
			s.measure(&trace.Point{
				Mechanism: []string{"select", "poll", "epoll", ""}[next()&3], Idle: int(next()), Messages: int(next()),
				RoundTrip: next(), CPU: next(), Ask: next(), Done: int(next()), Of: int(next()),
			}, nil)
		}
		s.progress()
		for q := range quantities {
			marks := plot.Gather(s.Points, plot.Quantity(q))
			drawn := drawPlot(plot.Lay(marks, largest, 390, 300), 0, "", "") + table(marks)
			if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
				t.Fatal(drawn)
			}
		}
	})
}
