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
	p.shows = func(l *lab.Lab) bool { return !l.Measures && l != lab.Yours && l != lab.Hand }
	p.load = p.run.Load
	p.behind = func() {
		if p.run.AtRecap() {
			finish(p.guest.ctx, p.run.Lab)
		}
	}
	p.walk.Try = p.try
	p.kept = &p.run
	p.init(&p.run, p.ID)
}

func (p *labPage) Render() app.UI {
	r, rev := &p.run, p.revBelow()
	class, walk, files := "lab", app.UI(nil), app.UI(nil)
	if r.Pair != nil {
		class, walk, files = "lab paired", pane.Pair(r), dom.Elc("span", "files").Body(pane.PairSwitch(r))
	} else {
		walk, files = p.walk.Render(r), p.fileLinks(r)
	}
	return p.page(parts{
		class:   class,
		long:    true,
		walk:    walk,
		files:   files,
		invite:  p.invite(),
		caption: pane.Narration(r.At()),
		beside: []app.UI{
			app.If((r.Lab.Beside != "" || r.Lab.Spends) && r.Pair == nil, func() app.UI { return &pane.Beside{R: r, Rev: rev} }),
			app.If(r.Lab.File, func() app.UI { return &pane.Upload{R: r, Rev: rev} }),
			app.If(r.HasAgent(), func() app.UI { return &pane.Hands{R: r, Rev: rev} }),
		},
		panes: []app.UI{&pane.Source{F: r.At(), Rev: rev}, &pane.Kernel{F: r.At(), Lab: r.Lab, Rev: rev}, p.calls()},
	})
}

// try runs a set-up that the lab offers. The address follows.
func (p *labPage) try(ctx app.Context, i int) {
	p.run.Try(p.run.Lab.Tries[i])
	p.complaint = ""
	p.mirror(ctx)
	p.redraw()
}

// invite stands on the empty screen.
func (p *labPage) invite() app.UI {
	if r := &p.run; !r.Relay.State.Off() && r.Cannot() != "" {
		return dom.Elc("div", "empty").Body(
			dom.El("span").Text("No recording of this lab has been made yet on a system that can run it."),
			app.If(r.Lab.Instead != "", func() app.UI {
				return dom.El("span").Body(app.Text("Here "), dom.Anchor("/lab/"+r.Lab.Instead).Class("link").Text(r.Lab.Instead), app.Text(" shows the like."))
			}),
		)
	}
	return p.invitation(runAppears, noRecording)
}

const (
	runAppears  = "The timeline of the run appears here: a lane a thread, a bar a call."
	noRecording = " There is no recording of this lab here yet."
)
