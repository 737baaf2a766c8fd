package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// labPage is a lab on one screen: its run, live or recorded.
type labPage struct {
	app.Compo
	ID string // of the lab

	scopePage
	run  visit.Run
	walk pane.Walk
}

// OnInit makes what lives as long as the page.
func (p *labPage) OnInit() {
	p.verb = "Run "
	p.panes = []tabName{{about, "about"}, {"source", "source"}, {"kernel", "kernel"}, {"bytes", "bytes"}, {"log", "log"}}
	p.shows = func(l *lab.Lab) bool { return !l.Measures }
	p.load = p.run.Load
	p.behind = func() {
		if p.run.AtRecap() {
			finish(p.guest.ctx, p.run.Lab)
		}
	}
	p.walk.Try = p.try
	p.init(&p.run, p.ID)
}

func (p *labPage) Render() app.UI {
	r, rev := &p.run, p.rev()
	return p.page("lab").Body(
		hatch(),
		p.bar(true),
		p.question(),
		p.say(),
		p.walk.Render(r),
		p.head(p.fileLinks(r)),
		p.timeline(p.invitation),
		pane.Narration(r.At()),
		p.transport(),
		app.If(r.Lab.Beside != "", func() app.UI { return &pane.Beside{R: r, Rev: rev} }),
		app.If(r.HasAgent(), func() app.UI { return &pane.Hands{R: r, Rev: rev} }),
		p.tabs(),
		dom.Elc("div", "panes").DataSet("tab", p.pane).Body(
			&pane.Source{F: r.At(), Rev: rev},
			&pane.Kernel{F: r.At(), Lab: r.Lab, Rev: rev},
			p.calls(),
		),
		new(pane.KeyList),
		p.tab.near.sheet(),
	)
}

// try runs a set-up that the lab offers. The address follows.
func (p *labPage) try(ctx app.Context, i int) {
	p.run.Try(p.run.Lab.Tries[i])
	p.complaint = ""
	p.mirror(ctx)
	p.redraw()
}

// invitation stands on the empty screen.
func (p *labPage) invitation() app.UI {
	r := &p.run
	switch {
	case r.Phase == visit.Queued:
		return empty(r.Headline())
	case r.Busy():
		return empty("Starting.")
	case r.Relay.State.Off():
		return empty(p.tab.near.unreached() + " There is no recording of this lab here yet.")
	case r.Cannot() != "" && r.Lab.Instead != "":
		return dom.Elc("div", "empty").Body(
			dom.El("span").Text("No recording of this lab has been made yet on a system that can run it."),
			dom.El("span").Body(app.Text("Here "), dom.Anchor("/lab/"+r.Lab.Instead).Class("link").Text(r.Lab.Instead), app.Text(" shows the like.")),
		)
	case r.Cannot() != "":
		return empty("No recording of this lab has been made yet on a system that can run it.")
	}
	return empty("The timeline of the run appears here: a lane a thread, a bar a call.")
}
