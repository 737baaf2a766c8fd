package pane

import (
	"html"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Calls is the call log: the timeline as text. However long the run, only
// the lines in view are nodes; a spacer above and one below stand for the rest.
type Calls struct {
	app.Compo
	F    *visit.Focus
	Busy bool // the run is under way, or about to be
	Rev  int

	top    int // first line in the DOM
	room   int // lines in the DOM
	height int // of a line, px; 24 on a phone
	lastAt int // the current line when it was last scrolled to
	tall   int // the height of the pane then, px
	cols   int // characters that a line has room for
	opened int // the line that was clicked; it is shown whole while it is the current one
}

const spareLines = 12 // in the DOM above and below those in view

func (c *Calls) OnInit() { c.room, c.height, c.lastAt, c.opened = 60, 19, -1, -1 }

func (c *Calls) Render() app.UI {
	return dom.Elc("div", "half calls").Body(
		dom.Elc("div", "ph2").Body(
			dom.El("h2").Text("Calls"), dom.Elc("span", "wide").Text("in strace's style"), dom.Elc("span", "sp"),
			provenance(trace.Observed, ""),
		),
		dom.Elc("div", "scroll").ID("log").TabIndex(0).Role("group").Aria("label", "Calls").OnScroll(c.onScroll).Body(c.lines()),
		app.If(c.cut(), func() app.UI { return dom.Elc("p", "whole mono").Text(c.F.Log.Whole(c.opened, c.F.Pos())) }),
	)
}

// cut reports whether the line that was clicked, and is the current one, is longer
// than its room.
func (c *Calls) cut() bool {
	f := c.F
	if f.Log == nil || c.opened < 0 || c.opened != f.Log.At(f.Pos()) {
		return false
	}
	l := f.Log.Line(c.opened, f.Pos())
	return visit.Width(l.HTML+c.across(l.Step-1)) > c.cols
}

func (c *Calls) lines() app.UI {
	f := c.F
	if f.Log == nil || f.Log.Len() == 0 {
		text := "Run: the calls of all programs show here, one line each, in strace's style."
		if c.Busy {
			text = "No call yet."
		}
		return dom.Elc("p", "hint").Text(text)
	}
	pos := f.Pos()
	n, current := f.Log.Len(), f.Log.At(pos)
	top := max(0, min(c.top, n-c.room))
	end := min(n, top+c.room)
	return dom.El("div").Body(
		space(top*c.height),
		dom.Elc("ol", "log digits"+strconv.Itoa(len(strconv.Itoa(f.Player.Len())))).OnClick(c.onClick).Body(
			app.Range(make([]int, end-top)).Slice(func(k int) app.UI {
				i := top + k
				class := ""
				switch {
				case i == current:
					class = `cur" aria-current="step`
				case ahead(f, i):
					class = "ahead"
				}
				// A line is one node, as every one is looked at every frame.
				l := f.Log.Line(i, pos)
				return app.Raw(`<li data-row="` + strconv.Itoa(i) + `" class="` + class + `"><i>` + strconv.Itoa(l.Step) +
					`</i><b>` + html.EscapeString(l.Tag) + `</b><code>` + l.HTML + c.across(l.Step-1) + `</code></li>`)
			}),
		),
		space((n-end)*c.height),
	)
}

// ahead reports whether line i of the log is still to come.
func ahead(f *visit.Focus, i int) bool {
	first, _ := f.Log.Steps(i)
	return first >= f.Pos()
}

// across leads from a send that has returned to the recvs that got its bytes,
// and from a recv to the sends that brought them.
func (c *Calls) across(step int) string {
	run := c.F.Player.Run
	if step < 0 || run.Gist(step).Kind != trace.Return {
		return ""
	}
	others := run.Carried(step, c.F.Told())
	if len(others) == 0 {
		return ""
	}
	text, title := "→", "to the recv that got these bytes"
	if !run.Gist(step).Call.Sends() {
		text, title = "←", "to the send that brought these bytes"
	}
	text += strconv.Itoa(others[0].Step + 1)
	if n := len(others) - 1; n > 0 {
		text += " +" + strconv.Itoa(n)
	}
	return `<span class="to" data-to="` + strconv.Itoa(others[0].Step) + `" title="` + title + `, inferred (G)">` + text + `</span>`
}

// onClick goes to where the line that was clicked has happened, or across.
func (c *Calls) onClick(_ app.Context, e app.Event) {
	if to := dom.Number(e, "to"); to >= 0 && to < c.F.Player.Len() {
		c.F.GoTo(to)
	} else if i := dom.Number(e, "row"); i >= 0 && i < c.F.Log.Len() {
		_, last := c.F.Log.Steps(i)
		c.F.Read(last)
		c.opened, c.lastAt = i, -1 // what is shown below takes room from the lines
	}
}

// space is an empty box of a height. An SVG's attribute needs no style, which
// the content security policy would refuse.
func space(height int) app.UI {
	return app.Elem("svg").XMLNS("http://www.w3.org/2000/svg").Class("space").Attr("height", height).Attr("aria-hidden", "true")
}

func (c *Calls) OnMount(ctx app.Context)  { c.reveal(ctx) }
func (c *Calls) OnUpdate(ctx app.Context) { c.reveal(ctx) }

// reveal keeps the current line in view as it moves, and as the pane grows and shrinks.
func (c *Calls) reveal(ctx app.Context) {
	f := c.F
	if f.Log == nil {
		c.top, c.lastAt = 0, -1
		return
	}
	at := max(0, f.Log.At(f.Pos()))
	box := app.Window().GetElementByID("log")
	if !box.Truthy() {
		return
	}
	tall := box.Get("clientHeight").Int()
	if at == c.lastAt && tall == c.tall {
		return
	}
	if tall > 0 {
		c.lastAt, c.tall = at, tall
		c.measure(box)
		// The lines around the current one must be in the DOM before it can be
		// scrolled to.
		first := box.Get("scrollTop").Int() / c.height
		view := max(1, tall/c.height)
		if at < first || at >= first+view-1 {
			first = max(0, at-view*3/4)
			c.top = max(0, first-spareLines)
		}
		to := first * c.height
		ctx.Defer(func(app.Context) {
			if box := app.Window().GetElementByID("log"); box.Truthy() && box.Get("scrollTop").Int()/c.height != first {
				box.Set("scrollTop", to)
			}
		})
	}
}

func (c *Calls) measure(box app.Value) {
	if li := box.Call("querySelector", "li"); li.Truthy() {
		if h := li.Get("offsetHeight").Int(); h > 0 {
			c.height = h
		}
		const advance, padding = 6.62, 8 // of a character of 11 px, at the line's end
		c.cols = int((li.Call("querySelector", "code").Get("clientWidth").Float() - padding) / advance)
	}
	c.room = max(24, box.Get("clientHeight").Int()/c.height+2*spareLines)
}

// onScroll moves the window of lines when what is in view nears its edge.
func (c *Calls) onScroll(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	c.measure(box)
	first := box.Get("scrollTop").Int() / c.height
	view := box.Get("clientHeight").Int() / c.height
	if first >= c.top && first+view <= c.top+c.room && !(first-c.top < 2 && c.top > 0) {
		ctx.PreventUpdate()
		return
	}
	c.top = max(0, first-spareLines)
}
