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

	quantity plot.Quantity
	plot     *plot.Plot // as it was last drawn
	width    float64    // px
	mark     int        // index in the plot's marks of the one that is picked, or -1
}

// OnInit makes what lives as long as the page.
func (p *measurePage) OnInit() {
	p.verb, p.first = "Run ", "table"
	p.panes = []tabName{{about, "about"}, {"source", "source"}, {"table", "table"}}
	p.shows = func(l *lab.Lab) bool { return l.Measures }
	p.load = p.measurement.Load
	p.draw, p.obey = func() {}, p.command
	p.fresh = func() { p.mark = -1 }
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

func (p *measurePage) Render() app.UI {
	m := &p.measurement
	marks := plot.Gather(m.Points(), p.quantity)
	p.plot = plot.Lay(marks, m.Largest(), p.width, p.height())
	if p.mark >= len(marks) {
		p.mark = -1
	}
	drawn := pane.DrawPlot(p.plot, p.mark, pane.Quantities[p.quantity].Axis, html.EscapeString(m.Where()))
	if len(marks) == 0 {
		drawn = `<p class="empty">` + p.noPlot() + `</p>`
	}
	newest := m.Newest()
	return dom.Elc("div", "lab measures").Body(
		p.bar(true),
		p.question(),
		p.say(),
		dom.Elc("div", "plothead").Body(
			dom.Elc("span", "seg").Role("group").Aria("label", "What is plotted").Body(
				app.Range(pane.Quantities[:]).Slice(func(i int) app.UI {
					return dom.Button(func(app.Context, app.Event) { p.quantity = plot.Quantity(i) }, app.EventScope("plot", i)).
						Aria("pressed", p.quantity == plot.Quantity(i)).Text(pane.Quantities[i].Button)
				}),
			),
			app.If(m.Phase == visit.Live, func() app.UI {
				return dom.El("progress").Aria("label", "Measurements made").Attr("max", max(1, newest.Of)).Attr("value", newest.Done)
			}),
			dom.Elc("span", "state").Text(m.Headline()),
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
			pane.Section("p-about", "About", pane.About(m.Lab, nil, false)),
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

// readout says what the mark that is picked stands for.
func (p *measurePage) readout() string {
	var mark *plot.Mark
	if p.mark >= 0 {
		mark = &p.plot.Marks[p.mark]
	}
	return visit.Readout(mark, pane.Quantities[p.quantity].Unit)
}

// onPoint picks the mark that is nearest to the pointer.
func (p *measurePage) onPoint(ctx app.Context, e app.Event) {
	box := ctx.JSSrc().Call("getBoundingClientRect")
	x := e.Get("clientX").Float() - box.Get("left").Float()
	y := e.Get("clientY").Float() - box.Get("top").Float()
	at := p.plot.Nearest(x, y)
	if at == p.mark {
		ctx.PreventUpdate()
	}
	p.mark = at
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
		p.apply(c)
		return
	}
	p.mark = p.plot.Beside(p.mark, dx, dy)
}
