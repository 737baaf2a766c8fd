package web

import (
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/console"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// machine is the tab's own Linux, in a worker. To the link it is one more way to a native
// server. The choice is kept for the next visit.
type machine struct {
	visit.Machine
	tab *tab

	worker app.Value
	heard  app.Func
	tick   app.Func
	page   *console.Page
	runs   bool
	moved  time.Time // when the console last carried something

	ready chan struct{} // closed when the machine runs, or never will
	err   error         // why it never will
}

// machineKey is where the browser keeps that the machine was chosen.
const machineKey = "machine"

// errNoMachine ends what is open on a machine that was given up.
var errNoMachine = errors.New("the machine was switched off")

// begin looks whether the site has a machine, and whether it was chosen before. It runs in
// the browser.
func (m *machine) begin() {
	if at := app.Window().Get("document").Call("querySelector", `meta[name="machine"]`); at.Truthy() {
		m.Machine = visit.ReadMachine(at.Call("getAttribute", "content").String())
	}
	m.tick = app.FuncOf(func(app.Value, []app.Value) any {
		m.rest()
		return nil
	})
	app.Window().Get("document").Call("addEventListener", "visibilitychange", app.FuncOf(func(app.Value, []app.Value) any {
		if m.page != nil {
			m.wake()
			m.rest()
		}
		return nil
	}))
}

// chosen reports whether the visitor wants the machine wherever no relay is.
func (m *machine) chosen() bool {
	return m.Place != "" && m.Phase != visit.MachineFailed && app.Window().Get("localStorage").Call("getItem", machineKey).Truthy()
}

// start loads the machine. The link opens its connection when that is done.
func (m *machine) start() {
	if m.Wanted() {
		return
	}
	m.Phase, m.Loaded, m.Why = visit.MachineLoading, 0, ""
	m.ready, m.err = make(chan struct{}), nil
	m.heard = app.FuncOf(func(_ app.Value, args []app.Value) any {
		m.hear(args[0].Get("data"))
		return nil
	})
	m.worker = app.Window().Get("Worker").New(dom.Root()+m.Place+"worker.js", map[string]any{"type": "module"})
	m.worker.Set("onmessage", m.heard)
	m.worker.Set("onerror", app.FuncOf(func(_ app.Value, args []app.Value) any {
		why := "its worker doesn't load"
		if text := args[0].Get("message"); text.Truthy() {
			why = text.String()
		}
		m.fail(why)
		return nil
	}))
}

// hear takes what the worker says.
func (m *machine) hear(said app.Value) {
	switch {
	case said.Get("output").Truthy():
		m.moved = time.Now()
		array := said.Get("output")
		b := make([]byte, array.Length())
		app.CopyBytesToGo(b, array)
		if err := m.page.Take(b); err != nil {
			m.fail(err.Error())
		}
	case said.Get("loaded").Truthy():
		before := m.Progress()
		if m.Loaded += int64(said.Get("loaded").Int()); m.Progress() != before {
			m.show()
		}
	case said.Get("fetched").Truthy():
		m.Loaded = m.Size
		m.show()
	case said.Get("ready").Truthy():
		m.Phase = visit.MachineOn
		m.page = console.NewPage(m.input)
		m.wake()
		close(m.ready)
		m.show()
	case said.Get("failed").Truthy():
		m.fail(said.Get("failed").String())
	}
}

// input gives a piece to the machine.
func (m *machine) input(piece []byte) {
	array := app.Window().Get("Uint8Array").New(len(piece))
	app.CopyBytesToJS(array, piece)
	m.worker.Call("postMessage", map[string]any{"input": array})
	m.moved = time.Now()
}

// open opens a connection to the machine's server. It waits until there is one.
func (m *machine) open() (io.ReadWriteCloser, error) {
	<-m.ready
	if m.err != nil {
		return nil, m.err
	}
	m.wake()
	c, err := m.page.Open()
	if err != nil {
		return nil, err
	}
	return &waking{c, m}, nil
}

// waking is a connection that wakes the machine for what is written.
type waking struct {
	*console.Conn
	machine *machine
}

func (w *waking) Write(b []byte) (int, error) {
	w.machine.wake()
	return w.Conn.Write(b)
}

func (w *waking) Close() error {
	w.machine.wake()
	return w.Conn.Close()
}

func hidden() bool { return app.Window().Get("document").Get("hidden").Bool() }

// wake lets the machine run, unless nobody would see it. Its clock has stood.
func (m *machine) wake() {
	m.moved = time.Now()
	if m.runs || m.Phase != visit.MachineOn || hidden() {
		return
	}
	m.runs = true
	var seed [console.SeedSize]byte
	rand.Read(seed[:])
	m.page.Set(time.Now(), seed)
	m.worker.Call("postMessage", map[string]any{"run": true})
	app.Window().Call("setTimeout", m.tick, restEvery)
}

// A machine that has nothing to do costs a fifth of a processor. So it stands still when
// there is no run, and its console was silent for some time: what the server does after a
// run it does within that.
const (
	silence   = 3 * time.Second
	restEvery = 500 // ms
)

// rest stops the machine, if it has nothing to do or nobody sees it, and else looks again.
func (m *machine) rest() {
	if !m.runs || m.Phase != visit.MachineOn {
		return
	}
	if hidden() || !m.tab.works() && time.Since(m.moved) > silence {
		m.runs = false
		m.worker.Call("postMessage", map[string]any{"run": false})
		return
	}
	app.Window().Call("setTimeout", m.tick, restEvery)
}

// fail gives the machine up.
func (m *machine) fail(why string) {
	if !m.Wanted() {
		return
	}
	m.end(errors.New(why))
	m.Phase, m.Why = visit.MachineFailed, why
	m.tab.dial()
	m.show()
}

// end ends the worker, and what waits for it.
func (m *machine) end(err error) {
	m.worker.Call("terminate")
	m.heard.Release()
	m.err = err
	if m.Phase == visit.MachineLoading {
		close(m.ready)
	}
	if m.page != nil {
		m.page.Quit(err)
		m.page = nil
	}
	m.runs, m.Phase = false, visit.MachineOff
}

// show has the page drawn anew.
func (m *machine) show() {
	if g := m.tab.shown; g != nil {
		g.ctx.Dispatch(func(app.Context) { g.draw() })
	}
}

// offer is the button that has the machine, or how far that is; nil where there is
// nothing to offer. then says what to do when it is chosen.
func (m *machine) offer(then func()) app.UI {
	switch {
	case m.Phase == visit.MachineLoading:
		return dom.Elc("span", "machine").Role("status").Body(
			app.Elem("progress").Attr("max", int(m.Size)).Attr("value", int(min(m.Loaded, m.Size))).Aria("label", "Loading Linux"),
			dom.El("span").Text(m.Progress()),
		)
	case m.Offered(m.tab.relay.State):
		return dom.Elc("span", "machine").Body(
			dom.Button(func(app.Context, app.Event) {
				m.choose()
				then()
			}).Class("link").Title(visit.Emulated).Text("Run in this tab: "+m.What()),
			dom.El("span").Text(m.Said()),
		)
	}
	return nil
}

// part is the machine's part of the sheet.
func (m *machine) part() app.UI {
	return dom.Elc("div", "part").Body(
		dom.El("p").Text("In this tab: "+m.What()+". It is a machine of its own, a program of this page, and its first process is the same server. "+visit.Emulated+"."),
		dom.Elc("div", "find").Body(
			app.If(!m.Wanted(), func() app.UI {
				return dom.Button(func(app.Context, app.Event) { m.choose() }).Class("btn pri").Text("Run in this tab")
			}),
			app.If(m.Wanted(), func() app.UI { return dom.Button(m.onGiveUp).Class("btn").Text("Switch it off") }),
			dom.El("a").Class("link").Attr("href", dom.Root()+m.Place+"licences.txt").Text("its licences and sources"),
		),
		dom.Elc("p", "said").Role("status").Text(m.Said()),
	)
}

// choose is the visitor's choice of the machine.
func (m *machine) choose() {
	app.Window().Get("localStorage").Call("setItem", machineKey, "tab")
	m.tab.near.forget()
	m.start()
	m.tab.dial()
}

// onGiveUp goes back to recordings.
func (m *machine) onGiveUp(app.Context, app.Event) {
	app.Window().Get("localStorage").Call("removeItem", machineKey)
	m.end(errNoMachine)
	m.tab.dial()
}
