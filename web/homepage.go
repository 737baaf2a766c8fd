package web

import (
	"fmt"
	"slices"

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
	done  []string // the IDs of the labs that were gone through
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
	p.guest = &guest{ctx: ctx, mode: &p.own.watch, take: func(link.Event) {}, draw: p.own.draw, now: func() {}, keep: func() {}}
	p.tab.enter(p.guest)
	p.own.begin()
	p.done = done(ctx)
}

// OnDismount lets go of the server.
func (p *homePage) OnDismount() { p.tab.leave(p.guest) }

func (p *homePage) Render() app.UI {
	first := lab.All[0]
	return dom.Elc("div", "home").Body(
		app.Raw(icon.Hatch),
		dom.Elc("header", "top").Body(
			dom.Anchor("/").Class("brand").Body(app.Raw(icon.Brand), app.Text("Sockscope")),
			dom.Elc("nav", "wide").Aria("label", "Site").Body(
				dom.Anchor("#labs").Text("Labs"), dom.Anchor("#own").Text("Your own client"), dom.Anchor(visit.Path(lab.Hand)).Text("By hand"),
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
				dom.Anchor(visit.Path(first)).OnClick(p.onFirst).Class("runb").Body(app.Raw(icon.Run), app.Text("Run the first one")),
			),
		),
		&hero{Live: p.tab.relay.Hello != nil},
		p.own.render(p.onCopy), // before what comes and goes: go-app tells siblings apart by their places
		p.tab.near.sheet(),
		dom.Elc("main", "idx").ID("labs").Aria("label", "Labs").Body(
			app.Range(lab.Sections).Slice(func(i int) app.UI { return p.section(lab.Sections[i]) }),
		),
	)
}

func (p *homePage) onCopy(ctx app.Context, _ app.Event) {
	dom.Copy(ctx, p.own.watch.Command(visit.Tools[0]), func() { p.own.copied = true })
}

// onFirst has the lab that the link leads to run at once.
func (p *homePage) onFirst(app.Context, app.Event) {
	p.tab.starts = p.tab.relay.Hello != nil // else its recording shows
}

// section lists the labs of one part.
func (p *homePage) section(s lab.Section) app.UI {
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
			class, note := p.standing(l)
			return dom.Elc("li", class).Body(dom.Anchor(visit.Path(l)).Body(
				app.Raw(icon.Glyph(l.Pattern)),
				dom.El("span").Body(
					dom.El("b").Body(app.Text(l.ID), app.If(note != "", func() app.UI { return dom.El("em").Text(note) })),
					dom.El("small").Text(l.Brief),
				),
			))
		})),
	)
}

// standing is how a lab stands in the course: whether it was gone through, can't run
// here, comes next, or takes another one first.
func (p *homePage) standing(l *lab.Lab) (class, note string) {
	hello := p.tab.relay.Hello
	switch {
	case slices.Contains(p.done, l.ID):
		return "done", "✓ done"
	case hello != nil && hello.Cannot[l.ID] != "":
		return "cannot", "can't run here"
	case hello == nil && l.Unrecorded:
		return "cannot", "no recording yet"
	case l.ID == p.next():
		if len(p.done) == 0 {
			return "best", "start here"
		}
		return "best", "next"
	case l.Needs != "" && !slices.Contains(p.done, l.Needs):
		return "", "after " + l.Needs
	}
	return "", ""
}

// next returns the ID of the lab to go on with: the first of the course that was not
// gone through.
func (p *homePage) next() string {
	for l := lab.All[0]; l != nil; l = l.Next() {
		if !slices.Contains(p.done, l.ID) {
			return l.ID
		}
	}
	return ""
}
