package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// handPage is a run by hand: the learner makes the calls of all its sides.
type handPage struct {
	app.Compo
	ID string

	scopePage
	run visit.Run
}

// OnInit makes what lives as long as the page.
func (p *handPage) OnInit() {
	p.verb = "Run "
	p.panes = []tabName{{about, "about"}, {"hand", "by hand"}, {"kernel", "kernel"}, {"bytes", "bytes"}, {"log", "log"}}
	p.shows = func(l *lab.Lab) bool { return l == lab.Hand }
	p.load = p.run.Load
	p.behind = func() {}
	p.kept = &p.run
	p.init(&p.run, p.ID)
	p.first = "hand"
}

func (p *handPage) Render() app.UI {
	r, rev := &p.run, p.rev()
	return p.page(parts{
		class:   "lab byhand",
		long:    true,
		files:   p.fileLinks(r),
		invite:  p.invitation("The timeline of your calls appears here: a lane a side, a bar a call.", " Calls by hand take one."),
		caption: pane.Narration(r.At()),
		panes:   []app.UI{pane.Sides(r, p.save(), rev), &pane.Kernel{F: r.At(), Lab: r.Lab, Rev: rev}, p.calls()},
	})
}

// save offers what was done as a program.
func (p *handPage) save() app.UI {
	r := &p.run
	return app.If(r.Player != nil && len(r.Player.Run.Calls) > 0, func() app.UI {
		forms := programs(r.Player.Run)
		return dom.Elc("span", "saves").Role("group").Aria("label", "Save as a program").Body(
			dom.El("span").Text("save as"),
			app.Range(forms).Slice(func(i int) app.UI {
				return dom.Button(func(ctx app.Context, _ app.Event) { p.take(ctx, r, forms[i]) }, app.EventScope("save", forms[i].ending)).Class("link").
					Title("A program that makes the same calls, in the same order").Text(forms[i].name)
			}),
		)
	})
}
