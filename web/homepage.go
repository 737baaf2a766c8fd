package web

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/link"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// homePage introduces the site and lists the labs.
type homePage struct {
	app.Compo

	tab   *tab
	own   ownStrip
	guest *guest
}

// OnInit makes what lives as long as the page.
func (p *homePage) OnInit() { p.own.init(p.tab) }

// OnNav names the page. It runs on the server too.
func (p *homePage) OnNav(ctx app.Context) {
	ctx.Page().SetTitle("Sockscope: an oscilloscope for sockets")
	ctx.Page().SetDescription("Real socket programs on a real kernel: see every call they make, when it sleeps, and what wakes it.")
}

// OnMount asks the server who it is.
func (p *homePage) OnMount(ctx app.Context) {
	p.guest = &guest{ctx: ctx, mode: &p.own.watch, take: func(link.Event) {}, draw: p.own.draw}
	p.tab.enter(p.guest)
	p.own.begin()
}

// OnDismount lets go of the server.
func (p *homePage) OnDismount() { p.tab.leave(p.guest) }

func (p *homePage) Render() app.UI {
	first := lab.All[0]
	return dom.Elc("div", "home").Body(
		hatch(),
		dom.Elc("header", "top").Body(
			dom.Anchor("/").Class("brand").Body(app.Raw(icon.Brand), app.Text("Sockscope")),
			dom.Elc("nav", "wide").Aria("label", "Site").Body(
				dom.Anchor("#labs").Text("Labs"), dom.Anchor("#own").Text("Your own client"),
			),
			dom.Elc("span", "sp"),
			p.tab.near.status(false),
			new(pane.ThemeButton),
		),
		dom.Elc("section", "hero").Body(
			dom.El("h1").Text("Watch a socket call fall asleep, and see what wakes it."),
			dom.El("p").Text("Real programs on a real kernel. Every call, from the moment it enters to what it returns, on one clock."),
			dom.Elc("div", "cta").Body(
				dom.Anchor("#labs").Class("t").Text(fmt.Sprintf("All %d labs", len(lab.All))),
				dom.Anchor(visit.Path(first)).Class("runb").Body(app.Raw(icon.Run), app.Text("Run the first one")),
			),
		),
		&hero{Live: p.tab.relay.Hello != nil},
		p.own.render(p.onCopy), // before what comes and goes: go-app tells siblings apart by their places
		p.tab.near.sheet(),
		dom.Elc("main", "idx").ID("labs").Aria("label", "Labs").Body(
			app.Range(lab.Sections).Slice(func(i int) app.UI { return section(lab.Sections[i]) }),
		),
	)
}

func (p *homePage) onCopy(app.Context, app.Event) {
	p.own.copied = dom.Copy(p.own.watch.Command(visit.Tools[0]))
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
	return dom.Elc("section", class).Aria("label", s.Title()).Body(
		dom.El("h2").Body(dom.El("i").Text(string(s)), app.Text(s.Title())),
		dom.El("ul").Body(app.Range(labs).Slice(func(i int) app.UI {
			l := labs[i]
			li := dom.El("li")
			if l == lab.All[0] {
				li = li.Class("best")
			}
			return li.Body(dom.Anchor(visit.Path(l)).Body(
				app.Raw(icon.Glyph(l.ID)),
				dom.El("span").Body(dom.El("b").Text(l.ID), dom.El("small").Text(l.Brief)),
			))
		})),
	)
}
