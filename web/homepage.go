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

	state  link.State
	hello  *trace.Hello
	copied bool
	wire   wire
}

// OnNav names the page. It runs on the server too.
func (p *homePage) OnNav(ctx app.Context) {
	ctx.Page().SetTitle("Sockscope: an oscilloscope for sockets")
	ctx.Page().SetDescription("Real socket programs on a real kernel: see every call they make, when it sleeps, and what wakes it.")
}

// OnMount asks the server who it is.
func (p *homePage) OnMount(ctx app.Context) {
	p.wire.start(ctx, func(events []link.Event) {
		for _, e := range events {
			p.state = e.State
			switch {
			case e.State == link.Gone:
				p.hello = nil
			case e.Message != nil && e.Message.Hello != nil:
				p.hello = e.Message.Hello
			}
		}
	})
}

// OnDismount lets go of the server.
func (p *homePage) OnDismount() { p.wire.stop() }

// nc is how to reach the standing select server from a terminal.
const nc = "nc 127.0.0.1 10001"

func (p *homePage) Render() app.UI {
	first := lab.All[0]
	return app.Div().Class("home").Body(
		app.Raw(hatch),
		app.Header().Class("top").Body(
			app.A().Class("brand").Href("/").Body(app.Raw(iconBrand), app.Text("Sockscope")),
			app.Nav().Class("wide").Aria("label", "Site").Body(
				app.A().Href("#labs").Text("Labs"), app.A().Href("#own").Text("Your own client"),
			),
			app.Span().Class("sp"),
			status(p.state, p.hello, false),
			new(themeButton),
		),
		app.Section().Class("hero").Body(
			app.H1().Text("Watch a socket call fall asleep, and see what wakes it."),
			app.P().Text("Real programs on a real kernel. Every call, from the moment it enters to what it returns, on one clock."),
			app.Div().Class("cta").Body(
				app.A().Class("t").Href("#labs").Text(fmt.Sprintf("All %d labs", len(lab.All))),
				app.A().Class("runb").Href(labPath(first)).Body(app.Raw(iconRun), app.Text("Run the first one")),
			),
		),
		p.own(),
		app.Main().Class("idx").ID("labs").Aria("label", "Labs").Body(
			app.Range(lab.Sections).Slice(func(i int) app.UI { return section(lab.Sections[i]) }),
		),
	)
}

// own says how to bring a client of one's own. It is true of a server on this
// machine, whether or not the page reaches it.
func (p *homePage) own() app.UI {
	copy := "Copy"
	if p.copied {
		copy = "Copied"
	}
	return app.Section().Class("own").ID("own").Body(
		app.H2().Text("Connect your own client"),
		app.Div().Class("cmd").Body(
			app.I().Text("$"), app.Text(nc),
			app.Button().Type("button").OnClick(p.onCopy).Text(copy),
		),
		app.P().Class("wide").Text("On the machine that runs the server: a select server that echoes each line. Python, telnet or your own program will do as well."),
	)
}

func (p *homePage) onCopy(app.Context, app.Event) {
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if !clipboard.Truthy() { // only secure pages have one
		return
	}
	clipboard.Call("writeText", nc)
	p.copied = true
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
	return app.Section().Aria("label", s.Title()).Body(
		app.H2().Body(app.I().Text(string(s)), app.Text(s.Title())),
		app.Ul().Body(app.Range(labs).Slice(func(i int) app.UI {
			l := labs[i]
			li := app.Li()
			if l == lab.All[0] {
				li = li.Class("best")
			}
			return li.Body(app.A().Href(labPath(l)).Body(
				app.Raw(glyph(l.ID)),
				app.Span().Body(app.B().Text(l.ID), app.Small().Text(l.Brief)),
			))
		})),
	)
}
