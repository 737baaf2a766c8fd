package web

import (
	"io"
	"math"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/export"
	"sockscope/web/icon"
	"sockscope/web/pane"
	"sockscope/web/play"
	"sockscope/web/scope"
	"sockscope/web/timeline"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// scopePage is a frame with a timeline: what the pages that show calls have in
// common.
type scopePage struct {
	frame

	size     timeline.Size
	lanes    timeline.Timeline
	over     timeline.Overview
	screen   *scope.Canvas
	overview *scope.Canvas
	shown    *play.Player // what the timeline was last given
	lane     int          // that was selected when it was last drawn
	came     int          // the stop of the walk that it last had in view
	moved    bool         // a Dispatch about the player is on its way
	below    int          // what revBelow was last
	behind   func()       // has the mode work out what it has put off
}

// init makes what lives as long as the page.
func (p *scopePage) init(m visit.Mode, id string) {
	p.over.Of = &p.lanes
	p.screen = scope.New(&p.lanes, "timeline", "Timeline of the run. The call log has the same as text.")
	p.overview = scope.New(&p.over, "overview", "")
	p.first = "kernel"
	p.draw, p.obey = p.redraw, p.command
	p.now = func() {
		p.screen.Now()
		p.overview.Now()
	}
	p.drawing = func(w io.Writer) error { return export.SVG(w, &p.lanes, p.mode.At().Heads()) }
	p.fresh = func() {
		p.shown = nil
		p.lanes.Player = nil
	}
	p.frame.init(m, id)
}

// OnMount connects.
func (p *scopePage) OnMount(ctx app.Context) {
	p.measure()
	at := p.mode.At()
	at.Drawn = p.redraw
	move := func() {
		if !p.moved {
			p.moved = true
			ctx.Dispatch(func(app.Context) {
				p.moved = false
				at.Rev++
				p.redraw()
			})
		}
	}
	p.lanes.Moved, p.lanes.Scrolled = move, p.scrollLanes
	p.lanes.Clicked = func(hit timeline.Target) {
		at.Clicked(hit)
		p.turn()
		move()
	}
	p.lanes.Pointed = func(hit timeline.Target) {
		text := ""
		switch {
		case hit.Gap() >= 0:
			text = words.Sentence(at.Player.Run.Lanes[hit.Lane()].Gaps[hit.Gap()].Missing())
		case hit.Packet() >= 0:
			text = words.Sentence(at.TellPacket(hit.Packet()))
		case hit.Call() >= 0:
			text = words.Sentence(at.Tell(hit.Call()))
		}
		p.screen.Title(text)
	}
	p.mount(ctx)
	p.tick(ctx, p.guest)
}

// tickEvery is how often the time of a live run goes on by itself.
const tickEvery = 250 * time.Millisecond

// tick lets the time of a live run go on, as long as the page shows. By time that
// moves the timeline: it doesn't, where motion is not wanted.
func (p *scopePage) tick(ctx app.Context, g *guest) {
	ctx.After(tickEvery, func(ctx app.Context) {
		if p.tab.shown != g {
			return
		}
		at := p.mode.At()
		if p.lanes.Still && at.Player != nil && at.Player.Scale == play.ByTime || !at.Tick(time.Now()) {
			ctx.PreventUpdate()
		} else {
			p.redraw()
		}
		p.tick(ctx, g)
	})
}

// OnResize follows the window.
func (p *scopePage) OnResize(app.Context) { p.measure() }

func (p *scopePage) measure() {
	p.size = sizeOfWindow()
	p.redraw()
}

// sizeOfWindow is the size of timelines that goes with the style sheet's
// breakpoint for phones.
func sizeOfWindow() timeline.Size {
	if w, _ := app.Window().Size(); w > 0 && w <= 720 {
		return timeline.Narrow
	}
	return timeline.Wide
}

// redraw shows the mode's player, and asks for a frame.
func (p *scopePage) redraw() {
	p.behind()
	at := p.mode.At()
	fresh := at.Player != p.shown
	if fresh {
		p.shown = at.Player
		if p.lanes.Player = p.shown; p.shown != nil {
			p.lanes.Show(p.shown)
		}
	}
	if came := at.Came(); came != p.came {
		p.came, p.lane = came, -1
		if to, ok := paneKeys[at.Tab()]; ok {
			p.pane = to[0]
		}
	}
	if at.Attend() {
		p.pane = "kernel"
	}
	if p.lanes.View.Size = p.size; p.size == timeline.Wide && at.Crowded() {
		p.lanes.View.Size = timeline.Crowded
	}
	if p.size == timeline.Wide && at.Wired && at.Dark() == "" {
		p.lanes.View.Size = timeline.Wired
	}
	p.mode.Lay(&p.lanes, fresh && p.shown != nil)
	if p.lanes.Player != nil {
		if p.lane != at.Lane {
			p.lanes.ShowLane(at.Lane)
			want := p.lanes.View.Top
			p.lanes.View.Top = p.scrollLanes(want) // now: the page's own scrolling must not come between
			if p.lanes.View.Top == want {          // else its name is not there yet: the next drawing tries again
				p.lane = at.Lane
			}
		}
		p.lanes.View.Scale(p.lanes.Player)
		p.lanes.View.Follow(p.lanes.Player)
	}
	p.screen.Draw()
	p.overview.Draw()
}

// rev counts every change that a pane may show.
func (p *scopePage) rev() int { return p.mode.Base().Rev + p.mode.At().Rev }

// revBelow is rev for what is below the timeline.
func (p *scopePage) revBelow() int {
	if !p.above {
		p.below = p.rev()
	}
	return p.below
}

// parts are what differs from page to page.
type parts struct {
	class   string
	long    bool     // the status tells of the server's namespace
	walk    app.UI   // above the timeline; nil for none
	files   app.UI   // saves and opens traces
	invite  app.UI   // stands on the empty screen
	caption app.UI   // under the timeline; nil for none
	beside  []app.UI // below the transport
	panes   []app.UI
}

// page is a page with a timeline.
func (p *scopePage) page(of parts) app.UI {
	if p.mode.Asks() {
		of.class += " asking"
	}
	if p.mode.At().Quiz.Hides() {
		of.class += " hides"
	}
	switch at := p.mode.At(); {
	case at.Wired && at.Dark() == "":
		of.class += " wired"
	case at.Crowded():
		of.class += " crowded"
	}
	body := []app.UI{
		app.Raw(icon.Hatch),
		p.bar(of.long),
		p.question(),
		p.say(),
		of.walk,
		p.head(of.files),
		p.screens(of.invite),
		of.caption,
		pane.Transport(p.mode.At().Player, p.command, p.onSpeed, p.overview),
	}
	body = append(body, of.beside...)
	return dom.Elc("div", of.class).Body(append(body,
		p.tabs(),
		dom.Elc("div", "panes").DataSet("tab", p.pane).Body(of.panes...),
		new(pane.KeyList),
		p.tab.near.sheet(),
	)...)
}

// head is the line above the timeline: its scale, what to do with the run, its key.
func (p *scopePage) head(files app.UI) app.UI {
	at := p.mode.At()
	return dom.Elc("div", "scopehead").Body(
		pane.ScaleSwitch(at.Player, p.onByStep, p.onByTime),
		dom.Button(p.onWire).Class("link").Aria("pressed", at.Wired).Title("The packets between the lanes (P)").Text("wire"),
		app.If((at.Player != nil || p.mode.Base().Cannot() == "") && p.mode.Base().Lab != lab.Hand, func() app.UI { // else there is nothing to be asked about
			return dom.Button(p.onAsking).Class("link").Aria("pressed", at.Asking).Title("A").Text(map[bool]string{false: "ask me first", true: "asking first"}[at.Asking])
		}),
		files,
		&pane.Key{Unknown: at.Unknown()},
	)
}

// screens are the timeline and the heads of its lanes.
func (p *scopePage) screens(invite app.UI) app.UI {
	at := p.mode.At()
	if at.Player != nil {
		invite = dom.Elc("div", "vh")
	}
	return dom.Elc("main", "scope").ID("scope").Aria("label", "Timeline").OnScroll(p.onLanes).Body(
		&pane.Lanes{F: at, Rev: p.rev()},
		dom.Elc("div", "screen").Body(p.screen, invite),
	)
}

// invitation is what stands on the empty screen: what appears there, or why not
// yet. off is said where no server is in reach.
func (p *scopePage) invitation(appears, off string) app.UI {
	switch d := p.mode.Base(); {
	case d.Phase == visit.Queued:
		return empty(p.mode.Headline())
	case d.Busy():
		return empty("Starting.")
	case d.Relay.State.Off():
		return empty(p.tab.near.unreached() + off)
	}
	return empty(appears)
}

// empty is a sentence on the empty screen.
func empty(text string) app.UI {
	return dom.Elc("div", "empty").Body(dom.El("span").Text(text))
}

// calls are the panes with the call log and the bytes.
func (p *scopePage) calls() app.UI {
	at, set := p.mode.At(), p.mode.Base().Values
	return dom.Elc("section", "pane p-log").Aria("label", "Calls and bytes").Body(
		&pane.Calls{F: at, Busy: p.mode.Base().Busy(), Rev: p.revBelow()},
		&pane.Bytes{F: at, Rev: p.revBelow(), Narrow: p.size == timeline.Narrow, Number: set["number"], Bits: set["bits"]},
	)
}

// onLanes draws the lanes where the column of their names has been scrolled to.
// The canvas stays where it is, with its ruler.
func (p *scopePage) onLanes(ctx app.Context, _ app.Event) {
	ctx.PreventUpdate()
	p.lanes.View.Top = ctx.JSSrc().Get("scrollTop").Float()
	p.screen.Draw()
}

// scrollLanes brings the names to where the lanes are drawn, and returns where they
// are then: not further than there are names. What is less than a pixel is left to
// the browser.
func (p *scopePage) scrollLanes(top float64) float64 {
	box := app.Window().GetElementByID("scope")
	if !box.Truthy() {
		return top
	}
	if box.Get("scrollTop").Float() != top {
		box.Set("scrollTop", top)
	}
	if at := box.Get("scrollTop").Float(); math.Abs(at-top) > 1 {
		return at
	}
	return top
}

// turn shows, on a phone, the pane with the causes where those were asked for.
func (p *scopePage) turn() {
	if v := p.mode.At().View; v == visit.Why || v == visit.Wire {
		p.pane = "kernel"
	}
}

func (p *scopePage) onAsking(ctx app.Context, _ app.Event) {
	if at := p.mode.At(); at.Question() != nil { // the key leads to it instead
		at.SwitchAsking()
	} else {
		p.mode.Apply(visit.Answer)
	}
	p.asked(ctx)
}

// asked writes into the address whether the lab asks first.
func (p *scopePage) asked(ctx app.Context) {
	to := p.query(ctx)
	p.address(ctx, &to)
}

func (p *scopePage) onWire(app.Context, app.Event) {
	p.mode.At().SwitchWire()
	p.turn()
	p.redraw()
}

func (p *scopePage) onByStep(app.Context, app.Event) { p.scale(play.ByStep) }
func (p *scopePage) onByTime(app.Context, app.Event) { p.scale(play.ByTime) }

func (p *scopePage) scale(to play.Scale) {
	if at := p.mode.At(); at.Player != nil {
		at.Player.SetScale(to)
		at.Rev++
		p.redraw()
	}
}

func (p *scopePage) onSpeed(ctx app.Context, _ app.Event) {
	pane.PickSpeed(ctx, p.mode.At().Player)
}

// paneKeys are the panes that a key leads to, and what gets the focus there.
var paneKeys = map[visit.Command][2]string{
	visit.TabSource: {"source", "src-upper"},
	visit.TabKernel: {"kernel", "kernel"},
	visit.TabBytes:  {"bytes", "bytes"},
	visit.TabLog:    {"log", "log"},
}

// command does what a key or a button asks for.
func (p *scopePage) command(ctx app.Context, c visit.Command) {
	const zoom = 1.25
	if p.apply(c) {
		p.redraw()
		return
	}
	at := p.mode.At()
	switch c {
	case visit.Answer:
		if at.Question() != nil {
			dom.Focus("ask")
			return
		}
	case visit.WhyThis, visit.OtherSide:
		p.follow(ctx, c)
		return
	case visit.TabSource, visit.TabKernel, visit.TabBytes, visit.TabLog:
		to := paneKeys[c]
		p.pick(to[0])
		dom.Focus(to[1])
		return
	}
	if pl := p.lanes.Player; pl != nil {
		view := &p.lanes.View
		switch c {
		case visit.ZoomIn:
			view.Zoom(pl, zoom, view.Scale(pl).X(headUnit(pl)))
		case visit.ZoomOut:
			view.Zoom(pl, 1/zoom, view.Scale(pl).X(headUnit(pl)))
		case visit.ZoomFit:
			view.Fit(pl)
			p.screen.Draw()
			p.overview.Draw()
			return
		}
	}
	if c == visit.CheckAnswer || c == visit.SkipQuestion || c == visit.GoOn {
		pane.KeepAsking(ctx)
	}
	p.mode.Apply(c)
	if c == visit.Answer {
		p.asked(ctx)
	}
	p.redraw()
}

// follow opens the causes of what the selected lane does, or goes from a send to
// the recv that got its bytes and back.
func (p *scopePage) follow(ctx app.Context, c visit.Command) {
	at := p.mode.At()
	if at.Player == nil || at.Question() != nil {
		return
	}
	if c == visit.OtherSide && !at.Cross() {
		return
	}
	if call := at.LastCall(); c == visit.WhyThis && call >= 0 {
		at.Pick(call)
	}
	at.Show(visit.Why)
	p.turn()
	p.redraw()
	ctx.Defer(func(app.Context) { dom.FocusOn(".why-chain button") })
}

// headUnit is where the playhead is, in the units of the scale.
func headUnit(pl *play.Player) float64 {
	if pl.Scale == play.ByTime {
		return float64(pl.Now())
	}
	return float64(pl.Pos())
}
