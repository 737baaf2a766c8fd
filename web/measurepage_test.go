package web

import (
	"bytes"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/visit"
)

// A saved trace, and a recording, draws what was measured.
func TestATraceOfMeasurementsIsPlotted(t *testing.T) {
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
	page, f := shown(t, l)
	if html := app.HTMLString(page); !strings.Contains(html, "The plot appears here") {
		t.Error("nothing invites to a run")
	}
	load := func(file []byte) string {
		tape, err := visit.ReadTape(file)
		if err != nil {
			t.Fatal(err)
		}
		f.load(tape)
		return app.HTMLString(page.Render())
	}
	html := load(file.Bytes())
	for _, want := range []string{
		"a recording, made 2023-11-14 on Linux &lt;6&gt;, 3 of 18 measurements",
		`<td class="r">8 µs <span class="note">7 µs–9 µs</span></td>`,
		"select beside 3,000: &lt;no bit&gt;.",
		"Measured 2023-11-14 on Linux &lt;6&gt;, 2 processors",
		">poll</text>", "idle connections</text>", "the median of 2 repeats,",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(html, "<no bit>") || strings.Contains(html, "<6>") {
		t.Error("text from a file is markup")
	}
	html = load(file.Bytes()[:file.Len()-3])
	for _, want := range []string{"This trace is cut off: the file ends at byte", "the median of up to 2 repeats,", "3 of 18 measurements"} {
		if !strings.Contains(html, want) {
			t.Errorf("of a file that breaks off: no %q", want)
		}
	}
}
