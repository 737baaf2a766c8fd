package scope_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"sockscope/web/browser"
)

// measure makes every animation frame do something for a while, and gives the
// intervals between frames and the time each took in the page, in ms: both
// sorted.
const measure = `
(async (each, frames) => {
	const raf = window.requestAnimationFrame.bind(window), busy = [], gaps = [];
	window.requestAnimationFrame = (cb) => raf((t) => { const a = performance.now(); cb(t); busy.push(performance.now() - a); });
	let last = 0;
	await new Promise((done) => raf(function tick(t) {
		if (last) gaps.push(t - last);
		last = t;
		if (gaps.length === frames) return done();
		each(gaps.length);
		raf(tick);
	}));
	window.requestAnimationFrame = raf;
	const sorted = (a) => a.sort((x, y) => x - y);
	window.measured = JSON.stringify({ gaps: sorted(gaps), busy: sorted(busy) });
})`

// BenchmarkFrames pans and plays through 100,000 events in Chromium, with a
// canvas of a desk's size, and reports the frames.
func BenchmarkFrames(b *testing.B) {
	br, url := browser.Start(b), serve(b)
	const wheel = `() => document.querySelector(".timeline").dispatchEvent(new WheelEvent("wheel", {deltaX: 9, cancelable: true}))`
	for _, c := range []struct{ name, query, before, each string }{
		{"pan/step", "?at=50000", "0", wheel},
		{"pan/time", "?at=50000&by=time&zoom=2000", "0", wheel},
		{"pan/dense", "?at=50000&by=time&zoom=100", "0", wheel},
		{"redraw/all", "?at=50000&by=time", "0", `() => seek(50000)`},
		{"play/step", "?at=0", "play()", `() => 0`},
		{"play/time", "?at=0&by=time&zoom=50", "play()", `() => 0`},
	} {
		b.Run(c.name, func(b *testing.B) {
			tab := br.Open(b, url+"/"+c.query+"&events=100000", browser.Desk)
			tab.Wait(drawn + " > 1000")
			var all struct{ Gaps, Busy []float64 }
			for b.Loop() {
				before := tab.Eval("from()")
				tab.Eval(c.before)
				tab.Eval(fmt.Sprintf("(window.measured = '', %s(%s, 300), 0)", measure, c.each))
				tab.Wait("window.measured")
				if err := json.Unmarshal([]byte(tab.Eval("window.measured")), &all); err != nil {
					b.Fatal(err)
				}
				if c.name != "redraw/all" && tab.Eval("from()") == before {
					b.Fatal("the window did not move")
				}
			}
			late := 0
			for _, g := range all.Gaps {
				if g > 25 { // a frame at 60 Hz was missed
					late++
				}
			}
			n := len(all.Gaps)
			b.ReportMetric(1000*float64(n)/sum(all.Gaps), "frames/s")
			b.ReportMetric(all.Gaps[n*99/100], "p99-ms/frame")
			b.ReportMetric(float64(late), "late-of-300")
			b.ReportMetric(all.Busy[len(all.Busy)/2], "p50-ms-busy")
			b.ReportMetric(all.Busy[len(all.Busy)*99/100], "p99-ms-busy")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkSeek seeks all over 100,000 events in Chromium: to fold the state
// and lay the frame out, in the page.
func BenchmarkSeek(b *testing.B) {
	br, url := browser.Start(b), serve(b)
	tab := br.Open(b, url+"/?events=100000", browser.Desk)
	tab.Wait(drawn + " > 1000")
	var took []float64
	for b.Loop() {
		took = nil
		text := tab.Eval(`JSON.stringify(Array.from({length: 500}, (_, i) => seek(i * 79193 % 100000)).sort((x, y) => x - y))`)
		if err := json.Unmarshal([]byte(text), &took); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(took[250], "p50-ms/seek")
	b.ReportMetric(took[499], "max-ms/seek")
	b.ReportMetric(0, "ns/op")
}

func sum(a []float64) float64 {
	s := 0.0
	for _, v := range a {
		s += v
	}
	return s
}
