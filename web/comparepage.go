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
	p.behind = func() {
		if p.comparison.Align(); p.comparison.AtRecap() {
			finish(p.guest.ctx, p.comparison.Lab)
		}
	}
	p.init(&p.comparison, p.ID)
}

func (p *comparePage) Render() app.UI {
	c, rev := &p.comparison, p.rev()
	return p.page(parts{
		class:  "lab versus",
		long:   true,
		walk:   pane.Contrast(c),
		files:  dom.Elc("span", "files"),
		invite: p.invitation(runAppears, noRecording),
		panes:  []app.UI{&pane.Source{F: c.At(), Rev: rev}, &pane.Figures{C: c, Lab: c.Lab, Rev: rev}},
	})
}
