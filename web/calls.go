package web

import (
	"html"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
)

// callsPane is the call log: the timeline as text. However long the run, only
// the lines in view are nodes; a spacer above and one below stand for the rest.
type callsPane struct {
	app.Compo
	S   *session
	Rev int

	top    int // first line in the DOM
	room   int // lines in the DOM
	height int // of a line, px; 24 on a phone
	lastAt int // the current line when it was last scrolled to
	cols   int // characters that a line has room for
	opened int // the line that was clicked; it is shown whole while it is the current one
}

const spareLines = 12 // in the DOM above and below those in view

func (c *callsPane) OnInit() { c.room, c.height, c.lastAt, c.opened = 60, 19, -1, -1 }

func (c *callsPane) Render() app.UI {
	return elc("div", "half calls").Body(
		elc("div", "ph2").Body(
			el("h2").Text("Calls"), elc("span", "wide").Text("as strace writes them"), elc("span", "sp"),
			provenance(trace.Observed, ""),
		),
		elc("div", "scroll").ID("log").TabIndex(0).OnScroll(c.onScroll).Body(c.lines()),
		app.If(c.cut(), func() app.UI { return elc("p", "whole mono").Text(c.S.Log.whole(c.opened, c.S.pos())) }),
	)
}

// cut reports whether the line that was clicked, and is the current one, is longer
// than its room.
func (c *callsPane) cut() bool {
	s := c.S
	if s.Log == nil || c.opened < 0 || c.opened != s.Log.at(s.pos()) {
		return false
	}
	l := s.Log.line(c.opened, s.pos())
	return width(l.html+c.across(l.step-1)) > c.cols
}

func (c *callsPane) lines() app.UI {
	s := c.S
	if s.Log == nil || len(s.Log.rows) == 0 {
		text := "Run: the calls of all programs show here, one line each, as strace writes them."
		if s.busy() {
			text = "No call yet."
		}
		return elc("p", "hint").Text(text)
	}
	pos := s.pos()
	n, current := len(s.Log.rows), s.Log.at(pos)
	top := max(0, min(c.top, n-c.room))
	end := min(n, top+c.room)
	return el("div").Body(
		space(top*c.height),
		elc("ol", "log digits"+strconv.Itoa(len(strconv.Itoa(s.Player.Len())))).OnClick(c.onClick).Body(
			app.Range(s.Log.rows[top:end]).Slice(func(k int) app.UI {
				i := top + k
				class := ""
				switch {
				case i == current:
					class = `cur" aria-current="step`
				case s.Log.rows[i].first >= pos:
					class = "ahead"
				}
				// A line is one node, as every one is looked at every frame.
				l := s.Log.line(i, pos)
				return app.Raw(`<li data-row="` + strconv.Itoa(i) + `" class="` + class + `"><i>` + strconv.Itoa(l.step) +
					`</i><b>` + html.EscapeString(l.tag) + `</b><code>` + l.html + c.across(l.step-1) + `</code></li>`)
			}),
		),
		space((n-end)*c.height),
	)
}

// across leads from a send that has returned to the recvs that got its bytes,
// and from a recv to the sends that brought them.
func (c *callsPane) across(step int) string {
	run := c.S.Player.Run
	if step < 0 || run.Steps[step].Kind != trace.Return {
		return ""
	}
	others := run.Carried(step, c.S.told())
	if len(others) == 0 {
		return ""
	}
	text, title := "→", "to the recv that got these bytes"
	if others[0].Step < step {
		text, title = "←", "to the send that brought these bytes"
	}
	text += strconv.Itoa(others[0].Step + 1)
	if n := len(others) - 1; n > 0 {
		text += " +" + strconv.Itoa(n)
	}
	return `<span class="to" data-to="` + strconv.Itoa(others[0].Step) + `" title="` + title + `, inferred (G)">` + text + `</span>`
}

// onClick goes to where the line that was clicked has happened, or across.
func (c *callsPane) onClick(_ app.Context, e app.Event) {
	if to := number(e, "to"); to >= 0 && to < c.S.Player.Len() {
		c.S.goTo(to)
	} else if i := number(e, "row"); i >= 0 && i < len(c.S.Log.rows) {
		c.S.read(c.S.Log.rows[i].last)
		c.opened, c.lastAt = i, -1 // what is shown below takes room from the lines
	}
}

// read goes to where the step of a line of the log has just happened, and to its
// lane. While causes are shown, those of its call follow.
func (s *session) read(step int) {
	call := s.Player.Run.CallIndex(step)
	s.seek(step + 1)
	switch {
	case call < 0:
	case s.view == whyView:
		s.pick(call)
	default:
		s.pickLane(s.Player.Run.Calls[call].Lane)
	}
}

// space is an empty box of a height. An SVG's attribute needs no style, which
// the content security policy would refuse.
func space(height int) app.UI {
	return app.Elem("svg").XMLNS("http://www.w3.org/2000/svg").Class("space").Attr("height", height).Attr("aria-hidden", "true")
}

func (c *callsPane) OnMount(ctx app.Context)  { c.reveal(ctx) }
func (c *callsPane) OnUpdate(ctx app.Context) { c.reveal(ctx) }

// reveal keeps the current line in view as it moves.
func (c *callsPane) reveal(ctx app.Context) {
	s := c.S
	if s.Log == nil {
		c.top, c.lastAt = 0, -1
		return
	}
	at := max(0, s.Log.at(s.pos()))
	if at == c.lastAt {
		return
	}
	if box := app.Window().GetElementByID("log"); box.Truthy() && box.Get("clientHeight").Int() > 0 {
		c.lastAt = at
		c.measure(box)
		// The lines around the current one must be in the DOM before it can be
		// scrolled to.
		first := box.Get("scrollTop").Int() / c.height
		view := max(1, box.Get("clientHeight").Int()/c.height)
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

func (c *callsPane) measure(box app.Value) {
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
func (c *callsPane) onScroll(ctx app.Context, _ app.Event) {
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

// seek goes to where n steps have happened.
func (s *session) seek(n int) {
	if s.Player != nil {
		s.Player.Playing = false
		s.Player.Seek(n)
		s.moved()
	}
}
