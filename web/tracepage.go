package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// tracePage shows a program of anybody's, whose calls strace takes or has taken.
type tracePage struct {
	app.Compo
	ID string

	scopePage
	traced visit.Traced
	copied bool // the command was
}

// OnInit makes what lives as long as the page.
func (p *tracePage) OnInit() {
	p.verb = "Look at "
	p.shows = func(l *lab.Lab) bool { return l == lab.Yours }
	p.load = p.traced.Load
	p.behind = func() {}
	p.init(&p.traced, p.ID)
	draw := p.draw
	p.draw = func() {
		if lab := p.traced.Opened(); lab != nil {
			p.show(p.guest.ctx, lab)
			return
		}
		draw()
	}
}

func (p *tracePage) Render() app.UI {
	t, rev := &p.traced, p.revBelow()
	class := "lab traced"
	panes := []app.UI{&pane.Kernel{F: t.At(), Lab: t.Lab, Rev: rev}, p.calls()}
	p.panes = []tabName{{about, "about"}, {"kernel", "kernel"}, {"bytes", "bytes"}, {"log", "log"}}
	if len(t.At().Sources()) > 0 { // of few programs are the lines known
		class = "lab"
		panes = append([]app.UI{&pane.Source{F: t.At(), Rev: rev}}, panes...)
		p.panes = slices.Insert(p.panes, 1, tabName{"source", "source"})
	}
	var beside app.UI = dom.Elc("div", "vh") // what comes behind keeps its place, else go-app makes it anew
	if t.Player == nil {
		beside = p.how()
	}
	return p.page(parts{
		class:   class,
		files:   p.fileLinks(&t.Run),
		invite:  p.invitation("The calls of your program appear here.", " A log of strace's opens here all the same."),
		caption: pane.Narration(t.At()),
		beside:  []app.UI{beside},
		panes:   panes,
	})
}

// traceCommand runs a program so that its calls appear.
const traceCommand = "relay trace -- python3 server.py"

// how says how a program comes onto the page.
func (p *tracePage) how() app.UI {
	return dom.Elc("section", "mine").Aria("label", "Trace a program").Body(
		dom.El("b").Text("Trace a program"),
		commandLine(traceCommand, p.copied, func(ctx app.Context, _ app.Event) {
			dom.Copy(ctx, traceCommand, func() { p.copied = true })
		}),
	)
}
