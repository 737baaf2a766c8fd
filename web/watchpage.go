package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// watchPage watches a standing server, for those who connect to it with a client
// of their own.
type watchPage struct {
	app.Compo
	ID string // of the standing server, as a lab

	scopePage
	watch  visit.Watch
	tool   int  // index in visit.Tools
	copied bool // the tool's command was
}

// OnInit makes what lives as long as the page.
func (p *watchPage) OnInit() {
	p.verb = "Watch "
	p.panes = []tabName{{about, "about"}, {"source", "source"}, {"kernel", "kernel"}, {"bytes", "bytes"}, {"log", "log"}}
	p.shows = func(*lab.Lab) bool { return false }
	p.behind = func() {}
	p.init(&p.watch, p.ID)
}

func (p *watchPage) Render() app.UI {
	w, rev := &p.watch, p.rev()
	return p.page(parts{
		class:  "lab watching",
		files:  dom.Elc("span", "files").Body(p.openLink()),
		invite: p.invitation("What the server does appears here as it does it.", " What the server does appears here once one is."),
		beside: []app.UI{p.mine()},
		panes:  []app.UI{&pane.Source{F: w.At(), Rev: rev}, &pane.Kernel{F: w.At(), Lab: w.Lab, Rev: rev}, p.calls()},
	})
}

// mine says how to be a client of the standing server.
func (p *watchPage) mine() app.UI {
	return dom.Elc("section", "mine").Aria("label", "Be its client").Body(
		dom.El("b").Text("Be its client"),
		dom.Elc("span", "seg").Role("group").Aria("label", "With").Body(
			app.Range(visit.Tools).Slice(func(i int) app.UI {
				return dom.Button(func(app.Context, app.Event) { p.tool, p.copied = i, false }, app.EventScope(i)).
					Aria("pressed", p.tool == i).Text(visit.Tools[i])
			}),
		),
		commandLine(p.watch.Command(visit.Tools[p.tool]), p.copied, p.onCopy),
	)
}

func (p *watchPage) onCopy(ctx app.Context, _ app.Event) {
	dom.Copy(ctx, p.watch.Command(visit.Tools[p.tool]), func() { p.copied = true })
}

// commandLine is a command for a terminal, with a button that copies it.
func commandLine(command string, copied bool, onCopy app.EventHandler) app.UI {
	word := "Copy"
	if copied {
		word = "Copied"
	}
	return dom.Elc("div", "cmd").Body(dom.El("i").Text("$"), dom.El("code").Text(command), dom.Button(onCopy).Text(word))
}
