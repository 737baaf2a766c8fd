package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// comparePage sets runs of several servers above each other, and their figures
// beside each other.
type comparePage struct {
	app.Compo
	ID string // of the lab

	scopePage
	comparison visit.Comparison
}

// OnInit makes what lives as long as the page.
func (p *comparePage) OnInit() {
	p.verb = "Run "
	p.panes = []tabName{{about, "about"}, {"source", "source"}, {"kernel", "figures"}}
	p.shows = func(*lab.Lab) bool { return false }
	p.behind = p.comparison.Align
	p.init(&p.comparison, p.ID)
}

func (p *comparePage) Render() app.UI {
	c, rev := &p.comparison, p.rev()
	return p.page("lab versus").Body(
		hatch(),
		p.bar(true),
		p.question(),
		p.say(),
		p.head(dom.Elc("span", "files")),
		p.timeline(p.invitation),
		p.transport(),
		p.tabs(),
		dom.Elc("div", "panes").DataSet("tab", p.pane).Body(
			&pane.Source{F: c.At(), Rev: rev},
			&pane.Figures{C: c, Lab: c.Lab, Rev: rev},
		),
		new(pane.KeyList),
		p.tab.near.sheet(),
	)
}

// invitation stands on the empty screen.
func (p *comparePage) invitation() app.UI {
	switch c := &p.comparison; {
	case c.Phase == visit.Queued:
		return empty(c.Headline())
	case c.Busy():
		return empty("Starting.")
	case c.Relay.State.Off():
		return empty(p.tab.near.unreached() + " There is no recording of this lab here yet.")
	}
	return empty("The timeline of the run appears here: a lane a thread, a bar a call.")
}
