package web

import (
	"html"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/plot"
	"sockscope/web/visit"
)

// measurePage is a lab that measures: it has a plot where others have a timeline,
// and beneath it the same as a table.
type measurePage struct {
	app.Compo
	ID string // of the lab

	frame
	measurement visit.Measurement

	walk  pane.Walk
	plot  *plot.Plot // as it was last drawn
	width float64    // px
}

// OnInit makes what lives as long as the page.
func (p *measurePage) OnInit() {
	p.verb, p.first = "Run ", "table"
	p.panes = []tabName{{about, "about"}, {"source", "source"}, {"table", "table"}}
	p.shows = func(l *lab.Lab) bool { return l.Measures }
	p.load = p.measurement.Load
	p.draw, p.now, p.obey, p.fresh = p.redraw, func() {}, p.command, func() {}
	p.walk.Try = p.try
	p.measurement.Drawn = p.redraw
	p.kept = &p.measurement.Run
	p.init(&p.measurement, p.ID)
	p.measure()
}

// OnMount connects.
func (p *measurePage) OnMount(ctx app.Context) {
	p.measure()
	p.mount(ctx)
}

// OnResize follows the window.
func (p *measurePage) OnResize(app.Context) { p.measure() }

func (p *measurePage) measure() {
	p.width = 1440
	if w, _ := app.Window().Size(); w > 0 {
		p.width = float64(w)
	}
}

// redraw turns to what the walk has come to.
func (p *measurePage) redraw() {
	p.measurement.Light()
	if p.measurement.AtRecap() {
		finish(p.guest.ctx, p.measurement.Lab)
	}
}

// try runs a set-up that the lab offers. The address follows.
func (p *measurePage) try(ctx app.Context, i int) {
	p.measurement.Try(p.measurement.Lab.Tries[i])
	p.complaint = ""
	p.mirror(ctx)
}

func (p *measurePage) Render() app.UI {
	m := &p.measurement
	marks := plot.Gather(m.Points(), m.Plots)
	p.plot = plot.Lay(marks, m.Largest(), p.width, p.height())
	drawn := pane.DrawPlot(p.plot, append(m.Lit(), m.Picked()), pane.Quantities[m.Plots].Axis, html.EscapeString(m.Where()))
	if len(marks) == 0 {
		drawn = `<p class="empty">` + p.noPlot() + `</p>`
	}
	newest := m.Newest()
	return dom.Elc("div", "lab measures").Body(
		p.bar(true),
		p.question(),
		p.say(),
		p.walk.Render(&m.Run),
		dom.Elc("div", "plothead").Body(
			dom.Elc("span", "seg").Role("group").Aria("label", "What is plotted").Body(
				app.Range(pane.Quantities[:]).Slice(func(i int) app.UI {
					return dom.Button(func(app.Context, app.Event) { m.Plot(lab.Quantity(i)) }, app.EventScope("plot", i)).
						Aria("pressed", m.Plots == lab.Quantity(i)).Text(pane.Quantities[i].Button)
				}),
			),
			app.If(m.Phase == visit.Live, func() app.UI {
				return dom.El("progress").Aria("label", "Measurements made").Attr("max", max(1, newest.Of)).Attr("value", newest.Done)
			}),
			p.fileLinks(&m.Run),
			app.Raw(pane.MechanismKey),
		),
		dom.Elc("main", "plot").Aria("label", "Plot").Body(
			dom.Elc("div", "readout").Aria("live", "polite").Text(p.readout()),
			dom.Elc("div", "chart").TabIndex(0).Role("img").
				Aria("label", "Plot of what is in the table. The arrow keys go from mark to mark.").
				OnMouseMove(p.onPoint).OnClick(p.onPoint).
				Body(app.Raw(drawn)),
		),
		p.tabs(),
		dom.Elc("div", "panes").DataSet("tab", p.pane).Body(
			pane.Section("p-table", "Table", app.Raw(`<div>`+pane.Table(marks)+`<p class="hint">`+html.EscapeString(m.Circumstances())+`</p></div>`)),
			&pane.Source{F: m.At(), Rev: m.Desk.Rev + m.Focus.Rev},
			pane.Section("p-about", "About", pane.About(m.Lab, m.Walk(m.Lab), false)),
		),
		new(pane.KeyList),
		p.tab.near.sheet(),
	)
}

// height is the height of the plot, px, as the style sheet has it.
func (p *measurePage) height() float64 {
	if p.width <= 720 {
		return 300
	}
	return 384
}

// noPlot stands where nothing is plotted yet.
func (p *measurePage) noPlot() string {
	switch m := &p.measurement; {
	case m.Phase == visit.Queued:
		return m.Headline()
	case m.Busy():
		return "Opening connections."
	case m.Relay.State.Off():
		return p.tab.near.unreached() + " There is no recording of this lab here yet."
	}
	return "The plot appears here while it is measured: the cost of a message, by the connections that are idle."
}

// readout says what the marks that are picked stand for.
func (p *measurePage) readout() string {
	m := &p.measurement
	at := m.Lit()
	if m.Picked() >= 0 {
		at = []int{m.Picked()}
	}
	var marks []*plot.Mark
	for _, i := range at {
		if i < len(p.plot.Marks) {
			marks = append(marks, &p.plot.Marks[i])
		}
	}
	return visit.Readout(marks, pane.Quantities[m.Plots].Unit)
}

// onPoint picks the mark that is nearest to the pointer.
func (p *measurePage) onPoint(ctx app.Context, e app.Event) {
	box := ctx.JSSrc().Call("getBoundingClientRect")
	x := e.Get("clientX").Float() - box.Get("left").Float()
	y := e.Get("clientY").Float() - box.Get("top").Float()
	at := p.plot.Nearest(x, y)
	if at == p.measurement.Picked() {
		ctx.PreventUpdate()
	}
	p.measurement.Pick(at)
}

// command does what a key asks for: the arrows go from mark to mark.
func (p *measurePage) command(_ app.Context, c visit.Command) {
	dx, dy := 0, 0
	switch c {
	case visit.StepOn:
		dx = 1
	case visit.StepBack:
		dx = -1
	case visit.LaneUp:
		dy = -1
	case visit.LaneDown:
		dy = 1
	default:
		if !p.apply(c) {
			p.measurement.Apply(c)
		}
		return
	}
	p.measurement.Pick(p.plot.Beside(p.measurement.Picked(), dx, dy))
}
