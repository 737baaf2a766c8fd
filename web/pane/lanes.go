package pane

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Lanes is the column beside the timeline: a button a lane.
type Lanes struct {
	app.Compo
	F   *visit.Focus
	Rev int
}

func (c *Lanes) Render() app.UI {
	lanes := c.F.Lanes()
	var items []app.UI
	for i := range lanes {
		if b := lanes[i].Band; b != nil {
			items = append(items, dom.Elc("li", "band").Body(
				dom.Anchor(b.Href).Title("This server's own lab, with the same clients").Text(b.Name)))
		}
		items = append(items, c.lane(&lanes[i]))
	}
	return dom.Elc("ol", "lanes").Aria("label", "Threads").Body(items...)
}

func (c *Lanes) lane(l *visit.Lane) app.UI {
	wide := "wide"
	if l.Proc < 0 {
		wide = "wide addr"
	}
	narrow := l.Tag
	if l.Thread > 0 {
		narrow = visit.ShortTag(l.Tag, l.Thread)
	}
	return LaneItem(l.Big, l.Index == c.F.Lane).Body(
		dom.Button(func(app.Context, app.Event) { c.F.PickLane(l.Index) }, app.EventScope(l.Index)).
			Aria("pressed", l.Index == c.F.Lane).
			Body(
				dom.El("b").Body(
					dom.Elc("span", wide).Body(app.Text(l.Name), app.If(l.How != "", func() app.UI {
						return dom.El("em").Text(l.How)
					}), app.If(l.Thread > 0, func() app.UI {
						return dom.El("em").Text(fmt.Sprintf("thread %d", l.Thread+1))
					}), app.If(l.PID > 0, func() app.UI {
						return dom.El("em").Text("pid " + fmt.Sprint(l.PID))
					})),
					dom.Elc("span", "narrow").Text(narrow),
				),
				dom.Elc("small", "wide").Text(l.Word),
			),
	)
}

// LaneItem is the place of one lane in a column beside a timeline.
func LaneItem(big, selected bool) app.HTMLElem {
	class := ""
	if big {
		class = "big"
	}
	if selected {
		class += " on"
	}
	return dom.Elc("li", class)
}
