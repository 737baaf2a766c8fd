package web

import (
	"encoding/base64"
	"strings"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/link"
	"sockscope/web/visit"
)

// tab is what lives as long as the browser's tab, while its pages come and go: the
// link to the relay, and what a page hands to the next one.
type tab struct {
	relay   visit.Relay
	near    near
	machine machine
	asking  bool        // questions are asked
	starts  bool        // the page that comes begins to run at once
	opened  *visit.Tape // a trace file for the page that comes

	// alone says that the page is one file with a run in it, embed that it is a part of
	// somebody's page. Both play, and run nothing.
	alone, embed bool

	link  *link.Link
	frame app.Func
	shown *guest // the page that shows; nil between two

	mu    sync.Mutex
	inbox []link.Event
	due   bool // a frame is asked for
}

// guest is a page that shows in the tab.
type guest struct {
	ctx  app.Context
	mode visit.Mode
	take func(link.Event) // told of an event that mode has heard
	draw func()           // told when all have been
	now  func()           // draws that at once
	keep func()           // told when the page goes
}

func newTab() *tab {
	t := new(tab)
	t.relay.Send = t.send
	t.near.tab, t.machine.tab = t, t
	if app.IsClient {
		t.look()
	}
	return t
}

// look finds out what kind of page this is.
func (t *tab) look() {
	root := app.Window().Get("document").Get("documentElement")
	t.embed = root.Call("hasAttribute", "data-embed").Bool()
	t.alone = root.Call("hasAttribute", "data-alone").Bool()
	if t.alone {
		dom.NoSite = true
		place := app.Window().GetElementByID("trace")
		if file, err := base64.StdEncoding.DecodeString(place.Get("textContent").String()); err == nil {
			t.opened, _ = visit.ReadTape(file) // else the page stays empty
		}
	}
}

// plays reports whether the page runs nothing, and leaves its address as it is.
func (t *tab) plays() bool { return t.alone || t.embed }

// enter shows a page. The first one dials.
func (t *tab) enter(g *guest) {
	t.shown = g
	if t.frame != nil {
		t.mu.Lock()
		waiting := len(t.inbox) > 0
		t.due = false // what was asked for before went to a page that is gone
		t.mu.Unlock()
		if waiting {
			t.ask()
		}
		return
	}
	t.frame = app.FuncOf(func(app.Value, []app.Value) any {
		if g := t.shown; g != nil {
			g.ctx.Dispatch(func(app.Context) { t.deliver(g) })
		}
		return nil
	})
	if !t.plays() {
		app.Window().Call("addEventListener", "pagehide", app.FuncOf(func(app.Value, []app.Value) any {
			if g := t.shown; g != nil {
				g.keep()
			}
			return nil
		}))
		t.near.begin()
		t.machine.begin()
	}
	t.dial()
}

// leave has the server end what a page began, when the page goes.
func (t *tab) leave(g *guest) {
	g.keep()
	visit.Leave(g.mode)
	t.busy(false)
	if t.shown == g {
		t.shown = nil
	}
}

// deliver gives a page what has come since the last frame.
func (t *tab) deliver(g *guest) {
	t.mu.Lock()
	events := t.inbox
	t.inbox, t.due = nil, false
	t.mu.Unlock()
	for _, e := range events {
		t.near.hear(e)
		if e.State.Off() && !t.near.Offered && !t.machine.Wanted() && t.machine.chosen() {
			t.machine.start()
			t.dial()
		}
		visit.Hear(g.mode, e)
		g.take(e)
	}
	t.busy(g.mode.Base().Busy())
	g.draw()
	g.now()
}

// dial makes a new link. Where there is no relay to link to, it says so.
func (t *tab) dial() {
	if t.link != nil {
		t.link.Close()
		t.link = nil
	}
	if t.plays() {
		t.collect(link.Event{State: link.Gone})
		return
	}
	url := t.near.WebSocket()
	if url == "" && t.near.Offered && t.machine.chosen() {
		t.machine.start()
	}
	if t.machine.Wanted() {
		t.relay.State = link.Connecting
		t.link = link.Over(t.machine.open, t.collect)
		t.shown.ctx.Async(t.link.Run)
		return
	}
	beside := url == "" && !t.near.Offered
	if beside {
		url = relayURL()
	}
	if url == "" {
		t.collect(link.Event{State: link.Gone})
		return
	}
	t.link = link.New(url, t.collect)
	if beside {
		t.link.Why = whyNot
	}
	t.shown.ctx.Async(t.link.Run)
}

// busy says whether a run is under way.
func (t *tab) busy(yes bool) {
	if t.link != nil {
		t.link.Busy.Store(yes)
	}
}

// works reports whether a run is under way.
func (t *tab) works() bool { return t.link != nil && t.link.Busy.Load() }

// hiddenEvery is how often a tab that isn't shown, and gets no frames, takes
// its messages, in ms.
const hiddenEvery = 250

// collect keeps an event until the next frame. The link calls it, from a goroutine
// of its own.
func (t *tab) collect(e link.Event) {
	t.mu.Lock()
	t.inbox = append(t.inbox, e)
	due := t.due
	t.mu.Unlock()
	if !due {
		t.ask()
	}
}

// ask asks for a frame.
func (t *tab) ask() {
	t.mu.Lock()
	t.due = true
	t.mu.Unlock()
	if app.Window().Get("document").Get("hidden").Bool() {
		app.Window().Call("setTimeout", t.frame, hiddenEvery)
		return
	}
	app.Window().Call("requestAnimationFrame", t.frame)
}

func (t *tab) send(r *trace.Request) error {
	if t.link == nil {
		return link.ErrNotLive
	}
	return t.link.Send(r)
}

// relayURL is where this site's relay listens: beside the site.
func relayURL() string {
	at := app.Window().Get("location")
	scheme := "ws:"
	if at.Get("protocol").String() == "https:" {
		scheme = "wss:"
	}
	return scheme + "//" + at.Get("host").String() + dom.Root() + "relay/lab"
}

// mayI asks a relay whether it lets this page in. It returns the promise of the
// answer. A POST names the page's origin, as a WebSocket does.
func mayI(url, mode string) app.Value {
	return app.Window().Call("fetch", url, map[string]any{"method": "POST", "mode": mode, "cache": "no-store"})
}

// whyNot asks the relay beside this site why it takes no WebSocket. A browser hides
// the status and the text of a refused one, so that a POST has to ask. It waits for
// the answer.
func whyNot() string {
	said := make(chan string, 1)
	nothing := func(app.Value) { said <- "" }
	dom.Then(mayI(dom.Root()+"relay/lab", "same-origin"),
		func(answer app.Value) {
			const forbidden = 403
			kind := answer.Get("headers").Call("get", "Content-Type")
			if answer.Get("status").Int() != forbidden || !kind.Truthy() || !strings.HasPrefix(kind.String(), "text/plain") {
				said <- "" // of a proxy, or no refusal
				return
			}
			dom.Then(answer.Call("text"), func(text app.Value) { said <- strings.TrimSpace(text.String()) }, nothing)
		}, nothing)
	return <-said
}
