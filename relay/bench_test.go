package main

import (
	"slices"
	"strconv"
	"testing"

	"sockscope/web/browser"
)

// BenchmarkPage measures what a visitor waits for, in Chromium: from opening a
// lab's address with nothing cached until Run can be pressed, and from pressing
// Run until the first event is on the page.
func BenchmarkPage(b *testing.B) {
	br, _, base := alone(b)
	url := base + "/lab/select?timeout=100ms&clients=1"

	b.Run("cold-load", func(b *testing.B) {
		var ms []float64
		for b.Loop() {
			tab := br.Private(b, url, browser.Desk)
			tab.Wait(`!document.querySelector(".runb").disabled`)
			ms = append(ms, number(b, tab.Eval(`performance.now()`)))
			tab.Close()
		}
		report(b, ms)
	})

	b.Run("run-to-first-event", func(b *testing.B) {
		tab := br.Open(b, url, browser.Desk)
		var ms []float64
		for b.Loop() {
			tab.Wait(`!document.querySelector(".runb").disabled && document.querySelector(".runb").textContent.includes("Run")`)
			ms = append(ms, number(b, tab.Await(`new Promise(done => {
				const pos = document.querySelector(".pos"), before = pos.innerText, t0 = performance.now();
				new MutationObserver((_, o) => {
					if (pos.innerText !== before && !pos.innerText.startsWith("0 of 0")) { o.disconnect(); done(performance.now() - t0); }
				}).observe(pos, {subtree: true, childList: true, characterData: true});
				document.querySelector(".runb").click();
			})`)))
		}
		report(b, ms)
	})
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
