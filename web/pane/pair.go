package pane

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// Pair says of two runs above each other where they part; it has the walk's place.
func Pair(r *visit.Run) app.UI {
	p := r.Pair
	said := app.UI(dom.El("span").Text("The clients of both got the same, and so did the servers, in the same order: only the times differ. "))
	switch {
	case p.Part != nil:
		said = parting(r.At(), p.Part, "the run before", "this one")
		if p.Part.Divergence.What == play.OtherOrder {
			said = dom.El("span").Body(said, app.Text("An order may be chance. "))
		}
	case !p.Alike:
		said = dom.El("span").Text("What both runs have returned the same; one of them has more calls. ")
	}
	return dom.Elc("section", "walk").ID("walk").Aria("label", "Two runs").Body(
		dom.El("p").Role("status").Body(app.Text(strings.Join(append(p.Effects, ""), " ")), said, app.Text(p.Waits+" One run of each doesn't tell whether a small difference is chance.")),
		dom.Button(func(app.Context, app.Event) { r.SwitchPair() }).Class("btn pri").Text("This run alone"),
	)
}

// PairSwitch sets the run before above this one; nothing where there is none.
func PairSwitch(r *visit.Run) app.UI {
	return app.If(r.CanPair(), func() app.UI {
		return dom.Button(func(app.Context, app.Event) { r.SwitchPair() }).Class("link").Aria("pressed", r.Pair != nil).
			Title("Both runs above each other, and where they part first").Text("beside the run before")
	})
}
