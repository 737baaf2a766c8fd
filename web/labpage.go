package web

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/plot"
	"sockscope/web/scope"
	"sockscope/web/timeline"
)

// labPage is a lab on one screen. One component stays while the address moves
// from lab to lab.
type labPage struct {
	app.Compo
	ID string // of the lab

	s         *session
	complaint string // about the link's query or a knob
	all       bool   // also the quiet knobs show
	tool      int    // index in tools, of a standing server's page
	copied    bool   // the tool's command was
	tab       string // the pane that shows on a phone
	size      timeline.Size

	// Of a lab that measures.
	quantity  plot.Quantity
	plot      *plot.Plot // as it was last drawn
	plotWidth float64    // px
	mark      int        // index in the plot's marks of the one that is picked, or -1

	lanes    timeline.Timeline
	over     timeline.Overview
	screen   *scope.Canvas
	overview *scope.Canvas
	shown    *play.Player // what the timeline was last given
	lane     int          // that was selected when it was last drawn

	wire  wire
	near  nearRelay
	keys  keyboard
	moved bool // a Dispatch about the player is on its way
}

// OnInit makes what lives as long as the page.
func (p *labPage) OnInit() {
	p.s = new(session)
	p.over.Of = &p.lanes
	p.screen = scope.New(&p.lanes, "timeline", "Timeline of the run. The call log has the same as text.")
	p.overview = scope.New(&p.over, "overview", "")
	p.open(nil)
}

// open goes to the page's lab with the set-up of a query.
func (p *labPage) open(q map[string][]string) {
	l, err := lab.Page(p.ID)
	if err != nil {
		panic(err) // the routes are those of the labs that exist
	}
	v, complaints := setup(l, q)
	p.s.open(l, v)
	p.complaint = strings.Join(complaints, " ")
	p.tab, p.mark = "about", -1
	p.shown = nil
	p.lanes.Player = nil
}

// OnNav reads the set-up from the address. It runs on the server too, where
// nothing of a visitor's reaches it.
func (p *labPage) OnNav(ctx app.Context) {
	url := ctx.Page().URL()
	id := url.Path[strings.LastIndexByte(url.Path, '/')+1:]
	if strings.Contains(url.Path, watchPath) {
		id = trace.StandingLab + id
	}
	if l, err := lab.Page(id); err == nil {
		if p.s.busy() {
			p.s.leave()
		}
		p.ID = l.ID
		p.open(url.Query())
		p.s.look()
		p.record(ctx)
	}
	ctx.Page().SetTitle("%s", titleOf(p.s.Lab)+" · Sockscope")
	ctx.Page().SetDescription("%s", p.s.Lab.Question)
}

// OnMount connects, and listens to the keyboard.
func (p *labPage) OnMount(ctx app.Context) {
	p.measure()
	p.keys.listen(ctx, p.key)
	move := func() {
		if !p.moved {
			p.moved = true
			ctx.Dispatch(func(app.Context) {
				p.moved = false
				p.s.rev++
				p.draw()
			})
		}
	}
	p.lanes.Moved, p.lanes.Scrolled = move, p.scrollLanes
	p.lanes.Clicked = func(hit timeline.Target) {
		p.s.clicked(hit)
		p.turn()
		move()
	}
	p.lanes.Pointed = func(hit timeline.Target) {
		words := ""
		if hit.Gap() >= 0 {
			words = sentence(p.s.Player.Run.Lanes[hit.Lane()].Gaps[hit.Gap()].Missing())
		}
		p.screen.Title(words)
	}
	p.s.send, p.s.drawn = p.wire.send, p.draw
	p.near.begin(&p.wire)
	p.wire.start(ctx, p.near.url(), func(events []link.Event) {
		for _, e := range events {
			p.near.heard(e)
			p.s.hear(e)
			p.heard(ctx, e)
		}
		p.wire.busy(p.s.busy())
		p.draw()
	})
}

// OnDismount lets go of the server and of the browser.
func (p *labPage) OnDismount() {
	p.wire.stop()
	p.keys.forget()
}

// OnResize follows the window.
func (p *labPage) OnResize(app.Context) { p.measure() }

func (p *labPage) measure() {
	p.size = sizeOfWindow()
	p.plotWidth = 1440
	if w, _ := app.Window().Size(); w > 0 {
		p.plotWidth = float64(w)
	}
	p.lanes.View.Size = p.size
	p.draw()
}

// sizeOfWindow is the size of timelines that goes with the style sheet's
// breakpoint for phones.
func sizeOfWindow() timeline.Size {
	if w, _ := app.Window().Size(); w > 0 && w <= 720 {
		return timeline.Narrow
	}
	return timeline.Wide
}

// heard does what a page does about news.
func (p *labPage) heard(ctx app.Context, e link.Event) {
	switch m := e.Message; {
	case e.State.Off():
		p.record(ctx)
	case m == nil:
	case m.Hello != nil:
		p.record(ctx)
	case m.Header != nil && p.tab == "about":
		p.tab = "kernel"
		if p.s.Lab.Measures {
			p.tab = "table"
		}
	}
}

// draw shows the session's player, and asks for a frame.
func (p *labPage) draw() {
	p.s.align()
	fresh := p.s.Player != p.shown
	if fresh {
		p.shown = p.s.Player
		if p.lanes.Player = p.shown; p.shown != nil {
			p.lanes.Show(p.shown)
		}
	}
	if p.s.versus != nil {
		p.s.lay(&p.lanes, fresh && p.shown != nil)
	}
	if p.s.attend() {
		p.tab = "kernel"
	}
	p.lanes.View.Picked, p.lanes.View.Chain = p.s.picked, nil
	if p.s.view == whyView {
		if w := p.s.why(); w != nil {
			p.lanes.View.Chain = w.arrows
		}
	}
	q := p.s.question()
	p.lanes.View.Veil, p.lanes.View.AskLane = p.s.Quiz.Hides() || p.s.veiled(), -1
	if q != nil {
		p.lanes.View.AskLane = q.Lane
	}
	if p.lanes.Player != nil {
		if p.lane != p.s.lane {
			p.lane = p.s.lane
			p.lanes.ShowLane(p.lane)
			p.scrollLanes(p.lanes.View.Top) // now: the page's own scrolling must not come between
		}
		p.lanes.View.Scale(p.lanes.Player)
		p.lanes.View.Follow(p.lanes.Player)
	}
	p.screen.Draw()
	p.overview.Draw()
}

func (p *labPage) Render() app.UI {
	s := p.s
	if s.Lab.Measures {
		return p.measurements()
	}
	class := "lab"
	if s.versus != nil {
		class = "lab versus"
	}
	if s.question() != nil || s.veiled() {
		class += " asking"
	}
	if s.Lab.Server() != "" {
		class += " watching"
	}
	names := []string{"about", "source", "kernel", "bytes", "log"}
	if s.versus != nil {
		names = names[:3]
	}
	return elc("div", class).Body(
		app.Raw(hatch),
		bar(s.Lab, p.near.status(s.Link, s.Hello, s.Lab.Server() == "")),
		p.question(),
		p.say(),
		p.scopeHead(),
		elc("main", "scope").ID("scope").Aria("label", "Timeline").OnScroll(p.onLanes).Body(
			&laneList{S: s, Rev: s.rev},
			elc("div", "screen").Body(p.screen, p.invitation()),
		),
		p.transport(),
		app.If(s.Lab.Beside != "", func() app.UI { return &asideLine{S: s, Rev: s.rev} }),
		app.If(s.Lab.Server() != "", func() app.UI { return p.mine() }),
		app.If(s.hasAgent(), func() app.UI { return &handsBar{S: s, Rev: s.rev} }),
		p.tabs(names...),
		elc("div", "panes").DataSet("tab", p.tab).Body(
			&sourcePane{S: s, Rev: s.rev},
			&kernelPane{S: s, Rev: s.rev},
			app.If(s.versus == nil, func() app.UI {
				return elc("section", "pane p-log").Aria("label", "Calls and bytes").Body(
					&callsPane{S: s, Rev: s.rev},
					&bytesPane{S: s, Rev: s.rev, Narrow: p.size == timeline.Narrow},
				)
			}),
		),
		new(keyList),
		p.near.sheet(),
	)
}

// say is the line for what went wrong; it is read out.
func (p *labPage) say() app.UI {
	texts := []string{p.complaint, p.s.Problem, p.s.Notice, sentence(p.s.cannot())}
	switch {
	case p.s.versus != nil:
		texts = append(texts, p.s.troubles())
	case p.s.Player != nil && (p.s.Lab.Server() == "" || p.s.Link.Off()):
		texts = append(texts, ending(p.s.Player.Run.End))
	}
	var said []string
	for _, t := range texts {
		if t != "" {
			said = append(said, t)
		}
	}
	class := "say"
	if len(said) == 0 {
		class = "vh"
		if text := p.s.pending(); text != "" {
			class, said = "say calm", append(said, text)
		} else if p.s.Phase == over {
			said = append(said, "The run has ended: "+p.s.headline()+".")
		}
	}
	return elc("div", class).Role("status").Aria("live", "polite").Body(
		app.Raw(markInjected),
		el("span").Text(strings.Join(said, " ")),
	)
}

// invitation stands on the empty screen.
func (p *labPage) invitation() app.UI {
	s := p.s
	if s.Player != nil {
		return elc("div", "vh")
	}
	text := "The timeline of the run appears here: a lane a thread, a bar a call."
	switch {
	case s.Phase == queued:
		text = s.headline()
	case s.busy():
		text = "Starting."
	case s.Lab.Server() != "" && s.Link.Off():
		text = p.near.unreached(s.Link) + " What the server does appears here once one is."
	case s.Lab.Server() != "":
		text = "What the server does appears here as it does it."
	case s.Link.Off():
		text = p.near.unreached(s.Link) + " There is no recording of this lab here yet."
	case s.cannot() != "":
		text = "No recording of this lab has been made yet on a system that can run it."
	}
	instead := s.Lab.Instead
	return elc("div", "empty").Body(
		el("span").Text(text),
		app.If(s.cannot() != "" && instead != "", func() app.UI {
			return el("span").Body(app.Text("Here "), anchor("/lab/"+instead).Class("link").Text(instead), app.Text(" shows the like."))
		}),
	)
}

// tabs chooses the pane on a phone.
func (p *labPage) tabs(names ...string) app.UI {
	return elc("div", "tabs").Role("tablist").Aria("label", "Panes").Body(
		app.Range(names).Slice(func(i int) app.UI {
			label := names[i]
			if p.s.versus != nil && label == "kernel" {
				label = "figures"
			}
			return button(func(app.Context, app.Event) { p.pickTab(names[i]) }, app.EventScope(names[i])).
				Role("tab").Aria("selected", names[i] == p.tab).Text(label)
		}),
	)
}

// onLanes draws the lanes where the column of their names has been scrolled to.
// The canvas stays where it is, with its ruler.
func (p *labPage) onLanes(ctx app.Context, _ app.Event) {
	ctx.PreventUpdate()
	p.lanes.View.Top = ctx.JSSrc().Get("scrollTop").Float()
	p.screen.Draw()
}

// scrollLanes brings the names to where the lanes are drawn.
func (p *labPage) scrollLanes(top float64) {
	if box := app.Window().GetElementByID("scope"); box.Truthy() && box.Get("scrollTop").Float() != top {
		box.Set("scrollTop", top)
	}
}

// turn shows, on a phone, the pane with the causes where those were asked for.
func (p *labPage) turn() {
	if p.s.view == whyView {
		p.tab = "kernel"
	}
}

func (p *labPage) pickTab(name string) {
	p.tab = name
	p.s.rev++ // what was hidden has places to scroll to
	if name == "about" || name == "kernel" {
		switch {
		case name == "about":
			p.s.show(aboutView)
		case p.s.versus != nil:
			p.s.show(tableView)
		case p.s.view == aboutView:
			p.s.show(fdsView)
		}
	}
}

// hasAgent reports whether the learner is a client: of the run that is under
// way, else of the set-up.
func (s *session) hasAgent() bool {
	procs := s.expected()
	if s.Phase == live {
		procs = s.procs()
	}
	for _, p := range procs {
		if p.Role == trace.RoleAgent {
			return true
		}
	}
	return false
}

// canRun reports whether Run does something.
func (p *labPage) canRun() bool {
	return p.s.Link == link.Live && p.s.Hello != nil && !p.s.busy() && p.s.cannot() == ""
}

func (p *labPage) onRun(app.Context, app.Event)  { p.s.run() }
func (p *labPage) onStop(app.Context, app.Event) { p.s.stop() }

// mirror writes the set-up into the address, without a new entry in the
// history.
func (p *labPage) mirror(ctx app.Context) {
	url := *ctx.Page().URL()
	url.Path = url.Path[:strings.LastIndexByte(url.Path, '/')+1] + p.s.Lab.ID // an opened trace may be another lab's
	url.RawQuery = query(p.s.Lab, p.s.Values)
	ctx.Page().ReplaceURL(&url)
}

// do returns the handler of a button that does what a key does.
func (p *labPage) do(c command) app.EventHandler {
	switch c { // a method value each: go-app tells handlers apart by their code
	case toStart:
		return p.onToStart
	case stepBack:
		return p.onStepBack
	case playPause:
		return p.onPlayPause
	case stepOn:
		return p.onStepOn
	case nextWake:
		return p.onNextWake
	}
	return nil
}

func (p *labPage) onToStart(ctx app.Context, _ app.Event)   { p.obey(ctx, toStart) }
func (p *labPage) onStepBack(ctx app.Context, _ app.Event)  { p.obey(ctx, stepBack) }
func (p *labPage) onPlayPause(ctx app.Context, _ app.Event) { p.obey(ctx, playPause) }
func (p *labPage) onStepOn(ctx app.Context, _ app.Event)    { p.obey(ctx, stepOn) }
func (p *labPage) onNextWake(ctx app.Context, _ app.Event)  { p.obey(ctx, nextWake) }

// obey does what a key asks for.
func (p *labPage) obey(ctx app.Context, c command) {
	const zoom = 1.25
	if p.s.Lab.Measures && !p.move(c) {
		return
	}
	switch c {
	case startRun:
		if !p.canRun() {
			p.s.want()
			return
		}
	case allKeys:
		openKeys()
		return
	case answer:
		if p.s.question() != nil {
			focus("ask")
			return
		}
	case whyThis, otherSide:
		p.follow(ctx, c)
		return
	case tabSource:
		p.pickTab("source")
		focus("src-upper")
		return
	case tabKernel:
		p.pickTab("kernel")
		focus("kernel")
		return
	case tabBytes:
		p.pickTab("bytes")
		focus("bytes")
		return
	case tabLog:
		p.pickTab("log")
		focus("log")
		return
	}
	if pl := p.lanes.Player; pl != nil {
		view := &p.lanes.View
		switch c {
		case zoomIn:
			view.Zoom(pl, zoom, view.Scale(pl).X(headUnit(pl)))
		case zoomOut:
			view.Zoom(pl, 1/zoom, view.Scale(pl).X(headUnit(pl)))
		case zoomFit:
			view.Fit(pl)
			p.screen.Draw()
			p.overview.Draw()
			return
		}
	}
	p.s.apply(c)
	p.draw()
}

// follow opens the causes of what the selected lane does, or goes from a send to
// the recv that got its bytes and back.
func (p *labPage) follow(ctx app.Context, c command) {
	if p.s.Player == nil || p.s.question() != nil {
		return
	}
	if c == otherSide && !p.s.cross() {
		return
	}
	if call := p.s.lastCall(); c == whyThis && call >= 0 {
		p.s.pick(call)
	}
	p.s.show(whyView)
	p.turn()
	p.draw()
	ctx.Defer(func(app.Context) { focusOn(".why-chain button") })
}

// headUnit is where the playhead is, in the units of the scale.
func headUnit(pl *play.Player) float64 {
	if pl.Scale == play.ByTime {
		return float64(pl.Now())
	}
	return float64(pl.Pos())
}

func focus(id string) { focusOn("#" + id) }

// focusOn gives the focus to the first element of a selector, if there is one.
func focusOn(selector string) {
	if e := app.Window().Get("document").Call("querySelector", selector); e.Truthy() {
		e.Call("focus")
	}
}

// number returns what the attribute data-NAME of the element that an event
// happened in says, or of the nearest around it; -1 for none.
func number(e app.Event, name string) int {
	on := e.Get("target").Call("closest", "[data-"+name+"]")
	if !on.Truthy() {
		return -1
	}
	n, err := strconv.Atoi(on.Get("dataset").Get(name).String())
	if err != nil {
		return -1
	}
	return n
}
