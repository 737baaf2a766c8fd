package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// Beside compares the processor time of a run's server with another lab's, which it
// offers to run with the same clients.
type Beside struct {
	app.Compo
	R   *visit.Run
	Rev int

	of  *play.Run // that own is about
	own string
}

func (c *Beside) Render() app.UI {
	r := c.R
	id := r.Lab.Beside
	if r.Player == nil || r.Player.Run.End == nil {
		if id == "" {
			return dom.Elc("div", "aside").Body(dom.El("span").Text("The server's processor time shows here after the run."))
		}
		return dom.Elc("div", "aside").Body(dom.El("span").Text("The server's processor time shows here after the run, beside that of " + id + "."))
	}
	if c.of != r.Player.Run {
		c.of, c.own = r.Player.Run, visit.Spent(r.Player.Run)
	}
	own := dom.El("span").Body(app.Text("Processor time of this server: "), dom.El("b").Text(c.own), app.Text("."))
	source := provenance(trace.Observed, "the kernel's count")
	if id == "" {
		return dom.Elc("div", "aside").Body(own, dom.Elc("span", "sp"), source)
	}
	a := &r.Aside
	other := app.UI(dom.Button(c.onBeside).Class("btn").Attr("disabled", r.Relay.State != link.Live || r.Busy()).Text("Measure the same on " + id))
	switch {
	case a.Busy:
		other = dom.El("span").Text("The same clients, on " + id + ": running.")
	case a.Why != "":
		other = dom.El("span").Text("The same clients, on " + id + ": " + a.Why)
	case a.Spent() != "":
		other = dom.El("span").Body(app.Text("The same clients on "+id+", in a run of its own after this one: "), dom.El("b").Text(a.Spent()), app.Text("."))
	}
	return dom.Elc("div", "aside").Body(
		own,
		other,
		dom.Anchor(r.Compared()).Class("link").Text("Compare them"),
		dom.Elc("span", "sp"), source,
	)
}

func (c *Beside) onBeside(app.Context, app.Event) { c.R.RunBeside() }
