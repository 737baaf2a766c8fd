package pane

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// picker chooses what shows: the direction of a connection, or the datagrams of a socket.
func (c *Bytes) picker(flows []visit.Flow, at int) app.UI {
	return dom.Elc("select", "pick").Aria("label", "Connection and direction").OnChange(c.onPick).Body(
		app.Range(flows).Slice(func(i int) app.UI {
			return dom.Option(fmt.Sprintf("%d.%d.%d", flows[i].Conn, flows[i].Way, flows[i].Post), c.F.FlowName(flows[i]), i == at)
		}),
	)
}

// letters shows datagrams, each in a box of its own.
func (c *Bytes) letters(flows []visit.Flow, at int) app.UI {
	f := c.F
	list, before := f.LettersOf(flows[at].Post - 1)
	key := "what became of each is inferred"
	if drops := f.DropsOf(flows[at].Post - 1); drops != "" {
		key += "; " + drops
	}
	if before > 0 {
		key = fmt.Sprintf("%d before them; ", before) + key
	}
	return dom.Elc("div", "bytes").OnClick(c.onLetter).Body(
		dom.Elc("div", "ph2").Body(
			dom.El("h2").Text("Bytes"),
			c.picker(flows, at),
			dom.El("span").Text(fmt.Sprintf("%d so far", before+len(list))),
			dom.Elc("span", "sp"), provenance(trace.Observed, ""),
		),
		dom.Elc("ol", "scroll letters").ID("bytes").TabIndex(0).Aria("label", "Letters").Body(app.Range(list).Slice(func(i int) app.UI {
			l := &list[i]
			return dom.El("li").Body(dom.Elc("button", l.Class()).Attr("type", "button").DataSet("step", l.Step).Body(
				dom.El("code").Text(l.Text), dom.El("span").Text(l.Note)))
		})),
		dom.Elc("div", "bkey").Body(dom.El("span").Text(key)),
		printed(f),
	)
}

// onLetter goes to the send of a datagram.
func (c *Bytes) onLetter(_ app.Context, e app.Event) {
	if step := dom.Number(e, "step"); step >= 0 {
		c.F.GoTo(step)
	}
}
