// Package icon has the drawings of the pages, as SVG: signs, marks and the small
// pictures of the labs. They are constants, never text from outside, since a page
// shows them unescaped.
package icon

// Hatch is the pattern that .k-hat refers to; every page has it once.
const Hatch = `<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hl" x1="0" y1="0" x2="0" y2="5"/></pattern></defs></svg>`

const (
	Brand        = `<svg viewBox="0 0 22 22" aria-hidden="true"><circle cx="11" cy="11" r="9.6" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M4.5 11H8M14.2 11h3.3" stroke="currentColor" stroke-width="1.6"/><rect x="7.4" y="7.8" width="5.2" height="6.4" class="k-as"/><rect x="7.4" y="7.8" width="5.2" height="6.4" class="k-hat"/><rect x="12.4" y="7" width="2.2" height="8" class="k-run"/></svg>`
	Theme        = `<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M8 2.6a5.4 5.4 0 0 1 0 10.8z" fill="currentColor"/></svg>`
	Run          = `<svg viewBox="0 0 11 12" aria-hidden="true"><path d="M.5 0v12L11 6z"/></svg>`
	Stop         = `<svg viewBox="0 0 11 12" aria-hidden="true"><path d="M.5 1h10v10H.5z"/></svg>`
	Home         = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M3 3.5h2v11H3zM15 3.5v11L6.5 9z"/></svg>`
	Back         = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M12.5 3.5v11L4 9z"/><path d="M13.5 3.5h2v11h-2z"/></svg>`
	Play         = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5.5 3.2v11.6L15 9z"/></svg>`
	Pause        = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5 3.5h3v11H5zM10 3.5h3v11h-3z"/></svg>`
	Step         = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5.5 3.5v11L14 9z"/><path d="M2.5 3.5h2v11h-2z"/></svg>`
	Wake         = `<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M1.5 5.5h10v7h-10z" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M3 12.5l4-7M7 12.5l4-7" stroke="currentColor" stroke-width="1.2"/><path d="M12.5 3h3v12h-3z"/></svg>`
	KnobInjected = `<svg class="inj" viewBox="0 0 10 10" role="img" aria-label="injected"><path d="M5 .8 9.2 5 5 9.2.8 5Z" fill="none" stroke="currentColor" stroke-width="1.3"/><path d="M5 3v4" stroke="currentColor" stroke-width="1.3"/></svg>`
	Observed     = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="currentColor"/></svg>`
	Sampled      = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.2"/><circle cx="5" cy="5" r="1.5" fill="currentColor"/></svg>`
	Inferred     = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.2" stroke-dasharray="2 1.4"/></svg>`
	Gap          = `<svg viewBox="0 0 10 10" aria-hidden="true"><path d="M2.5 9 5 1M5 9 7.5 1" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
	Notice       = `<svg viewBox="0 0 10 10" aria-hidden="true"><path d="M5 1 9.4 9H.6Z" fill="none" stroke="currentColor" stroke-width="1.2" stroke-linejoin="round"/><path d="M5 4v2.2M5 7.1v1" stroke="currentColor" stroke-width="1.2"/></svg>`
	Injected     = `<svg viewBox="0 0 10 10" aria-hidden="true"><path d="M5 .8 9.2 5 5 9.2.8 5Z" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`
)

// Legend is the key to the timeline: each mark and its word.
var Legend = []struct{ SVG, Word string }{
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><path class="k-cpu" d="M0,6H10"/><rect class="k-run" x="9" y="1" width="12" height="10" rx="1.5"/><path class="k-cpu" d="M20,6H30"/></svg>`, "in the kernel, awake"},
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><rect class="k-as" x="2" y="1" width="24" height="10"/><rect class="k-hat" x="2" y="1" width="24" height="10"/><rect class="k-cap" x="1" y="0" width="2" height="12"/><rect class="k-cap" x="24.5" y="0" width="3" height="12"/></svg>`, "asleep"},
	{`<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><path class="k-as" d="M29,1H2V11H29"/><rect class="k-hat" x="2" y="1" width="27" height="10"/><rect class="k-cap" x="1" y="0" width="2" height="12"/></svg>`, "blocked now"},
	{`<svg width="22" viewBox="0 0 22 12" aria-hidden="true"><path class="k-err" d="M1,1H21L16,6L21,11H1Z"/></svg>`, "error"},
	{`<svg width="22" viewBox="0 0 22 12" aria-hidden="true"><path class="k-again" d="M1,1H21L16,6L21,11H1Z"/></svg>`, "EAGAIN"},
	{`<svg width="26" viewBox="0 0 26 12" aria-hidden="true"><path class="k-wake" d="M1 10C6 2 14 2 20 5"/><path class="k-wakeh" d="M19 1.5l6 4-6.5 2.5z"/></svg>`, "woke, inferred"},
	{`<svg width="12" viewBox="0 0 12 12" aria-hidden="true"><path class="k-inj" d="M6 1l5 5-5 5-5-5Z"/></svg>`, "injected"},
}

// Unknown is the mark of Legend's that only some runs have.
const Unknown = `<svg width="30" viewBox="0 0 30 12" aria-hidden="true"><rect class="k-unknown" x="2" y="1" width="26" height="10"/></svg>`

// Packets is the key to the lines of packets: each mark and its word.
var Packets = []struct{ SVG, Word string }{
	{`<svg width="8" viewBox="0 0 8 14" aria-hidden="true"><path class="k-data" d="M4,0V9"/><path class="k-run" d="M1,8H7L4,14Z"/></svg>`, "data"},
	{`<svg width="8" viewBox="0 0 8 14" aria-hidden="true"><path class="k-syn" d="M4,0V13M1,8L4,13L7,8"/></svg>`, "SYN, FIN"},
	{`<svg width="8" viewBox="0 0 8 14" aria-hidden="true"><path class="k-ack" d="M4,0V13M1,8L4,13L7,8"/></svg>`, "ACK alone"},
	{`<svg width="8" viewBox="0 0 8 14" aria-hidden="true"><path class="k-data" d="M2.5,0V9M5.5,0V9"/><path class="k-run" d="M1,8H7L4,14Z"/></svg>`, "sent again"},
	{`<svg width="10" viewBox="0 0 10 14" aria-hidden="true"><path class="k-data" d="M5,0V12M1,12.5H9"/></svg>`, "dropped"},
	{`<svg width="8" viewBox="0 0 8 14" aria-hidden="true"><path class="k-rst" d="M4,0V9M1,7L7,13M7,7L1,13"/></svg>`, "RST"},
}
