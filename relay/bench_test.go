package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/browser"
	"sockscope/web/play/playtest"
	"sockscope/web/words"
)

// loading notes when Run can be pressed, presses it, and notes when the server has spoken and when the first event is on the page.
const loading = `
window.at = {}
const mark = (name) => { window.at[name] ??= performance.now() }
requestAnimationFrame(function look() {
	const run = document.querySelector(".q .runb"), shown = performance.getEntriesByName("first-contentful-paint").length
	if (run && !run.disabled && shown && !at.pressable) { mark("pressable"); run.click() }
	if (document.querySelector(".status")?.innerText.includes("live")) mark("live")
	if (document.querySelector(".pos")?.innerText.match(/of ([1-9])/)) mark("event")
	requestAnimationFrame(look)
})`

// BenchmarkPage measures what a visitor waits for, in Chromium. With nothing cached, on
// this processor and on a quarter of it: from opening a lab's address until Run can be
// pressed, until the server has spoken, and until the first event of a run that was
// pressed at once. Then from pressing Run on a page that is warm until its first event is
// drawn.
func BenchmarkPage(b *testing.B) {
	br, _, base := alone(b)
	url := base + "/lab/select?timeout=100ms&clients=1"

	for _, slow := range []float64{1, 4} {
		b.Run(fmt.Sprintf("cold-load/slower-%g", slow), func(b *testing.B) {
			all := map[string][]float64{}
			for b.Loop() {
				tab := br.Private(b, "about:blank", browser.Desk)
				tab.Slow(slow)
				tab.Before(loading)
				tab.Navigate(url)
				tab.Wait(`at.event && at.live`)
				for _, what := range []string{"pressable", "live", "event"} {
					all[what] = append(all[what], number(b, tab.Eval("at."+what)))
				}
				tab.Close()
			}
			b.ReportMetric(0, "ns/op")
			for what, ms := range all {
				slices.Sort(ms)
				b.ReportMetric(ms[len(ms)/2], "ms-"+what)
			}
		})
	}

	for _, lab := range []string{"first", "select?timeout=100ms&clients=1"} {
		name, _, _ := strings.Cut(lab, "?")
		b.Run("run-to-drawn/"+name, func(b *testing.B) {
			tab := br.Open(b, base+"/lab/"+lab, browser.Desk)
			var ms []float64
			for b.Loop() {
				for range presses {
					tab.Wait(`!document.querySelector(".runb").disabled && document.querySelector(".runb").textContent.includes("Run")`)
					ms = append(ms, number(b, tab.Await(pressed)))
				}
			}
			ms = ms[warming:]
			report(b, ms)
			b.ReportMetric(ms[len(ms)*99/100], "ms-p99")
		})
	}
}

// presses is how often Run is pressed for a p99, warming after how many of them the page
// is warm.
const (
	presses = 45
	warming = 5
)

// pressed presses Run and tells how many ms later the drawing has its first event: when the
// callbacks of that frame are over, which the browser shows then. The small drawing of the
// whole run takes more than 32 bytes where there are events; that of the run before ends
// with its last size.
const pressed = `new Promise((done) => {
	if (!window.size) {
		window.size = 32
		const paint = sockscopeCanvas.paint
		sockscopeCanvas.paint = (canvas, packed, bytes, ...more) => {
			paint(canvas, packed, bytes, ...more)
			if (canvas.className !== "overview") return
			if (window.drawn && bytes > 32 && bytes !== window.before) Promise.resolve().then(window.drawn)
			window.size = bytes
		}
	}
	window.before = window.size
	const t0 = performance.now()
	window.drawn = () => { window.drawn = null; done(performance.now() - t0) }
	document.querySelector(".runb").click()
})`

// watched is told of the memory of app.wasm, and of how long the page stood still.
const watched = `
const instantiate = WebAssembly.instantiate
WebAssembly.instantiate = async (...a) => { const instance = await instantiate.apply(WebAssembly, a); window.memory = instance.exports.mem; return instance }
window.still = 0
addEventListener("change", (e) => {
	if (e.target.type !== "file") return
	window.began = performance.now()
	let last = window.began
	const tick = () => { const now = performance.now(); window.still = Math.max(window.still, now - last); last = now; if (!window.done) setTimeout(tick, 0) }
	setTimeout(tick, 0)
	new MutationObserver((_, o) => {
		if (!(document.querySelector(".pos")?.innerText.match(/of (\d+)/)?.[1] >= 100000)) return
		o.disconnect()
		requestAnimationFrame(() => setTimeout(() => { window.took = performance.now() - window.began; setTimeout(() => window.done = true, 500) }))
	}).observe(document.body, {subtree: true, childList: true, characterData: true})
}, true)`

// BenchmarkOpen opens saved traces in Chromium: how long it takes until one shows, how long
// the page stands still at most, to half a second after that, and what memory app.wasm
// then has.
func BenchmarkOpen(b *testing.B) {
	for _, events := range []int{100_000, 1_000_000} {
		b.Run(words.Thousands(int64(events)), func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "long.trace")
			if err := os.WriteFile(file, longTrace(b, events), 0o666); err != nil {
				b.Fatal(err)
			}
			br, _, base := alone(b, "-server=none")
			var took, still, memory []float64
			for b.Loop() {
				tab := br.Private(b, base+"/", browser.Desk)
				tab.Before(watched)
				tab.Navigate(base + "/lab/select")
				tab.Upload(".filepick input", file)
				tab.Wait(`window.done`)
				if says := tab.Text(".pos"); !strings.Contains(says, " of "+strconv.Itoa(events)[:3]) {
					b.Fatalf("it shows %s", says)
				}
				took = append(took, number(b, tab.Eval(`window.took`)))
				still = append(still, number(b, tab.Eval(`window.still`)))
				memory = append(memory, number(b, tab.Eval(`window.memory.buffer.byteLength / (1 << 20)`)))
				tab.Close()
			}
			report(b, took)
			b.ReportMetric(slices.Max(still), "ms-still")
			b.ReportMetric(slices.Max(memory), "MiB-wasm")
		})
	}
}

// longTrace returns a trace file of about so many events.
func longTrace(b testing.TB, events int) []byte {
	s := playtest.Select(4, events)
	var file []byte
	add := func(m *trace.Message) {
		var err error
		if file, err = trace.AppendFrame(file, m); err != nil {
			b.Fatal(err)
		}
	}
	add(&trace.Message{Header: s.Header})
	for some := range slices.Chunk(s.Events, 500) {
		add(&trace.Message{Events: some})
	}
	add(&trace.Message{End: &trace.End{Time: s.Events[len(s.Events)-1].Time, Reason: trace.EndDone}})
	return file
}

func number(b *testing.B, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// report gives the median and the worst of some milliseconds.
func report(b *testing.B, ms []float64) {
	slices.Sort(ms)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms[len(ms)/2], "ms-p50")
	b.ReportMetric(ms[len(ms)-1], "ms-worst")
}
