package web

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/link"
)

// nearRelay links a page of plain files, beside which no relay can run, to a
// relay on the visitor's own machine. The choice is kept for the next pages.
type nearRelay struct {
	wire    *wire
	offered bool   // the page is of plain files
	addr    string // of the relay; "" for none is linked or tried
	phase   nearPhase
	field   string // what the address field says
}

// nearPhase is how far the search for a relay has come.
type nearPhase uint8

const (
	nearNone    nearPhase = iota
	nearWrong             // the address is none of this machine
	nearLooking           // does anything answer there?
	nearAbsent            // nothing does
	nearBarred            // the browser doesn't let the page ask
	nearTrying            // something does: is it a relay that takes this page?
	nearRefused           // it isn't
	nearLinked
	nearLost // it was, and doesn't answer now; the link tries again by itself
)

// nearDefault is where a relay listens unless it is told otherwise.
const nearDefault = "127.0.0.1:8080"

// nearKey is where the browser keeps the address of the linked relay.
const nearKey = "relay"

// begin takes up what was chosen before. It runs in the browser.
func (n *nearRelay) begin(w *wire) {
	n.wire, n.field = w, nearDefault
	n.offered = app.Window().Get("document").Call("querySelector", `meta[name="hosting"][content="files"]`).Truthy()
	if !n.offered {
		return
	}
	if kept := app.Window().Get("localStorage").Call("getItem", nearKey); kept.Truthy() {
		if addr, ok := nearAddr(kept.String()); ok {
			n.addr, n.field, n.phase = addr, addr, nearLost
		}
	}
}

// url returns where the page's link goes; "" is nowhere.
func (n *nearRelay) url() string {
	switch {
	case n.addr != "":
		return strings.Replace(httpOf(n.addr), "http", "ws", 1) + "/relay/lab"
	case n.offered:
		return ""
	}
	return relayURL()
}

// httpOf makes the address of a relay one of HTTP.
func httpOf(addr string) string {
	if strings.HasPrefix(addr, "https://") {
		return addr
	}
	return "http://" + addr
}

// nearAddr reads what a visitor knows of where their relay is: what its first line
// says, an address with a port, or the port alone. It returns host:port, behind
// https:// for a relay that has a certificate. The host is this machine: nothing
// else is a page told to link.
func nearAddr(text string) (addr string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	port, secure := strings.TrimPrefix(nearDefault, "127.0.0.1:"), ""
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		switch text = rest; scheme {
		case "http", "ws":
			port = "80"
		case "https", "wss":
			port, secure = "443", "https://"
		default:
			return "", false
		}
	}
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		text = text[:i]
	}
	host, given, ok := strings.Cut(text, ":")
	if _, err := strconv.ParseUint(host, 10, 16); err == nil && !ok {
		host, given, ok = "127.0.0.1", host, true
	}
	if ok {
		port = given
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if host != "127.0.0.1" && host != "localhost" || err != nil || n == 0 {
		return "", false
	}
	return secure + host + ":" + port, true
}

// unreached says why there is no server to run things on, a sentence.
func (n *nearRelay) unreached(state link.State) string {
	switch {
	case n.offered && n.addr == "":
		return "These pages are plain files, and no relay is linked."
	case state == link.Refused:
		return "The relay has no server for this page."
	}
	return "No relay is in reach: it is looked for again by itself."
}

// heard follows the link.
func (n *nearRelay) heard(e link.Event) {
	switch {
	case n.addr == "":
	case e.State == link.Live && n.phase != nearLinked:
		n.phase = nearLinked
		app.Window().Get("localStorage").Call("setItem", nearKey, n.addr)
	case e.State == link.Gone && n.phase == nearTrying: // a server that says why is a relay that takes the page
		n.phase = nearRefused
		n.addr = ""
		n.wire.dial(n.url())
	case e.State.Off() && n.phase == nearLinked:
		n.phase = nearLost
	}
}

// find looks for a relay at the address in the field.
//
// A WebSocket that fails doesn't say why. So the page first asks, and any answer,
// which a page of another site can't see, tells that somebody is there; a failure
// tells that nobody is, or that the browser forbids the question.
func (n *nearRelay) find(ctx app.Context) {
	n.addr = ""
	addr, ok := nearAddr(n.field)
	if !ok {
		n.phase = nearWrong
		return
	}
	n.phase = nearLooking
	settle := func(phase nearPhase) {
		ctx.Dispatch(func(app.Context) {
			if n.phase != nearLooking {
				return
			}
			if n.phase = phase; phase == nearTrying {
				n.addr = addr
				n.wire.dial(n.url())
			}
		})
	}
	then(mayI(httpOf(addr)+"/relay/lab", "no-cors"),
		func(app.Value) { settle(nearTrying) },
		func(app.Value) {
			barred(func(yes bool) { settle(map[bool]nearPhase{true: nearBarred, false: nearAbsent}[yes]) })
		})
}

// barred tells take whether the visitor, or a rule of theirs, has denied this
// page the machine it runs on (Local Network Access). The permission had one name
// for every local network before it was split.
func barred(take func(bool)) {
	ask := func(name string, known, unknown func(app.Value)) {
		then(app.Window().Get("navigator").Get("permissions").Call("query", map[string]any{"name": name}), known, unknown)
	}
	state := func(v app.Value) { take(v.Get("state").String() == "denied") }
	ask("loopback-network", state, func(app.Value) {
		ask("local-network-access", state, func(app.Value) { take(false) })
	})
}

// then calls one of two functions when a promise is settled.
func then(promise app.Value, kept, broken func(app.Value)) {
	var fs [2]app.Func
	settle := func(f func(app.Value)) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			fs[0].Release()
			fs[1].Release()
			f(args[0])
			return nil
		})
	}
	fs = [2]app.Func{settle(kept), settle(broken)}
	promise.Call("then", fs[0], fs[1])
}

// unlink goes back to recordings.
func (n *nearRelay) unlink(app.Context, app.Event) {
	app.Window().Get("localStorage").Call("removeItem", nearKey)
	n.addr, n.phase = "", nearNone
	n.wire.dial(n.url())
}

// status is the page's status, and on a page of plain files the way to the sheet.
func (n *nearRelay) status(state link.State, hello *trace.Hello, long bool) app.UI {
	s := status(state, hello, long)
	if !n.offered {
		return s
	}
	return elc("span", "near").Body(s, button(n.onOpen).Class("btn").Text(map[bool]string{true: "yours", false: "link yours"}[n.phase == nearLinked]))
}

func (n *nearRelay) onOpen(app.Context, app.Event) { nearSheet().Call("showModal") }

func (n *nearRelay) onClose(app.Context, app.Event) { nearSheet().Call("close") }

func nearSheet() app.Value { return app.Window().GetElementByID("near") }

// sheet explains, and links.
func (n *nearRelay) sheet() app.UI {
	if !n.offered {
		return nil
	}
	return elc("dialog", "sheet").ID("near").Aria("labelledby", "near-title").Body(
		el("h2").ID("near-title").Body(
			el("span").Text("Run the labs on your own machine"), elc("span", "sp"),
			button(n.onClose).Class("btn").Text("Close"),
		),
		el("p").Text("These pages are plain files, and play recordings. With a relay on your machine they run live, on your own kernel. It is one file: make release makes it from Sockscope's sources, for Linux, macOS and Windows. Start it so that it takes this site, and no other:"),
		elc("div", "cmd").Body(el("i").Text("$"), app.Text(nearCommand())),
		el("p").Text("With -watch, its pages also show what the standing servers do for programs of your own."),
		el("p").Text("Your browser may ask whether this site may reach other apps and services on this device: allow it, and only the relay is asked."),
		elc("div", "find").Body(
			el("label").Body(app.Text("at "), el("input").Attr("value", n.field).Attr("size", 18).Attr("spellcheck", "false").
				Attr("autocomplete", "off").Aria("label", "The relay's address").OnInput(n.onField).OnKeyDown(n.onKey)),
			button(n.onFind).Class("btn pri").Text("Link"),
			app.If(n.addr != "" && n.phase != nearTrying, func() app.UI { return button(n.unlink).Class("btn").Text("Unlink") }),
		),
		elc("p", "said").Role("status").Text(n.said()),
	)
}

func (n *nearRelay) onField(ctx app.Context, _ app.Event) {
	n.field = ctx.JSSrc().Get("value").String()
}

func (n *nearRelay) onKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		n.find(ctx)
	}
}

func (n *nearRelay) onFind(ctx app.Context, _ app.Event) { n.find(ctx) }

// nearCommand starts a relay that takes this page.
func nearCommand() string {
	if !app.IsClient {
		return "relay"
	}
	return "relay -allow-origin " + app.Window().Get("location").Get("origin").String()
}

// said says in words how the search stands.
func (n *nearRelay) said() string {
	at, _ := nearAddr(n.field)
	switch n.phase {
	case nearWrong:
		return "A relay that can be linked is on this machine: its address is like 127.0.0.1:8080, http://localhost:8080/, or the port alone."
	case nearLooking:
		return "Looking. If your browser asks, it waits for your answer."
	case nearAbsent:
		return "Nothing answers at " + at + ": is the relay running there?"
	case nearBarred:
		return "Your browser keeps this site from your machine: allow it in the site's settings, left of the address, then link again."
	case nearTrying:
		return "Something answers at " + at + ". Asking it to take this page."
	case nearRefused:
		return "What answers at " + at + " refuses this page. If it is the relay, it was started without -allow-origin for this site."
	case nearLinked:
		return "Linked: runs are live, on this machine. Other pages of this site link by themselves."
	case nearLost:
		return "The relay at " + n.addr + " doesn't answer now. It is looked for until it does."
	}
	return ""
}
