package pane

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/plot"
	"sockscope/web/words"
)

// Quantities are what can be plotted: the words on its button, on its axis, and
// behind a figure.
var Quantities = [...]struct{ Button, Axis, Unit string }{
	lab.CPU:       {"server's processor time", "processor time of the server, µs a message", "a message"},
	lab.RoundTrip: {"round trip", "there and back, µs a message", "a message"},
	lab.Ask:       {"one wait call", "one wait call that finds one ready, µs", "a call"},
}

// Section is a part of the page under a heading, which scrolls by itself.
func Section(class, title string, body app.UI) app.UI {
	return dom.Elc("section", "pane "+class).Aria("label", title).Body(
		app.Raw(`<div class="ph2"><h2>`+title+`</h2></div>`),
		dom.Elc("div", "scroll").TabIndex(0).Role("group").Aria("label", title).Body(body),
	)
}

// The marks around 0,0: told apart without colour.
const (
	circle   = `<circle r="4.5"/>`
	square   = `<path d="M-4.2-4.2H4.2V4.2H-4.2Z"/>`
	triangle = `<path d="M0-5.4 5.2 4H-5.2Z"/>`
	cross    = `<path class="x" d="M-4-4 4 4M4-4-4 4"/>` // for what could not be measured
)

// shapes are the mechanisms' marks.
var shapes = [...]string{circle, square, triangle}

// hues are the mechanisms' classes in the style sheet.
var hues = [...]string{"w0", "w1", "w2"}

// MechanismKey names the shapes.
const MechanismKey = `<div class="key wide" aria-label="Key">` +
	`<span><svg class="w0" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + circle + `</svg>select</span>` +
	`<span><svg class="w1" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + square + `</svg>poll</span>` +
	`<span><svg class="w2" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + triangle + `</svg>epoll</span>` +
	`<span><svg class="w0" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + cross + `</svg>not measured</span><span class="badge">` + icon.Observed + `observed</span></div>`

// DrawPlot returns the plot as an SVG, with rings around the marks that are
// picked. where, as HTML, says on what it was measured.
func DrawPlot(p *plot.Plot, picked []int, axis, where string) string {
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	line := func(class string, x1, y1, x2, y2 float64) {
		add(`<path class="%s" d="M%.1f %.1fL%.1f %.1f"/>`, class, x1, y1, x2, y2)
	}
	text := func(class string, x, y float64, s string) {
		add(`<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, s)
	}
	add(`<svg viewBox="0 0 %.0f %.0f" aria-hidden="true">`, p.Width, p.Height)
	if len(p.Marks) > 0 {
		for _, t := range p.Y {
			if t.Label == "" {
				line("gr", p.Left, t.At, p.Right, t.At)
				continue
			}
			line("gr g1", p.Left, t.At, p.Right, t.At)
			text("ty", p.Left-8, t.At+3.5, t.Label)
		}
		for _, t := range p.X {
			line("gr g1", t.At, p.Top, t.At, p.Bottom)
			text("tx", t.At, p.Bottom+17, t.Label)
		}
		text("tt", p.Left, 14, axis)
		text("tx tt", (p.Left+p.Right)/2, p.Bottom+34, "idle connections")
		if p.Width > 720 { // on a phone the table says it
			text("ty", p.Right, p.Bottom+34, where)
		}
	}
	for i := range p.Marks {
		m := &p.Marks[i]
		hue := hues[m.Mechanism]
		last := i+1 == len(p.Marks) || p.Marks[i+1].Mechanism != m.Mechanism || p.Marks[i+1].Repeats == 0
		if m.Repeats > 0 {
			add(`<path class="%s wh" d="M%.1f %.1fh6m-3 0V%.1fm-3 0h6"/>`, hue, m.X-3, m.YLow, m.YHigh)
			if !last {
				line(hue+" md", m.X, m.Y, p.Marks[i+1].X, p.Marks[i+1].Y)
			} else if m.Mechanism == 0 { // above: poll's word stands beside it
				text(hue+" tx", m.X, m.YHigh-9, plot.Mechanisms[0])
			} else {
				text(hue, m.X+10, m.Y+4, plot.Mechanisms[m.Mechanism])
			}
		}
		ring := ""
		if slices.Contains(picked, i) {
			ring = `<circle class="ring" r="9"/>`
		}
		shape := shapes[m.Mechanism]
		if m.Repeats == 0 {
			shape = cross
			if hue == hues[0] && i > 0 && p.Marks[i-1].Repeats > 0 {
				text(hue+" ty", m.X-13, m.Y+4, "select stops")
			}
		}
		add(`<g class="%s" transform="translate(%.1f %.1f)">%s%s</g>`, hue, m.X, m.Y, shape, ring)
	}
	return b.String() + `</svg>`
}

// Table has the plot's figures as text: a row for each number of idle
// connections, a column for each mechanism.
func Table(marks []plot.Mark) string {
	if len(marks) == 0 {
		return `<p class="hint">Run: each measurement shows here as soon as it is made.</p>`
	}
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	add(`<table class="stat" aria-label="Measurements"><thead><tr><th scope="col" class="r">idle</th>`)
	for _, name := range plot.Mechanisms {
		add(`<th scope="col" class="r">%s</th>`, name)
	}
	add(`</tr></thead><tbody>`)
	missing := ""
	for idle := plot.Next(marks, 0); idle > 0; idle = plot.Next(marks, idle) {
		add(`<tr><th scope="row" class="r">%s</th>`, words.Thousands(idle))
		for k, name := range plot.Mechanisms {
			switch m := plot.Find(marks, k, idle); {
			case m == nil:
				add(`<td></td>`)
			case m.Repeats == 0:
				add(`<td class="r">not measured</td>`)
				missing += fmt.Sprintf("<p>%s beside %s: %s.</p>", name, words.Thousands(idle), html.EscapeString(m.Why))
			default:
				add(`<td class="r">%s <span class="note">%s–%s</span></td>`, words.Span(int64(m.Mid)), words.Span(int64(m.Low)), words.Span(int64(m.High)))
			}
		}
		add(`</tr>`)
	}
	add(`</tbody></table>`)
	if missing != "" {
		add(`<div class="hint">%s</div>`, missing)
	}
	return b.String()
}
