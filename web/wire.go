package web

import (
	"strings"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/link"
)

// wire joins a link, which speaks from a goroutine of its own, to a page: what
// arrives is collected and handed over once a frame.
type wire struct {
	link  *link.Link
	frame app.Func
	async func(func())

	mu    sync.Mutex
	inbox []link.Event
	due   bool // a frame is asked for
}

// hiddenEvery is how often a page that isn't shown, and gets no frames, takes
// its messages, in ms.
const hiddenEvery = 250

// start connects to url. take is called on the UI goroutine, inside a Dispatch.
func (w *wire) start(ctx app.Context, url string, take func([]link.Event)) {
	w.frame = app.FuncOf(func(app.Value, []app.Value) any {
		ctx.Dispatch(func(app.Context) {
			w.mu.Lock()
			events := w.inbox
			w.inbox, w.due = nil, false
			w.mu.Unlock()
			take(events)
		})
		return nil
	})
	w.async = ctx.Async
	w.dial(url)
}

// dial makes a link to url, in place of the one before; to "" there is none.
func (w *wire) dial(url string) {
	w.stop()
	w.link = nil
	if url == "" {
		w.collect(link.Event{State: link.Gone})
		return
	}
	w.link = link.New(url, w.collect)
	if url == relayURL() {
		w.link.Why = whyNot
	}
	w.async(w.link.Run)
}

// busy says whether a run is under way.
func (w *wire) busy(yes bool) {
	if w.link != nil {
		w.link.Busy.Store(yes)
	}
}

// collect keeps an event until the next frame.
func (w *wire) collect(e link.Event) {
	w.mu.Lock()
	w.inbox = append(w.inbox, e)
	ask := !w.due
	w.due = true
	w.mu.Unlock()
	if !ask {
		return
	}
	if app.Window().Get("document").Get("hidden").Bool() {
		app.Window().Call("setTimeout", w.frame, hiddenEvery)
		return
	}
	app.Window().Call("requestAnimationFrame", w.frame)
}

func (w *wire) send(r *trace.Request) error {
	if w.link == nil {
		return link.ErrNotLive
	}
	return w.link.Send(r)
}

// stop closes the link for good. The frame function is kept: one that was
// asked for may still come.
func (w *wire) stop() {
	if w.link != nil {
		w.link.Close()
	}
}

// relayURL is where this site's relay listens: beside the site.
func relayURL() string {
	at := app.Window().Get("location")
	scheme := "ws:"
	if at.Get("protocol").String() == "https:" {
		scheme = "wss:"
	}
	return scheme + "//" + at.Get("host").String() + root() + "relay/lab"
}

// mayI asks a relay whether it lets this page in, and returns the promise of its
// answer. A POST names the page's origin, as a WebSocket does.
func mayI(url, mode string) app.Value {
	return app.Window().Call("fetch", url, map[string]any{"method": "POST", "mode": mode, "cache": "no-store"})
}

// whyNot asks the relay beside this site in another way why it takes no WebSocket:
// of one that was refused a browser tells neither the status nor the text. It waits
// for the answer.
func whyNot() string {
	said := make(chan string, 1)
	nothing := func(app.Value) { said <- "" }
	then(mayI(root()+"relay/lab", "same-origin"),
		func(answer app.Value) {
			const forbidden = 403
			kind := answer.Get("headers").Call("get", "Content-Type")
			if answer.Get("status").Int() != forbidden || !kind.Truthy() || !strings.HasPrefix(kind.String(), "text/plain") {
				said <- "" // of a proxy, or no refusal
				return
			}
			then(answer.Call("text"), func(text app.Value) { said <- strings.TrimSpace(text.String()) }, nothing)
		}, nothing)
	return <-said
}
