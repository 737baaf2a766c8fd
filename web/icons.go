package web

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// The drawings are constants, never text from outside: app.Raw does not escape.

// hatch is the pattern that .k-hat refers to; every page has it once.
const hatch = `<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hl" x1="0" y1="0" x2="0" y2="5"/></pattern></defs></svg>`

const (
	iconBrand    = `<svg viewBox="0 0 22 22" aria-hidden="true"><circle cx="11" cy="11" r="9.6" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M4.5 11H8M14.2 11h3.3" stroke="currentColor" stroke-width="1.6"/><rect x="7.4" y="7.8" width="5.2" height="6.4" class="k-as"/><rect x="7.4" y="7.8" width="5.2" height="6.4" class="k-hat"/><rect x="12.4" y="7" width="2.2" height="8" class="k-run"/></svg>`
	iconTheme    = `<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M8 2.6a5.4 5.4 0 0 1 0 10.8z" fill="currentColor"/></svg>`
	iconRun      = `<svg viewBox="0 0 11 12" aria-hidden="true"><path d="M.5 0v12L11 6z"/></svg>`
	iconStop     = `<svg viewBox="0 0 11 12" aria-hidden="true"><path d="M.5 1h10v10H.5z"/></svg>`
	iconHome     = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M3 3.5h2v11H3zM15 3.5v11L6.5 9z"/></svg>`
	iconBack     = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M12.5 3.5v11L4 9z"/><path d="M13.5 3.5h2v11h-2z"/></svg>`
	iconPlay     = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5.5 3.2v11.6L15 9z"/></svg>`
	iconPause    = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5 3.5h3v11H5zM10 3.5h3v11h-3z"/></svg>`
	iconStep     = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5.5 3.5v11L14 9z"/><path d="M2.5 3.5h2v11h-2z"/></svg>`
	iconWake     = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M1.5 5.5h10v7h-10z" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M3 12.5l4-7M7 12.5l4-7" stroke="currentColor" stroke-width="1.2"/><path d="M12.5 3h3v12h-3z"/></svg>`
	iconSave     = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13h10" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
	iconOpen     = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13h10" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
	iconInjected = `<svg class="inj" viewBox="0 0 10 10" role="img" aria-label="injected"><path d="M5 .8 9.2 5 5 9.2.8 5Z" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M5 3v4" stroke="currentColor" stroke-width="1.3"/></svg>`
	markObserved = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="currentColor"/></svg>`
	markSampled  = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.2"/><circle cx="5" cy="5" r="1.5" fill="currentColor"/></svg>`
	markInferred = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.2" stroke-dasharray="2 1.4"/></svg>`
	markGap      = `<svg viewBox="0 0 10 10" aria-hidden="true"><path d="M2.5 9 5 1M5 9 7.5 1" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
	markInjected = `<svg viewBox="0 0 10 10" aria-hidden="true"><path d="M5 .8 9.2 5 5 9.2.8 5Z" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
)

// legend is the key to the timeline: each mark and its word.
var legend = []struct{ svg, word string }{
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><path class="k-cpu" d="M0,6H10"/><rect class="k-run" x="9" y="1" width="12" height="10" rx="1.5"/><path class="k-cpu" d="M20,6H30"/></svg>`, "running"},
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><rect class="k-as" x="2" y="1" width="24" height="10"/><rect class="k-hat" x="2" y="1" width="24" height="10"/><rect class="k-cap" x="1" y="0" width="2" height="12"/><rect class="k-cap" x="24.5" y="0" width="3" height="12"/></svg>`, "asleep"},
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><path class="k-as" d="M29,1H2V11H29"/><rect class="k-hat" x="2" y="1" width="27" height="10"/><rect class="k-cap" x="1" y="0" width="2" height="12"/></svg>`, "blocked now"},
	{`<svg width="22" viewBox="0 0 22 12" aria-hidden="true"><path class="k-err" d="M1,1H21L16,6L21,11H1Z"/></svg>`, "error"},
	{`<svg width="22" viewBox="0 0 22 12" aria-hidden="true"><path class="k-again" d="M1,1H21L16,6L21,11H1Z"/></svg>`, "EAGAIN"},
	{`<svg width="26" viewBox="0 0 26 12" aria-hidden="true"><path class="k-wake" d="M1 10C6 2 14 2 20 5"/><path class="k-wakeh" d="M19 1.5l6 4-6.5 2.5z"/></svg>`, "woke, inferred"},
	{`<svg width="12" viewBox="0 0 12 12" aria-hidden="true"><path class="k-inj" d="M6 1l5 5-5 5-5-5Z"/></svg>`, "injected"},
}

// key draws the legend.
type key struct{ app.Compo }

func (k *key) Render() app.UI {
	return elc("div", "key wide").Aria("label", "Key").Body(
		app.Range(legend).Slice(func(i int) app.UI {
			return el("span").Body(app.Raw(legend[i].svg), app.Text(legend[i].word))
		}),
	)
}
