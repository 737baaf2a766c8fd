package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/link"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// near links the tab to a relay on the visitor's own machine. The choice is kept
// for the next visit.
type near struct {
	visit.Near
	tab *tab
}

// nearKey is where the browser keeps the address of the linked relay.
const nearKey = "relay"

// begin takes up what was chosen before. It runs in the browser.
func (n *near) begin() {
	n.Field = visit.NearDefault
	n.Offered = app.Window().Get("document").Call("querySelector", `meta[name="hosting"][content="files"]`).Truthy()
	if !n.Offered {
		return
	}
	if kept := app.Window().Get("localStorage").Call("getItem", nearKey); kept.Truthy() {
		if addr, ok := visit.NearAddr(kept.String()); ok {
			n.Addr, n.Field, n.Phase = addr, addr, visit.NearLost
		}
	}
}

// hear follows the link.
func (n *near) hear(e link.Event) {
	linked, refused := n.Hear(e)
	if linked {
		app.Window().Get("localStorage").Call("setItem", nearKey, n.Addr)
	}
	if refused {
		n.tab.dial()
	}
}

// find looks for a relay at the address in the field.
//
// A WebSocket that fails doesn't say why. So the page first asks. Any answer says
// that somebody is there, though a page of another site can't read it. A failure
// says that nobody is, or that the browser forbids the question.
func (n *near) find(ctx app.Context) {
	n.Addr = ""
	addr, ok := visit.NearAddr(n.Field)
	if !ok {
		n.Phase = visit.NearWrong
		return
	}
	n.Phase = visit.NearLooking
	settle := func(phase visit.NearPhase) {
		ctx.Dispatch(func(app.Context) {
			if n.Phase != visit.NearLooking {
				return
			}
			if n.Phase = phase; phase == visit.NearTrying {
				n.Addr = addr
				n.tab.dial()
			}
		})
	}
	dom.Then(mayI(visit.NearHTTP(addr)+"/relay/lab", "no-cors"),
		func(app.Value) { settle(visit.NearTrying) },
		func(app.Value) {
			barred(func(yes bool) {
				settle(map[bool]visit.NearPhase{true: visit.NearBarred, false: visit.NearAbsent}[yes])
			})
		})
}

// barred tells take whether the visitor, or a rule of theirs, has denied this
// page the machine it runs on (Local Network Access). The permission had one name
// for every local network before it was split.
func barred(take func(bool)) {
	ask := func(name string, known, unknown func(app.Value)) {
		dom.Then(app.Window().Get("navigator").Get("permissions").Call("query", map[string]any{"name": name}), known, unknown)
	}
	state := func(v app.Value) { take(v.Get("state").String() == "denied") }
	ask("loopback-network", state, func(app.Value) {
		ask("local-network-access", state, func(app.Value) { take(false) })
	})
}

// unlink goes back to recordings.
func (n *near) unlink(app.Context, app.Event) {
	n.forget()
	n.tab.dial()
}

// forget has no relay linked, on the next visit either.
func (n *near) forget() {
	app.Window().Get("localStorage").Call("removeItem", nearKey)
	n.Addr, n.Phase = "", visit.NearNone
}

// unreached says why there is no server to run things on, a sentence.
func (n *near) unreached() string { return n.Unreached(n.tab.relay.State) }

// status is the page's status, and on a page of plain files the way to the sheet.
func (n *near) status(long bool) app.UI {
	s := pane.Status(n.tab.relay.State, n.tab.relay.Hello, long)
	m := &n.tab.machine
	if m.Phase == visit.MachineLoading {
		s = pane.StatusLine("lamp off", m.Progress(), "loading", "")
	}
	if !n.Offered && m.Place == "" {
		return s
	}
	return dom.Elc("span", "near").Body(s, dom.Button(n.onOpen).Class("btn").Text(n.word()))
}

// word is on the button that opens the sheet.
func (n *near) word() string {
	switch {
	case n.tab.machine.Wanted() || n.Phase == visit.NearLinked:
		return "yours"
	case n.Offered:
		return "link yours"
	}
	return "live here"
}

func (n *near) onOpen(app.Context, app.Event) { nearSheet().Call("showModal") }

func (n *near) onClose(app.Context, app.Event) { nearSheet().Call("close") }

func nearSheet() app.Value { return app.Window().GetElementByID("near") }

// sheet explains, and links.
func (n *near) sheet() app.UI {
	m := &n.tab.machine
	if !n.Offered && m.Place == "" {
		return nil
	}
	return dom.Elc("dialog", "sheet").ID("near").Aria("labelledby", "near-title").Body(
		dom.El("h2").ID("near-title").Body(
			dom.El("span").Text(map[bool]string{true: "Run the labs on your own machine", false: "Run the labs in this tab"}[n.Offered]), dom.Elc("span", "sp"),
			dom.Button(n.onClose).Class("btn").Text("Close"),
		),
		app.If(m.Place != "", func() app.UI { return m.part() }),
		app.If(n.Offered, func() app.UI { return n.part() }),
	)
}

// part links a relay.
func (n *near) part() app.UI {
	return dom.Elc("div", "part").Body(
		dom.El("p").Text("These pages are plain files, and play recordings. With a relay on your machine they run live, on your own kernel. It is one file: make release makes it from Sockscope's sources, for Linux, macOS and Windows. Start it so that it takes this site, and no other:"),
		dom.Elc("div", "cmd").Body(dom.El("i").Text("$"), app.Text(nearCommand())),
		dom.El("p").Text("With -watch, its pages also show what the standing servers do for programs of your own."),
		dom.El("p").Text("Your browser may ask whether this site may reach other apps and services on this device: allow it, and only the relay is asked."),
		dom.Elc("div", "find").Body(
			dom.El("label").Body(app.Text("at "), dom.El("input").Attr("value", n.Field).Attr("size", 18).Attr("spellcheck", "false").
				Attr("autocomplete", "off").Aria("label", "The relay's address").OnInput(n.onField).OnKeyDown(n.onKey)),
			dom.Button(n.onFind).Class("btn pri").Text("Link"),
			app.If(n.Addr != "" && n.Phase != visit.NearTrying, func() app.UI { return dom.Button(n.unlink).Class("btn").Text("Unlink") }),
		),
		dom.Elc("p", "said").Role("status").Text(n.Said()),
	)
}

func (n *near) onField(ctx app.Context, _ app.Event) { n.Field = dom.Value(ctx) }

func (n *near) onKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		n.find(ctx)
	}
}

func (n *near) onFind(ctx app.Context, _ app.Event) { n.find(ctx) }

// nearCommand starts a relay that takes this page.
func nearCommand() string {
	if !app.IsClient {
		return "relay"
	}
	return "relay -allow-origin " + app.Window().Get("location").Get("origin").String()
}
