package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
)

// hands is what the learner can do as the client of a live run: which calls
// make sense, and why the others don't.
type hands struct {
	proc    int // of the agent; -1 when the run has none
	socket  bool
	connect bool
	io      bool // send, recv, shutdown
	close   bool
	why     string
}

// handsNow works out hands from the newest event, wherever the learner looks.
func (s *session) handsNow() hands {
	h := hands{proc: -1}
	if s.Phase != live {
		h.why = "Run, then make the calls yourself."
		return h
	}
	for i, p := range s.procs() {
		if p.Role == trace.RoleAgent {
			h.proc = i
		}
	}
	if h.proc < 0 {
		return h
	}
	state := s.Player.Run.State(s.Player.Len())
	t := threadOf(state, h.proc, 0)
	switch {
	case t == nil || !t.Started:
		h.why = "Your process starts when the server listens."
		return h
	case t.Exited:
		h.why = "Your process has exited."
		return h
	case t.InCall:
		h.why = "You are in " + t.Call.String() + " until it returns."
		return h
	}
	p := &state.Procs[h.proc]
	if len(p.FDs) == 0 {
		h.socket, h.why = true, "You have no socket."
		return h
	}
	f := &p.FDs[0]
	// What makes no sense yet can be asked for all the same: the kernel's answer
	// is the lesson (ENOTCONN, EISCONN, EPIPE).
	h.connect, h.io, h.close = true, true, true
	switch {
	case f.Kind != trace.FDConn:
		h.why = "Your socket is not connected."
	case f.ShutWrite:
		h.why = "You have shut down your sending side: another send will fail."
	}
	return h
}

// handsBar is the bar of those calls.
type handsBar struct {
	app.Compo
	S   *session
	Rev int

	text string
}

func (c *handsBar) OnInit() { c.text = "Hello, world" }

func (c *handsBar) Render() app.UI {
	h := c.S.handsNow()
	call := func(name string, enabled bool, do app.EventHandler) app.UI {
		return button(do).Class("btn").Attr("disabled", !enabled).Text(name)
	}
	return elc("section", "hands").Aria("label", "You are the client").Body(
		el("b").Text("You are the client"),
		call("socket", h.socket, c.onSocket),
		call("connect", h.connect, c.onConnect),
		// No form: go-app's handlers come too late to keep a browser from
		// submitting one.
		elc("span", "msg").Body(
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Aria("label", "What to send").Attr("value", c.text).Attr("maxlength", 1000).Attr("autocomplete", "off").Spellcheck(false).OnInput(c.onText).OnKeyDown(c.onKey),
			call("send", h.io, c.onSend),
		),
		call("recv", h.io, c.onRecv),
		call("shutdown", h.io, c.onShutdown),
		call("close", h.close, c.onClose),
		elc("span", "why").Role("status").Text(h.why),
	)
}

func (c *handsBar) onText(ctx app.Context, _ app.Event) {
	c.text = ctx.JSSrc().Get("value").String()
}

func (c *handsBar) onKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		c.onSend(ctx, e)
	}
}

func (c *handsBar) onSend(app.Context, app.Event) {
	if c.text != "" && c.S.handsNow().io {
		c.S.act(trace.Act{Call: trace.Send, Data: []byte(c.text)})
	}
}

func (c *handsBar) onSocket(app.Context, app.Event)  { c.S.act(trace.Act{Call: trace.Socket}) }
func (c *handsBar) onConnect(app.Context, app.Event) { c.S.act(trace.Act{Call: trace.Connect}) }
func (c *handsBar) onRecv(app.Context, app.Event) {
	c.S.act(trace.Act{Call: trace.Recv, Size: 1024})
}
func (c *handsBar) onShutdown(app.Context, app.Event) {
	c.S.act(trace.Act{Call: trace.Shutdown, How: 1})
}
func (c *handsBar) onClose(app.Context, app.Event) { c.S.act(trace.Act{Call: trace.Close}) }
