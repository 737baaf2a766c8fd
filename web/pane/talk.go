package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// talk shows what both sides of a flow's connection have said, a box for each send.
func (c *Bytes) talk(fl visit.Flow) app.UI {
	list := c.F.Talk(fl)
	c.shown = len(list)
	return dom.Elc("ol", "talk").Aria("label", "The conversation").Body(app.Range(list).Slice(func(i int) app.UI {
		s := &list[i]
		side, class := "them", "dg"
		if s.Way == 0 {
			side = "us"
		}
		if s.End {
			side += " end"
		}
		if s.Hit {
			class += " hit"
		}
		if s.Wait {
			class += " wait"
		}
		return dom.Elc("li", side).Body(dom.Elc("button", class).Attr("type", "button").DataSet("go", s.Step).Body(
			dom.El("span").Text(s.By()), app.If(!s.End, func() app.UI { return dom.El("code").Text(s.Text) })))
	}))
}

// talkKey says what the boxes are.
func talkKey() app.UI {
	return dom.Elc("div", "bkey").Body(dom.El("span").Text("each box is one send; which recv got it is inferred. ↵ is a newline"))
}
