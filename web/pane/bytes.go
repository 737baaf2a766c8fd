package pane

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// Bytes shows the bytes of one direction of one connection, in one of several views, and
// what the programs have printed.
type Bytes struct {
	app.Compo
	F      *visit.Focus
	Rev    int
	Narrow bool // there is room for 8 bytes a row, not 16

	Number, Bits string // the number that the lab is about, and its size; "" for none

	shown  int    // turns of the conversation that show
	turns  int    // of the conversation, when it was last scrolled to its end
	came   int    // the stop of the walk that it was last scrolled for
	dumped dumped // what dump was made of
	dump   string // the bytes as HTML

	flow    *visit.Flow // that shows; nil for none
	framing string      // that the learner chose for the decoder; "" is the run's own
}

// dumped tells one dump from another.
type dumped struct {
	run        *play.Run
	flow       visit.Flow
	sent, read int64
	from, len  int64 // of the bytes that are marked
	narrow     bool
}

// maxBytes is how much of a stream is shown: its last rows.
const maxBytes = 2048

func (c *Bytes) Render() app.UI {
	f := c.F
	flows := f.Flows()
	at := f.FlowAt(flows)
	if f.BytesAs == visit.AsNumber {
		return c.view(nil, app.Text(""), provenance(trace.Inferred, "computed"), &number{Of: c.Number, Bits: c.Bits})
	}
	if at < 0 {
		return c.view(nil, dom.El("span").Text("no connection yet"), nil, dom.El("div"))
	}
	fl := flows[at]
	if fl.Post > 0 {
		return c.letters(flows, at)
	}
	st := f.StreamOf(fl)
	switch f.BytesAs {
	case visit.AsTalk:
		return c.view(&fl, c.picker(flows, at), provenance(trace.Observed, ""), c.talk(fl), talkKey())
	case visit.AsWay:
		return c.view(&fl, c.picker(flows, at), provenance(trace.Sampled, ""), c.way(fl))
	case visit.AsDecoder:
		return c.view(&fl, c.picker(flows, at), provenance(trace.Inferred, ""), c.decoder(fl, &st))
	}
	hit := f.Followed(fl)
	off := st.Tail(maxBytes, hit)
	if d := (dumped{f.Player.Run, fl, st.Sent, st.Read, hit.Off, hit.Len, c.Narrow}); d != c.dumped {
		perRow := 16
		if c.Narrow {
			perRow = 8
		}
		c.dumped, c.dump = d, `<pre class="hex">`+visit.Hexdump(off, st.From(off, maxBytes, hit), perRow)+`</pre>`
	}
	return c.view(&fl, c.picker(flows, at), provenance(trace.Observed, ""), app.Raw(c.dump), app.Raw(st.Key(off)))
}

// bytesNames are the words on the buttons that choose a view of the bytes.
var bytesNames = [...]string{visit.AsDump: "dump", visit.AsWay: "way", visit.AsDecoder: "decoder", visit.AsNumber: "number", visit.AsTalk: "talk"}

// view is the pane with one of its views of a flow, nil for none.
func (c *Bytes) view(fl *visit.Flow, picker, how, body app.UI, below ...app.UI) app.UI {
	f := c.F
	c.flow = fl
	return dom.Elc("div", "bytes v-"+bytesNames[f.BytesAs]).OnClick(c.onByte).Body(append([]app.UI{
		dom.Elc("div", "ph2").Body(
			dom.El("h2").Text("Bytes"),
			dom.Elc("span", "seg").Role("group").Aria("label", "How to show the bytes").Body(
				app.Range(bytesNames[:]).Slice(func(i int) app.UI {
					return dom.Button(func(app.Context, app.Event) { f.ShowBytes(visit.BytesAs(i)) }, app.EventScope("bytes", i)).
						Aria("pressed", int(f.BytesAs) == i).Text(bytesNames[i])
				}),
			),
			picker, dom.Elc("span", "sp"), app.If(how != nil, func() app.UI { return how }),
		),
		dom.Elc("div", "scroll").ID("bytes").TabIndex(0).Role("group").Aria("label", "Bytes").Body(body),
	}, append(below, printed(f))...)...)
}

// OnUpdate brings the bytes that a stop of the walk lights into view.
func (c *Bytes) OnUpdate(ctx app.Context) {
	if came := c.F.Came(); came != c.came {
		c.came = came
		ctx.Defer(func(app.Context) { dom.Reveal("bytes", ".hit") })
	} else if c.F.BytesAs == visit.AsTalk && c.turns != c.shown {
		c.turns = c.shown
		ctx.Defer(func(app.Context) { dom.Reveal("bytes", "li:last-child") })
	}
}

// onByte goes to the send that a byte came from.
func (c *Bytes) onByte(_ app.Context, e app.Event) {
	if c.flow == nil {
		return
	}
	if step := c.F.SendOf(*c.flow, dom.Number(e, "send")); step >= 0 {
		c.F.GoTo(step)
	} else if step := dom.Number(e, "go"); step >= 0 {
		c.F.GoTo(step)
	}
}

func (c *Bytes) onPick(ctx app.Context, _ app.Event) {
	var n [3]int
	for i, word := range strings.Split(dom.Value(ctx), ".") {
		k, err := strconv.Atoi(word)
		if err != nil || i >= len(n) {
			return
		}
		n[i] = k
	}
	c.F.PickFlow(visit.Flow{Conn: n[0], Way: n[1], Post: n[2]})
}

// printed shows what the programs have written to their standard outputs.
func printed(f *visit.Focus) app.UI {
	outs := f.Printed()
	if len(outs) == 0 {
		return dom.El("div")
	}
	return dom.Elc("dl", "printed").Body(app.Range(outs).Slice(func(i int) app.UI {
		return dom.El("div").Body(
			dom.El("dt").Body(app.Text(outs[i].Name)),
			dom.El("dd").Body(dom.El("pre").Text(outs[i].Text)),
		)
	}))
}
