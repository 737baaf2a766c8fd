package web

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/plot"
)

// A lab that measures has a plot where others have a timeline, and beneath it
// the same as a table.

// maxPoints is how many measurements a session keeps: more than any run makes.
const maxPoints = 2000

// measure takes a measurement.
func (s *session) measure(p *trace.Point, raw []byte) {
	if len(s.Points) < maxPoints {
		s.Points = append(s.Points, *p)
		s.file = append(s.file, raw...)
	}
}

// fit has the set-up ask for no more idle connections than the server allows.
func (s *session) fit() {
	if s.Hello != nil && s.Hello.Most > 0 && s.Values.Int(lab.Largest) > s.Hello.Most {
		s.Values[lab.Largest] = strconv.Itoa(s.Hello.Most)
		s.Problem = "Who hosts this server allows up to " + plot.Thousands(s.Hello.Most) + " idle connections."
	}
}

// newest returns the last word of the run about its measurements.
func (s *session) newest() trace.Point {
	if len(s.Points) == 0 {
		return trace.Point{}
	}
	return s.Points[len(s.Points)-1]
}

// progress says how far the measurements have come.
func (s *session) progress() string {
	p := s.newest()
	text := fmt.Sprintf("%d of %d measurements", p.Done, p.Of)
	switch {
	case p.Of == 0:
		return "no measurement yet"
	case s.Phase != live:
	case p.Mechanism == "":
		text += ", opening connections: " + plot.Thousands(p.Idle)
	default:
		text += ", beside " + plot.Thousands(p.Idle) + " idle connections"
	}
	return text
}

// quantities are what can be plotted.
var quantities = [...]struct{ button, axis, unit string }{
	plot.CPU:       {"server's processor time", "processor time of the server, µs a message", "a message"},
	plot.RoundTrip: {"round trip", "there and back, µs a message", "a message"},
	plot.Ask:       {"one wait call", "one wait call that finds one ready, µs", "a call"},
}

// measurements is the page of a lab that measures.
func (p *labPage) measurements() app.UI {
	s := p.s
	marks := plot.Gather(s.Points, p.quantity)
	laid := plot.Lay(marks, s.largest(), p.plotWidth, p.plotHeight())
	p.plot = laid
	if p.mark >= len(marks) {
		p.mark = -1
	}
	drawn := drawPlot(laid, p.mark, quantities[p.quantity].axis, html.EscapeString(s.where()))
	if len(marks) == 0 {
		drawn = `<p class="empty">` + p.noPlot() + `</p>`
	}
	return elc("div", "lab measures").Body(
		bar(s.Lab, p.near.status(s.Link, s.Hello, true)),
		p.question(),
		p.say(),
		elc("div", "plothead").Body(
			elc("span", "seg").Role("group").Aria("label", "What is plotted").Body(
				p.plotButton(plot.CPU), p.plotButton(plot.RoundTrip), p.plotButton(plot.Ask),
			),
			app.If(s.Phase == live, func() app.UI {
				return el("progress").Aria("label", "Measurements made").Attr("max", max(1, s.newest().Of)).Attr("value", s.newest().Done)
			}),
			elc("span", "state").Text(s.headline()),
			p.fileLinks(),
			app.Raw(mechanismKey),
		),
		elc("main", "plot").Aria("label", "Plot").Body(
			elc("div", "readout").Aria("live", "polite").Text(p.readout()),
			elc("div", "chart").TabIndex(0).Role("img").
				Aria("label", "Plot of what is in the table. The arrow keys go from mark to mark.").
				OnMouseMove(p.onPoint).OnClick(p.onPoint).
				Body(app.Raw(drawn)),
		),
		p.tabs("about", "source", "table"),
		elc("div", "panes").DataSet("tab", p.tab).Body(
			pane("p-table", "Table", app.Raw(`<div>`+table(marks)+`<p class="hint">`+html.EscapeString(s.circumstances())+`</p></div>`)),
			&sourcePane{S: s, Rev: s.rev},
			pane("p-about", "About", about(s.Lab)),
		),
		new(keyList),
		p.near.sheet(),
	)
}

// plotButton has a quantity plotted.
func (p *labPage) plotButton(q plot.Quantity) app.UI {
	return button(func(app.Context, app.Event) { p.quantity = q }, app.EventScope("plot", int(q))).
		Aria("pressed", p.quantity == q).Text(quantities[q].button)
}

// pane is a part of the page under a heading, which scrolls by itself.
func pane(class, title string, body app.UI) app.UI {
	return elc("section", "pane "+class).Aria("label", title).Body(
		app.Raw(`<div class="ph2"><h2>`+title+`</h2></div>`),
		elc("div", "scroll").TabIndex(0).Body(body),
	)
}

// largest is where the axis of connections ends: as the run says, else the
// set-up.
func (s *session) largest() int {
	if s.Player != nil {
		return knob.Values(s.Player.Run.Header.Knobs).Int(lab.Largest)
	}
	return s.Values.Int(lab.Largest)
}

// circumstances says how it was measured, and where: figures without that mean
// nothing.
func (s *session) circumstances() string {
	if s.Player == nil {
		return ""
	}
	h := s.Player.Run.Header
	v := knob.Values(h.Knobs)
	isolation := "in a network namespace of its own"
	if h.Isolation == trace.Shared {
		isolation = "on the loopback that all share"
	}
	repeats := count(v.Int("repeats"), "repeat")
	if end := s.Player.Run.End; end == nil || end.Reason != trace.EndDone {
		repeats = "up to " + repeats // some are not over, or never will be
	}
	return fmt.Sprintf("Observed: the median of %s, and from the least to the most; %s of %s each. %s, %s.",
		repeats, count(v.Int("messages"), "message"), count(v.Int("payload"), "byte"), s.where(), isolation)
}

// where says on what machine the run was made, and when.
func (s *session) where() string {
	if s.Player == nil {
		return ""
	}
	h := s.Player.Run.Header
	return fmt.Sprintf("Measured %s on %s, %s", date(h.Began), h.Kernel, count(h.CPUs, "processor"))
}

// noPlot stands where nothing is plotted yet.
func (p *labPage) noPlot() string {
	s := p.s
	switch {
	case s.Phase == queued:
		return s.headline()
	case s.busy():
		return "Opening connections."
	case s.Link.Off():
		return p.near.unreached(s.Link) + " There is no recording of this lab here yet."
	}
	return "The plot appears here while it is measured: the cost of a message, by the connections that are idle."
}

// readout says what the mark that is picked stands for.
func (p *labPage) readout() string {
	if p.mark < 0 {
		return "Point at a mark for its figures. Circle, square, triangle: the median; whiskers: the least and the most of the repeats."
	}
	m := &p.plot.Marks[p.mark]
	text := plot.Mechanisms[m.Mechanism] + " beside " + plot.Thousands(m.Idle) + " idle: "
	if m.Repeats == 0 {
		return text + m.Why
	}
	return text + fmt.Sprintf("%s %s; from %s to %s in %s", span(int64(m.Mid)), quantities[p.quantity].unit, span(int64(m.Low)), span(int64(m.High)), count(m.Repeats, "repeat"))
}

// onPoint picks the mark that is nearest to the pointer.
func (p *labPage) onPoint(ctx app.Context, e app.Event) {
	box := ctx.JSSrc().Call("getBoundingClientRect")
	x := e.Get("clientX").Float() - box.Get("left").Float()
	y := e.Get("clientY").Float() - box.Get("top").Float()
	at := p.plot.Nearest(x, y)
	if at == p.mark {
		ctx.PreventUpdate()
	}
	p.mark = at
}

// move picks another mark by keys, and reports whether the command is one of
// those that a page without a timeline knows.
func (p *labPage) move(c command) bool {
	dx, dy := 0, 0
	switch c {
	case startRun, stopRun, allKeys:
		return true
	case stepOn:
		dx = 1
	case stepBack:
		dx = -1
	case laneUp:
		dy = -1
	case laneDown:
		dy = 1
	default:
		return false
	}
	p.mark = p.plot.Beside(p.mark, dx, dy)
	return false
}

// plotHeight is the height of the plot, px, as the style sheet has it.
func (p *labPage) plotHeight() float64 {
	if p.plotWidth <= 720 {
		return 300
	}
	return 384
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

// mechanismKey names the shapes.
const mechanismKey = `<div class="key wide" aria-label="Key">` +
	`<span><svg class="w0" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + circle + `</svg>select</span>` +
	`<span><svg class="w1" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + square + `</svg>poll</span>` +
	`<span><svg class="w2" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + triangle + `</svg>epoll</span>` +
	`<span><svg class="w0" width="12" viewBox="-6 -6 12 12" aria-hidden="true">` + cross + `</svg>not measured</span><span class="badge">` + markObserved + `observed</span></div>`

// drawPlot returns the plot as an SVG, with a ring around the mark that is
// picked. where, as HTML, says on what it was measured.
func drawPlot(p *plot.Plot, picked int, axis, where string) string {
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
		if i == picked {
			ring = `<circle class="ring" r="9"/>`
		}
		shape := shapes[m.Mechanism]
		if m.Repeats == 0 {
			shape = cross
			if hue == hues[0] && i > 0 && p.Marks[i-1].Repeats > 0 {
				text(hue+" ty", m.X-9, m.Y+4, "select stops")
			}
		}
		add(`<g class="%s" transform="translate(%.1f %.1f)">%s%s</g>`, hue, m.X, m.Y, shape, ring)
	}
	return b.String() + `</svg>`
}

// table has the plot's figures as text: a row for each number of idle
// connections, a column for each mechanism.
func table(marks []plot.Mark) string {
	if len(marks) == 0 {
		return `<p class="hint">Run: each measurement shows here as soon as it is made.</p>`
	}
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	add(`<table class="stat"><thead><tr><th scope="col" class="r">idle</th>`)
	for _, name := range plot.Mechanisms {
		add(`<th scope="col" class="r">%s</th>`, name)
	}
	add(`</tr></thead><tbody>`)
	missing := ""
	for idle := plot.Next(marks, 0); idle > 0; idle = plot.Next(marks, idle) {
		add(`<tr><th scope="row" class="r">%s</th>`, plot.Thousands(idle))
		for k, name := range plot.Mechanisms {
			switch m := plot.Find(marks, k, idle); {
			case m == nil:
				add(`<td></td>`)
			case m.Repeats == 0:
				add(`<td class="r">not measured</td>`)
				missing += fmt.Sprintf("<p>%s beside %s: %s.</p>", name, plot.Thousands(idle), html.EscapeString(m.Why))
			default:
				add(`<td class="r">%s <span class="note">%s–%s</span></td>`, span(int64(m.Mid)), span(int64(m.Low)), span(int64(m.High)))
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
