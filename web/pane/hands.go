package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Hands is the bar of the calls that the learner can make as the client of a run.
type Hands struct {
	app.Compo
	R   *visit.Run
	Rev int

	text string
	line bool // a newline is sent behind it
}

func (c *Hands) OnInit() {
	c.text, c.line = c.R.Values["message"], c.R.Lab.Lines
	if c.R.Lab.Numbers {
		c.text = c.R.Values["number"]
	}
}

func (c *Hands) Render() app.UI {
	h := c.R.Hands()
	call := func(name string, enabled bool, do app.EventHandler) app.UI {
		return dom.Button(do).Class("btn").Attr("disabled", !enabled).Text(name)
	}
	_, why, err := c.R.Typed(c.text)
	if err != nil {
		why = err.Error()
	}
	if h.Why != "" {
		why = h.Why
	}
	io := []app.UI{call("send", h.IO, c.onSend), call("recv", h.IO, c.onRecv), call("shutdown", h.IO, c.onShutdown)}
	if h.Datagrams {
		io = []app.UI{call("sendto", h.IO, c.onSend), call("recvfrom", h.IO, c.onRecv)}
	}
	return dom.Elc("section", "hands").Aria("label", "You are the client").Body(
		dom.El("b").Text("You are the client"),
		call("socket", h.Socket, c.onSocket),
		call("connect", h.Connect, c.onConnect),
		// No form: go-app's handlers come too late to keep a browser from
		// submitting one.
		dom.Elc("span", "msg").Body(
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Aria("label", "What to send").Attr("value", c.text).Attr("maxlength", 1000).Attr("autocomplete", "off").Spellcheck(false).OnInput(c.onText).OnKeyDown(c.onKey),
			app.If(!c.R.Lab.Numbers, func() app.UI {
				return dom.Button(c.onLine).Class("btn").Aria("pressed", c.line).Aria("label", "with a newline").Title("send a newline behind it").Text("↵")
			}),
			io[0],
		),
		app.Range(io[1:]).Slice(func(i int) app.UI { return io[1+i] }),
		call("close", h.Close, c.onClose),
		dom.Elc("span", "why").Role("status").Text(why),
	)
}

func (c *Hands) onText(ctx app.Context, _ app.Event) {
	c.text = dom.Value(ctx)
}

func (c *Hands) onKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		c.onSend(ctx, e)
	}
}

func (c *Hands) onSend(app.Context, app.Event) {
	text := c.text
	if c.line {
		text += "\n"
	}
	if data, _, err := c.R.Typed(text); err == nil && len(data) > 0 && c.R.Hands().IO {
		act := trace.Act{Call: trace.Send, Data: data}
		if c.R.Hands().Datagrams {
			act.Call = trace.Sendto
		}
		c.R.Act(act)
	}
}

func (c *Hands) onLine(app.Context, app.Event) { c.line = !c.line }

func (c *Hands) onSocket(app.Context, app.Event)  { c.R.Act(trace.Act{Call: trace.Socket}) }
func (c *Hands) onConnect(app.Context, app.Event) { c.R.Act(trace.Act{Call: trace.Connect}) }
func (c *Hands) onRecv(app.Context, app.Event) {
	act := trace.Act{Call: trace.Recv, Size: 1024}
	if c.R.Hands().Datagrams {
		act.Call = trace.Recvfrom
	}
	c.R.Act(act)
}
func (c *Hands) onShutdown(app.Context, app.Event) {
	c.R.Act(trace.Act{Call: trace.Shutdown, How: 1})
}
func (c *Hands) onClose(app.Context, app.Event) { c.R.Act(trace.Act{Call: trace.Close}) }
