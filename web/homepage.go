package web

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
)

// homePage introduces the site and lists the labs.
type homePage struct {
	app.Compo

	state link.State
	hello *trace.Hello
	own   ownStrip
	wire  wire
	near  nearRelay
}

// OnInit makes what lives as long as the page.
func (p *homePage) OnInit() { p.own.init() }

// OnNav names the page. It runs on the server too.
func (p *homePage) OnNav(ctx app.Context) {
	ctx.Page().SetTitle("Sockscope: an oscilloscope for sockets")
	ctx.Page().SetDescription("Real socket programs on a real kernel: see every call they make, when it sleeps, and what wakes it.")
}

// OnMount asks the server who it is.
func (p *homePage) OnMount(ctx app.Context) {
	p.own.s.send = p.wire.send
	p.near.begin(&p.wire)
	p.wire.start(ctx, p.near.url(), func(events []link.Event) {
		for _, e := range events {
			p.near.heard(e)
			p.own.hear(e)
			p.state = e.State
			switch {
			case e.State.Off():
				p.hello = nil
			case e.Message != nil && e.Message.Hello != nil:
				p.hello = e.Message.Hello
			}
		}
	})
}

// OnDismount lets go of the server.
func (p *homePage) OnDismount() { p.wire.stop() }

func (p *homePage) Render() app.UI {
	first := lab.All[0]
	return elc("div", "home").Body(
		app.Raw(hatch),
		elc("header", "top").Body(
			anchor("/").Class("brand").Body(app.Raw(iconBrand), app.Text("Sockscope")),
			elc("nav", "wide").Aria("label", "Site").Body(
				anchor("#labs").Text("Labs"), anchor("#own").Text("Your own client"),
			),
			elc("span", "sp"),
			p.near.status(p.state, p.hello, false),
			new(themeButton),
		),
		elc("section", "hero").Body(
			el("h1").Text("Watch a socket call fall asleep, and see what wakes it."),
			el("p").Text("Real programs on a real kernel. Every call, from the moment it enters to what it returns, on one clock."),
			elc("div", "cta").Body(
				anchor("#labs").Class("t").Text(fmt.Sprintf("All %d labs", len(lab.All))),
				anchor(labPath(first)).Class("runb").Body(app.Raw(iconRun), app.Text("Run the first one")),
			),
		),
		&hero{Live: p.state == link.Live && p.hello != nil},
		p.own.render(&p.near, p.onCopy), // before what comes and goes: go-app tells siblings apart by their places
		p.near.sheet(),
		elc("main", "idx").ID("labs").Aria("label", "Labs").Body(
			app.Range(lab.Sections).Slice(func(i int) app.UI { return section(lab.Sections[i]) }),
		),
	)
}

func (p *homePage) onCopy(app.Context, app.Event) {
	p.own.copied = copyText(p.own.s.command(tools[0]))
}

// section lists the labs of one part.
func section(s lab.Section) app.UI {
	var labs []*lab.Lab
	for _, l := range lab.All {
		if l.Section == s {
			labs = append(labs, l)
		}
	}
	if len(labs) == 0 {
		return nil
	}
	class := "few"
	if len(labs) > 6 {
		class = "many"
	}
	return elc("section", class).Aria("label", s.Title()).Body(
		el("h2").Body(el("i").Text(string(s)), app.Text(s.Title())),
		el("ul").Body(app.Range(labs).Slice(func(i int) app.UI {
			l := labs[i]
			li := el("li")
			if l == lab.All[0] {
				li = li.Class("best")
			}
			return li.Body(anchor(labPath(l)).Body(
				app.Raw(glyph(l.ID)),
				el("span").Body(el("b").Text(l.ID), el("small").Text(l.Brief)),
			))
		})),
	)
}
